import { fill, h, icon, linked } from './dom.js';
import { Rating } from './rating.js';
import { styled } from './styled.js';
import { size } from './uploads.js';

const NEAR = 80;
const TOGETHER = 5 * 60 * 1000;

/** The list of messages: keeps a row for each, in order, and follows the end while the visitor is there. */
export class Log {
  element;
  #rows = new Map();
  #list;
  #typing;
  #choices;
  #ended;
  #scroller;
  #following = true;
  #jump;
  #texts;
  #locale;
  #base;
  #act;

  /** `act` holds what rows can ask for: retry(id), discard(id), say(text), rate(score, comment). */
  constructor({ texts, locale }, base, act) {
    this.#texts = texts;
    this.#locale = locale;
    this.#base = base;
    this.#act = act;
    this.#list = h('div', { class: 'list', role: 'log', 'aria-live': 'polite', 'aria-label': texts.log });
    this.#typing = h('div', { class: 'typing', role: 'status', hidden: true });
    this.#choices = h('div', { class: 'choices' });
    this.#ended = h('p', { class: 'day', hidden: true }, texts.ended);
    this.#jump = h('button', { type: 'button', class: 'jump', hidden: true, onclick: () => this.toEnd() },
      icon('down'), texts.newMessages);
    const greeting = h('div', { class: 'row theirs first last' },
      h('div', { class: 'name' }, texts.bot), h('div', { class: 'bubble', dir: 'auto' }, ...linked(texts.greeting)));
    this.#scroller = h('div', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': texts.log,
      onscroll: () => this.#scrolled() },
      greeting, this.#list, this.#choices, this.#ended, this.#typing);
    this.element = h('div', { class: 'log' }, this.#scroller, this.#jump);
    // Pictures that load, files being attached and on-screen keyboards change the height: stay at the end then.
    const sizes = new ResizeObserver(() => this.#following && this.toEnd());
    sizes.observe(this.#scroller);
    sizes.observe(this.#list);
  }

  /** Show the items of a thread; `rated` is the score of the last conversation, `ended` whether the conversation is over,
      `quiet` whether this is the history, not news. */
  show(items, { rated, ended, quiet }) {
    const before = this.#rows.size;
    this.#list.setAttribute('aria-busy', String(quiet));
    this.#place(this.#wanted(items, rated));
    this.#offer(items.at(-1));
    this.#ended.hidden = !ended;
    const mine = items.at(-1)?.state === 'sending' && this.#rows.size > before;
    if (this.#following || mine || quiet) this.toEnd();
    else if (this.#rows.size > before) this.#jump.hidden = false;
  }

  /** Show that somebody is typing; an empty name ends it. */
  type(name) {
    const text = name && fill(this.#texts.typing, { name });
    this.#typing.hidden = !name;
    if (name) this.#typing.replaceChildren(h('i'), h('i'), h('i'), h('span', {}, text));
    if (this.#following) this.toEnd();
  }

  toEnd() {
    this.#following = true;
    this.#jump.hidden = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    // A closed window has no height; that is no reason to leave the end.
    if (clientHeight) this.#following = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#following) this.#jump.hidden = true;
  }

  #wanted(items, rated) {
    const rows = [];
    let day = '';
    items.forEach((item, at) => {
      const at_ = new Date(item.at);
      if (day !== (day = at_.toDateString())) rows.push(this.#row(`day ${day}`, () => this.#day(at_)));
      const quoted = item.reply_to && items.find(({ id }) => id === item.reply_to);
      const changed = JSON.stringify([item.deleted, item.edited && item.text, item.reactions, quoted?.text]);
      const row = this.#row(item.key, () => this.#message(item, quoted), changed);
      row.classList.toggle('first', !belongs(items[at - 1], item));
      row.classList.toggle('last', !belongs(item, items[at + 1]));
      this.#mark(row, item);
      row.rating?.show(...ratable(items, at, rated));
      rows.push(row);
    });
    return rows;
  }

  #place(rows) {
    const kept = new Set(rows);
    for (const [key, row] of this.#rows) {
      if (kept.has(row)) continue;
      row.remove();
      this.#rows.delete(key);
    }
    let next = this.#list.firstChild;
    for (const row of rows) {
      if (row === next) next = next.nextSibling;
      else this.#list.insertBefore(row, next);
    }
  }

  /** The row of a key, made anew when its message has `changed`. */
  #row(key, make, changed) {
    const kept = this.#rows.get(key);
    if (kept && kept.changed === changed) return kept;
    kept?.remove();
    const row = make();
    row.changed = changed;
    this.#rows.set(key, row);
    return row;
  }

  #day(date) {
    const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 864e5);
    const written = new Intl.DateTimeFormat(this.#locale, { day: 'numeric', month: 'long', year: 'numeric' });
    return h('div', { class: 'day' }, [this.#texts.today, this.#texts.yesterday][days] ?? written.format(date));
  }

  #message(item, quoted) {
    const own = item.from === 'client';
    const name = own ? this.#texts.you : item.name || this.#texts.bot;
    const row = h('div', { class: `row ${own ? 'own' : 'theirs'}` },
      h('div', { class: own ? 'name unseen' : 'name', dir: 'auto' }, name),
      quoted && this.#quote(quoted),
      this.#said(item),
      ...(item.files ?? []).map((file) => this.#file(file)));
    if (item.kind === 'rating') {
      row.rating = new Rating(this.#texts, this.#act.rate);
      row.append(row.rating.element);
    }
    if (item.reactions) row.append(h('div', { class: 'reactions' }, item.reactions.join(' ')));
    row.meta = row.appendChild(h('div', { class: 'meta', 'aria-live': 'off' }));
    return row;
  }

  /** The message that is answered, which a click leads to. */
  #quote({ key, text, files, deleted }) {
    const words = deleted ? this.#texts.deleted : text || files?.map(({ name }) => name).join(', ');
    return h('button', { type: 'button', class: 'quote', dir: 'auto', 'aria-label': fill(this.#texts.answers, { text: words }),
      onclick: () => this.#rows.get(key)?.scrollIntoView({ block: 'center' }) }, words);
  }

  #said({ text, edited, deleted, entities }) {
    if (deleted) return h('div', { class: 'bubble gone' }, this.#texts.deleted);
    const mark = edited && h('small', {}, this.#texts.edited);
    return text && h('div', { class: 'bubble', dir: 'auto' }, ...styled(text, entities), mark || null);
  }

  #file(file) {
    const url = new URL(file.url, this.#base).href;
    const link = { href: url, target: '_blank', rel: 'noopener', class: file.picture ? 'picture' : 'file' };
    if (file.picture) {
      const alt = fill(this.#texts.picture, { name: file.name });
      return h('a', link, h('img', { src: url, alt }));
    }
    if (file.plays) {
      return h(file.plays, { src: url, controls: true, preload: 'metadata', class: file.kind, 'aria-label': file.name });
    }
    const amount = size(file.size, this.#texts, this.#locale, fill);
    const label = fill(this.#texts.file, { name: file.name, size: amount });
    return h('a', { ...link, download: file.name, 'aria-label': label },
      icon('file'), h('span', {}, h('bdi', {}, file.name), h('small', {}, amount)));
  }

  #mark(row, item) {
    const { state, failed } = item;
    if (row.shown === state + (failed ?? '')) return;
    row.shown = state + (failed ?? '');
    row.classList.toggle('unsettled', state === 'sending' || state === 'failed');
    const date = new Date(item.at);
    const time = new Intl.DateTimeFormat(this.#locale, { hour: 'numeric', minute: '2-digit' }).format(date);
    row.meta.replaceChildren(h('time', { datetime: item.at, title: date.toLocaleString(this.#locale) }, time));
    if (item.from !== 'client') return;
    row.meta.append(h('span', { class: `state ${state}`, role: 'img', 'aria-label': this.#texts[state],
      title: this.#texts[state] }, icon(state)));
    if (state === 'failed') row.meta.append(this.#failure(item));
  }

  #failure({ key, failed }) {
    const { again, discard } = this.#texts;
    return h('div', { class: 'failure', role: 'alert' }, h('p', {}, failed),
      h('button', { type: 'button', class: 'link', onclick: () => this.#act.retry(key) }, again),
      h('button', { type: 'button', class: 'link', onclick: () => this.#act.discard(key) }, discard));
  }

  #offer(last) {
    const offered = last?.kind === 'text' && last.choices ? last.choices : [];
    if (this.#choices.shown === String(offered)) return;
    this.#choices.shown = String(offered);
    this.#choices.replaceChildren(...offered.map((text) =>
      h('button', { type: 'button', dir: 'auto', onclick: () => this.#act.say(text) }, text)));
  }
}

/** Whether two messages are shown as one group: the same author within a few minutes of one day. */
function belongs(one, other) {
  if (!one || !other || one.from !== other.from || one.name !== other.name || other.kind === 'rating') return false;
  const [first, second] = [new Date(one.at), new Date(other.at)];
  return second - first < TOGETHER && first.toDateString() === second.toDateString();
}

/** The score a request for a rating shows, and whether it can still be answered: `rated` is of the last conversation,
    and whoever writes on has moved on. */
function ratable(items, at, rated) {
  const { conversation } = items[at];
  const last = items.findLast((item) => item.conversation);
  const open = items.slice(at + 1).every((item) => item.conversation === conversation && item.from !== 'client');
  return [last.conversation === conversation ? rated : 0, open];
}
