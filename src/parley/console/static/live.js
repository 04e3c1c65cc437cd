// Where a page begins to live: it listens to its station, shows alarms at once, and renews its
// parts when something has changed. Everything here may fail and the page still reads and posts.

import { Alarm } from "./alarm.js";
import { startClocks, trueUpClock } from "./clocks.js";
import { startCompose } from "./compose.js";
import { Hearing } from "./hearing.js";
import { startKeys } from "./keys.js";
import { Presence } from "./presence.js";
import { markCopies } from "./quoting.js";
import { Renewal } from "./renewal.js";
import { listen } from "./stream.js";
import { Unfinished } from "./unfinished.js";
import { startWall } from "./wall.js";

/** @typedef {import("./stream.js").StationEvent} StationEvent */

const page = document.documentElement;
const hearing = new Hearing();
const alarm = new Alarm(hearing.bell);
const renewal = new Renewal((fresh) => alarm.adopt(fresh));
const AGAIN_MS = 600_000; // a page on which nothing happens all night looks again: what it says of a day moves on
let asked = 0; // up to which event a renewal was asked for

/** @param {StationEvent} event */
function onEvent(event) {
  if (event.kind === "alarm") alarm.raise(event); // before anything else, and without a fetch
  if (event.kind === "overdue" && event.state === "everyone") {
    renewal.called = true;
    alarm.everyone();
  }
  if (event.kind === "roster") alarm.missed(event);
  if (event.now) trueUpClock(event.now);
  const unheard = document.getElementById("unheard");
  if (unheard && event.rings !== undefined) {
    unheard.hidden = event.rings > 0 || page.hasAttribute("data-rings") || Object.keys(event.lines ?? {}).length === 0;
  }
  if (event.trouble !== undefined) onTrouble(event.trouble);
  if (event.lines) {
    for (const field of document.querySelectorAll("[data-which]")) {
      const line = event.lines[field.getAttribute("data-line") ?? ""];
      const at = line?.[field.getAttribute("data-which") === "heard" ? "heard" : "received"];
      if (at) field.setAttribute("data-age", String(at));
    }
  }
  // An alarm that is told late, after a stream was lost, may be one that this page knows to be over.
  if (event.kind === "alarm" && event.seq <= Number(page.dataset.seq ?? 0)) renewal.ask();
  // What happened while this page was on its way was told to nobody here: the next beat says so.
  if (event.seq > Number(page.dataset.seq ?? 0) && (event.kind !== "beat" || event.seq > asked)) {
    asked = event.seq;
    renewal.ask();
  }
}

/** What cannot be kept is told at once in words that the page has. What exactly comes in its language with a part of the
 * alarm alone: a full disk may keep the page itself from being made anew. Until then each beat asks again.
 * @param {string} trouble its name; empty where there is none */
function onTrouble(trouble) {
  const bar = document.getElementById("trouble");
  const words = document.getElementById("trouble-words");
  if (!bar || !words || bar.dataset.trouble === trouble) return;
  bar.hidden = !trouble;
  words.textContent = "";
  if (trouble) renewal.renewBar(bar).catch(() => {});
  else bar.dataset.trouble = "";
}

/** @param {boolean} connected @param {number} since POSIX ms */
function onState(connected, since) {
  const lost = document.getElementById("lost");
  const time = document.getElementById("lost-since");
  if (time) time.textContent = new Date(since).toISOString().slice(11, 19) + "Z";
  if (lost) lost.hidden = connected;
  if (connected && page.dataset.connected === "no") renewal.ask();
  alarm.station(connected);
  page.dataset.connected = connected ? "yes" : "no";
}

// On a narrow screen the names of the pages are one line: the one that is open is pushed into sight.
function showWhere() {
  const here = document.querySelector(".pages [aria-current]");
  const names = here?.closest(".pages");
  if (!here || !names) return;
  const box = here.getBoundingClientRect();
  names.scrollLeft += box.left + box.width / 2 - names.clientWidth / 2;
}
showWhere();
addEventListener("resize", showWhere);

// A clock that runs out changes what pages say, and nothing happens at the station to tell them.
document.addEventListener("due", () => renewal.ask());
startClocks();
startKeys();
startCompose();
new Unfinished().start();
markCopies();
if (page.dataset.seat) {
  listen(page.dataset.station ?? "", onEvent, onState);
  hearing.start();
  new Presence(() => renewal.ask()).start();
  alarm.start();
  startWall();
  setInterval(() => renewal.ask(), AGAIN_MS);
}
