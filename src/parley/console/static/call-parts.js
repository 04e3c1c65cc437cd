// What a listener hears of floor and interpreters, and the short silences of an own microphone: cough and
// push to talk. Who interprets stands in the record and is renewed on the page (spec/held.md V13).

import { isWriting } from "./keys.js";
import { at } from "./media-page.js";
import { _ } from "./tongue.js";

const LOWERED = 0.2; // the original below an interpreter, who is still followed
const FADE_S = 0.03;
const HEAR = "parley-hear";
const PRESSED = /^(INPUT|BUTTON|SUMMARY|A)$/; // by the space bar, where they have the focus

/** @typedef {{gain: GainNode, tile: HTMLElement}} Tile */

/** Whose person somebody is: a side gives its own persons any name and office it likes, those of ours too.
 * @param {{ours: boolean}} person */
export function party({ ours }) {
  return at("call").dataset[ours ? "ours" : "theirs"] ?? "";
}

export class Parts {
  /** @param {() => MediaStreamTrack | null} microphone */
  constructor(microphone) {
    this.microphone = microphone;
    this.coughs = false;
    this.talks = false;
    this.languages = "";
    this.known = ""; // whether we interpret, and into which language
    const kept = localStorage.getItem(HEAR);
    for (const choice of this.choices()) {
      choice.checked = choice.value === (kept ?? "original");
      choice.addEventListener("change", () => localStorage.setItem(HEAR, this.how));
    }
    const cough = at("cough");
    cough.addEventListener("pointerdown", () => this.cough(true));
    for (const end of ["pointerup", "pointerleave", "pointercancel"]) cough.addEventListener(end, () => this.cough(false));
    for (const [kind, on] of /** @type {["keydown" | "keyup", boolean][]} */ ([["keydown", true], ["keyup", false]]))
      cough.addEventListener(kind, (event) => (event.key === " " || event.key === "Enter") && this.cough(on));
    cough.addEventListener("blur", () => this.cough(false));
    at("push-on").addEventListener("change", () => {
      at("push-on").blur(); // the space bar is for talking now
      this.settle();
    });
    // Who pushes to talk and has pressed a button by mouse talks with the next space, and does not press it once more.
    document.addEventListener("pointerup", () => setTimeout(() => {
      const pressed = document.activeElement;
      if (this.pushes && pressed instanceof HTMLElement && PRESSED.test(pressed.tagName) && !isWriting(pressed)) pressed.blur();
    }));
    document.addEventListener("keydown", (event) => this.key(event, true));
    document.addEventListener("keyup", (event) => this.key(event, false));
    addEventListener("blur", () => {
      this.talks = false;
      this.cough(false);
    });
    // A caption is one of many in a language: sending one leaves language and channel as they are.
    at("caption-language")?.addEventListener("change", (event) => {
      const field = /** @type {HTMLInputElement} */ (event.target);
      field.defaultValue = field.value;
    });
    at("caption-channel")?.addEventListener("change", (event) => {
      for (const each of /** @type {HTMLSelectElement} */ (event.target).options) each.defaultSelected = each.selected;
    });
  }

