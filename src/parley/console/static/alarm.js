// FLASH, IMMEDIATE and what is overdue. The row is on screen before this file asks anybody anything; the sound follows from it.

import { span, stationNow } from "./clocks.js";
import { mark } from "./title.js";
import { _ } from "./tongue.js";

/** @typedef {import("./stream.js").StationEvent} StationEvent */
/** @typedef {import("./sound.js").Bell} Bell */

const SILENCED = "parley-silent-until";
const SILENT_MS = 60_000; // a message rings again after a minute, until somebody has opened it
const CALLS_EACH_MS = 5_000;
const LOST = "lost"; // the key under which the loss of the station is silenced
const LOST_RINGS_MS = 6_000; // a station that starts anew is back before that

/** Which box of the page a precedence has, and its list. FLASH rings before all else. */
const BOXES = [
  { precedence: "FLASH", box: "alarm", list: "alarms" },
  { precedence: "IMMEDIATE", box: "urgent", list: "urgents" },
  { precedence: "OVERDUE", box: "overdue", list: "overdues" },
];
const CALM = "OVERDUE"; // never beside a FLASH, and after all else that rings

export class Alarm {
  /** @param {Bell} bell */
  constructor(bell) {
    this.bell = bell;
    this.rings = document.documentElement.hasAttribute("data-rings");
    this.calledAt = -CALLS_EACH_MS; // when a call that is open was last rung for
    /** @type {Map<string, number>} keys of rows that an event put here, with its number */
    this.fresh = new Map();
    this.lost = false;
    this.losing = 0;
    /** @type {Map<string, number>} keys of what is silent in this tab, and until when; 0 where it has no end */
    this.silenced = new Map(JSON.parse(sessionStorage.getItem(SILENCED) ?? "[]"));
  }

  start() {
    document.addEventListener("click", (event) => {
      const target = event.target instanceof Element ? event.target.closest("[data-silence]") : null;
      if (target) this.silence(target.getAttribute("data-silence") ?? "");
    });
    this.bell.onReady = () => this.sound();
    for (const until of this.silenced.values()) if (until) this.soundAt(until);
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
   * Who is due has not come, or the next deputy is called: once, at the watch officers'.
   * @param {StationEvent} event
   */
  missed(event) {
    const state = event.state ?? "";
    if (this.rings && ["late", "deputy called", "nobody came"].includes(state)) this.bell.chime("IMMEDIATE");
  }

  /**
   * Called by the event handler itself.
   * @param {StationEvent} event
   */
  raise(event) {
    const at = performance.timeOrigin + performance.now();
    const place = event.dir === "theirs" ? BOXES.find((each) => each.precedence === event.precedence) : undefined;
    const everyone = event.state === "everyone";
    if (place && (this.rings || everyone || document.documentElement.hasAttribute("data-reads"))) this.show(event, place);
    performance.mark("parley:alarm", { detail: { ...event, received: at } });
    document.dispatchEvent(new CustomEvent("parley:alarm", { detail: { ...event, received: at } }));
    if (place) {
      // A deputy is called, or everyone: what was silenced rings again.
      if (event.state !== "ringing" && event.path) this.silenced.delete(event.path);
      if (everyone && !this.rings) this.bell.lend().then(() => this.sound());
      this.sound();
    } else if (this.rings) this.bell.chime(event.state === "ringing" ? (event.precedence ?? "") : "IMMEDIATE");
  }

  /** Everyone is called for what is overdue; the row comes with the next renewal. */
  everyone() {
    if (!this.rings) this.bell.lend().then(() => this.sound());
  }

  /** @param {StationEvent} event @param {{precedence: string, box: string, list: string}} place */
  show(event, place) {
    const list = document.getElementById(place.list);
    const box = document.getElementById(place.box);
    const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("alarm-row"));
    const key = event.path ?? String(event.seq);
    if (!list || !box || !template) return;
    const known = list.querySelector(`[data-alarm="${CSS.escape(key)}"]`);
    if (known) {
      if (event.state === "everyone") known.setAttribute("data-everyone", "");
      return;
    }
    const row = /** @type {HTMLElement} */ (template.content.cloneNode(true)).querySelector("li");
    if (!row) return;
    row.dataset.alarm = key;
    row.dataset.status = event.status ?? "";
    if (event.state === "everyone") {
      row.dataset.everyone = "";
      row.querySelector(".everyone")?.removeAttribute("hidden");
    }
    for (const word of row.querySelectorAll("[data-shape]")) word.toggleAttribute("hidden", word.getAttribute("data-shape") !== place.precedence);
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
    for (const place of BOXES) this.adoptList(page, place);
    this.sound();
  }

