// Shows parts of a text in their own way, without ever treating the text as markup.

import { h } from "./dom.js";
import { linked } from "./links.js";

const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "code", quote: "q" };
const SCHEMES = ["http:", "https:", "mailto:", "tg:"];

function address(url) {
  try {
    return SCHEMES.includes(new URL(url).protocol) ? url : "";
  } catch {
    return "";
  }
}

function wrapped(inner, entity) {
  if (entity.kind === "link") {
    const href = address(entity.url);
    return href ? [h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, inner)] : inner;
  }
  if (entity.kind === "spoiler") return [h("span", { class: "spoiler", tabIndex: 0 }, inner)];
  return TAGS[entity.kind] ? [h(TAGS[entity.kind], {}, inner)] : inner;
}

/** The text with its formatting; positions count code points. */
export function styled(text, entities) {
  if (!entities?.length) return linked(text);
  const letters = Array.from(text);
  const ends = new Set([0, letters.length]);
  for (const it of entities) ends.add(it.start).add(it.start + it.length);
  const cuts = [...ends].sort((a, b) => a - b);
  return cuts.slice(1).flatMap((end, place) => {
    const start = cuts[place];
    const within = entities.filter((it) => it.start <= start && end <= it.start + it.length);
    const words = letters.slice(start, end).join("");
    const inner = within.some((it) => it.kind === "link") ? [words] : linked(words);
    return within.reduce(wrapped, inner);
  });
}
