// Sound and pictures on their way: encoded, sealed, sent to the own station by one socket; what
// comes back is opened, decoded and shown. Every queue has an end, and nothing that came from the
// socket reaches a decoder unless this page's own key sealed it.

import { Keys, PICTURE, SOUND, read } from "./media-frame.js";

const SOUND_TRACK = 0;
const PICTURE_TRACK = 16;
const SOUND_BPS = 24_000;
const PICTURE_BPS = 600_000;
const PICTURE_RATE = 30;
const WIDTH_MAX = 640;
const CHAIN_MAX = 64; // frames that wait to be sealed, or to be opened
const UNSENT_BYTES_MAX = 200_000;
const KEY_REQUEST_MS = 300;
const KEY_EVERY_MS = 10_000;
const AGAIN_MS = [500, 1_000, 2_000, 4_000];
// VP8 names no primaries, and a decoder that is told none takes those of high definition.
const COLOURS = /** @type {VideoColorSpaceInit} */ ({ primaries: "smpte170m", transfer: "smpte170m", matrix: "smpte170m", fullRange: false });
const WINDOW_MS = 5_000;
const TELL_MS = 500;
const SEQUENCE_MAX = 0xffff_ffff;
const DISPLACED = 4001;
const NO_SEAT = 4003;

const now = () => performance.timeOrigin + performance.now();

/** What happened lately, for the figures on the page. */
class Window {
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
class Chain {
  constructor() {
    this.waiting = 0;
    this.last = Promise.resolve();
  }

  /** @param {() => Promise<void>} act */
  add(act) {
    if (this.waiting >= CHAIN_MAX) return false;
    this.waiting += 1;
    this.last = this.last.then(act).catch(() => undefined).finally(() => (this.waiting -= 1));
    return true;
  }
}

class Loop {
  /** @param {any} init */
  constructor(init) {
    this.address = init.address;
    /** @type {OffscreenCanvas} */
    this.canvas = init.canvas;
    this.paper = this.canvas.getContext("2d", { alpha: false });
    /** @type {MessagePort} */
    this.playout = init.playout;
    this.running = false;
    this.attempt = 0;
    this.epoch = -1;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.sealing = new Chain();
    this.opening = new Chain();
    this.counts = { gaps: 0, back: 0, skipped: 0, unopened: 0, faults: 0, keys_asked: 0 };
    this.station = null; // what the station counted
    this.seen = { fps: new Window(), picture: new Window(), sent: new Window(), back: new Window() };
    this.begun = 0;
    this.shownAt = 0;
    this.askedAt = 0;
    this.size = { width: 0, height: 0 };
    init.capture.onmessage = (/** @type {MessageEvent} */ event) => this.hear(event.data);
    setInterval(() => this.tell(), TELL_MS);
  }

  start() {
    this.running = true;
    this.begun = performance.now();
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

  connect() {
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => this.begin();
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      if (typeof event.data === "string") this.word(event.data);
      else this.came(new Uint8Array(event.data));
    };
    socket.onclose = (event) => {
      if (socket !== this.socket || !this.running) return;
      if (event.code === DISPLACED || event.code === NO_SEAT) {
        this.running = false;
        postMessage({ ended: event.code === DISPLACED ? "displaced" : "no seat" });
        return;
      }
      postMessage({ lost: true });
      const wait = AGAIN_MS[Math.min(this.attempt, AGAIN_MS.length - 1)];
      this.attempt += 1;
      setTimeout(() => this.running && socket === this.socket && this.connect(), wait);
    };
  }

  /** A socket is open: new keys, so that no number is ever used twice under one. */
  begin() {
    this.attempt = 0;
    this.epoch = (this.epoch + 1) & 255;
    this.keys = new Keys(crypto.getRandomValues(new Uint8Array(32)), this.epoch);
    this.numbers = { [SOUND]: 0, [PICTURE]: 0 };
    this.newest = { [SOUND]: -1, [PICTURE]: -1 };
    this.wantsKey = true; // for our encoder
    this.needsKey = true; // for our decoder
    this.keyAt = 0;
    this.makeDecoders();
    this.makeSoundEncoder();
    this.remakeEncoder(0, 0);
    postMessage({ open: true });
  }

  // --- out

  makeSoundEncoder() {
    if (this.soundEncoder?.state === "configured") this.soundEncoder.close();
    this.soundEncoder = new AudioEncoder({
      output: (chunk) => this.send(chunk, { kind: SOUND, track: SOUND_TRACK, length_ms: 20 }),
      error: () => this.fault(() => this.makeSoundEncoder()),
    });
    this.soundEncoder.configure(
      /** @type {any} */ ({ codec: "opus", sampleRate: 48_000, numberOfChannels: 1, bitrate: SOUND_BPS, opus: { frameDuration: 20_000, application: "voip", signal: "voice", usedtx: false } }),
    );
  }

