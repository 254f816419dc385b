// Follows everything that happens, from a cursor, over a socket that is opened again when it breaks.

const SILENCE = 35_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;
const SIGNED_OUT = 4401;

export class Feed {
  /** `handlers`: events(items), live(), stale(), reset(cursor), signedOut(). */
  constructor(cursor, handlers) {
    this.cursor = cursor;
    this.handlers = handlers;
    this.pause = FIRST_PAUSE;
    this.watched = [];
    this.socket = null;
    this.timer = 0;
    window.addEventListener("online", () => this.hurry());
    window.addEventListener("offline", () => this.drop());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    this.connect();
  }

  connect() {
    clearTimeout(this.timer);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/v1/events/socket?after=${this.cursor}`);
    this.socket = socket;
    socket.addEventListener("open", () => this.sayWatched());
    socket.addEventListener("message", (event) => socket === this.socket && this.heard(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => socket === this.socket && this.lost(event.code));
    this.expectNews();
  }

  /** A socket that says nothing for long is dead, whatever the browser thinks of it. */
  expectNews() {
    clearTimeout(this.silence);
    const socket = this.socket;
    this.silence = setTimeout(() => socket === this.socket && this.drop(), SILENCE);
  }

  /** Give a connection up at once: a dead one would take long to admit it. */
  drop() {
    const { socket } = this;
    if (!socket) return;
    this.lost(0);
    socket.close();
  }

  heard(frame) {
    this.expectNews();
    if (frame.type === "events") {
      this.cursor = Math.max(this.cursor, frame.cursor);
      this.handlers.events(frame.events);
    } else if (frame.type === "still") {
      this.cursor = Math.max(this.cursor, frame.cursor);
    } else if (frame.type === "current") {
      this.cursor = Math.max(this.cursor, frame.cursor);
      this.pause = FIRST_PAUSE;
      this.handlers.live();
    } else if (frame.type === "reset") {
      this.cursor = frame.cursor;
      this.handlers.reset();
    }
  }

  lost(code) {
    this.socket = null;
    clearTimeout(this.silence);
    this.handlers.stale();
    if (code === SIGNED_OUT) return this.handlers.signedOut();
    const wait = this.pause * (0.5 + Math.random());
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  hurry() {
    if (this.socket) return;
    this.pause = FIRST_PAUSE;
    this.connect();
  }

  /** Say which conversations are shown, so that the hub tells when one goes out of sight. */
  watch(conversations) {
    this.watched = conversations.slice(0, 1000);
    this.sayWatched();
  }

  sayWatched() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ watch: this.watched }));
  }
}
