// Sounds are computed here, from nothing: no file to fetch, none to forge. The alarm is one buffer
// that loops in the audio thread, so that a tab in the background, whose timers the browser slows
// down, rings as it should.

const RATE = 24_000;
const RISE_S = 45; // from firm to loud, when nobody comes

/**
 * @param {number} seconds
 * @param {[number, number, number][]} notes start s, length s, pitch Hz
 */
function draw(seconds, notes) {
  const samples = new Float32Array(Math.round(seconds * RATE));
  for (const [start, length, pitch] of notes) {
    const first = Math.round(start * RATE);
    const count = Math.round(length * RATE);
    for (let i = 0; i < count && first + i < samples.length; i += 1) {
      const edge = Math.min(1, i / 240, (count - i) / 240); // 10 ms, so that nothing clicks
      const turn = (2 * Math.PI * pitch * i) / RATE;
      samples[first + i] = 0.5 * edge * (Math.sin(turn) + 0.35 * Math.sin(3 * turn));
    }
  }
  return samples;
}

/** Two pitches in turn: the sound of FLASH and of nothing else. @type {[number, number, number][]} */
const WARBLE = [0, 1, 2, 3].flatMap((k) => [
  [k * 0.5, 0.25, 960],
  [k * 0.5 + 0.25, 0.25, 720],
]);
/** Three pips before it say that this is an exercise. @type {[number, number, number][]} */
const PIPS = [0, 1, 2].map((k) => [k * 0.3, 0.1, 440]);

/** Two rising pairs, then quiet: the sound of IMMEDIATE. @type {[number, number, number][]} */
const PAIRS = [[0, 0.18, 660], [0.24, 0.18, 880], [0.6, 0.18, 660], [0.84, 0.18, 880]];
/** One tone twice, low and soft, then a long quiet: something is overdue. @type {[number, number, number][]} */
const KNOCK = [[0, 0.3, 523], [0.45, 0.3, 523]];
/** Three falling tones, then quiet: this page has lost its station. @type {[number, number, number][]} */
const FALL = [[0, 0.35, 520], [0.45, 0.35, 390], [0.9, 0.6, 290]];

/** @param {[number, number, number][]} notes */
const after = (notes) => [...PIPS, ...notes.map(([s, l, p]) => /** @type {[number, number, number]} */ ([s + 1.2, l, p]))];

/** Each can loop: what rings again and again has its pause within. @type {Record<string, () => Float32Array>} */
const SOUNDS = {
  FLASH: () => draw(2.6, WARBLE),
  "FLASH exercise": () => draw(3.8, after(WARBLE)),
  IMMEDIATE: () => draw(4, PAIRS),
  "IMMEDIATE exercise": () => draw(5.2, after(PAIRS)),
  PRIORITY: () => draw(0.5, [[0, 0.2, 660], [0.24, 0.2, 550]]),
  OVERDUE: () => draw(6, KNOCK),
  "OVERDUE exercise": () => draw(7.2, after(KNOCK)),
  lost: () => draw(3, FALL),
};

export class Bell {
  constructor() {
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {AudioBufferSourceNode | null} */
    this.source = null;
    this.allowed = false; // its tone was heard in this tab
    this.ringing = false;
    /** @type {string} */
    this.kind = "";
    /** @type {() => void} */
    this.onReady = () => {};
    /** @type {() => void} */
    this.onChange = () => {};
  }

  /** Make the sound device ours, if the browser lets us. */
  async wake() {
    if (!this.context) {
      this.context = new AudioContext({ latencyHint: "interactive" });
      this.context.onstatechange = () => this.onChange();
    }
    if (this.context.state !== "running") {
      await Promise.race([
        this.context.resume().catch(() => undefined),
        new Promise((done) => setTimeout(done, 400)),
      ]);
    }
    return this.awake;
  }

  get awake() {
    return this.context?.state === "running";
  }

  /** @param {Float32Array} samples @param {boolean} loop @param {number} from @param {number} to */
  play(samples, loop, from, to) {
    const context = this.context;
    if (!context) return null;
    const buffer = context.createBuffer(1, samples.length, RATE);
    buffer.getChannelData(0).set(samples);
    const source = context.createBufferSource();
    const gain = context.createGain();
    source.buffer = buffer;
    source.loop = loop;
    gain.gain.setValueAtTime(from, context.currentTime);
    gain.gain.linearRampToValueAtTime(to, context.currentTime + RISE_S);
    source.connect(gain).connect(context.destination);
    source.start();
    return source;
  }

  /** The test: so many tones, in the voice of the alarm and as soft as it begins. @param {number} count */
  tones(count) {
    const notes = Array.from({ length: count }, (_, k) => /** @type {[number, number, number]} */ ([0.1 + k * 0.55, 0.3, 960]));
    this.play(draw(0.3 + count * 0.55, notes), false, 0.5, 0.5);
  }

  /** Once, for what does not ring. @param {string} precedence */
  chime(precedence) {
    const make = precedence === "IMMEDIATE" || precedence === "PRIORITY" ? SOUNDS[precedence] : null;
    const calm = !this.ringing || this.kind.startsWith("OVERDUE");
    if (make && this.allowed && this.awake && calm) this.play(make(), false, 0.6, 0.6);
  }

  /** Sound for a tab that was never asked whether it can ring, when everyone is called. */
  async lend() {
    this.allowed = (await this.wake()) || this.allowed;
  }

  /** Ring until `stop`. Silent, and says so by `ringing`, while this tab is deaf. @param {string} kind */
  ring(kind) {
    if (!this.allowed || !this.awake) {
      this.stop();
      return;
    }
    if (this.ringing && this.kind === kind) return;
    this.stop();
    this.kind = kind;
    // What is overdue grows no louder: it never calls as a message does that nobody has opened.
    const [from, to] = kind.startsWith("OVERDUE") ? [0.4, 0.4] : [0.5, 1];
    this.source = this.play(SOUNDS[kind](), true, from, to);
    this.ringing = this.source !== null;
  }

  stop() {
    this.source?.stop();
    this.source = null;
    this.ringing = false;
  }
}
