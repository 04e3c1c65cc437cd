// The sound device's side, in the audio thread: blocks of 20 ms from the microphone to the worker,
// and what came back from the worker to the loudspeaker, through a buffer that grows when it must.

const RATE = 48_000;
const BLOCK = 960; // 20 ms
const LEAST = 0.04 * RATE;
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
    this.calm = 0; // samples since the buffer last ran dry
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
    if (this.playing && this.waiting < out.length) {
      this.playing = false;
      this.calm = 0;
      this.target = Math.min(MOST, this.target + 0.02 * RATE);
    }
    if (this.playing) this.fill(out);
    for (const sample of out) this.energy += sample * sample;
    this.counted += out.length;
    this.calm += out.length;
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

  /** Twice a second: what never was needed is dropped, and calm makes the buffer smaller. */
  settle() {
    const spare = this.least - 0.8 * this.target;
    if (this.playing && spare > 0.02 * RATE) this.drop(spare);
    if (this.calm > 10 * RATE) this.target = Math.max(LEAST, this.target - 0.005 * RATE);
    this.least = Infinity;
    this.since = 0;
  }
}

registerProcessor("capture", Capture);
registerProcessor("playout", Playout);
