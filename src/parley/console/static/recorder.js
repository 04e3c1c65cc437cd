// The recording of a call, made in the page's worker: encoded sound and pictures as they were sent and as
// they came, into one WebM file. It runs only while the record says that both sides agreed (spec/recording.md).

import { PICTURE, SOUND } from "./media-frame.js";
import { now } from "./media-parts.js";
import { Sha256 } from "./sha256.js";
import { WebM } from "./webm.js";

const LOST_MS = 10_000; // without the other side there is nothing to record together
const BYTES_MAX = 4 * 2 ** 30; // some six hours of two pages; a browser holds no more for sure
const CLOCK_MS = 2_000; // a sender's clock that was set is followed

/** @typedef {import("./media-frame.js").Header} Header */

export class Recorder {
  /** @param {(word: any) => void} tell @param {(page: string) => void} wantKey of a page */
  constructor(tell, wantKey) {
    this.tell = tell;
    this.wantKey = wantKey;
    this.number = 0; // of the recording that is made; 0 is none
    this.heardAt = 0;
    /** @type {Map<string, string>} */
    this.names = new Map();
  }

  /** How the call stands now. @param {any} state */
  stands(state) {
    const recording = state.state === "open" ? state.recording : null;
    const mine = recording?.makers.includes(state.me) ? recording.number : 0;
    for (const { page, name, office } of state.pages) this.names.set(page, `${name}, ${office} (${page})`);
    if (mine === this.number) return;
    this.finish();
    if (mine) this.begin(mine, state.pages);
  }

  /** @param {number} number @param {{page: string}[]} pages */
  begin(number, pages) {
    this.number = number;
    this.begun = now();
    this.heardAt = performance.now();
    /** @type {Blob[]} */
    this.clusters = [];
    this.webm = new WebM((cluster) => this.clusters?.push(new Blob([cluster])));
    /** @type {Map<string, {sound: any, picture: any, offset: number}>} */
    this.senders = new Map();
    for (const { page } of pages) this.wantKey(page); // each picture begins with a whole one
  }

  /** A frame that was sent, or that came and goes to a decoder. @param {string} page @param {Header} header @param {Uint8Array} plain */
  take(page, header, plain) {
    if (!this.number || !this.webm || !this.senders) return;
    const at = now() - (this.begun ?? 0);
    const captured = header.captured_us / 1000;
    let sender = this.senders.get(page);
    if (!sender) {
      sender = { sound: null, picture: null, offset: at - captured };
      this.senders.set(page, sender);
    }
    if (Math.abs(captured + sender.offset - at) > CLOCK_MS) sender.offset = at - captured;
    const ms = Math.max(0, Math.round(captured + sender.offset));
    const name = this.names.get(page) ?? page;
    if (header.kind === SOUND) {
      sender.sound ??= this.webm.track(true, name);
      this.webm.add(sender.sound, ms, header.length_ms ?? 20, true, plain);
    } else if (header.kind === PICTURE && (sender.picture || header.key)) {
      sender.picture ??= this.webm.track(false, name, header.width, header.height);
      this.webm.add(sender.picture, ms, 33, header.key === true, plain);
    }
    if (this.webm.bytes > BYTES_MAX) this.lose("long");
  }

  /** Asked again and again: whether station and other side are there. @param {boolean} there */
  look(there) {
    if (!this.number) return;
    if (there) this.heardAt = performance.now();
    else if (performance.now() - this.heardAt > LOST_MS) this.lose("lost");
  }

  /** It ends here, and the record is to say so. @param {"lost" | "long"} why */
  lose(why) {
    this.tell({ recording_over: why });
    this.finish();
  }

  /** What was recorded becomes a file. */
  finish() {
    const { number, webm, clusters } = this;
    this.number = 0;
    if (!number || !webm || !clusters || !webm.end_ms) return;
    const { head, tail } = webm.finish(`Recording ${number}`);
    const file = new Blob([...head, ...clusters, tail], { type: "video/webm" });
    const length_ms = Math.max(1, Math.round(webm.end_ms));
    this.tell({ recording_file: { number, file, length_ms } });
    digest(file).then((hash) => this.tell({ recorded: { number, hash, size: file.size, length_ms } }));
  }
}

/** SHA-256 of a file, in hexadecimal. @param {Blob} file */
export async function digest(file) {
  const hash = new Sha256();
  const reader = file.stream().getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    hash.add(value);
  }
  return Array.from(hash.end(), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
