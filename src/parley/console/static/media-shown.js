// What is shown in a call, in the page's worker: pictures that each stand by themselves, sealed and opened
// under the keys of sound and pictures. Nothing leaves, and nothing reaches a decoder, but while the record
// says that the other side agreed (spec/showing.md B6, B7, B10, B11).

import { SHOWN, read } from "./media-frame.js";
import { COLOURS } from "./media-out.js";
import { Paper } from "./media-paper.js";
import { Chain, now } from "./media-parts.js";

const TRACK = 32;
const FRAME_BYTES_MAX = 262_144; // header and tag included
const OVERHEAD_BYTES = 40;
const SECONDS = 4; // that a picture may take on its way
const BYTES_MIN = 12_000;
const NARROW_WIDTH = 640; // where the link takes no faces
const TRIES = 4;
const EACH_MS = 1_000;
const AGAIN_MS = 20_000; // the same picture, for whom it was lost
const DECODES_WAITING_MAX = 2;

/** Whether that is one whole VP8 picture of the size its header says, and is to be shown (RFC 6386, 9.1). @param {Uint8Array} plain @param {{width?: number, height?: number}} header */
export function isPicture(plain, header) {
  if (plain.length < 10 || (plain[0] & 1) !== 0 || (plain[0] & 0x10) === 0) return false;
  if (plain[3] !== 0x9d || plain[4] !== 0x01 || plain[5] !== 0x2a) return false;
  const width = plain[6] | ((plain[7] & 0x3f) << 8);
  const height = plain[8] | ((plain[9] & 0x3f) << 8);
  const first = (plain[0] >> 5) | (plain[1] << 3) | (plain[2] << 11); // bytes of its first part
  return width === header.width && height === header.height && first <= plain.length - 10;
}

/** Whoever holds the call, as far as it is needed here. @typedef {{page: string, others: Map<string, import("./media-in.js").In>, out: import("./media-out.js").Out, counts: any, say: (word: any) => void}} Holder */

export class Shown {
  /** @param {Holder} call @param {(word: any) => void} tell the page */
  constructor(call, tell) {
    this.call = call;
    this.tell = tell;
    Object.assign(call.counts, { not_agreed: 0, no_picture: 0 });
    this.number = 0; // of what is shown now; 0 is nothing
    this.page = ""; // whose it is
    this.halted = 0; // stopped here, before the record says so
    this.pictures = true;
    this.kbps = 0;
    this.opening = new Chain();
    /** @type {Paper | null} */
    this.paper = null;
    /** @type {WeakMap<object, number>} */
    this.newest = new WeakMap(); // of each key, whatever was shown under it: no frame is shown twice
    this.forget();
  }

  /** Nothing is remembered of what was shown. */
  forget() {
    this.last?.close();
    /** @type {VideoFrame | null} */
    this.last = null; // of ours
    this.due = false;
    this.busy = false;
    this.sentAt = 0;
    this.sentBytes = 0;
    /** @type {any} */
    this.sentKeys = null;
    if (this.decoder?.state === "configured") this.decoder.close();
    /** @type {VideoDecoder | null} */
    this.decoder = null;
    this.paper?.paper?.clearRect(0, 0, this.paper.canvas.width, this.paper.canvas.height);
  }

  get ours() {
    return this.page !== "" && this.page === this.call.page;
  }

  /** How the call stands now. @param {any} state */
  stands(state) {
    const showing = state.state === "open" && state.me ? state.showing : null;
    const number = showing?.number ?? 0;
    const page = showing?.page ?? "";
    if (number !== this.number || page !== this.page) {
      this.forget();
      this.number = number;
      this.page = page;
    }
    if (number !== this.halted) this.halted = 0;
    this.tell({ showing: { number, ours: this.ours } });
  }

  /** A person has stopped it here: from now on, whatever the record says yet. */
  halt() {
    this.halted = this.number;
    this.forget();
  }

  /** @param {any} budget */
  budget(budget) {
    this.pictures = budget.pictures;
    this.kbps = budget.shown_kbps ?? 0;
  }

  /** @param {OffscreenCanvas} canvas where it is shown */
  place(canvas) {
    this.paper = new Paper(canvas);
  }

  // --- ours

  /** A picture of what we show. @param {VideoFrame} picture */
  see(picture) {
    if (!this.ours || this.halted) {
      picture.close();
      return;
    }
    this.last?.close();
    this.last = picture;
    this.due = true;
    this.look();
  }

  /** Somebody has not got it. */
  again() {
    this.due = this.last !== null;
    this.look();
  }

  /** Asked again and again: whether it is time to send. */
  look() {
    const { last, call } = this;
    if (!last || !this.ours || this.halted || this.busy || !call.out.ready) return;
    const since = performance.now() - this.sentAt;
    const under_way = this.kbps > 0 ? (8 * this.sentBytes) / this.kbps : 0; // ms
    const anew = this.sentKeys !== call.out.keys;
    if (!anew && since < Math.max(EACH_MS, under_way)) return;
    if (!this.due && !anew && since < AGAIN_MS) return;
    this.due = false;
    this.busy = true;
    const number = this.number;
    this.encode(last)
      .then((made) => made && number === this.number && !this.halted && this.send(made))
      .catch(() => (call.counts.faults += 1))
      .finally(() => (this.busy = false));
  }

  get most() {
    return Math.min(FRAME_BYTES_MAX - OVERHEAD_BYTES, Math.max(BYTES_MIN, SECONDS * 125 * (this.kbps || 450)));
  }

