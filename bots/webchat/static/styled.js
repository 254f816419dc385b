import { h, linked } from './dom.js';

const TAGS = { bold: 'strong', italic: 'em', underline: 'u', strikethrough: 's', code: 'code', pre: 'code', quote: 'q' };
const SCHEME = /^(https?|mailto|tg):/i;

function wrapped(inner, { kind, url }) {
  if (kind === 'link') return SCHEME.test(url) ? [h('a', { href: url, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...inner)] : inner;
  // Whoever hides something shows it to those who want to see it.
  if (kind === 'spoiler') return [h('span', { class: 'spoiler', tabindex: 0 }, ...inner)];
  return TAGS[kind] ? [h(TAGS[kind], {}, ...inner)] : inner;
}

/** A text with its formatting, whose places count code points; nothing in it is ever read as markup. */
export function styled(text, entities) {
  if (!entities) return linked(text);
  const letters = [...text];
  const cuts = [...new Set([0, letters.length, ...entities.flatMap((it) => [it.start, it.start + it.length])])];
  cuts.sort((one, other) => one - other);
  return cuts.slice(1).flatMap((end, at) => {
    const within = entities.filter((it) => it.start <= cuts[at] && end <= it.start + it.length);
    const words = letters.slice(cuts[at], end).join('');
    return within.reduce(wrapped, within.some(({ kind }) => kind === 'link') ? [words] : linked(words));
  });
}
