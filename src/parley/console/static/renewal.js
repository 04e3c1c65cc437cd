// Renewing a page without leaving it: the page is fetched again and its live parts are exchanged.
// What a person has typed, opened or focused stays as it was.

import { Held } from "./held.js";
import { lock } from "./presence.js";

const LEAST_MS = 400; // between two renewals of one tab, however busy the line is
const AGAIN_MS = 2_000; // after one that failed while the station is there

const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("parley-renewal", { createHTML: (/** @type {string} */ html) => html });

const KEPT = "input, textarea, select, summary, a, button";

/** @param {Element} element */
function keyOf(element) {
  const form = formOf(element);
  return [
    element.tagName,
    element.id,
    element.getAttribute("href") ?? "",
    element.getAttribute("name") ?? "",
    form?.getAttribute("action") ?? "",
    element.tagName === "SUMMARY" ? element.textContent : "",
  ].join("|");
}

/** What is acted on there: rows of a table have the same form, and tell by what it carries which row it is.
 * @param {Element} element */
function rowOf(element) {
  const carried = formOf(element)?.querySelectorAll("input[type=hidden]:not([name=token])") ?? [];
  return [keyOf(element), ...[...carried].map((e) => `${e.getAttribute("name")}=${e.getAttribute("value")}`)].join("|");
}

/** @param {Element} element */
function formOf(element) {
  return element.closest("form") ?? (element.tagName === "SUMMARY" ? element.parentElement?.querySelector("form") : null);
}

/** Who takes the place of each element: the one of the same row, else the only one of its kind. Of several in one
 * row it is the one at the same place among them.
 * @param {Element} old @param {Element} fresh @returns {(element: Element) => Element | undefined} */
function heirs(old, fresh) {
  /** @param {Element} all @param {(element: Element) => string} by @returns {Map<string, Element[]>} */
  const sorted = (all, by) => {
    const found = new Map();
    for (const each of all.querySelectorAll(KEPT)) found.set(by(each), [...(found.get(by(each)) ?? []), each]);
    return found;
  };
  const [rows, kinds, oldRows, oldKinds] = [sorted(fresh, rowOf), sorted(fresh, keyOf), sorted(old, rowOf), sorted(old, keyOf)];
  return (element) => {
    const [row, key] = [rowOf(element), keyOf(element)];
    const same = rows.get(row);
    if (same) return same[Math.min(oldRows.get(row)?.indexOf(element) ?? 0, same.length - 1)];
    return oldKinds.get(key)?.length === 1 && kinds.get(key)?.length === 1 ? kinds.get(key)?.[0] : undefined;
  };
}

/** Where somebody writes in a field, or what they have marked there.
 * @param {Element | null} field @returns {[number, number, "forward" | "backward" | "none"] | null} */
function caretOf(field) {
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return null;
  const { selectionStart: start, selectionEnd: end, selectionDirection: to } = field; // null where there is none
  return start === null || end === null ? null : [start, end, to ?? "none"];
}

/** What was refused stays as it was typed, with what is wrong beside it, while all around it is renewed.
 * @param {HTMLInputElement | HTMLTextAreaElement} field @param {HTMLInputElement | HTMLTextAreaElement} heir */
function hand(field, heir) {
  const refused = field.hasAttribute("data-refused");
  const begun = field.form?.hasAttribute("data-begun"); // what is held may be older than what is typed, also than nothing
  if (refused || begun || field.value !== field.defaultValue) heir.value = field.value;
  if (begun) heir.form?.setAttribute("data-begun", "");
  if (!refused) return;
  for (const name of ["data-refused", "aria-invalid", "aria-describedby"]) {
    const value = field.getAttribute(name);
    if (value !== null) heir.setAttribute(name, value);
  }
  const fault = field.parentElement?.querySelector(".fault");
  if (fault && !heir.parentElement?.querySelector(".fault")) heir.after(document.adoptNode(fault));
}

/** What a form says, but for what was wrong with what was typed there.
 * @param {Element | null} form */
function wordsOf(form) {
  const words = /** @type {Element | undefined} */ (form?.cloneNode(true));
  for (const fault of words?.querySelectorAll(".fault") ?? []) fault.remove();
  return words?.textContent;
}

/** @param {Element} old @param {Element} fresh */
export function carryOver(old, fresh) {
  const heirOf = heirs(old, fresh);
  const focused = document.activeElement && old.contains(document.activeElement) ? heirOf(document.activeElement) : null;
  for (const field of old.querySelectorAll("input, textarea, select")) {
    const heir = heirOf(field);
    if (field instanceof HTMLInputElement && heir instanceof HTMLInputElement) {
      if (field.type === "hidden") continue;
      if (field.type === "checkbox" || field.type === "radio") {
        // A tick vouches for what was on the page; when that has changed it is asked for again.
        if (wordsOf(field.closest("form")) === wordsOf(heir.closest("form"))) heir.checked = field.checked;
      } else if (field.type !== "file") hand(field, heir);
    } else if (field instanceof HTMLTextAreaElement && heir instanceof HTMLTextAreaElement) hand(field, heir);
    else if (field instanceof HTMLSelectElement && heir instanceof HTMLSelectElement) heir.value = field.value;
  }
  // What a refusal shows in its form, to be said yes to, stays there with the words that it is about.
  for (const shown of old.querySelectorAll("form [data-shown]")) {
    const words = shown.closest("form")?.querySelector("textarea");
    const form = words && heirOf(words)?.closest("form");
    if (form && !form.querySelector("[data-shown]")) form.lastElementChild?.before(document.adoptNode(shown));
  }
  for (const summary of old.querySelectorAll("summary")) {
    const heir = heirOf(summary)?.parentElement;
    if (heir instanceof HTMLDetailsElement && summary.parentElement instanceof HTMLDetailsElement) heir.open = summary.parentElement.open;
  }
  return focused ?? null;
}

