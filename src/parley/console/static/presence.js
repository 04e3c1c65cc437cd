// A session sleeps when nobody acts. Keys and clicks are told to the station once a minute at most;
// a page that is asleep takes away what it showed, keeps what was typed, and rings on.

import { stationNow } from "./clocks.js";
import { offerPasskeys } from "./passkey.js";
import { retitle } from "./title.js";

const TELL_MS = 60_000;

export class Presence {
  /** @param {() => void} ask for the page anew */
  constructor(ask) {
    this.ask = ask;
    this.toldAt = performance.now();
  }

  start() {
    for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => this.acts(), { capture: true, passive: true });
    setInterval(() => this.look(), 1_000);
  }

  acts() {
    const page = document.documentElement;
    if (page.hasAttribute("data-locked") || performance.now() - this.toldAt < TELL_MS) return;
    this.toldAt = performance.now();
    navigator.sendBeacon(`${page.dataset.seat}/you/here`, new URLSearchParams({ token: page.dataset.token ?? "" }));
  }

  look() {
    const sleeps = Number(document.documentElement.dataset.sleeps ?? 0);
    if (sleeps && stationNow() > sleeps && !document.documentElement.hasAttribute("data-locked")) this.ask();
  }
}

/** @param {Element} form */
function typed(form) {
  return [...form.querySelectorAll("textarea, input")].some(
    (field) => (field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && ["text", "number"].includes(field.type))) && field.value !== field.defaultValue,
  );
}

const SECRET = ["token", "password", "passphrase", "code", "assertion", "secret", "digits", "phrase", "psk"];
/** @type {string[]} what was typed and is kept by nobody but this page, as the station reads it */
const unkept = [];

/** @param {HTMLFormElement} form @param {URLSearchParams} body */
function packed(form, body) {
  const address = new URL(form.action);
  return JSON.stringify([address.pathname + address.search, [...body].filter(([name]) => !SECRET.includes(name))]);
}

/** Signing in gives it back.
 * @param {Element} main */
function carry(main) {
  const form = main.querySelector("form[action$='/unlock']");
  const there = [...(form?.querySelectorAll("input[name=unkept]") ?? [])].map((field) => field.getAttribute("value"));
  for (const value of unkept) {
    if (!form || there.includes(value)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "unkept", value });
    form.append(field);
  }
  main.querySelector("#only-copy")?.toggleAttribute("hidden", !unkept.length);
}

/** The session has ended: what the page shows goes, and the station's own words come. Nothing is loaded anew, for a
 * page that begins again has no sound until somebody presses a key. @param {Document} fresh */
export async function lock(fresh) {
  const page = document.documentElement;
  if (!page.hasAttribute("data-locked")) {
    for (const form of document.querySelectorAll("main form")) {
      if (form instanceof HTMLFormElement && typed(form)) {
        // Sent from a session that has ended it is kept there and done nowhere.
        const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
        const answer = await fetch(form.action, { method: "POST", body }).catch(() => undefined);
        if (answer?.status !== 401) unkept.push(packed(form, body));
      }
    }
  }
  page.setAttribute("data-locked", "");
  const main = document.querySelector("main");
  const theirs = fresh.querySelector("main");
  if (main && theirs && main.getAttribute("data-was") !== theirs.innerHTML) {
    // A password that is being typed stays; only that a FLASH waits is news.
    const was = theirs.innerHTML;
    const begun = main.hasAttribute("data-was") && [...main.querySelectorAll("input")].some((field) => field.value !== field.defaultValue);
    for (const field of main.querySelectorAll("form[action$='/unlock'] input[name=unkept]")) {
      const value = field.getAttribute("value");
      if (value && !unkept.includes(value)) unkept.push(value);
    }
    if (!begun) {
      main.replaceChildren(...[...theirs.childNodes].map((node) => document.adoptNode(node)));
      main.setAttribute("data-was", was);
      carry(main);
      offerPasskeys();
    }
  }
  if (fresh.title) retitle(fresh.title);
}
