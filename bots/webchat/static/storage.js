/** What the browser remembers for one channel; where it may not remember anything, as long as the page lives. */
export class Storage {
  #area;
  #prefix;
  #memory = new Map();

  /** `open` returns localStorage or sessionStorage; merely touching them may throw. */
  constructor(open, prefix) {
    this.#prefix = prefix;
    try {
      this.#area = open();
    } catch {
      this.#area = null;
    }
  }

  get(key, otherwise) {
    if (this.#memory.has(key)) return this.#memory.get(key);
    try {
      return JSON.parse(this.#area?.getItem(this.#prefix + key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  }

  set(key, value) {
    try {
      this.#area.setItem(this.#prefix + key, JSON.stringify(value));
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, value);
    }
  }

  /** Call `changed` when another tab has changed `key`. */
  watch(key, changed) {
    addEventListener('storage', (event) => {
      if (event.storageArea === this.#area && event.key === this.#prefix + key) changed();
    });
  }
}
