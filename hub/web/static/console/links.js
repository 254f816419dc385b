// Makes web and mail addresses in a text clickable, without ever treating the text as markup.

import { h } from "./dom.js";

// Bounded parts: clients write these texts, and no text may take long to look through.
const ADDRESS = /\b(https?:\/\/[^\s<>"'\u202a-\u202e\u2066-\u2069]{1,2000}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})/giu;
const TRAILING = ".,:;!?)]}»”’";

function withoutTrailing(text) {
  let end = text.length;
  while (end > 0 && TRAILING.includes(text[end - 1])) end -= 1;
  return text.slice(0, end);
}

function link(found) {
  const address = withoutTrailing(found);
  const rest = found.slice(address.length);
  const href = address.includes("://") ? address : `mailto:${address}`;
  try {
    new URL(href);
  } catch {
    return [found];
  }
  return [h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, address), rest];
}

export function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    parts.push(text.slice(end, match.index), ...link(match[0]));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts.filter((part) => part !== "");
}
