// To show a document or a screen in a call: chosen and drawn here, asked for by the form of the page, and
// given to the worker as pictures once the record says that the other side agreed (spec/showing.md). A
// file never leaves this page, only what was drawn of it.

import { at, say } from "./media-page.js";
import { _ } from "./tongue.js";

const SIDE = 1_280; // of what is drawn, at most
const FILE_BYTES_MAX = 20_000_000;
const TEXT_SIGNS_MAX = 100_000;
const LINES = 32; // of a text in one part
const SIZE = 24;
const MARGIN = 40;
const SCREEN_MS = 1_000;
const UNKNOWN_MS = 20_000; // a request that the record does not have by then is waited for no longer
const TURNS = /[\u0590-\u08ff\ufb1d-\ufefc]/; // from right to left

/** @typedef {{worker: Worker | null, recording: import("./recording.js").Recording}} CallPage */

export class Showing {
  /** @param {CallPage} page */
  constructor(page) {
    this.page = page;
    /** @type {((paper: CanvasRenderingContext2D) => void)[]} */
    this.parts = []; // each draws one part of the document
    this.part = 0;
    /** @type {MediaStreamTrack | null} */
    this.screen = null;
    this.ours = false; // it is ours that is shown
    this.asked = 0; // since when, POSIX ms: until it is over nothing else is chosen, which nobody agreed to
    this.known = false; // the record has that we asked
    this.number = 0;
    this.sum = 0;
    this.canvas = /** @type {HTMLCanvasElement} */ (at("show-canvas"));
    this.paper = this.canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    at("show-screen").hidden = !navigator.mediaDevices?.getDisplayMedia;
    at("show-file").addEventListener("change", () => this.takeFile());
    at("show-text").addEventListener("input", () => this.takeText(/** @type {HTMLTextAreaElement} */ (at("show-text")).value));
    at("show-screen").addEventListener("click", () => this.takeScreen());
    at("show-form").addEventListener("submit", (event) => this.ask(event));
    at("show-back").addEventListener("click", () => this.turn(-1));
    at("show-next").addEventListener("click", () => this.turn(1));
    // Who stops it need not wait for the record to say so.
    document.addEventListener("submit", (event) => {
      if (event.target instanceof HTMLFormElement && event.target.action.endsWith("/call/stop_showing")) this.page.worker?.postMessage({ halt_shown: true });
    });
    setInterval(() => {
      this.follow();
      this.look();
    }, SCREEN_MS);
  }

  /** The page has joined, or left; in a rehearsal nothing is shown. @param {boolean} inside */
  settle(inside) {
    at("show").hidden = !inside || at("facts").dataset.rehearsal === "yes";
    if (inside) this.place();
    else this.clear();
  }

  /** Where it is shown: a canvas goes to a worker for good. */
  place() {
    const worker = this.page.worker;
    const place = at("shown-place");
    if (!worker || worker === this.placed) return;
    this.placed = worker;
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", place.dataset.words ?? "");
    place.replaceChildren(canvas);
    const paper = canvas.transferControlToOffscreen();
    worker.postMessage({ shown_canvas: paper }, [paper]);
  }

  clear() {
    this.placed = null;
    this.ours = false;
    this.number = 0;
    at("shown").hidden = true;
    this.release();
  }

  /** Nothing is chosen. */
  release() {
    this.screen?.stop();
    this.screen = null;
    this.parts = [];
    at("show-preview").hidden = true;
    at("show-parts").hidden = true;
    /** @type {HTMLButtonElement} */ (at("show-ask")).disabled = true;
  }

  // --- what is chosen

  async takeFile() {
    const field = /** @type {HTMLInputElement} */ (at("show-file"));
    const file = field.files?.[0];
    if (!file) return;
    this.release();
    if (file.size > FILE_BYTES_MAX) {
      say("show-state", _("The file is larger than 20 MB. Choose a smaller picture."));
      return;
    }
    if (file.type === "text/plain") {
      this.takeText(await file.text());
      return;
    }
    try {
      const picture = await createImageBitmap(file);
      this.take("document", [(paper) => this.drawPicture(paper, picture, picture.width, picture.height)]);
    } catch {
      say("show-state", _("This browser cannot draw that file. A PNG, JPEG or WebP picture can be shown, or a plain text."));
    }
  }

  /** @param {string} text */
  takeText(text) {
    this.release();
    if (text.trim() === "") return;
    if (text.length > TEXT_SIGNS_MAX) {
      say("show-state", _("The text is longer than 100,000 signs. Show a part of it."));
      return;
    }
    const paper = this.paper;
    if (!paper) return;
    this.font(paper);
    const lines = wrapped(paper, text, SIDE - 2 * MARGIN);
    /** @type {((paper: CanvasRenderingContext2D) => void)[]} */
    const parts = [];
    for (let from = 0; from < lines.length; from += LINES) parts.push((on) => this.drawText(on, lines.slice(from, from + LINES)));
    this.take("document", parts);
  }

