// What stands under the picture of another: numbers for whoever asked for them, and for everybody a word where the picture
// is not what the other side shows now.

import { _ } from "./tongue.js";

const STILL_MS = 1_500;
const LATE_MS = 3_000; // a face so late answers what was said before

/** @param {HTMLElement} tile @param {{fps: number, picture_p50: number | null, kbps: number, still_ms: number | null}} figures */
export function tell(tile, { fps, picture_p50, kbps, still_ms }) {
  /** @param {string} name */
  const part = (name) => /** @type {HTMLElement} */ (tile.querySelector(`[data-${name}]`));
  const ms = picture_p50 === null ? "·" : Math.round(picture_p50);
  part("figures").textContent = _("%(fps)s pictures a second, %(ms)s ms, %(kbps)s kbit/s", { fps: fps.toFixed(0), ms, kbps: Math.round(kbps) });
  part("still").hidden = !(still_ms !== null && still_ms > STILL_MS);
  const late = picture_p50 !== null && picture_p50 > LATE_MS ? Math.round(picture_p50 / 1000) : 0;
  part("late").hidden = late === 0;
  if (late) part("late").textContent = _("PICTURE IS %(seconds)s s OLD", { seconds: late });
}