  /** @param {number} width @param {number} height of what the encoder makes; 0 until a picture came */
  remakeEncoder(width, height) {
    if (this.encoder?.state === "configured") this.encoder.close();
    this.encoder = null;
    this.size = { width, height };
    if (!width) return;
    this.wantsKey = true;
    const encoder = new VideoEncoder({
      output: (chunk) => this.send(chunk, { kind: PICTURE, track: PICTURE_TRACK, key: chunk.type === "key", width, height }),
      error: () => this.fault(() => this.remakeEncoder(0, 0)),
    });
    encoder.configure({ codec: "vp8", width, height, bitrate: PICTURE_BPS, framerate: PICTURE_RATE, latencyMode: "realtime", bitrateMode: "variable" });
    this.encoder = encoder;
  }

  /** @param {EncodedVideoChunk | EncodedAudioChunk} chunk @param {any} about */
  send(chunk, about) {
    const keys = this.keys;
    if (!this.ready || !keys || !this.numbers) return;
    if (this.numbers[about.kind] === SEQUENCE_MAX) {
      this.socket?.close(); // opened again, with new keys
      return;
    }
    const plain = new Uint8Array(chunk.byteLength);
    chunk.copyTo(plain);
    const header = { ...about, epoch: this.epoch, sequence: this.numbers[about.kind], captured_us: Math.max(0, Math.round(chunk.timestamp)) };
    const added = this.sealing.add(async () => {
      const frame = await keys.seal(header, plain);
      if (keys === this.keys && this.ready) {
        this.socket?.send(/** @type {any} */ (frame));
        this.seen.sent.add(frame.length);
      }
    });
    if (added) this.numbers[about.kind] += 1;
    else if (about.kind === PICTURE) this.wantsKey = true; // those that follow need the one left out
  }

  /** Twenty milliseconds of the microphone. @param {{block: Float32Array, at: number}} heard */
  hear({ block, at }) {
    if (!this.ready || this.soundEncoder?.state !== "configured") return;
    if (this.soundEncoder.encodeQueueSize > 10 || (this.socket?.bufferedAmount ?? 0) > 2 * UNSENT_BYTES_MAX) {
      this.counts.skipped += 1;
      return;
    }
    const data = new AudioData(/** @type {any} */ ({ format: "f32-planar", sampleRate: 48_000, numberOfFrames: block.length, numberOfChannels: 1, timestamp: Math.round(at * 1000), data: block }));
    this.soundEncoder.encode(data);
    data.close();
  }

  /** A picture of the camera. @param {VideoFrame} picture */
  see(picture) {
    const fits = this.ready && this.sealing.waiting < CHAIN_MAX / 2 && (this.socket?.bufferedAmount ?? 0) <= UNSENT_BYTES_MAX;
    if (!fits || (this.encoder && this.encoder.encodeQueueSize > 1)) {
      if (this.ready) this.counts.skipped += 1;
      picture.close();
      return;
    }
    const scale = Math.min(1, WIDTH_MAX / picture.displayWidth, WIDTH_MAX / picture.displayHeight);
    const width = 8 * Math.max(2, Math.floor((scale * picture.displayWidth) / 8));
    const height = 8 * Math.max(2, Math.floor((scale * picture.displayHeight) / 8));
    if (!this.encoder || width !== this.size.width || height !== this.size.height) this.remakeEncoder(width, height);
    const stamped = this.coloured(picture, Math.round(now() * 1000));
    picture.close();
    const keyFrame = Boolean(this.wantsKey) || performance.now() - (this.keyAt ?? 0) > KEY_EVERY_MS;
    if (keyFrame) {
      this.wantsKey = false;
      this.keyAt = performance.now();
    }
    this.encoder?.encode(stamped, { keyFrame });
    stamped.close();
  }