/** What a part of a page says, but for its clocks: they run by themselves, and whatever else is the same stays.
 * @param {Element} part */
function said(part) {
  const html = part.outerHTML.replace(/( data-due="\d+)\.\d+"/g, '$1"');
  return html.replace(/(<[^<>]* data-(?:due|age|zone)="[^<>]*>)[^<]*/g, "$1");
}

/** Whether a tab shows nothing now that anybody needs: a call is heard in the background too. */
function rests() {
  return document.visibilityState === "hidden" && !document.documentElement.hasAttribute("data-in-call");
}

export class Renewal {
  /** @param {(fresh: Document) => void} after */
  constructor(after) {
    this.after = after;
    this.asked = false;
    this.busy = false;
    this.last = 0;
    this.stale = false; // in the background only the alarm was renewed
    this.called = false; // everyone was: from now on a tab in the background learns what rings
    this.leaving = false; // a form was sent: its answer is the next page, whatever we are told here
    this.failed = false;
    this.held = new Held();
    /** @type {Map<string, string>} what each part said when it came, before anybody had touched it */
    this.was = new Map();
    for (const part of document.querySelectorAll("[data-live]")) this.was.set(part.id, said(part));
    addEventListener("submit", (event) => {
      // After all that may keep the page here; a form that brings a file stays too.
      const stays = event.target instanceof HTMLFormElement && event.target.hasAttribute("data-stays");
      this.leaving ||= !event.defaultPrevented && !stays;
    });
    document.addEventListener("visibilitychange", () => {
      if (this.stale && document.visibilityState === "visible") this.asked = true;
      this.pump();
    });
  }

  ask() {
    this.asked = true;
    this.pump();
  }

  pump() {
    if (!this.asked || this.busy) return;
    if (rests() && !this.called && !document.documentElement.hasAttribute("data-rings")) return;
    this.busy = true;
    const wait = Math.max(15, this.last + (this.failed ? AGAIN_MS : LEAST_MS) - performance.now());
    setTimeout(async () => {
      this.last = performance.now();
      const hidden = rests();
      this.asked = false;
      await (hidden ? this.renewAlarms() : this.renew()).then(
        () => (this.failed = false),
        () => {
          // Nothing else may happen that asks for it; where the station is gone, its coming back does.
          this.failed = document.documentElement.dataset.connected === "yes";
          this.asked ||= this.failed;
        },
      );
      this.busy = false;
      if (hidden) this.stale = true;
      this.pump();
    }, wait);
  }

  /** @param {string} address @returns {Promise<Document | null>} */
  async fetchPage(address) {
    const answer = await fetch(address, { cache: "no-store", headers: { "X-Parley-Renewal": "1" } });
    if (answer.status === 403 && !this.leaving) location.reload();
    if (answer.status >= 500) throw new Error(`the station answers ${answer.status}`);
    if (!answer.ok && answer.status !== 401) return null;
    const html = await answer.text();
    const fresh = new DOMParser().parseFromString(/** @type {string} */ (policy ? policy.createHTML(html) : html), "text/html");
    if (answer.status === 401 && !this.leaving) await lock(fresh);
    return fresh;
  }

  /** A tab in the background shows nothing, so it fetches no message: it would count as displayed. */
  async renewAlarms() {
    const fresh = await this.fetchPage(`${document.documentElement.dataset.seat}/alarms`);
    if (fresh) this.after(fresh);
  }

  /** One bar of the head, by the page that reads and shows nothing else. @param {HTMLElement} old */
  async renewBar(old) {
    const heir = (await this.fetchPage(`${document.documentElement.dataset.seat}/alarms`))?.getElementById(old.id);
    if (!heir || !old.isConnected) return;
    this.was.set(old.id, said(heir));
    old.replaceWith(document.adoptNode(heir));
  }

  async renew() {
    const fresh = await this.fetchPage(location.href);
    if (!fresh) return;
    await this.held.over();
    this.stale = false;
    for (const old of document.querySelectorAll("[data-live]")) {
      const heir = fresh.getElementById(old.id);
      if (!heir || said(heir) === this.was.get(old.id)) continue;
      this.was.set(old.id, said(heir));
      const [caret, focus] = [caretOf(document.activeElement), carryOver(old, heir)];
      old.replaceWith(document.adoptNode(heir));
      if (focus instanceof HTMLElement) focus.focus({ preventScroll: true });
      if (caret && (focus instanceof HTMLInputElement || focus instanceof HTMLTextAreaElement)) focus.setSelectionRange(...caret);
    }
    // The wall stays when its session sleeps: from then on nothing counts as an act of its person.
    document.documentElement.toggleAttribute("data-locked", fresh.documentElement.hasAttribute("data-locked"));
    // A refusal stays for whoever reads it, and no longer than what it speaks of.
    for (const each of document.querySelectorAll("[data-while]")) if (!document.querySelector(each.getAttribute("data-while") ?? "*")) each.remove();
    const { sleeps } = fresh.documentElement.dataset;
    if (sleeps) document.documentElement.dataset.sleeps = sleeps;
    document.documentElement.dataset.seq = fresh.documentElement.dataset.seq ?? "0";
    this.after(fresh);
  }
}
