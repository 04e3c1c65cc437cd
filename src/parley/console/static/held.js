// What a person has begun with hand or keyboard: nothing is exchanged under a finger. A button that
// goes between press and release is not pressed at all, and letters that are being composed are lost.

const PRESS_MS_MAX = 3_000; // a press whose end nobody told holds no page back for longer
const COMPOSE_MS_MAX = 30_000; // a word is chosen from a list sooner
const CLICK_MS = 50; // a touch is told as a click only after it has ended

export class Held {
  constructor() {
    this.until = 0;
    /** @type {Set<() => void>} */
    this.waiting = new Set();
    const [press, release] = [() => this.begin(PRESS_MS_MAX), () => this.end()];
    addEventListener("pointerdown", press, { capture: true, passive: true });
    for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, release, { capture: true, passive: true });
    addEventListener("blur", release); // of the window: what is let go elsewhere is not told here
    // The space bar presses when it is let go; every other key acts at once.
    addEventListener("keydown", (event) => event.key === " " && !event.repeat && press(), { capture: true, passive: true });
    addEventListener("keyup", (event) => event.key === " " && release(), { capture: true, passive: true });
    addEventListener("compositionstart", () => this.begin(COMPOSE_MS_MAX), { capture: true });
    addEventListener("compositionend", release, { capture: true });
  }

  /** @param {number} most ms */
  begin(most) {
    this.until = performance.now() + most;
  }

  end() {
    if (!this.until) return;
    this.until = 0;
    for (const go of this.waiting) setTimeout(go, CLICK_MS);
    this.waiting.clear();
  }

  /** Resolves when nothing is held. */
  async over() {
    for (let left; (left = this.until - performance.now()) > 0; ) {
      await new Promise((go) => {
        this.waiting.add(() => go(undefined));
        setTimeout(go, left);
      });
    }
  }
}
