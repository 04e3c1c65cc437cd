// What another page sends: opened, put in order, decoded, shown and played. Nothing reaches a decoder
// but what a key of its sender opened, once.

import { PICTURE, SOUND, read } from "./media-frame.js";
import { COLOURS } from "./media-out.js";
import { Paper } from "./media-paper.js";
import { Chain, Window, now, wallAhead } from "./media-parts.js";

const KEY_REQUEST_MS = 300;
const APART_MS = 1_000; // less is the way, or clocks that agree well enough to tell it

export class In {
  /**
   * @param {OffscreenCanvas} canvas
   * @param {MessagePort} playout
   * @param {() => void} ask for a key frame
   * @param {{gaps: number, back: number, unopened: number, faults: number, keys_asked: number}} counts
   */
  constructor(canvas, playout, ask, counts) {
    this.paper = new Paper(canvas);
    this.playout = playout;
    this.ask = ask;
    this.counts = counts;
    /** @type {(header: import("./media-frame.js").Header, plain: Uint8Array) => void} */
    this.tap = () => undefined; // what is recorded
    this.place = { party: 0, sender: 0 };
    this.opening = new Chain();
    this.seen = { fps: new Window(), picture: new Window(), back: new Window() };
    /** @type {import("./media-frame.js").Keys[]} */
    this.ring = []; // the newest, and the one before
    /** @type {import("./media-frame.js").Keys | null} */
    this.current = null;
    this.newest = { [SOUND]: -1, [PICTURE]: -1 };
    this.ahead = new Window(); // our clock of theirs, when sound came
    this.apart = Infinity;
    this.needsKey = true;
    this.shownAt = 0;
    this.askedAt = 0;
    this.painting = false;
    /** @type {VideoFrame | null} */
    this.waits = null; // the newest picture that came while another was painted
  }

  /** Forget all keys and begin with decoders that know nothing. */
  begin() {
    this.ring = [];
    this.current = null;
    this.makeDecoders();
  }

  /** The sender seals with these from now on. @param {import("./media-frame.js").Keys} keys */
  admit(keys) {
    this.ring = [keys, ...this.ring.slice(0, 1)];
  }

  /** @param {Uint8Array} frame */
  came(frame) {
    this.seen.back.add(frame.length);
    if (!this.opening.add(() => this.open(frame))) this.needsKey = true;
  }

  /** @param {Uint8Array} frame */
  async open(frame) {
    const header = read(frame);
    const keys = header && this.ring.find((each) => each.epoch === header.epoch);
    if (!keys || header.party !== this.place.party || header.sender !== this.place.sender) {
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
    if (!this.ring.includes(keys)) return;
    if (keys !== this.current) {
      if (this.current && keys !== this.ring[0]) {
        this.counts.unopened += 1; // of an epoch that is over
        return;
      }
      this.current = keys;
      this.newest = { [SOUND]: -1, [PICTURE]: -1 };
      this.needsKey = true;
    }
    const newest = this.newest;
    if (header.sequence <= newest[header.kind]) {
      this.counts.unopened += 1; // opened before
      return;
    }
    const gap = header.sequence - newest[header.kind] - 1;
    newest[header.kind] = header.sequence;
    this.counts.gaps += gap;
    this.counts.back += 1;
    this.compare(header);
    if (header.kind === SOUND) this.play(header, plain, gap);
    else this.show(header, plain, gap);
  }

  /** What of the age of a picture is no age, but clocks of two machines that differ. */
  get clocks() {
    return this.apart < 0 || (this.apart >= APART_MS && this.apart < Infinity) ? this.apart : 0;
  }

  /** How far our clock is ahead of the sender's, the least way included: the least of the sound of the last seconds, of which none is
   * old; until some came, the least of all. @param {{kind: number, captured_us: number}} header */
  compare({ kind, captured_us }) {
    const ahead = now() - captured_us / 1000;
    if (kind === SOUND) {
      this.ahead.add(ahead);
      this.apart = Math.min(...this.ahead.values());
    } else this.apart = Math.min(this.apart, ahead);
  }

  /** @param {import("./media-frame.js").Header} header @param {Uint8Array} plain @param {number} gap */
  play(header, plain, gap) {
    for (let lost = Math.min(gap, 10); lost > 0; lost -= 1) this.playout.postMessage({ samples: new Float32Array(48 * (header.length_ms ?? 20)), at: 0 });
    const decoder = this.soundDecoder;
    if (decoder?.state !== "configured" || decoder.decodeQueueSize > 50) return;
    this.tap(header, plain);
    decoder.decode(new EncodedAudioChunk({ type: "key", timestamp: header.captured_us, duration: 1000 * (header.length_ms ?? 20), data: /** @type {any} */ (plain) }));
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
    this.tap(header, plain);
    try {
      decoder.decode(new EncodedVideoChunk({ type: header.key ? "key" : "delta", timestamp: header.captured_us, data: /** @type {any} */ (plain) }));
      this.needsKey = false;
    } catch {
      this.counts.faults += 1; // as of a picture that says it is whole and is not
      this.needsKey = true;
      this.askKey();
    }
  }

  askKey() {
    if (performance.now() - this.askedAt < KEY_REQUEST_MS) return;
    this.askedAt = performance.now();
    this.counts.keys_asked += 1;
    this.ask();
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
        this.playout.postMessage({ samples, at: sound.timestamp / 1000 + wallAhead() }, [samples.buffer]);
        sound.close();
      },
      error: () => this.fault(() => this.makeSoundDecoder()),
    });
    this.soundDecoder.configure({ codec: "opus", sampleRate: 48_000, numberOfChannels: 1 });
  }

  /** Show it; while one is being made ready, only the newest waits. @param {VideoFrame} picture */
  async paint(picture) {
    if (this.painting) {
      this.waits?.close();
      this.waits = picture;
      return;
    }
    this.painting = true;
    /** @type {VideoFrame | null} */
    let next = picture;
    while (next) {
      try {
        await this.paper.draw(next);
        this.seen.picture.add(now() - next.timestamp / 1000 - this.clocks);
        this.seen.fps.add(1);
        this.shownAt = performance.now();
      } catch {
        this.counts.faults += 1; // the next picture may be drawn
      }
      next.close();
      next = this.waits;
      this.waits = null;
    }
    this.painting = false;
  }

  /** A codec gave up: count it and make another. @param {() => void} mend */
  fault(mend) {
    this.counts.faults += 1;
    mend();
  }

  close() {
    this.waits?.close();
    this.waits = null;
    if (this.decoder?.state === "configured") this.decoder.close();
    if (this.soundDecoder?.state === "configured") this.soundDecoder.close();
  }
}
