const MOST = 50;
const ACK_LIMIT = 20000;

/** What waits to be taken by the hub, in order, kept in the browser and shared by the visitor's tabs.
    An item goes out again and again under its own id until it is acknowledged, so it is said exactly once. */
export class Outbox {
  #storage;
  #send;
  #taken;
  #changed;
  #stuck;
  #flying = '';
  #timer = 0;

  /** `send` takes a frame and says whether it went out; `taken` gets what was acknowledged;
      `stuck` is called when an acknowledgement does not come. */
  constructor(storage, { send, taken, changed, stuck }) {
    this.#storage = storage;
    this.#send = send;
    this.#taken = taken;
    this.#changed = changed;
    this.#stuck = stuck;
    storage.watch('outbox', changed);
  }

  get items() {
    return this.#storage.get('outbox', []);
  }

  /** Add an item `{frame, files, failed}`; false when too many wait already. */
  add(item) {
    if (this.items.length >= MOST) return false;
    this.#keep([...this.items, item]);
    this.flush();
    return true;
  }

  /** Send the first item, unless one is on its way. */
  flush() {
    if (this.#flying) return;
    clearTimeout(this.#timer);
    const item = this.items.find(({ failed }) => !failed);
    if (!item || !this.#send(item.frame)) return;
    this.#flying = item.frame.id;
    this.#timer = setTimeout(this.#stuck, ACK_LIMIT);
  }

  /** The connection was lost: whatever was on its way goes out again. */
  ground() {
    this.#flying = '';
    clearTimeout(this.#timer);
  }

  acknowledge(id) {
    const item = this.items.find(({ frame }) => frame.id === id);
    this.#land(id);
    if (item) {
      this.#keep(this.items.filter(({ frame }) => frame.id !== id));
      this.#taken(item);
    }
    this.flush();
  }

  /** The history already has it, as when an acknowledgement was lost or another tab sent it. */
  settle(id) {
    if (id !== this.#flying && this.items.some(({ frame }) => frame.id === id)) this.discard(id);
  }

  /** The hub did not take it: try again in `retry_after` seconds, or, when it never will, let the next one pass. */
  refuse({ id, retry_after: seconds, text }) {
    this.#land(id);
    if (seconds !== undefined) {
      this.#timer = setTimeout(() => this.flush(), seconds * 1000 + 50);
      return;
    }
    this.#keep(this.items.map((item) => (item.frame.id === id ? { ...item, failed: text } : item)));
    this.flush();
  }

  retry(id) {
    const item = this.items.find(({ frame }) => frame.id === id);
    if (!item) return;
    this.#keep([...this.items.filter((other) => other.frame.id !== id), { ...item, failed: '' }]);
    this.flush();
  }

  discard(id) {
    this.#keep(this.items.filter(({ frame }) => frame.id !== id));
  }

  #land(id) {
    if (this.#flying === id) this.ground();
  }

  #keep(items) {
    this.#storage.set('outbox', items);
    this.#changed();
  }
}
