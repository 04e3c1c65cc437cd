// FLASH. The row is on screen before this file asks anybody anything; the sound follows from it.

import { span, stationNow } from "./clocks.js";
import { _ } from "./tongue.js";

/** @typedef {import("./stream.js").StationEvent} StationEvent */
/** @typedef {import("./sound.js").Bell} Bell */

const SILENCED = "parley-silenced";
const CALLS_EACH_MS = 5_000;

export class Alarm {
  /** @param {Bell} bell */
  constructor(bell) {
    this.bell = bell;
    this.rings = document.documentElement.hasAttribute("data-rings");
    this.calledAt = -CALLS_EACH_MS; // when a call that is open was last rung for
    /** @type {Map<string, number>} keys of rows that an event put here, with its number */
    this.fresh = new Map();
    /** @type {Set<string>} */
    this.silenced = new Set(JSON.parse(sessionStorage.getItem(SILENCED) ?? "[]"));
  }

  start() {
    document.addEventListener("click", (event) => {
      const target = event.target instanceof Element ? event.target.closest("[data-silence]") : null;
      if (target) this.silence(target.getAttribute("data-silence") ?? "");
    });
    this.bell.onReady = () => this.sound();
    this.sound();
    if (this.rings) setInterval(() => this.call(), 1_000);
  }

  /** A call that is open and nobody here has joined rings like an IMMEDIATE, again and again. */
  call() {
    const row = document.querySelector("#call-rings:not([hidden]) [data-call-rings]");
    document.documentElement.dataset.callRings = row ? "yes" : "no";
    if (!row) this.calledAt = -CALLS_EACH_MS;
    else if (performance.now() - this.calledAt >= CALLS_EACH_MS) {
      this.calledAt = performance.now();
      this.bell.chime("IMMEDIATE");
      document.dispatchEvent(new CustomEvent("parley:call-rings", { detail: row.getAttribute("data-call-rings") }));
    }
  }

  /**
   * Called by the event handler itself.
   * @param {StationEvent} event
   */
  raise(event) {
    const at = performance.timeOrigin + performance.now();
    const flash = event.precedence === "FLASH" && event.dir === "theirs";
    if (flash) this.show(event);
    performance.mark("parley:alarm", { detail: { ...event, received: at } });
    document.dispatchEvent(new CustomEvent("parley:alarm", { detail: { ...event, received: at } }));
    if (flash) {
      // A deputy is called, or nobody is left to call: what was silenced rings again.
      if (event.state !== "ringing" && event.path) this.silenced.delete(event.path);
      this.sound();
    } else if (this.rings) this.bell.chime(event.state === "ringing" ? (event.precedence ?? "") : "IMMEDIATE");
  }

  /** @param {StationEvent} event */
  show(event) {
    const list = document.getElementById("alarms");
    const box = document.getElementById("alarm");
    const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("alarm-row"));
    const key = event.path ?? String(event.seq);
    if (!list || !box || !template || list.querySelector(`[data-alarm="${CSS.escape(key)}"]`)) return;
    const row = /** @type {HTMLElement} */ (template.content.cloneNode(true)).querySelector("li");
    if (!row) return;
    row.dataset.alarm = key;
    row.dataset.status = event.status ?? "";
    /** @param {string} selector @param {string} text */
    const put = (selector, text) => {
      const found = row.querySelector(selector);
      if (found) found.textContent = text;
      return found;
    };
    put(".tag", event.status ?? "")?.classList.add(event.status ?? "none");
    if (event.gap) put(".gap", `${_("PROVISIONAL")}: ${_("%(numbers)s outstanding", { numbers: event.gap })}`)?.removeAttribute("hidden");
    put(".ref", event.ref ?? "");
    const moment = new Date((event.at ?? Date.now() / 1000) * 1000).toISOString();
    put("time", moment.slice(11, 19) + "Z")?.setAttribute("datetime", moment);
    if (event.due) put(".clock", span(event.due - stationNow()))?.setAttribute("data-due", String(event.due));
    row.querySelector("a")?.setAttribute("href", document.documentElement.dataset.seat + (event.path ?? "/inbox"));
    row.querySelector("button")?.setAttribute("data-silence", key);
    list.prepend(row);
    box.hidden = false;
    this.fresh.set(key, event.seq);
  }

  /**
   * The station's own list replaces ours, but for rows that are younger than it.
   * @param {Document} page
   */
  adopt(page) {
    const list = document.getElementById("alarms");
    const box = document.getElementById("alarm");
    const theirs = page.getElementById("alarms");
    if (!list || !box || !theirs) return;
    const rendered = Number(page.documentElement.dataset.seq ?? 0);
    /** @type {Element[]} */
    const younger = [];
    for (const row of list.children) {
      const seq = this.fresh.get(row.getAttribute("data-alarm") ?? "");
      if (seq !== undefined && seq > rendered) younger.push(row);
    }
    const rows = [...younger, ...theirs.children].map((row) => document.adoptNode(row));
    // A row whose gap has closed stays where it is and loses its word.
    /** @param {Element} row */
    const look = (row) => `${row.getAttribute("data-alarm")} ${row.querySelector(".gap")?.textContent ?? ""}`;
    const before = [...list.children].map(look).join();
    const after = rows.map(look).join();
    if (before !== after) list.replaceChildren(...rows);
    box.hidden = rows.length === 0;
    this.sound();
  }

  /** @param {string} key */
  silence(key) {
    this.silenced.add(key);
    sessionStorage.setItem(SILENCED, JSON.stringify([...this.silenced].slice(-200)));
    this.sound();
  }

  /** Ring while there is a FLASH that nobody has opened and nobody has silenced here. */
  sound() {
    const rows = [...document.querySelectorAll("#alarms > li")];
    let ringing = null;
    for (const row of rows) {
      const loud = this.rings && !this.silenced.has(row.getAttribute("data-alarm") ?? "");
      row.querySelector("button")?.toggleAttribute("hidden", !loud || !this.bell.allowed);
      if (loud && !ringing) ringing = row;
    }
    if (ringing) this.bell.ring(ringing.getAttribute("data-status") ?? "");
    else this.bell.stop();
    document.documentElement.dataset.ringing = this.bell.ringing ? "yes" : "no";
  }
}
