// Running clocks, all by the station's clock and all in UTC.

import { _ } from "./tongue.js";

// How many seconds after a clock has run out the page is asked for anew: the station's clock or the
// fetch may have been late, so it is not asked for once only.
const ASK_AFTER_S = [0, 2, 10, 60];
/** @type {Map<string, number>} of each clock, how often it has asked */
const asked = new Map();

let ahead_s = 0; // station clock minus this machine's

/** @returns {number} POSIX seconds at the station */
export const stationNow = () => Date.now() / 1000 + ahead_s;

/** @param {number} now */
export function trueUpClock(now) {
  ahead_s = now - Date.now() / 1000;
}

/** @param {number} seconds */
export function span(seconds) {
  const s = Math.floor(seconds);
  const two = (/** @type {number} */ x) => String(x).padStart(2, "0");
  if (s >= 86_400) return _("%(days)s d %(hours)s h", { days: Math.floor(s / 86_400), hours: two(Math.floor((s % 86_400) / 3600)) });
  if (s >= 3600) return `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
  return `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** @param {number} seconds */
export function age(seconds) {
  return seconds < 60 ? _("%(seconds)s s", { seconds: Math.max(0, Math.floor(seconds)) }) : span(seconds);
}

function tick() {
  const now = stationNow();
  const clock = document.getElementById("now");
  if (clock) {
    const moment = new Date(now * 1000).toISOString();
    clock.textContent = `${moment.slice(0, 10)} ${moment.slice(11, 19)}Z`;
    clock.setAttribute("datetime", moment);
  }
  for (const element of document.querySelectorAll("[data-zone]")) {
    try {
      element.textContent = new Intl.DateTimeFormat("en-GB", { timeZone: element.getAttribute("data-zone") ?? "UTC", hour: "2-digit", minute: "2-digit", timeZoneName: "short" }).format(now * 1000);
    } catch {
      // A zone that this browser does not know: what the station wrote stays until the next renewal.
    }
  }
  for (const element of document.querySelectorAll("[data-due]")) {
    const due = element.getAttribute("data-due") ?? "";
    const left = Number(due) - now;
    element.textContent = left < 0 ? _("OVERDUE %(span)s", { span: span(-left) }) : span(left);
    const over = ASK_AFTER_S.filter((s) => left < -s).length;
    if (over > (asked.get(due) ?? over)) document.dispatchEvent(new Event("due"));
    asked.set(due, over);
    element.classList.toggle("overdue", left < 0);
    element.classList.toggle("soon", left >= 0 && left < 120);
  }
  for (const element of document.querySelectorAll("[data-age]")) {
    element.textContent = age(now - Number(element.getAttribute("data-age")));
  }
}

export function startClocks() {
  const rendered = Number(document.documentElement.dataset.now ?? 0);
  if (rendered) trueUpClock(rendered);
  tick();
  setInterval(tick, 1000);
}
