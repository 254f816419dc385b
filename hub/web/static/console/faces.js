// Clients' faces: their picture, else their initials on a colour that stays theirs.

import { h, icon } from "./dom.js";
import { known } from "./texts.js";

const TONES = 8;

export const channelIcon = (kind) => icon(document.getElementById(`i-${kind}`) ? kind : "channel", known(`kind.${kind}`, kind));

const toneOf = (client) => [...client].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 65_521, 7) % TONES;

/** The first letters of the first and the last word. */
function initials(name) {
  const words = name.match(/[\p{L}\p{N}][^\s]*/gu) ?? [];
  const letters = [words[0], words.length > 1 && words.at(-1)].filter(Boolean).map((word) => [...word][0]);
  return letters.join("").toLocaleUpperCase();
}

/** A client's face, for the eye only: the name stands beside it. A picture that cannot be had leaves the initials. */
export function face(client, name, photo, ...more) {
  const picture = photo && h("img", { src: photo, alt: "", loading: "lazy", onerror: (event) => event.target.remove() });
  return h(
    "span",
    { class: `face tone-${toneOf(client)}`, "aria-hidden": "true" },
    initials(name) || icon("person"),
    picture,
    ...more,
  );
}
