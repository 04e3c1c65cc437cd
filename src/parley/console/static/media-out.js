// What a page sends: sound and pictures encoded, sealed under this page's own keys, numbered. Every
// queue has an end.

import { PICTURE, SHOWN, SOUND } from "./media-frame.js";
import { Pace } from "./media-pace.js";
import { Chain, now, wallAhead } from "./media-parts.js";

const SOUND_TRACK = 0;
const PICTURE_TRACK = 16;
const SOUND_BPS = 24_000;
const BLOCK_MS = 20; // of media-sound.js
const PICTURE_BPS = 600_000;
const PICTURE_RATE = 30;
const SIZES = { small: { width: 640, bps: PICTURE_BPS }, large: { width: 1280, bps: 1_500_000 } };
const UNSENT_BYTES_MAX = 200_000;
const SOUND_LATE_MS = 500; // what a busy machine did not come to encode by then is not wanted
const KEY_EVERY_MS = 10_000;
const SEQUENCE_MAX = 0xffff_ffff;
// VP8 names no primaries, and a decoder that is told none takes those of high definition.
export const COLOURS = /** @type {VideoColorSpaceInit} */ ({ primaries: "bt709", transfer: "iec61966-2-1", matrix: "smpte170m", fullRange: false });

export class Out {
  /**
   * @param {import("./media-parts.js").Socket} socket
   * @param {{skipped: number, faults: number}} counts
   * @param {(bytes: number) => void} sent
   * @param {() => void} exhausted no number is left under these keys
   */
  constructor(socket, counts, sent, exhausted) {
    this.socket = socket;
    this.counts = counts;
    this.sent = sent;
    this.exhausted = exhausted;
    /** @type {(header: import("./media-frame.js").Header, plain: Uint8Array) => void} */
    this.tap = () => undefined; // what is recorded
    this.place = { party: 0, sender: 0 };
    this.sealing = new Chain();
    /** @type {import("./media-frame.js").Keys | null} */
    this.keys = null;
    this.numbers = { [SOUND]: 0, [PICTURE]: 0, [SHOWN]: 0 };
    this.wantsKey = true;
    this.keyAt = 0;
    this.size = { width: 0, height: 0 };
    this.chosen = SIZES.small;
    this.paused = false; // the link takes no pictures now
    this.most = { width: SIZES.small.width, rate: PICTURE_RATE, bps: PICTURE_BPS, sound_ms: 20, sound_bps: SOUND_BPS };
    this.dueAt = 0; // the next picture, by performance.now()
    /** @type {VideoEncoder | null} */
    this.encoder = null;
    this.pace = new Pace();
    /** @type {VideoFrame | null} */
    this.waits = null; // the newest picture that came while the encoder had one
  }

  get ready() {
    return this.socket.ready && this.keys !== null;
  }

  /** Seal with these from now on: numbers begin at 0, and a key frame comes first. @param {import("./media-frame.js").Keys | null} keys */
  begin(keys) {
    this.keys = keys;
    this.numbers = { [SOUND]: 0, [PICTURE]: 0, [SHOWN]: 0 };
    this.wantsKey = true;
    this.keyAt = 0;
    if (this.soundEncoder?.state !== "configured") this.makeSoundEncoder();
  }

  /** Pictures of at most this size, where the link takes them. @param {"small" | "large"} size */
  choose(size) {
    this.chosen = SIZES[size];
    this.most = { ...this.most, width: this.chosen.width, bps: this.chosen.bps };
  }

  /** What the link takes now: encoders go on with that. @param {{pictures: boolean, pictures_kbps: number, width: number, pictures_s: number, sound_ms: number, sound_kbps: number}} budget */
  budget(budget) {
    const was = this.most;
    this.paused = !budget.pictures;
    this.most = {
      width: Math.min(this.chosen.width, budget.width || this.chosen.width),
      rate: budget.pictures_s || PICTURE_RATE,
      bps: Math.min(this.chosen.bps, 1000 * budget.pictures_kbps || this.chosen.bps),
      sound_ms: budget.sound_ms,
      sound_bps: 1000 * budget.sound_kbps,
    };
    if (was.sound_ms !== this.most.sound_ms || was.sound_bps !== this.most.sound_bps) this.makeSoundEncoder();
    const changed = Math.abs(this.most.bps - was.bps) > 0.1 * was.bps || was.rate !== this.most.rate;
    if (!changed) this.most.bps = was.bps;
    else this.settle();
    if (this.paused) this.drop();
  }