  /** @param {Document} page @param {{box: string, list: string}} place */
  adoptList(page, place) {
    const list = document.getElementById(place.list);
    const box = document.getElementById(place.box);
    const theirs = page.getElementById(place.list);
    if (!list || !box || !theirs) return;
    const rendered = Number(page.documentElement.dataset.seq ?? 0);
    // What happened while the page was made may stand in it though it is numbered later.
    const told = new Set([...theirs.children].map((row) => row.getAttribute("data-alarm")));
    /** @type {Element[]} */
    const younger = [];
    for (const row of list.children) {
      const seq = this.fresh.get(row.getAttribute("data-alarm") ?? "");
      if (seq !== undefined && seq > rendered && !told.has(row.getAttribute("data-alarm"))) younger.push(row);
    }
    const rows = [...younger, ...theirs.children].map((row) => document.adoptNode(row));
    // A row whose gap has closed, for which a deputy is called, or that now sounds here, or for everyone, stays where it
    // is and changes its word.
    /** @param {Element} row */
    const look = (row) => `${row.getAttribute("data-alarm")} ${row.querySelector(".gap")?.textContent ?? ""} ${row.querySelector(".called")?.textContent ?? ""} ${row.hasAttribute("data-everyone")} ${row.hasAttribute("data-sounds")}`;
    const before = [...list.children].map(look).join();
    const after = rows.map(look).join();
    if (before !== after) list.replaceChildren(...rows);
    box.hidden = rows.length === 0;
  }

  /** A page that has lost its station rings too: who looks away must hear that nothing can ring here. @param {boolean} connected */
  station(connected) {
    clearTimeout(this.losing);
    if (connected) {
      this.lost = false;
      this.silenced.delete(LOST);
      this.sound();
    } else {
      this.losing = setTimeout(() => {
        this.lost = true;
        this.sound();
      }, LOST_RINGS_MS);
    }
  }

  /** A FLASH or an IMMEDIATE for a minute; what is overdue until the next is called, a lost station until it is back. @param {string} key */
  silence(key) {
    const row = document.querySelector(`[data-alarm="${CSS.escape(key)}"]`);
    const ends = row !== null && row.closest("#overdues") === null;
    const until = ends ? Date.now() + SILENT_MS : 0;
    this.silenced.set(key, until);
    if (ends) this.soundAt(until);
    sessionStorage.setItem(SILENCED, JSON.stringify([...this.silenced].slice(-200)));
    this.sound();
  }

  /** @param {number} until */
  soundAt(until) {
    setTimeout(() => this.sound(), until - Date.now() + 50);
  }

  /** @param {string} key */
  isSilent(key) {
    const until = this.silenced.get(key);
    return until === 0 || (until !== undefined && until > Date.now() && until <= Date.now() + SILENT_MS);
  }

  /** Ring while something waits that nobody has opened and nobody has silenced here. */
  sound() {
    let ringing = "";
    const row = document.querySelector("#alarms > li") ?? document.querySelector("#urgents > li");
    mark("waits", row ? `${row.closest("#alarms") ? "FLASH" : "IMMEDIATE"} ${row.querySelector(".tag:not(.gap)")?.textContent ?? ""}` : "");
    const flash = document.querySelector("#alarms > li") !== null; // unopened, be it silenced here
    for (const { precedence, list } of BOXES) {
      for (const row of document.querySelectorAll(`#${list} > li`)) {
        // What is overdue knocks at the desk that it is for, and is shown everywhere.
        const here = this.rings && (precedence !== CALM || row.hasAttribute("data-sounds"));
        const called = here || row.hasAttribute("data-everyone");
        const loud = called && !(precedence === CALM && flash) && !this.isSilent(row.getAttribute("data-alarm") ?? "");
        row.querySelector("[data-silence]")?.toggleAttribute("hidden", !loud || !this.bell.allowed);
        const status = row.getAttribute("data-status") === "ACTUAL" ? "" : " exercise";
        if (loud && !ringing) ringing = precedence + status;
      }
    }
    const lost = this.rings && this.lost && !this.isSilent(LOST);
    document.getElementById("lost-silence")?.toggleAttribute("hidden", !lost || !this.bell.allowed);
    if (lost && (!ringing || ringing.startsWith(CALM))) ringing = "lost";
    if (ringing) this.bell.ring(ringing);
    else this.bell.stop();
    document.documentElement.dataset.ringing = this.bell.ringing ? "yes" : "no";
    document.documentElement.dataset.sound = this.bell.ringing ? this.bell.kind : "";
  }
}
