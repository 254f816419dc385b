const NOTHING = { choices: null, files: null, entities: null, reply_to: null, reactions: undefined };

/** The chat as this window knows it. */
export class Thread {
  /** the last cursor seen: where to resume */
  cursor = 0;
  #entries = new Map();
  /** own messages the hub has, but that are not in the history we were shown yet */
  #loose = new Map();
  #seen = new Map();

  /** Forget the history: a new one follows. */
  clear() {
    this.cursor = 0;
    this.#entries.clear();
  }

  add(entries) {
    for (const entry of entries) {
      this.#entries.set(entry.id, entry);
      this.#loose.delete(entry.own);
      this.cursor = Math.max(this.cursor, entry.cursor);
    }
  }

  /** Reactions that were taken away meanwhile are not told of: those that stand are. */
  resume() {
    for (const [id, entry] of this.#entries) this.#entries.set(id, { ...entry, reactions: undefined });
  }

  /** What has become of entries: `{id, text, edited, deleted, choices, files, entities, reply_to, reactions}`. */
  change(entries) {
    for (const entry of entries) {
      const known = this.#entries.get(entry.id);
      if (known) this.#entries.set(entry.id, { ...known, ...NOTHING, ...entry });
    }
  }

  /** An own message `{own, text, at, files}` that the hub has taken from this window or another. */
  took(message) {
    if (!this.knows(message.own)) this.#loose.set(message.own, message);
  }

  knows(own) {
    return [...this.#entries.values()].some((entry) => entry.own === own);
  }

  /** Staff have read a conversation up to message number n. */
  saw({ conversation, n }) {
    this.#seen.set(conversation, Math.max(n, this.#seen.get(conversation) ?? 0));
  }

  /** How many messages of ours came after a cursor. */
  unread(cursor) {
    return [...this.#entries.values()]
      .filter((entry) => entry.from !== 'client' && entry.cursor > cursor && !entry.deleted).length;
  }

  get last() {
    return [...this.#entries.values()].at(-1);
  }

  /** Everything to show, in order: the history, what the hub has just taken, what still waits. */
  list(waiting) {
    const entries = [...this.#entries.values()].sort((one, other) => one.cursor - other.cursor);
    const loose = [...this.#loose.values()];
    const known = new Set([...entries, ...loose].map(({ own }) => own));
    return [
      ...entries.map((entry) => ({ ...entry, key: entry.own || entry.id, state: this.#state(entry) })),
      ...loose.map((message) => ({ ...message, key: message.own, from: 'client', state: 'sent' })),
      ...waiting
        .filter(({ frame }) => frame.type === 'message' && !known.has(frame.id))
        .map(({ frame, files, failed }) => ({
          key: frame.id, own: frame.id, from: 'client', text: frame.text, at: frame.at, files,
          state: failed ? 'failed' : 'sending', failed,
        })),
    ];
  }

  #state(entry) {
    return entry.own && entry.n <= (this.#seen.get(entry.conversation) ?? 0) ? 'read' : entry.state;
  }
}