  /** What pictures are to be now: what the link takes, and this machine makes in time. */
  get possible() {
    return this.pace.within(this.most);
  }

  /** The encoder goes on with that; VP8 does so without a key frame. */
  settle() {
    if (this.encoder?.state === "configured") this.encoder.configure(this.pictureConfig());
  }

  pictureConfig() {
    const { width, height } = this.size;
    const { bps, rate } = this.possible;
    return /** @type {VideoEncoderConfig} */ ({ codec: "vp8", width, height, bitrate: bps, framerate: rate, latencyMode: "realtime", bitrateMode: "variable" });
  }

  makeSoundEncoder() {
    if (this.soundEncoder?.state === "configured") this.soundEncoder.close();
    const length_ms = this.most.sound_ms;
    /** @type {number[]} */
    const heardAt = (this.heardAt = []); // blocks that are in the encoder; it counts samples, and knows of no pause
    this.soundEncoder = new AudioEncoder({
      output: (chunk) => this.send(chunk, { kind: SOUND, track: SOUND_TRACK, length_ms, captured_us: heardAt.splice(0, length_ms / BLOCK_MS)[0] ?? chunk.timestamp }),
      error: () => this.fault(() => this.makeSoundEncoder()),
    });
    this.soundEncoder.configure(
      /** @type {any} */ ({ codec: "opus", sampleRate: 48_000, numberOfChannels: 1, bitrate: this.most.sound_bps, opus: { frameDuration: 1000 * length_ms, application: "voip", signal: "voice", usedtx: false } }),
    );
  }

  /** @param {number} width @param {number} height of what the encoder makes; 0 until a picture came */
  remakeEncoder(width, height) {
    if (this.encoder?.state === "configured") this.encoder.close();
    this.encoder = null;
    this.size = { width, height };
    this.pace.clear();
    if (!width) return;
    this.wantsKey = true;
    const encoder = new VideoEncoder({
      output: (chunk) => {
        this.send(chunk, { kind: PICTURE, track: PICTURE_TRACK, key: chunk.type === "key", width, height });
        if (this.encoder === encoder) this.made(chunk.timestamp);
      },
      error: () => this.fault(() => this.remakeEncoder(0, 0)),
    });
    encoder.configure(this.pictureConfig());
    this.encoder = encoder;
  }

  /** @param {EncodedVideoChunk | EncodedAudioChunk} chunk @param {any} about */
  send(chunk, about) {
    const keys = this.keys;
    if (!this.ready || !keys) return;
    if (this.numbers[about.kind] === SEQUENCE_MAX) {
      this.exhausted();
      return;
    }
    const plain = new Uint8Array(chunk.byteLength);
    chunk.copyTo(plain);
    const header = { captured_us: Math.max(0, Math.round(chunk.timestamp)), ...about, ...this.place, epoch: keys.epoch, sequence: this.numbers[about.kind] };
    const added = this.sealing.add(async () => {
      const frame = await keys.seal(header, plain);
      if (keys === this.keys && this.ready) {
        this.socket.send(frame);
        this.sent(frame.length);
      }
    });
    if (added) {
      this.numbers[about.kind] += 1;
      this.tap(header, plain);
    } else if (about.kind === PICTURE) this.wantsKey = true; // those that follow need the one left out
  }

  /** Twenty milliseconds of the microphone, heard when a clock that may be set said so. @param {{block: Float32Array, at: number}} heard */
  hear({ block, at: said }) {
    if (!this.ready || this.soundEncoder?.state !== "configured") return;
    const at = said - wallAhead();
    if (now() - at > SOUND_LATE_MS || this.soundEncoder.encodeQueueSize > 10 || this.socket.unsent > 2 * UNSENT_BYTES_MAX) {
      this.counts.skipped += 1;
      return;
    }
    const data = new AudioData(/** @type {any} */ ({ format: "f32-planar", sampleRate: 48_000, numberOfFrames: block.length, numberOfChannels: 1, timestamp: Math.round(at * 1000), data: block }));
    this.heardAt?.push(Math.round(at * 1000));
    this.soundEncoder.encode(data);
    data.close();
  }

