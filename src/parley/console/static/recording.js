// What a person sees of the own page's recording: the file to save, and what went wrong. That a call is
// recorded is shown by the server on every page of the call (spec/recording.md).

import { at, say } from "./media-page.js";
import { _ } from "./tongue.js";

const OVER = /** @type {Record<string, string>} */ ({
  lost: _("The recording was ended: the other side was not there for ten seconds."),
  long: _("The recording was ended: it has become as long as this browser holds."),
});

export class Recording {
  constructor() {
    this.unsaved = new Set(); // numbers of files
    this.making = 0;
    /** @type {(() => void)[]} */
    this.waiting = [];
    addEventListener("beforeunload", (event) => {
      if (this.unsaved.size > 0 || this.on) event.preventDefault(); // the file is in this page only
    });
  }

  get on() {
    return document.getElementById("recording")?.dataset.makes === "yes";
  }

  /** When no file is being made any more. @returns {Promise<void>} */
  settled() {
    return this.making === 0 ? Promise.resolve() : new Promise((done) => this.waiting.push(done));
  }

  /** @param {any} word of the worker */
  told(word) {
    if (word.recording_over) {
      say("recording-state", OVER[word.recording_over]);
      this.post("record", { how: "withdraw" });
    }
    if (word.recording_file) this.offer(word.recording_file);
    if (word.recorded) this.recorded(word.recorded);
  }

  /** @param {{number: number, file: Blob}} made */
  offer({ number, file }) {
    this.making += 1;
    this.unsaved.add(number);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    const stamp = new Date().toISOString().slice(0, 16).replace(/[-:]/g, "") + "Z";
    link.download = `call-${stamp}-recording-${number}.webm`;
    link.className = "button main";
    link.dataset.recording = String(number);
    link.textContent = _("Save recording %(number)s", { number });
    link.addEventListener("click", () => {
      this.unsaved.delete(number);
      say("recording-state", _("The file is saved where this browser keeps downloads. It is nowhere else."));
    });
    at("recording-files").append(link);
    say("recording-state", _("The recording is in this page only until you save it."));
  }

  /** @param {{number: number, hash: string, size: number, length_ms: number}} made */
  async recorded({ number, hash, size, length_ms }) {
    const kept = await this.post("recorded", { recording: number, hash, size, length_ms });
    if (!kept) say("recording-state", _("The record could not take the hash of recording %(number)s: %(hash)s. Write it down.", { number, hash }));
    this.making -= 1;
    if (this.making === 0) for (const done of this.waiting.splice(0)) done();
  }

  /** As a form of this page does. @param {string} verb @param {Record<string, string | number>} fields */
  async post(verb, fields) {
    const form = /** @type {HTMLFormElement} */ (at("recording-form"));
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    for (const [name, value] of Object.entries(fields)) body.set(name, String(value));
    const answer = await fetch(`${form.action}/${verb}`, { method: "POST", body, redirect: "manual" }).catch(() => null);
    return answer?.type === "opaqueredirect";
  }
}