  async takeScreen() {
    this.release();
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: 5 } }, audio: false });
      const track = stream.getVideoTracks()[0];
      const video = document.createElement("video");
      video.muted = true;
      video.srcObject = stream;
      await video.play();
      this.screen = track;
      track.onended = () => {
        if (this.screen === track) this.stopped();
      };
      this.take("screen", [(paper) => this.drawPicture(paper, video, video.videoWidth, video.videoHeight)]);
    } catch {
      say("show-state", _("No screen was chosen."));
    }
  }

  /** @param {"document" | "screen"} kind @param {((paper: CanvasRenderingContext2D) => void)[]} parts */
  take(kind, parts) {
    this.parts = parts;
    /** @type {HTMLInputElement} */ (at("show-kind")).value = kind;
    /** @type {HTMLButtonElement} */ (at("show-ask")).disabled = false;
    at("show-preview").hidden = false;
    say("show-state", "");
    this.part = 0;
    this.turn(0);
  }

  // --- drawing

  /** @param {CanvasRenderingContext2D} paper @param {CanvasImageSource} picture @param {number} wide @param {number} high */
  drawPicture(paper, picture, wide, high) {
    const scale = Math.min(1, SIDE / wide, SIDE / high);
    const [width, height] = [Math.max(16, Math.round(scale * wide)), Math.max(16, Math.round(scale * high))];
    this.sheet(paper, width, height);
    paper.drawImage(picture, 0, 0, width, height);
  }

  /** @param {CanvasRenderingContext2D} paper @param {string[]} lines */
  drawText(paper, lines) {
    const step = 1.4 * SIZE;
    this.sheet(paper, SIDE, Math.max(360, Math.ceil(2 * MARGIN + step * lines.length)));
    this.font(paper);
    paper.fillStyle = "#000";
    lines.forEach((line, number) => {
      const rtl = TURNS.test(line);
      paper.direction = rtl ? "rtl" : "ltr";
      paper.fillText(line, rtl ? SIDE - MARGIN : MARGIN, MARGIN + step * (number + 0.75));
    });
  }

  /** @param {CanvasRenderingContext2D} paper */
  font(paper) {
    paper.font = `${SIZE}px sans-serif`;
    paper.textAlign = "start";
  }

  /** A white sheet. @param {CanvasRenderingContext2D} paper @param {number} width @param {number} height */
  sheet(paper, width, height) {
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, width, height);
  }

  /** @param {number} step */
  turn(step) {
    if (!this.paper || this.parts.length === 0) return;
    this.part = Math.min(this.parts.length - 1, Math.max(0, this.part + step));
    this.parts[this.part](this.paper);
    at("show-parts").hidden = this.parts.length < 2;
    say("show-part", _("Part %(part)s of %(parts)s", { part: this.part + 1, parts: this.parts.length }));
    this.send();
  }

  /** A screen is drawn anew, and goes when it has changed. */
  look() {
    if (!this.screen || !this.paper || this.parts.length === 0) return;
    this.parts[0](this.paper);
    const sum = sumOf(this.paper.getImageData(0, 0, this.canvas.width, this.canvas.height));
    if (sum === this.sum) return;
    this.sum = sum;
    this.send();
  }

  send() {
    const worker = this.page.worker;
    if (!this.ours || !worker || this.parts.length === 0) return;
    const picture = new VideoFrame(this.canvas, { timestamp: 0 });
    worker.postMessage({ show: picture }, [picture]);
  }

  // --- asking, and what became of it

  /** @param {SubmitEvent} event */
  async ask(event) {
    event.preventDefault();
    event.stopPropagation(); // this page goes on, and keeps what was chosen
    const form = /** @type {HTMLFormElement} */ (at("show-form"));
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
    const asked = answer?.type === "opaqueredirect";
    say("show-state", asked ? _("The other side is asked. Nothing is shown until it agrees.") : _("The station did not ask: something is shown already, the call is on hold, or the name is too long."));
    if (asked) this.wait();
    if (asked) /** @type {HTMLDetailsElement} */ (at("show-panel")).open = false;
  }

  /** Until what was asked for is over. */
  wait() {
    this.asked = Date.now();
    this.known = false;
    /** @type {HTMLFieldSetElement} */ (at("show-choice")).disabled = true;
  }

  follow() {
    if (!this.asked) return;
    const there = at("showing").dataset.state !== "none";
    this.known ||= there;
    if (there || (!this.known && Date.now() - this.asked < UNKNOWN_MS)) return;
    this.asked = 0;
    /** @type {HTMLFieldSetElement} */ (at("show-choice")).disabled = false;
    say("show-state", _("It is not shown, or no more. “What was shown” says why."));
  }

  /** What we showed is gone: the record is to say so. */
  stopped() {
    const was = this.ours ? this.number : 0;
    this.release();
    if (was) this.page.recording.post("stop_showing", { showing: was });
  }

  /** @param {any} word of the worker */
  told(word) {
    if (word.showing) {
      const { number, ours } = word.showing;
      if (number !== this.number) {
        at("shown").hidden = true;
        if (this.ours) this.release();
      }
      const begins = ours && !this.ours;
      this.number = number;
      this.ours = ours;
      if (begins) {
        if (this.parts.length === 0) this.stopped(); // agreed to, and not here any more
        say("show-state", "");
        this.turn(0);
      }
    }
    if (word.shown && word.shown.number === this.number) {
      at("shown").hidden = false;
      at("shown").dataset.size = `${word.shown.width}x${word.shown.height}`;
    }
  }
}

/** Lines of a text as wide as that; none is left out. @param {CanvasRenderingContext2D} paper @param {string} text @param {number} width */
export function wrapped(paper, text, width) {
  /** @type {string[]} */
  const lines = [];
  for (const whole of text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n")) {
    let line = "";
    for (const word of whole.split(/(?<= )/)) {
      if (paper.measureText(line + word).width <= width) {
        line += word;
        continue;
      }
      if (line) lines.push(line);
      line = "";
      for (const sign of word) {
        if (line && paper.measureText(line + sign).width > width) {
          lines.push(line);
          line = "";
        }
        line += sign;
      }
    }
    lines.push(line);
  }
  return lines;
}

/** @param {ImageData} image */
function sumOf(image) {
  const words = new Uint32Array(image.data.buffer);
  let sum = 2166136261;
  for (const word of words) sum = Math.imul(sum ^ word, 16777619);
  return sum;
}