  /** A picture of the camera. @param {VideoFrame} picture */
  see(picture) {
    try {
      this.take(picture);
    } finally {
      picture.close();
    }
  }

  /** @param {VideoFrame} picture */
  take(picture) {
    if (this.paused) return;
    if (!this.fits) {
      if (this.ready) this.counts.skipped += 1;
      return;
    }
    if (!this.isDue()) return; // the link takes fewer, or this machine makes fewer
    const stamped = new VideoFrame(picture, { timestamp: Math.round(now() * 1000) });
    if (!this.pace.busy) this.encode(stamped);
    else this.wait(stamped);
  }

  get fits() {
    return this.ready && !this.sealing.busy && this.socket.unsent <= UNSENT_BYTES_MAX;
  }

  /** One picture waits for the encoder, the newest: what is older by the time it could begin goes here, where nothing hangs on it.
   * @param {VideoFrame} stamped */
  wait(stamped) {
    if (this.waits) {
      this.counts.skipped += 1;
      this.pace.leftOut();
      this.waits.close();
    }
    this.waits = stamped;
  }

  /** Nothing waits for the encoder any more. */
  drop() {
    this.waits?.close();
    this.waits = null;
  }

  /** The encoder gave a picture back, and may have the next. @param {number} timestamp */
  made(timestamp) {
    if (this.pace.came(timestamp, this.most)) this.settle();
    const next = this.waits;
    this.waits = null;
    if (!next) return;
    if (this.fits && !this.paused) this.encode(next);
    else next.close();
  }

  /** @param {VideoFrame} picture with our time, that is closed here */
  encode(picture) {
    this.drop(); // an older one
    try {
      this.give(picture);
    } catch {
      this.fault(() => this.remakeEncoder(0, 0)); // the encoder has just given up, or cannot be had: the next picture may
    } finally {
      picture.close();
    }
  }

  /** @param {VideoFrame} picture */
  give(picture) {
    const most = this.possible;
    const scale = Math.min(1, most.width / picture.displayWidth, most.width / picture.displayHeight);
    const width = 8 * Math.max(2, Math.floor((scale * picture.displayWidth) / 8));
    const height = 8 * Math.max(2, Math.floor((scale * picture.displayHeight) / 8));
    if (!this.encoder || width !== this.size.width || height !== this.size.height) this.remakeEncoder(width, height);
    const coloured = this.coloured(picture);
    try {
      const keyFrame = this.wantsKey || performance.now() - this.keyAt > KEY_EVERY_MS;
      if (keyFrame) {
        this.wantsKey = false;
        this.keyAt = performance.now();
      }
      this.pace.gives(coloured.timestamp);
      this.encoder?.encode(coloured, { keyFrame });
    } finally {
      if (coloured !== picture) coloured.close();
    }
  }

  /** Whether it is time for a picture. A camera on a busy machine comes late by some milliseconds, and the next picture on time:
   * what counts is when each was due and not when the one before came, so that none is left out for that. */
  isDue() {
    const each = 1000 / this.possible.rate;
    const at = performance.now();
    if (at < this.dueAt - each / 3) return false;
    this.dueAt = Math.max(this.dueAt, at - 1000 / PICTURE_RATE) + each;
    return true;
  }

  /** The same picture in the colours of VP8. @param {VideoFrame} picture */
  coloured(picture) {
    const { matrix, fullRange } = picture.colorSpace;
    // What is red, green and blue the encoder makes into those colours itself, in a third of the time.
    if (matrix === "rgb" || (matrix === COLOURS.matrix && !fullRange)) return picture;
    const { width, height } = this.size;
    this.mixed ??= new OffscreenCanvas(width, height).getContext("2d", { alpha: false });
    if (!this.mixed) return picture;
    if (this.mixed.canvas.width !== width) this.mixed.canvas.width = width;
    if (this.mixed.canvas.height !== height) this.mixed.canvas.height = height;
    this.mixed.drawImage(picture, 0, 0, width, height);
    return new VideoFrame(this.mixed.canvas, { timestamp: picture.timestamp });
  }

  /** @param {ReadableStream<VideoFrame>} pictures */
  async follow(pictures) {
    const reader = pictures.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.see(value);
    }
  }

  /** A codec gave up: count it and make another. @param {() => void} mend */
  fault(mend) {
    this.counts.faults += 1;
    if (this.socket.running) mend();
  }
}
