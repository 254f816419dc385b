const FIRST = 500;
const LONGEST = 30000;
const WELCOME_LIMIT = 15000;
const STEADY = 10000;

/** One WebSocket, opened again whenever it is lost. */
export class Connection {
  /** whether the hub has welcomed us */
  open = false;
  #url;
  #hello;
  #heard;
  #changed;
  #socket = null;
  #wanted = false;
  #tries = 0;
  #timer = 0;

  /** `hello` makes the first frame; `heard` gets every frame, `changed` is told when `open` has changed. */
  constructor(base, { hello, heard, changed }) {
    this.#url = new URL('socket', base);
    this.#url.protocol = this.#url.protocol.replace('http', 'ws');
    this.#hello = hello;
    this.#heard = heard;
    this.#changed = changed;
    addEventListener('online', () => this.#now());
    addEventListener('offline', () => this.restart());
    addEventListener('pageshow', () => this.#now());
    document.addEventListener('visibilitychange', () => document.hidden || this.#now());
  }

  start() {
    this.#wanted = true;
    this.#now();
  }

  /** Send a frame; false when there is nobody to send it to. */
  send(frame) {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Leave this socket for a new one. */
  restart() {
    const socket = this.#socket;
    this.#lost();
    socket?.close();
    this.#now();
  }

  #now() {
    clearTimeout(this.#timer);
    if (!this.#wanted || this.#socket || navigator.onLine === false) return;
    const socket = (this.#socket = new WebSocket(this.#url));
    const overdue = setTimeout(() => socket === this.#socket && this.#fail(socket), WELCOME_LIMIT);
    let since = Infinity;
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', ...this.#hello() }));
    socket.onmessage = ({ data }) => {
      if (socket !== this.#socket) return;
      const frame = JSON.parse(data);
      if (frame.type === 'welcome') {
        clearTimeout(overdue);
        since = Date.now();
        this.open = true;
      }
      this.#heard(frame);
      if (frame.type === 'welcome') this.#changed();
    };
    socket.onclose = () => {
      clearTimeout(overdue);
      if (Date.now() - since > STEADY) this.#tries = 0;
      if (socket === this.#socket) this.#fail(socket);
    };
  }

  #fail(socket) {
    this.#lost();
    socket.close();
    const longest = Math.min(LONGEST, FIRST * 2 ** this.#tries++);
    this.#timer = setTimeout(() => this.#now(), longest * (0.5 + Math.random() / 2));
  }

  #lost() {
    this.#socket = null;
    if (!this.open) return;
    this.open = false;
    this.#changed();
  }
}
