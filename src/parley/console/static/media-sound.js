// The sound device's side, in the audio thread: blocks of 20 ms from the microphone to the worker,
// and what came back from the worker to the loudspeaker, through a buffer that grows when it must.

const RATE = 48_000;
const BLOCK = 960; // 20 ms
const LEAST = 0.04 * RATE;
const SPARE = 0.015 * RATE; // that is kept over the least that was needed
const OVER = 0.03 * RATE; // beyond what was waited for, and dropped at once
const STEP = 128; // of a device
const QUIET = 0.01; // what is left out of it nobody misses
const LOOKS_MIN = 6; // of half a second, in which nothing ran dry, before anything is dropped
const LOOKS_MAX = 60;
const MUTED = 0.6 * RATE; // without any sound
const BEGINS = 10; // looks, while the page makes all that a call needs
const MOST = 0.35 * RATE;
const TELL = 0.1 * RATE;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
    this.energy = 0;
    this.counted = 0;
    /** @type {MessagePort | null} */
    this.worker = null;
    this.port.onmessage = (event) => (this.worker = event.data.port);
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const heard = inputs[0]?.[0];
    if (!heard) return true;
    for (const sample of heard) {
      this.block[this.filled] = sample;
      this.filled += 1;
      this.energy += sample * sample;
      if (this.filled === BLOCK) {
        this.worker?.postMessage({ block: this.block, at: Date.now() - 20 }, [this.block.buffer]);
        this.block = new Float32Array(BLOCK);
        this.filled = 0;
      }
    }
    this.counted += heard.length;
    if (this.counted >= TELL) {
      this.port.postMessage(Math.sqrt(this.energy / this.counted));
      this.energy = this.counted = 0;
    }
    return true;
  }
}

class Playout extends AudioWorkletProcessor {
  constructor() {
    super();
    /** @type {{samples: Float32Array, at: number}[]} */
    this.blocks = [];
    this.offset = 0; // into the first block
    this.waiting = 0; // samples
    this.target = LEAST;
    this.playing = false;
    this.least = Infinity; // waiting at least, since it was last looked at
    this.since = 0;
    /** @type {number[]} */
    this.lows = []; // the least of each look since it last ran dry
    this.looks = LOOKS_MIN; // that have to go by until what was never needed is dropped
    this.calm = 0; // looks since it last ran dry
    this.looked = 0;
    this.spare = 0; // samples to be left out
    this.dried = { target: LEAST, looks: LOOKS_MIN }; // as it was before that
    this.empty = 0; // samples that were asked for since then, while nothing came
    this.loud = 0; // samples since some were to be left out, and none were quiet
    this.energy = 0;
    this.counted = 0;
    /** @type {number[]} */
    this.delays = [];
    this.port.onmessage = (event) => {
      event.data.port.onmessage = (/** @type {MessageEvent} */ word) => this.take(word.data);
    };
  }

  /** @param {{samples: Float32Array, at: number}} block `at` 0 for silence in place of what was lost */
  take(block) {
    if (this.waiting > 2 * RATE) return; // a clock that stood still; what is old is not wanted
    if (this.empty > MUTED) Object.assign(this, this.dried); // who closed a microphone was not late
    this.empty = 0;
    this.blocks.push(block);
    this.waiting += block.samples.length;
  }

  /** @param {number} count */
  drop(count) {
    let left = count;
    while (left > 0 && this.blocks.length > 0) {
      const here = Math.min(left, this.blocks[0].samples.length - this.offset);
      left -= here;
      this.skip(here);
    }
  }

  /** @param {number} count */
  skip(count) {
    this.offset += count;
    this.waiting -= count;
    if (this.offset >= this.blocks[0].samples.length) {
      this.blocks.shift();
      this.offset = 0;
    }
  }

  /** @param {Float32Array[][]} _ @param {Float32Array[][]} outputs */
  process(_, outputs) {
    const out = outputs[0][0];
    if (!this.playing && this.waiting >= this.target) this.playing = true;
    if (this.playing && this.waiting < out.length) this.dry();
    if (this.spare >= STEP && this.playing && this.waiting > SPARE + 2 * STEP) this.leaveOut();
    if (this.playing) this.fill(out);
    else this.empty += out.length;
    for (const sample of out) this.energy += sample * sample;
    this.counted += out.length;
    this.least = Math.min(this.least, this.waiting);
    this.since += out.length;
    if (this.since >= RATE / 2) this.settle();
    if (this.counted >= TELL) {
      this.port.postMessage({ level: Math.sqrt(this.energy / this.counted), delays: this.delays });
      this.energy = this.counted = 0;
      this.delays = [];
    }
    return true;
  }

  /** @param {Float32Array} out */
  fill(out) {
    for (let at = 0; at < out.length; ) {
      const { samples, at: captured } = this.blocks[0];
      if (this.offset === 0 && captured) this.delays.push(Date.now() - captured);
      const count = Math.min(out.length - at, samples.length - this.offset);
      out.set(samples.subarray(this.offset, this.offset + count), at);
      at += count;
      this.skip(count);
    }
  }

  /** Nothing is there to be played: more has to wait before it goes on, and for longer. */
  dry() {
    this.dried = { target: this.target, looks: this.looks };
    this.playing = false;
    this.target = Math.min(MOST, this.target + 0.02 * RATE);
    if (this.looked > BEGINS) this.looks = Math.min(LOOKS_MAX, 2 * this.looks);
    this.lows = [];
    this.calm = this.spare = 0;
  }

  /** Of what waits more than it has to, a moment that nobody hears is left out; where all is loud, one each half second. */
  leaveOut() {
    const { samples } = this.blocks[0];
    const end = Math.min(samples.length, this.offset + STEP);
    let peak = 0;
    for (let at = this.offset; at < end; at += 1) peak = Math.max(peak, Math.abs(samples[at]));
    this.loud += STEP;
    if (peak > QUIET && this.loud < RATE / 2) return;
    this.loud = 0;
    this.spare -= end - this.offset;
    this.lows = this.lows.map((each) => each - (end - this.offset));
    this.target = Math.max(LEAST, this.target - (end - this.offset));
    this.drop(end - this.offset);
  }

  /** Twice a second: what was never needed since it last ran dry is to be left out. */
  settle() {
    if (this.playing) {
      this.lows.push(this.least);
      this.calm += 1;
    }
    if (this.playing || this.looked > 0) this.looked += 1;
    const over = this.playing ? this.least - this.target - OVER : 0;
    if (over > 0) {
      this.drop(over); // one long standstill left it, and the next will not be as long
      this.lows = this.lows.map((each) => each - over);
    }
    while (this.lows.length > this.looks) this.lows.shift();
    if (this.lows.length === this.looks) this.spare = Math.max(0, Math.min(...this.lows) - SPARE);
    if (this.calm >= 4 * this.looks) {
      this.looks = Math.max(LOOKS_MIN, Math.ceil(this.looks / 2));
      this.calm = 0;
    }
    this.least = Infinity;
    this.since = 0;
  }
}

registerProcessor("capture", Capture);
registerProcessor("playout", Playout);