  /** @returns {HTMLInputElement[]} */
  choices() {
    return [.../** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("#listening input[name=hear]"))];
  }

  /** Whether we are heard only while the space bar is pressed. */
  get pushes() {
    return Boolean(/** @type {HTMLInputElement | null} */ (document.getElementById("push-on"))?.checked);
  }

  get how() {
    return this.choices().find((each) => each.checked)?.value ?? "original";
  }

  /** Which pages are channels now, and into which language. @returns {Map<string, string>} */
  channels() {
    const there = document.getElementById("channels");
    if (there?.dataset.mode !== "simultaneous") return new Map();
    const rows = /** @type {NodeListOf<HTMLElement>} */ (there.querySelectorAll("[data-channel]"));
    return new Map([...rows].map((row) => [row.dataset.channel ?? "", row.dataset.language ?? ""]));
  }

  /** Who speaks, in words. @param {{page: string, name: string, office: string, ours: boolean}} person */
  named(person) {
    const language = this.channels().get(person.page);
    const { name, office } = person;
    if (language === undefined) return _("%(name)s, %(office)s, %(party)s", { name, office, party: party(person) });
    return _("%(name)s, %(office)s, %(party)s, into %(language)s", { name, office, party: party(person), language });
  }

  /** Give each sender the level that was chosen. @param {Map<string, Tile>} tiles @param {boolean} inside */
  mix(tiles, inside) {
    const channels = this.channels();
    const languages = [...new Set(channels.values())].sort();
    at("listening").hidden = !inside || languages.length === 0;
    for (const id of ["cough", "push"]) at(id).hidden = !inside;
    const select = /** @type {HTMLSelectElement} */ (at("hear-language"));
    if (languages.join("\n") !== this.languages) {
      this.languages = languages.join("\n");
      const was = select.value;
      select.replaceChildren(...languages.map((each) => new Option(each, each, false, each === was)));
    }
    const how = this.how;
    const heard = how !== "original" && [...tiles.keys()].some((page) => channels.get(page) === select.value);
    this.suggest();
    for (const [page, { gain, tile }] of tiles) {
      const language = channels.get(page);
      const floor = heard ? (how === "both" ? LOWERED : 0) : 1;
      const level = language === undefined ? floor : Number(heard && language === select.value);
      tile.dataset.gain = String(level);
      if (Math.abs(gain.gain.value - level) > 0.001) gain.gain.setTargetAtTime(level, gain.context.currentTime, FADE_S);
    }
    this.settle();
  }

  /** What an interpreter types goes into the own channel, until something else is chosen (V16). */
  suggest() {
    const { role, own } = document.getElementById("channels")?.dataset ?? {};
    const interprets = role === "interpreter";
    const known = `${interprets} ${own}`;
    if (role === undefined || known === this.known) return;
    const before = this.known;
    this.known = known;
    const [language, channel] = [/** @type {HTMLInputElement | null} */ (document.getElementById("caption-language")), document.getElementById("caption-channel")];
    if (own && language) language.value = language.defaultValue = own;
    if (!(channel instanceof HTMLSelectElement) || (!interprets && before === "")) return;
    for (const each of channel.options) each.selected = each.defaultSelected = each.value === (interprets ? "interpreted" : "original");
  }

  /** @param {boolean} on */
  cough(on) {
    this.coughs = on;
    this.settle();
  }

  /** What the microphone gives now; silence is sent as silence, and the record says nothing of it. */
  settle() {
    if (!document.getElementById("call")) return; // a session that fell asleep
    const silent = this.coughs || (this.pushes && !this.talks);
    const track = this.microphone();
    if (track) track.enabled = !silent;
    at("silent").hidden = !(silent && track);
  }

  /** @param {KeyboardEvent} event @param {boolean} down */
  key(event, down) {
    const target = event.target;
    if (!document.getElementById("call")) return;
    if (event.ctrlKey || event.altKey || event.metaKey || localStorage.getItem("parley-keys-off")) return;
    const key = event.key.toLowerCase();
    if (!down && key === "x") this.cough(false);
    if (!down && key === " ") this.talks = false;
    const presses = key === " " && target instanceof HTMLElement && PRESSED.test(target.tagName);
    if (down && (presses || isWriting(target))) return;
    if (down && key === "x" && this.microphone()) this.cough(true);
    else if (down && key === " " && this.pushes) this.talks = true;
    else if (down && key === "n" && !at("listening").hidden) this.next();
    else if (down && key === "d") document.getElementById("caption-words")?.focus();
    else {
      this.settle();
      return;
    }
    event.preventDefault();
    this.settle();
  }

  /** The next of original, interpreted and both. */
  next() {
    const all = this.choices();
    all[(all.findIndex((each) => each.checked) + 1) % all.length].click();
  }
}
