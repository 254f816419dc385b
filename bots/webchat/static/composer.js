import { fill, h, icon } from './dom.js';
import { upload } from './uploads.js';

const TYPING_EVERY = 3000;

/** Where the visitor writes: text, files by button, paste or drop, and what is wrong with them. */
export class Composer {
  element;
  #field;
  #send;
  #over;
  #tray;
  #input;
  #files = new Map();
  #settings;
  #base;
  #visitor;
  #act;
  #typed = 0;

  /** `act`: say(text, files) → whether it was taken, typing(), draft(text), complain(text); `visitor()` → token. */
  constructor(settings, base, draft, visitor, act) {
    const { texts } = settings;
    Object.assign(this, { draft });
    this.#settings = settings;
    this.#base = base;
    this.#visitor = visitor;
    this.#act = act;
    this.#field = h('textarea', { rows: 1, dir: 'auto', placeholder: texts.write, 'aria-label': texts.write,
      'aria-describedby': 'over', onkeydown: (event) => this.#key(event), oninput: () => this.#input_(),
      onpaste: (event) => this.#paste(event) });
    this.#field.value = draft;
    this.#over = h('p', { id: 'over', class: 'over', role: 'status' });
    this.#tray = h('div', { class: 'tray' });
    this.#input = h('input', { type: 'file', multiple: true, hidden: true, tabindex: -1,
      onchange: () => this.attach(this.#input.files) });
    this.#send = h('button', { class: 'send', 'aria-label': texts.send, title: texts.send }, icon('send'));
    const clip = h('button', { type: 'button', class: 'clip', 'aria-label': texts.attach, title: texts.attach,
      onclick: () => this.#input.click() }, icon('clip'));
    this.element = h('form', { class: 'composer', onsubmit: (event) => this.#submit(event) },
      this.#tray, this.#over, h('div', { class: 'line' }, clip, this.#field, this.#send), this.#input);
    this.#check();
  }

  focus() {
    this.#field.focus({ preventScroll: true });
    this.#fit();
  }

  /** Take files and begin to send them; what cannot be sent says why. */
  attach(files) {
    for (const file of files) {
      if (this.#files.size >= this.#settings.limits.files) {
        this.#act.complain(fill(this.#settings.texts.tooManyFiles, { limit: this.#settings.limits.files }));
        break;
      }
      this.#begin(file);
    }
    this.#input.value = '';
  }

  #begin(file) {
    const { texts, limits } = this.#settings;
    const abort = new AbortController();
    const name = file.name || texts.attach;
    const note = h('small', { role: 'status' });
    const bar = h('progress', { max: 100, value: 0, 'aria-label': name });
    const remove = h('button', { type: 'button', 'aria-label': fill(texts.remove, { name }),
      onclick: () => this.#drop(entry) }, icon('close'));
    const chip = h('div', { class: 'chip' }, icon('file'), h('span', {}, h('bdi', {}, name), note), bar, remove);
    const entry = { chip, abort, sent: null };
    this.#files.set(entry, entry);
    this.#tray.append(chip);
    const fail = (text) => this.#fail(entry, note, bar, text);
    if (file.size > limits.file) fail(fill(texts.fileTooLarge, { limit: limits.file / 1e6 }));
    else if (!file.size) fail(texts.fileEmpty);
    else this.#transfer(entry, file, bar, fail);
    this.#check();
  }

  async #transfer(entry, file, bar, fail) {
    try {
      const token = await this.#visitor();
      entry.sent = await upload(this.#base, token, this.#settings.language, file,
        (percent) => (bar.value = percent), entry.abort.signal);
      bar.remove();
    } catch (error) {
      fail(error.message || this.#settings.texts.uploadFailed);
    }
    this.#check();
  }

  #fail(entry, note, bar, text) {
    entry.failed = true;
    entry.chip.classList.add('failed');
    note.textContent = text;
    bar.remove();
  }

  #drop(entry) {
    entry.abort.abort();
    entry.chip.remove();
    this.#files.delete(entry);
    this.#check();
    this.focus();
  }

  #key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.element.requestSubmit();
  }

  #input_() {
    this.#fit();
    this.#check();
    this.#act.draft(this.#field.value);
    if (Date.now() - this.#typed < TYPING_EVERY || !this.#field.value) return;
    this.#typed = Date.now();
    this.#act.typing();
  }

  #paste(event) {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    this.attach(event.clipboardData.files);
  }

  #submit(event) {
    event.preventDefault();
    const ready = this.#check();
    const files = [...this.#files.keys()].filter(({ sent }) => sent);
    if (!ready || !this.#act.say(this.#field.value.trim(), files.map(({ sent }) => sent))) return;
    files.forEach((entry) => this.#drop(entry));
    this.#field.value = '';
    this.#typed = 0;
    this.#act.draft('');
    this.#fit();
    this.#check();
  }

  /** Say whether it can be sent now. */
  #check() {
    const entries = [...this.#files.keys()];
    const over = [...this.#field.value.trim()].length - this.#settings.limits.text;
    this.#over.textContent = over > 0 ? fill(this.#settings.texts.tooLong, { count: over }) : '';
    const something = this.#field.value.trim() || entries.some(({ sent }) => sent);
    const ready = Boolean(something) && over <= 0 && entries.every(({ sent, failed }) => sent || failed);
    // Not `disabled`: a button that cannot be focused would drop the focus of whoever just pressed it.
    this.#send.setAttribute('aria-disabled', String(!ready));
    return ready;
  }

  #fit() {
    this.#field.style.height = 'auto';
    this.#field.style.height = `${Math.min(this.#field.scrollHeight, 140)}px`;
  }
}
