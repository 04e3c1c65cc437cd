// How many pictures this machine makes in time, and how large they are. An encoder that is behind takes one picture
// after the other all the same, and they grow old in it: its `encodeQueueSize` does not count those that it has taken.

const LOST_MS = 1_000; // an encoder may leave a picture out, and does not say so
const LOOKS_MS = 1_000;
const MEMORY_LOOKS = 2; // one bad second may be anything
const LATE = 0.25; // of the pictures of a look
const SPARE = 0.5; // of the time there is, before more is tried
const CALM_MS = 10_000;
const CALM_MS_MAX = 60_000;
// From all to the least: a face is seen in half the width sooner than in jerks, and in jerks sooner than late.
const STEPS = [
  { width: 1280, rate: 30, bps: 1_500_000 },
  { width: 640, rate: 30, bps: 600_000 },
  { width: 640, rate: 15, bps: 300_000 },
  { width: 320, rate: 15, bps: 160_000 },
  { width: 320, rate: 8, bps: 100_000 },
];

/** @typedef {{width: number, rate: number, bps: number}} Size */

export class Pace {
  constructor() {
    this.step = 0;
    this.calmFor = CALM_MS; // before more is tried
    this.changedAt = -Infinity;
    this.rose = false; // the last change was to more
    this.clear();
  }

  /** The encoder is a new one. */
  clear() {
    /** @type {{timestamp: number, at: number}[]} */
    this.inside = []; // pictures that the encoder has not given back
    this.forget();
  }

  forget() {
    this.lookedAt = performance.now();
    this.calmSince = this.lookedAt;
    this.bad = 0; // looks, one after the other
    this.given = this.late = this.spent = 0;
  }

  /** What is left of that. @param {Size} most @returns {Size} */
  within(most, step = this.step) {
    const { width, rate, bps } = STEPS[step];
    return { width: Math.min(width, most.width), rate: Math.min(rate, most.rate), bps: Math.min(bps, most.bps) };
  }

  /** Whether the encoder has one, and the next would wait for it. */
  get busy() {
    return this.inside.some(({ at }) => performance.now() - at < LOST_MS);
  }

  /** @param {number} timestamp of a picture that the encoder is given */
  gives(timestamp) {
    this.inside.push({ timestamp, at: performance.now() });
    this.given += 1;
  }

  /** A picture of the camera went to make room for a newer one. */
  leftOut() {
    this.given += 1;
    this.late += 1;
  }

  /** The encoder gave a picture back. @param {number} timestamp @param {Size} most @returns {boolean} whether there is to be more or less from now on */
  came(timestamp, most) {
    const now = performance.now();
    const took = now - (this.inside.find((each) => each.timestamp === timestamp)?.at ?? now);
    this.inside = this.inside.filter((each) => each.timestamp > timestamp);
    this.spent += took;
    if (took > 1000 / this.within(most).rate) this.late += 1;
    if (now - this.lookedAt < LOOKS_MS) return false;
    const step = this.look(now, most);
    this.lookedAt = now;
    this.given = this.late = this.spent = 0;
    if (step === this.step) return false;
    this.rose = step < this.step;
    this.step = step;
    this.changedAt = now;
    this.forget();
    return true;
  }

  /** Which step there is to be. @param {number} now @param {Size} most */
  look(now, most) {
    const late = this.given > 0 && this.late > LATE * this.given;
    this.bad = late ? this.bad + 1 : 0;
    const busy = this.spent / Math.max(LOOKS_MS, now - this.lookedAt);
    const more = this.next(most, -1);
    if (late || busy * (work(this.within(most, more)) / work(this.within(most))) > SPARE) this.calmSince = now;
    if (this.bad >= MEMORY_LOOKS) {
      this.calmFor = this.rose && now - this.changedAt < CALM_MS ? Math.min(CALM_MS_MAX, 2 * this.calmFor) : CALM_MS;
      return this.next(most, 1);
    }
    return now - this.calmSince >= this.calmFor ? more : this.step;
  }

  /** The next step that makes a difference, or this one. @param {Size} most @param {1 | -1} way */
  next(most, way) {
    const now = work(this.within(most));
    for (let step = this.step + way; step >= 0 && step < STEPS.length; step += way) if (work(this.within(most, step)) !== now) return step;
    return this.step;
  }
}

/** @param {Size} size */
const work = ({ width, rate }) => width * width * rate;
