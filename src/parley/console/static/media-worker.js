// The green room's worker: this page's own sound and pictures, sent to the own station by one socket
// and given back by it, or by the other station beyond it.

import { In } from "./media-in.js";
import { Keys } from "./media-frame.js";
import { Out } from "./media-out.js";
import { Socket, TELL_MS, Window } from "./media-parts.js";

// Through the own station there is room for all of it; the other one tells what the line takes.
const EVERYTHING = { pictures: true, pictures_kbps: 0, width: 0, pictures_s: 0, sound_ms: 20, sound_kbps: 24 };

class Loop {
  /** @param {any} init */
  constructor(init) {
    this.counts = { gaps: 0, back: 0, skipped: 0, unopened: 0, faults: 0, keys_asked: 0 };
    this.station = null; // what the station counted
    this.begun = 0;
    this.epoch = -1;
    this.sent = new Window();
    this.socket = new Socket(init.address, {
      open: () => this.begin(),
      lost: () => postMessage({ lost: true }),
      ended: (why) => postMessage({ ended: why }),
      word: (word) => this.word(word),
      frame: (frame) => this.in.came(frame),
    });
    this.out = new Out(this.socket, this.counts, (bytes) => this.sent.add(bytes), () => this.socket.reopen());
    this.in = new In(init.canvas, init.playout, () => this.socket.ready && this.socket.send('{"t":"key"}'), this.counts);
    init.capture.onmessage = (/** @type {MessageEvent} */ event) => this.out.hear(event.data);
    setInterval(() => this.tell(), TELL_MS);
  }

  /** @param {string} address of the station's end */
  start(address) {
    this.socket.address = address;
    this.station = null;
    this.out.budget(EVERYTHING);
    this.begun = performance.now();
    this.socket.start();
  }

  /** A socket is open: new keys, so that no number is ever used twice under one. */
  begin() {
    this.epoch = (this.epoch + 1) & 255;
    const keys = new Keys(crypto.getRandomValues(new Uint8Array(32)), this.epoch);
    this.in.begin();
    this.in.admit(keys);
    this.out.begin(keys);
    postMessage({ open: true });
  }

  /** @param {any} word */
  word(word) {
    if (word.t === "key") this.out.wantsKey = true;
    else if (word.t === "budget") this.out.budget(word);
    else if (word.t === "counts") this.station = word;
  }

  tell() {
    if (!this.socket.running) return;
    const { fps, picture, back } = this.in.seen;
    const lost = this.counts.gaps / Math.max(1, this.counts.gaps + this.counts.back);
    postMessage({
      figures: {
        fps: fps.rate(this.begun),
        picture_p50: picture.percentile(0.5),
        picture_p95: picture.percentile(0.95),
        sent_kbps: (8 * this.sent.rate(this.begun)) / 1000,
        back_kbps: (8 * back.rate(this.begun)) / 1000,
        lost,
        ...this.counts,
        station: this.station,
        still_ms: this.in.shownAt ? performance.now() - this.in.shownAt : null,
        width: this.out.size.width,
        height: this.out.size.height,
      },
    });
  }
}

/** @type {Loop | null} */
let loop = null;

onmessage = (/** @type {MessageEvent} */ event) => {
  const word = event.data;
  if (word.init) loop = new Loop(word.init);
  else if (word.pictures) loop?.out.follow(word.pictures);
  else if (word.picture) loop ? loop.out.see(word.picture) : word.picture.close();
  else if (word.run === true) loop?.start(word.address);
  else if (word.run === false) loop?.socket.stop();
};
