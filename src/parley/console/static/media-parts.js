// What the workers of sound and pictures share: figures of the last seconds, an order for WebCrypto,
// and a socket that is opened again when it was lost.

const CHAIN_MAX = 64; // frames that wait to be sealed, or to be opened
const AGAIN_MS = [500, 1_000, 2_000, 4_000];
const WINDOW_MS = 5_000;
export const TELL_MS = 500;
const DISPLACED = 4001;
const NO_SEAT = 4003;

/** The one clock of what is sent: it never goes back, whatever is set. Ahead of it by `wallAhead()` is that of the audio thread, which has no other. */
export const now = () => performance.timeOrigin + performance.now();
export const wallAhead = () => Date.now() - now();

/** What happened lately, for the figures on the page. */
export class Window {
  constructor() {
    /** @type {[number, number][]} */
    this.kept = [];
  }

  /** @param {number} value */
  add(value) {
    this.kept.push([performance.now(), value]);
  }

  values() {
    const since = performance.now() - WINDOW_MS;
    while (this.kept.length > 0 && this.kept[0][0] < since) this.kept.shift();
    return this.kept.map((each) => each[1]);
  }

  /** @param {number} share */
  percentile(share) {
    const sorted = this.values().sort((a, b) => a - b);
    return sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  }

  /** A second, from what was added since `begun`. @param {number} begun */
  rate(begun) {
    const span = Math.max(TELL_MS, Math.min(WINDOW_MS, performance.now() - begun));
    return (1000 * this.values().reduce((sum, each) => sum + each, 0)) / span;
  }
}

/** One after the other, and never more than so many that wait: WebCrypto answers out of order. */
export class Chain {
  constructor() {
    this.waiting = 0;
    this.last = Promise.resolve();
  }

  get busy() {
    return this.waiting >= CHAIN_MAX / 2;
  }

  /** @param {() => Promise<void>} act */
  add(act) {
    if (this.waiting >= CHAIN_MAX) return false;
    this.waiting += 1;
    this.last = this.last.then(act).catch(() => undefined).finally(() => (this.waiting -= 1));
    return true;
  }
}


export class Socket {
  /**
   * @param {string} address
   * @param {{open: () => void, lost: () => void, ended: (why: string) => void, word: (word: any) => void, frame: (frame: Uint8Array) => void}} hooks
   */
  constructor(address, hooks) {
    this.address = address;
    this.hooks = hooks;
    this.running = false;
    this.attempt = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
  }

  start() {
    this.running = true;
    this.attempt = 0;
    this.connect();
  }

  stop() {
    this.running = false;
    this.socket?.close();
    this.socket = null;
  }

  get ready() {
    return this.running && this.socket?.readyState === WebSocket.OPEN;
  }

  get unsent() {
    return this.socket?.bufferedAmount ?? 0;
  }

  /** @param {Uint8Array | string} item */
  send(item) {
    this.socket?.send(/** @type {any} */ (item));
  }

  /** Begin anew by the same way. */
  reopen() {
    this.socket?.close();
  }

  connect() {
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.attempt = 0;
      this.hooks.open();
    };
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      if (typeof event.data === "string") this.hooks.word(JSON.parse(event.data));
      else this.hooks.frame(new Uint8Array(event.data));
    };
    socket.onclose = (event) => {
      if (socket !== this.socket || !this.running) return;
      if (event.code === DISPLACED || event.code === NO_SEAT) {
        this.running = false;
        this.hooks.ended(event.code === DISPLACED ? "displaced" : "no seat");
        return;
      }
      this.hooks.lost();
      const wait = AGAIN_MS[Math.min(this.attempt, AGAIN_MS.length - 1)];
      this.attempt += 1;
      setTimeout(() => this.running && socket === this.socket && this.connect(), wait);
    };
  }
}
