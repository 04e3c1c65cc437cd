// The bench's beeper and listener, in the audio thread of the page that is measured.

class Beeper extends AudioWorkletProcessor {
  constructor(options) {
    super();
    this.each = options.processorOptions.each_s * sampleRate;
    this.length = 0.06 * sampleRate;
    this.at = 0;
  }

  process(_, [[out]]) {
    for (let n = 0; n < out.length; n += 1) {
      if (this.at === 0) this.port.postMessage(Date.now() + (1000 * n) / sampleRate);
      out[n] = this.at < this.length ? 0.6 * Math.sin((2 * Math.PI * 880 * this.at) / sampleRate) : 0;
      this.at = (this.at + 1) % this.each;
    }
    return true;
  }
}

class Listener extends AudioWorkletProcessor {
  constructor() {
    super();
    this.quiet = Infinity;
  }

  process([[heard]]) {
    if (!heard) return true;
    for (let n = 0; n < heard.length; n += 1) {
      this.quiet += 1;
      if (Math.abs(heard[n]) <= 0.12) continue;
      if (this.quiet > 0.25 * sampleRate) this.port.postMessage(Date.now() + (1000 * n) / sampleRate);
      this.quiet = 0;
    }
    return true;
  }
}

registerProcessor("bench-beeper", Beeper);
registerProcessor("bench-listener", Listener);
