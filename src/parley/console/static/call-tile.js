// What stands under the picture of another: numbers for whoever asked for them, and for everybody a word where the picture
// is not what the other side shows now.

import { _ } from "./tongue.js";

const STILL_MS = 1_500;
const LATE_MS = 3_000; // a face so late answers what was said before
const NEAR = 1.15;

/** @param {HTMLElement} tile @param {{fps: number, picture_p50: number | null, kbps: number, still_ms: number | null, width: number, height: number}} figures */
export function tell(tile, { fps, picture_p50, kbps, still_ms, width, height }) {
  /** @param {string} name */
  const part = (name) => /** @type {HTMLElement} */ (tile.querySelector(`[data-${name}]`));
  const ms = picture_p50 === null ? "·" : Math.round(picture_p50);
  part("figures").textContent = _("%(fps)s pictures a second, %(ms)s ms, %(kbps)s kbit/s", { fps: fps.toFixed(0), ms, kbps: Math.round(kbps) });
  part("still").hidden = !(still_ms !== null && still_ms > STILL_MS);
  const late = picture_p50 !== null && picture_p50 > LATE_MS ? Math.round(picture_p50 / 1000) : 0;
  part("late").hidden = late === 0;
  if (late) part("late").textContent = _("PICTURE IS %(seconds)s s OLD", { seconds: late });
  fit(/** @type {HTMLElement} */ (tile.querySelector("canvas")), width, height);
}

/** A picture that fills nearly all of its place stands there as it is: sharper, and laying it down in another size takes more of
 * a machine without a graphics card than decoding it. @param {HTMLElement} canvas @param {number} width @param {number} height of the picture */
function fit(canvas, width, height) {
  const larger = Math.min(canvas.clientWidth / width, canvas.clientHeight / height);
  canvas.style.objectFit = devicePixelRatio === 1 && larger >= 1 && larger <= NEAR ? "none" : "";
}
