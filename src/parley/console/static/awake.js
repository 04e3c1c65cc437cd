// Whether the sound of a call is awake. A system may put it to sleep, as when another program takes the device or
// the machine wakes up without it: then nobody is heard and nothing is said, and no error tells so.

import { at } from "./media-page.js";

const ASLEEP_LOOKS = 3; // that find it not running; it takes a moment to begin
const STOOD_LOOKS = 10; // that find its time where it was, though it says that it runs

export class Awake {
  constructor() {
    /** @type {AudioContext | null} */
    this.context = null;
    this.time = 0;
    this.stood = 0; // looks
    at("wake-sound").addEventListener("click", () => this.wake());
  }

  /** @param {AudioContext} context that is to stay awake until it is closed */
  watch(context) {
    this.context = context;
    this.time = context.currentTime;
    this.stood = 0;
  }

  /** Called some times a second. */
  look() {
    const { context } = this;
    const used = context !== null && context.state !== "closed";
    this.stood = used && context.currentTime === this.time ? this.stood + 1 : 0;
    this.time = context?.currentTime ?? 0;
    at("sound-asleep").hidden = this.stood < (context?.state === "running" ? STOOD_LOOKS : ASLEEP_LOOKS);
  }

  wake() {
    const { context } = this;
    if (!context) return;
    if (context.state === "running") context.suspend().catch(() => undefined); // it says so, and its time stands still
    context.resume().catch(() => undefined);
  }
}