  /** The same picture with our time, in the colours of VP8. @param {VideoFrame} picture @param {number} timestamp */
  coloured(picture, timestamp) {
    const { matrix, fullRange } = picture.colorSpace;
    if (matrix === COLOURS.matrix && !fullRange) return new VideoFrame(picture, { timestamp });
    const { width, height } = this.size;
    this.mixed ??= new OffscreenCanvas(width, height).getContext("2d", { alpha: false });
    if (!this.mixed) return new VideoFrame(picture, { timestamp });
    if (this.mixed.canvas.width !== width) this.mixed.canvas.width = width;
    if (this.mixed.canvas.height !== height) this.mixed.canvas.height = height;
    this.mixed.drawImage(picture, 0, 0, width, height);
    return new VideoFrame(this.mixed.canvas, { timestamp });
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

  // --- back

  /** @param {string} text */
  word(text) {
    const word = JSON.parse(text);
    if (word.t === "key") this.wantsKey = true;
    else if (word.t === "counts") this.station = word;
  }

  /** @param {Uint8Array} frame */
  came(frame) {
    this.seen.back.add(frame.length);
    const keys = this.keys;
    if (!this.opening.add(() => this.open(keys, frame))) this.needsKey = true;
  }

  /** @param {Keys | undefined} keys @param {Uint8Array} frame */
  async open(keys, frame) {
    const header = read(frame);
    if (!keys || !header || header.epoch !== keys.epoch || header.party || header.sender) {
      this.counts.unopened += 1;
      return;
    }
    let plain;
    try {
      plain = await keys.open(header, frame);
    } catch {
      this.counts.unopened += 1;
      return;
    }
    const newest = this.newest;
    if (keys !== this.keys || !newest) return;
    if (header.sequence <= newest[header.kind]) {
      this.counts.unopened += 1; // opened before
      return;
    }
    const gap = header.sequence - newest[header.kind] - 1;
    newest[header.kind] = header.sequence;
    this.counts.gaps += gap;
    this.counts.back += 1;
    if (header.kind === SOUND) this.play(header, plain, gap);
    else this.show(header, plain, gap);
  }

  /** @param {import("./media-frame.js").Header} header @param {Uint8Array} plain @param {number} gap */
  play(header, plain, gap) {
    for (let lost = Math.min(gap, 10); lost > 0; lost -= 1) this.playout.postMessage({ samples: new Float32Array(960), at: 0 });
    const decoder = this.soundDecoder;
    if (decoder?.state !== "configured" || decoder.decodeQueueSize > 50) return;
    decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: header.captured_us, duration: 20_000, data: /** @type {any} */ (plain) }));
  }

  /** @param {import("./media-frame.js").Header} header @param {Uint8Array} plain @param {number} gap */
  show(header, plain, gap) {
    if (gap > 0) this.needsKey = true;
    const decoder = this.decoder;
    if (decoder?.state !== "configured" || decoder.decodeQueueSize > 8) this.needsKey = true;
    if (this.needsKey && !header.key) {
      this.askKey();
      return;
    }
    if (decoder?.state !== "configured") return;
    this.needsKey = false;
    decoder.decode(new EncodedVideoChunk({ type: header.key ? "key" : "delta", timestamp: header.captured_us, data: /** @type {any} */ (plain) }));
  }

  askKey() {
    if (!this.ready || performance.now() - this.askedAt < KEY_REQUEST_MS) return;
    this.askedAt = performance.now();
    this.counts.keys_asked += 1;
    this.socket?.send('{"t":"key"}');
  }

  makeDecoders() {
    this.makeDecoder();
    this.makeSoundDecoder();
  }

  makeDecoder() {
    if (typeof VideoDecoder !== "function") return;
    if (this.decoder?.state === "configured") this.decoder.close();
    this.needsKey = true;
    this.decoder = new VideoDecoder({
      output: (picture) => this.paint(picture),
      error: () => this.fault(() => {
        this.makeDecoder();
        this.askKey();
      }),
    });
    this.decoder.configure({ codec: "vp8", optimizeForLatency: true, colorSpace: COLOURS });
  }

  makeSoundDecoder() {
    if (this.soundDecoder?.state === "configured") this.soundDecoder.close();
    this.soundDecoder = new AudioDecoder({
      output: (sound) => {
        const samples = new Float32Array(sound.numberOfFrames);
        sound.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        this.playout.postMessage({ samples, at: sound.timestamp / 1000 }, [samples.buffer]);
        sound.close();
      },
      error: () => this.fault(() => this.makeSoundDecoder()),
    });
    this.soundDecoder.configure({ codec: "opus", sampleRate: 48_000, numberOfChannels: 1 });
  }

  /** @param {VideoFrame} picture */
  paint(picture) {
    if (this.canvas.width !== picture.displayWidth || this.canvas.height !== picture.displayHeight) {
      this.canvas.width = picture.displayWidth;
      this.canvas.height = picture.displayHeight;
    }
    this.paper?.drawImage(picture, 0, 0);
    this.seen.picture.add(now() - picture.timestamp / 1000);
    this.seen.fps.add(1);
    this.shownAt = performance.now();
    picture.close();
  }

  /** A codec gave up: count it and make another. @param {() => void} mend */
  fault(mend) {
    this.counts.faults += 1;
    if (this.running) mend();
  }

  tell() {
    if (!this.running) return;
    const { fps, picture, sent, back } = this.seen;
    const lost = this.counts.gaps / Math.max(1, this.counts.gaps + this.counts.back);
    postMessage({
      figures: {
        fps: fps.rate(this.begun),
        picture_p50: picture.percentile(0.5),
        picture_p95: picture.percentile(0.95),
        sent_kbps: (8 * sent.rate(this.begun)) / 1000,
        back_kbps: (8 * back.rate(this.begun)) / 1000,
        lost,
        ...this.counts,
        station: this.station,
        still_ms: this.shownAt ? performance.now() - this.shownAt : null,
        width: this.size.width,
        height: this.size.height,
      },
    });
  }
}

/** @type {Loop | null} */
let loop = null;

onmessage = (/** @type {MessageEvent} */ event) => {
  const word = event.data;
  if (word.init) loop = new Loop(word.init);
  else if (word.pictures) loop?.follow(word.pictures);
  else if (word.picture) loop ? loop.see(word.picture) : word.picture.close();
  else if (word.run === true) loop?.start();
  else if (word.run === false) loop?.stop();
};
