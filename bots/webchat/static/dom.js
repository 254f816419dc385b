const SVG = 'http://www.w3.org/2000/svg';
const PATHS = {
  chat: 'M12 3C6.8 3 3 6.6 3 11c0 2.2 1 4.2 2.6 5.6L5 21l4.3-1.7c.9.2 1.8.3 2.7.3 5.2 0 9-3.6 9-8.3S17.2 3 12 3Z',
  close: 'm6 6 12 12M18 6 6 18',
  down: 'm6 9 6 6 6-6',
  send: 'M12 19V5m-6 6 6-6 6 6',
  clip: 'm20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4L14.5 7',
  end: 'M9 5H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h3m5-3 4-4-4-4m4 4H9',
  star: 'm12 3.5 2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8Z',
  file: 'M13 3H7a1 1 0 0 0-1 1v16a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V8Zm0 0v5h5',
  sending: 'M12 7v5l3 2m6-2a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  sent: 'm5 13 4.5 4.5L19 7',
  read: 'm1 12.5 4.5 4.5L14 8.5m-3.5 7L12 17l9.5-9.5',
  failed: 'M12 7v6m0 3.5v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
};
const LINK = /https?:\/\/[^\s<>"'\u202a-\u202e\u2066-\u2069]+/gi;
const TAIL = /[.,:;!?…)\]}»]+$/;

/** Make an element: properties that begin with "on" listen, others are set as attributes; null ones are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `icon i-${name}`);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

/** Show text as text, with its web addresses as links; nothing in it is ever read as markup. */
export function linked(text) {
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(LINK)) {
    const address = match[0].replace(TAIL, '');
    if (!URL.canParse(address)) continue;
    parts.push(text.slice(at, match.index));
    parts.push(h('a', { href: address, target: '_blank', rel: 'noopener noreferrer nofollow' }, address));
    at = match.index + address.length;
  }
  return [...parts, text.slice(at)];
}

/** Fill the {named} places of a text. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** An id for what is sent; crypto.randomUUID is missing on pages without TLS. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