  /** One whole picture that the link takes in time: as sharp as may be, else smaller. @param {VideoFrame} picture */
  async encode(picture) {
    const { displayWidth, displayHeight, timestamp } = picture;
    let scale = this.pictures ? 1 : Math.min(1, NARROW_WIDTH / Math.max(displayWidth, displayHeight));
    let bits = 8 * this.most;
    const source = picture.clone(); // another may take its place meanwhile
    try {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const width = 8 * Math.max(2, Math.floor((scale * displayWidth) / 8));
        const height = 8 * Math.max(2, Math.floor((scale * displayHeight) / 8));
        const paper = new OffscreenCanvas(width, height).getContext("2d", { alpha: false });
        if (!paper) return null;
        paper.drawImage(source, 0, 0, width, height);
        const plain = await this.encoded(new VideoFrame(paper.canvas, { timestamp }), width, height, bits);
        if (plain && plain.length <= this.most) return { plain, width, height };
        bits /= 2;
        if (tries > 0) scale *= 0.7;
      }
    } finally {
      source.close();
    }
    return null;
  }

  /** @param {VideoFrame} picture @param {number} width @param {number} height @param {number} bits */
  async encoded(picture, width, height, bits) {
    /** @type {Uint8Array | null} */
    let plain = null;
    let failed = false;
    const encoder = new VideoEncoder({
      output: (chunk) => {
        plain = new Uint8Array(chunk.byteLength);
        chunk.copyTo(plain);
      },
      error: () => (failed = true),
    });
    try {
      encoder.configure({ codec: "vp8", width, height, bitrate: Math.round(bits), framerate: 1, latencyMode: "realtime", bitrateMode: "constant" });
      encoder.encode(picture, { keyFrame: true });
    } finally {
      picture.close();
    }
    await encoder.flush();
    encoder.close();
    return failed ? null : /** @type {Uint8Array | null} */ (plain);
  }

  /** @param {{plain: Uint8Array, width: number, height: number}} made */
  send({ plain, width, height }) {
    const { out } = this.call;
    this.sentAt = performance.now();
    this.sentBytes = plain.length;
    this.sentKeys = out.keys;
    const chunk = { byteLength: plain.length, timestamp: Math.round(now() * 1000), copyTo: (/** @type {Uint8Array} */ to) => to.set(plain) };
    out.send(/** @type {any} */ (chunk), { kind: SHOWN, track: TRACK, key: true, width, height });
    this.tell({ shown_sent: plain.length });
  }

  // --- theirs

  /** A frame of that kind came. @param {string} page @param {Uint8Array} frame */
  came(page, frame) {
    if (!this.agreed(page)) this.call.counts.not_agreed += 1;
    else if (frame.length > FRAME_BYTES_MAX) this.call.counts.no_picture += 1;
    else this.opening.add(() => this.open(page, frame));
  }

  /** @param {string} page */
  agreed(page) {
    return this.number !== 0 && this.page === page && !this.ours && this.halted !== this.number;
  }

  /** @param {string} page @param {Uint8Array} frame */
  async open(page, frame) {
    const { counts, others } = this.call;
    const header = read(frame);
    const other = others.get(page);
    const keys = header && other?.ring.find((each) => each.epoch === header.epoch);
    if (!header || !keys || header.party !== other?.place.party || header.sender !== other.place.sender) {
      counts.unopened += 1;
      return;
    }
    const plain = await keys.open(header, frame).catch(() => null);
    if (!plain) counts.unopened += 1;
    else if (!this.agreed(page)) counts.not_agreed += 1; // it was stopped meanwhile
    else if (!isPicture(plain, header)) counts.no_picture += 1;
    else if (header.sequence <= (this.newest.get(keys) ?? -1)) counts.unopened += 1; // opened before
    else if (keys !== other.ring[0] && this.newest.has(other.ring[0])) counts.unopened += 1; // of an epoch that is over
    else {
      this.newest.set(keys, header.sequence);
      this.show(header, plain);
    }
  }

  /** @param {import("./media-frame.js").Header} header @param {Uint8Array} plain */
  show(header, plain) {
    this.decoder ??= this.decoderOf(this.number);
    if (this.decoder.state !== "configured" || this.decoder.decodeQueueSize >= DECODES_WAITING_MAX) {
      this.call.counts.skipped += 1;
      return;
    }
    this.decoder.decode(new EncodedVideoChunk({ type: "key", timestamp: header.captured_us, data: /** @type {any} */ (plain) }));
    this.decoder.flush().catch(() => undefined);
  }

  /** @param {number} number of what it is for */
  decoderOf(number) {
    const made = new VideoDecoder({
      output: (picture) => {
        const shown = this.number === number && !this.halted && this.paper;
        if (!shown) picture.close();
        else shown.draw(picture).then(() => this.drawn(number, picture)).catch(() => (this.call.counts.faults += 1)).finally(() => picture.close());
      },
      error: () => {
        this.call.counts.faults += 1;
        if (this.decoder === made) this.decoder = null; // the next picture stands by itself
        this.call.say({ t: "key", page: this.page, shown: true });
      },
    });
    made.configure({ codec: "vp8", colorSpace: COLOURS });
    return made;
  }

  /** @param {number} number @param {VideoFrame} picture */
  drawn(number, picture) {
    if (this.number === number && !this.halted) this.tell({ shown: { number, width: picture.displayWidth, height: picture.displayHeight } });
    else this.paper?.paper?.clearRect(0, 0, this.paper.canvas.width, this.paper.canvas.height);
  }
}
