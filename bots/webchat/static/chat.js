import { Composer } from './composer.js';
import { Connection } from './connection.js';
import { uuid } from './dom.js';
import { Log } from './log.js';
import { Outbox } from './outbox.js';
import { Panel } from './panel.js';
import { Storage } from './storage.js';
import { Thread } from './thread.js';

const TYPING_SHOWN = 6000;

/** The whole chat of one page: hears the hub, keeps the thread, and draws it. */
export class Chat {
  #thread = new Thread();
  #kept;
  #tab;
  #options;
  #settings;
  #connection;
  #outbox;
  #log;
  #composer;
  #panel;
  #standing = { state: 'none', operator: '', rated: 0 };
  #read = 0;
  #received = 0;
  #typing = 0;
  #fresh = true;
  #greeted = [];

  constructor(base, settings, style, options) {
    const prefix = `trunkline:${base.pathname.split('/').at(-2)}:`;
    this.#kept = new Storage(() => localStorage, prefix);
    this.#tab = new Storage(() => sessionStorage, prefix);
    this.#options = options;
    this.#settings = settings;
    this.#outbox = new Outbox(this.#kept, {
      send: (frame) => this.#connection.send(frame),
      taken: ({ frame, files }) => this.#took({ ...frame, own: frame.id, files }),
      changed: () => this.#draw(),
      stuck: () => this.#connection.restart(),
    });
    this.#connection = new Connection(base, {
      hello: () => this.#hello(), heard: (frame) => this.#hear(frame), changed: () => this.#connected(),
    });
    this.#makeParts(base, style);
    this.#kept.watch('read', () => this.#draw());
    document.addEventListener('visibilitychange', () => this.#receipts());
    if (this.#kept.get('token') || this.#outbox.items.length) this.#connection.start();
    if (this.#tab.get('open')) this.open({ focus: false });
  }

  open(how) {
    this.#panel.open(how);
  }

  close() {
    this.#panel.close();
  }

  #makeParts(base, style) {
    this.#log = new Log(this.#settings, base, {
      retry: (id) => this.#outbox.retry(id),
      discard: (id) => this.#outbox.discard(id),
      say: (text) => this.#say(text, []),
      rate: (score, comment) => this.#queue({ type: 'rate', score, comment }),
    });
    this.#composer = new Composer(this.#settings, base, this.#tab.get('draft', ''), () => this.#token(), {
      say: (text, files) => this.#say(text, files),
      typing: () => this.#connection.send({ type: 'typing' }),
      draft: (text) => this.#tab.set('draft', text),
      complain: (text) => this.#panel.complain(text),
    });
    this.#panel = new Panel(this.#settings, style, { log: this.#log, composer: this.#composer }, {
      opened: () => this.#opened(true),
      closed: () => this.#opened(false),
      end: () => this.#queue({ type: 'end' }),
      files: (files) => this.#composer.attach(files),
    });
    this.#draw();
  }

  #opened(open) {
    this.#tab.set('open', open);
    if (open) {
      // Visitors who never open the chat cost the hub nothing.
      this.#connection.start();
      this.#panel.connect(this.#connection.open);
    }
    this.#draw();
  }

  #say(text, files) {
    const frame = { type: 'message', text, files: files.map(({ id }) => id), at: new Date().toISOString() };
    return this.#queue({ ...frame, page: location.href.split('#')[0] }, files);
  }

  #queue(frame, files = []) {
    const added = this.#outbox.add({ frame: { ...frame, id: uuid() }, files });
    if (!added) this.#panel.complain(this.#settings.texts.outboxFull);
    return added;
  }

  #hello() {
    const { name, language } = this.#options;
    const { timeZone = '' } = Intl.DateTimeFormat().resolvedOptions();
    const hello = { after: this.#thread.cursor, language, timezone: timeZone };
    return { ...hello, token: this.#kept.get('token', ''), ...(name && { name: name.slice(0, 200) }) };
  }

  /** The visitor's token, once the hub has given one. */
  #token() {
    if (this.#connection.open) return Promise.resolve(this.#kept.get('token'));
    if (navigator.onLine === false) return Promise.reject(new Error(''));
    return new Promise((known) => this.#greeted.push(() => known(this.#kept.get('token'))));
  }

  #hear(frame) {
    const heard = {
      welcome: () => this.#welcome(frame),
      entries: () => this.#add(frame.entries),
      changed: () => this.#thread.change(frame.entries),
      echo: () => this.#took(frame),
      ack: () => this.#outbox.acknowledge(frame.id),
      seen: () => this.#thread.saw(frame),
      typing: () => this.#type(frame.name),
      conversation: () => (this.#standing = frame),
      error: () => (frame.id ? this.#outbox.refuse(frame) : this.#panel.complain(frame.text)),
    }[frame.type];
    heard?.();
    this.#draw();
  }

  #welcome(frame) {
    if (!frame.cursor) this.#thread.clear();
    this.#thread.resume();
    this.#fresh = !frame.cursor;
    this.#standing = frame;
    // To the hub we are somebody new: cursors of the old life mean nothing.
    if (this.#kept.get('token') !== frame.token) this.#kept.set('read', 0);
    this.#kept.set('token', frame.token);
    this.#read = this.#received = 0;
  }

  #connected() {
    const { open } = this.#connection;
    if (this.#panel.isOpen) this.#panel.connect(open);
    if (!open) {
      this.#outbox.ground();
      return;
    }
    this.#greeted.splice(0).forEach((known) => known());
    this.#outbox.flush();
  }

  #add(entries) {
    this.#thread.add(entries);
    for (const { own } of entries) if (own) this.#outbox.settle(own);
    if (entries.some(({ from }) => from !== 'client')) this.#type('');
  }

  #took(message) {
    if (message.type !== 'rate' && message.type !== 'end') this.#thread.took(message);
  }

  #type(name) {
    clearTimeout(this.#typing);
    this.#log.type(name);
    if (name) this.#typing = setTimeout(() => this.#log.type(''), TYPING_SHOWN);
  }

  #draw() {
    if (!this.#panel) return;
    const items = this.#thread.list(this.#outbox.items);
    const { rated, state } = this.#standing;
    const ended = state === 'closed' && items.at(-1)?.from !== 'client';
    this.#log.show(items, { rated, ended, quiet: this.#fresh });
    this.#panel.stand(this.#standing);
    this.#receipts();
    this.#panel.count(this.#thread.unread(this.#kept.get('read', 0)));
    // What comes from now on is news, and is read out.
    if (this.#thread.cursor) this.#fresh = false;
  }

  /** Tell the hub, and the badge, what has arrived and what was before the visitor's eyes. */
  #receipts() {
    const { cursor } = this.#thread;
    if (this.#panel.isOpen && !document.hidden) {
      if (cursor > this.#kept.get('read', 0)) this.#kept.set('read', cursor);
      if (cursor > this.#read && this.#connection.send({ type: 'read', cursor })) this.#read = this.#received = cursor;
    } else if (cursor > this.#received && this.#connection.send({ type: 'received', cursor })) {
      this.#received = cursor;
    }
  }
}
