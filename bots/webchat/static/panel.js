import { fill, h, icon } from './dom.js';

const SMALL = '(max-width: 480px)';
const PATIENCE = 800;

/** The button on the page and the window it opens: what is around the messages. */
export class Panel {
  isOpen = false;
  #host = document.createElement('trunkline-chat');
  #root;
  #launcher;
  #badge;
  #window;
  #standing;
  #end;
  #ask;
  #banner;
  #notice;
  #texts;
  #act;
  #parts;
  #waiting = 0;

  /** `act`: opened(), closed(), end(), files(list). */
  constructor({ texts, color, ink, language }, style, { log, composer }, act) {
    this.#texts = texts;
    this.#act = act;
    this.#parts = { log, composer };
    this.#host.lang = language;
    this.#root = this.#host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    // Constructed sheets work under any Content-Security-Policy, unlike style elements and attributes.
    this.#root.adoptedStyleSheets = [sheet];
    this.#host.style.setProperty('--accent', color);
    this.#host.style.setProperty('--ink', ink);
    this.#root.append(this.#makeWindow(), this.#makeLauncher());
    document.body.append(this.#host);
    globalThis.visualViewport?.addEventListener('resize', () => this.#fit());
  }

  open({ focus = true } = {}) {
    if (!this.isOpen) {
      this.isOpen = true;
      this.#window.hidden = false;
      this.#launcher.setAttribute('aria-expanded', 'true');
      this.#host.classList.add('open');
      this.#fit();
      this.#parts.log.toEnd();
      this.#act.opened();
    }
    if (focus) this.#parts.composer.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#window.hidden = true;
    this.#launcher.setAttribute('aria-expanded', 'false');
    this.#host.classList.remove('open');
    this.#act.closed();
    this.#launcher.focus();
  }

  /** Show how many messages nobody has looked at. */
  count(unread) {
    this.#badge.textContent = unread > 99 ? '99+' : unread;
    this.#badge.hidden = !unread;
    const label = unread ? fill(this.#texts.openUnread, { count: unread }) : this.#texts.open;
    this.#launcher.setAttribute('aria-label', this.isOpen ? this.#texts.close : label);
  }

  /** Show who answers, and whether there is a conversation to end. */
  stand({ state, operator }) {
    const over = state === 'none' || state === 'closed';
    const answering = over ? '' : operator;
    this.#standing.textContent = answering && fill(this.#texts.answering, { name: answering });
    this.#standing.hidden = !answering;
    this.#end.hidden = over;
    if (over) this.#ask.hidden = true;
  }

  /** Show that the connection is away, if it stays away for a moment. */
  connect(open) {
    clearTimeout(this.#waiting);
    if (open) {
      this.#banner.hidden = true;
      return;
    }
    const show = () => {
      this.#banner.textContent = navigator.onLine === false ? this.#texts.offline : this.#texts.connecting;
      this.#banner.hidden = false;
    };
    if (navigator.onLine === false || !this.#banner.hidden) show();
    else this.#waiting = setTimeout(show, PATIENCE);
  }

  /** Say a sentence for a while. */
  complain(text) {
    this.#notice.textContent = text;
    this.#notice.hidden = false;
    setTimeout(() => (this.#notice.hidden = true), 8000);
  }

  #makeLauncher() {
    this.#badge = h('span', { class: 'badge', hidden: true, 'aria-hidden': 'true' });
    this.#launcher = h('button', { type: 'button', class: 'launcher', 'aria-expanded': 'false',
      'aria-controls': 'window', 'aria-label': this.#texts.open,
      onclick: () => (this.isOpen ? this.close() : this.open()) }, icon('chat'), icon('down'), this.#badge);
    return this.#launcher;
  }

  #makeWindow() {
    this.#banner = h('p', { class: 'banner', role: 'status', hidden: true });
    this.#notice = h('p', { class: 'notice', role: 'alert', hidden: true });
    this.#window = h('section', { id: 'window', class: 'window', role: 'dialog', 'aria-labelledby': 'title', hidden: true,
      onkeydown: (event) => this.#key(event), ondragover: (event) => this.#drag(event, true),
      ondragleave: (event) => this.#drag(event, false), ondrop: (event) => this.#drop(event) },
      this.#makeHead(), this.#makeAsk(), this.#banner, this.#parts.log.element, this.#notice,
      this.#parts.composer.element, h('div', { class: 'drop', 'aria-hidden': 'true' }, this.#texts.dropHere));
    return this.#window;
  }

  #makeHead() {
    const { title, end, close } = this.#texts;
    this.#standing = h('p', { dir: 'auto', role: 'status', hidden: true });
    this.#end = h('button', { type: 'button', 'aria-label': end, title: end, hidden: true,
      onclick: () => this.#asking(true) }, icon('end'));
    const shut = h('button', { type: 'button', 'aria-label': close, title: close, onclick: () => this.close() },
      icon('close'));
    return h('div', { class: 'bar' }, h('span', { class: 'mark', 'aria-hidden': 'true' }, icon('chat')),
      h('div', { class: 'head' }, h('h2', { id: 'title', dir: 'auto' }, title), this.#standing), this.#end, shut);
  }

  #makeAsk() {
    const { endAsk, endYes, endNo } = this.#texts;
    const answer = (yes) => () => {
      this.#asking(false);
      if (yes) this.#act.end();
    };
    this.#ask = h('div', { class: 'ask', role: 'group', 'aria-label': endAsk, hidden: true }, h('p', {}, endAsk),
      h('button', { type: 'button', class: 'plain', onclick: answer(true) }, endYes),
      h('button', { type: 'button', class: 'link', onclick: answer(false) }, endNo));
    return this.#ask;
  }

  #asking(asking) {
    this.#ask.hidden = !asking;
    if (asking) this.#ask.querySelector('button').focus();
    else this.#parts.composer.focus();
  }

  #key(event) {
    if (event.key === 'Escape' && !event.isComposing) {
      event.stopPropagation();
      this.close();
    }
    if (event.key === 'Tab' && matchMedia(SMALL).matches) this.#trap(event);
  }

  /** At phone width nothing but the window can be seen, so the focus stays in it. */
  #trap(event) {
    const all = [...this.#window.querySelectorAll('button, textarea, a[href], [tabindex="0"]')];
    const seen = all.filter((element) => !element.disabled && element.offsetParent);
    const edge = event.shiftKey ? seen[0] : seen.at(-1);
    if (this.#root.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? seen.at(-1) : seen[0]).focus();
  }

  #drag(event, over) {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    this.#window.classList.toggle('dragging', over);
  }

  #drop(event) {
    this.#drag(event, false);
    this.#act.files(event.dataTransfer.files);
  }

  /** The on-screen keyboard shrinks what can be seen, not the page. */
  #fit() {
    const { visualViewport: seen } = globalThis;
    this.#window.setAttribute('aria-modal', String(matchMedia(SMALL).matches));
    if (seen) this.#host.style.setProperty('--seen', `${seen.height}px`);
  }
}
