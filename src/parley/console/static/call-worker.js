// A page's worker in a call: its own sound and pictures out, those of every other page in, and the
// keys between them. What happens in the call comes from the own station as it stands in the record.

import { Round, base64, digits, hex, unhex } from "./call-keys.js";
import { In } from "./media-in.js";
import { Keys, SHOWN } from "./media-frame.js";
import { Out } from "./media-out.js";
import { Socket, TELL_MS, Window } from "./media-parts.js";
import { Shown } from "./media-shown.js";
import { Recorder } from "./recorder.js";

/** @typedef {import("./call-keys.js").Page} Page */

class Call {
  /** @param {any} init */
  constructor(init) {
    this.join = init.join; // what we ask to take part with
    this.muted = false;
    this.pictures = true;
    this.counts = { skipped: 0, unopened: 0, faults: 0, gaps: 0, back: 0, keys_asked: 0 };
    this.sent = new Window();
    this.begun = performance.now();
    /** @type {any} */
    this.state = null;
    /** @type {any} */
    this.station = null;
    this.page = ""; // A1, once the record says so
    this.claims = false; // whether a new socket was told so, and the station has to look first
    this.epoch = -1;
    /** @type {Round | null} */
    this.round = null;
    /** @type {{keys: Keys, round: string} | null} */
    this.next = null; // sealed with once the record has what the others need to open it
    /** @type {Map<string, In>} */
    this.others = new Map();
    /** @type {Set<string>} */
    this.admitted = new Set(); // page, round and epoch of keys that were taken: each once, so that no frame plays again
    this.anew = false; // a socket was lost, or a word refused: what we said last may not stand in the record
    this.turn = Promise.resolve(); // one state after the other
    this.socket = new Socket(init.address, {
      open: () => this.opened(),
      lost: () => postMessage({ lost: true }),
      ended: (why) => postMessage({ ended: why }),
      word: (word) => this.word(word),
      frame: (frame) => this.came(frame),
    });
    this.out = new Out(this.socket, this.counts, (bytes) => this.sent.add(bytes), () => this.renew());
    this.out.choose(init.size);
    this.shown = new Shown(this, (word) => postMessage(word));
    this.recorder = new Recorder((word) => postMessage(word), (page) => (page === this.page ? (this.out.wantsKey = true) : this.wantKey(page)));
    this.out.tap = (header, plain) => this.recorder.take(this.page, header, plain);
    init.capture.onmessage = (/** @type {MessageEvent} */ event) => this.hear(event.data);
    setInterval(() => this.tell(), TELL_MS);
    this.socket.start();
  }

  /** @param {any} word */
  say(word) {
    if (this.socket.ready) this.socket.send(JSON.stringify(word));
  }

  opened() {
    this.anew = true;
    this.claims = this.page !== "";
    if (this.page) this.say({ t: "here", page: this.page });
    else this.say({ t: "join", ...this.join });
    postMessage({ open: true });
  }

  /** @param {any} word */
  word(word) {
    if (word.t === "call") this.turn = this.turn.then(() => this.stands(word)).catch((error) => postMessage({ fault: String(error) }));
    else if (word.t === "key" && word.shown) this.shown.again();
    else if (word.t === "key") this.out.wantsKey = true;
    else if (word.t === "counts") this.station = word;
    else if (word.t === "budget") {
      this.pictures = word.pictures;
      this.out.budget(word);
      this.shown.budget(word);
    } else if (word.t === "refused" || word.t === "waits") {
      if (word.t === "refused") this.anew = true;
      postMessage({ [word.t]: word });
    }
  }

  /** How the call stands now. @param {any} state */
  async stands(state) {
    this.state = state;
    if (state.me) this.page = state.me;
    const me = state.pages.find((/** @type {Page} */ each) => each.page === state.me);
    const gone = this.page !== "" && !me && (!this.claims || state.claims === this.page);
    postMessage({ state: { state: state.state, me: state.me, gone, rehearsal: state.rehearsal, leaf: state.leaf, pages: state.pages.map(shown) } });
    this.forget(state.pages);
    this.recorder.stands(state);
    this.shown.stands(state);
    if (!me || state.state === "ended") {
      this.out.begin(null);
      return;
    }
    this.out.place = { party: me.party, sender: me.sender };
    if (this.round?.round !== state.round) {
      this.round = await Round.make(state.round, unhex(state.leaf));
      postMessage({ digits: null });
    }
    const round = this.round;
    if (this.anew) this.look(round, me);
    // Ours were thrown away, as while a station that was started anew had not looked who we are: others come, so that no number is used twice.
    if (this.out.keys === null && this.next === null) round.sealing = false;
    if (!round.committed) {
      round.committed = true;
      this.say({ t: "commit", round: round.round, commitment: hex(await round.commitment(me)) });
    } else if (!round.revealed && round.allCommitted(state.pages)) {
      round.reveals(state.pages);
      this.say({ t: "reveal", round: round.round, key: base64(round.key) });
    } else if (state.pages.length > 1) await this.agree(round, state.pages, me);
  }

  /** Say again what the record has not. @param {Round} round @param {Page & {muted: boolean}} me */
  look(round, me) {
    this.anew = false;
    if (me.muted !== this.muted) this.say({ t: "mute", on: this.muted }); // it was said while nobody heard it
    round.committed &&= me.commitment?.round === round.round;
    round.revealed &&= me.key?.round === round.round;
    round.sealing &&= !this.next || (me.sealed?.round === round.round && me.sealed.epoch === this.next.keys.epoch);
  }

  /** @param {Round} round @param {Page[]} pages @param {Page} me */
  async agree(round, pages, me) {
    const knew = round.digest !== null;
    try {
      if (!(await round.take(pages, me))) return;
    } catch (error) {
      postMessage({ foul: /** @type {Error} */ (error).message });
      return;
    }
    if (!knew && round.digest) postMessage({ digits: digits(round.digest) });
    if (!round.sealing) {
      round.sealing = true;
      await this.give(round, pages, me);
    }
    if (this.next && me.sealed?.round === this.next.round && me.sealed.epoch === this.next.keys.epoch) {
      this.out.begin(this.next.keys);
      this.next = null;
    }
    for (const each of pages) if (each.page !== me.page) await this.admit(round, each, me);
  }

  /** New 32 bytes for what we send, sealed for each of the others. @param {Round} round @param {Page[]} pages @param {Page} me */
  async give(round, pages, me) {
    this.epoch = (this.epoch + 1) & 255;
    const secret = crypto.getRandomValues(new Uint8Array(32));
    /** @type {Record<string, string>} */
    const secrets = {};
    for (const each of pages) if (each.page !== me.page) secrets[each.page] = await round.seal(secret, me, each, this.epoch);
    this.next = { keys: new Keys(secret, this.epoch), round: round.round };
    this.say({ t: "seal", round: round.round, epoch: this.epoch, secrets });
  }

  /** @param {Round} round @param {Page} from @param {Page} me */
  async admit(round, from, me) {
    const secret = from.secret;
    const other = this.others.get(from.page);
    if (!other || secret?.round !== round.round) return;
    const name = `${from.page} ${secret.round} ${secret.epoch}`;
    if (this.admitted.has(name)) return;
    this.admitted.add(name);
    try {
      other.admit(new Keys(await round.open(secret.sealed, from, me, secret.epoch), secret.epoch));
      this.wantKey(from.page);
    } catch {
      postMessage({ foul: from.page });
    }
  }

  /** Our numbers are used up: the next epoch under the same round. */
  renew() {
    if (this.round) this.round.sealing = false;
    if (this.state) this.word(this.state);
  }

  /** Where another page is shown and heard. @param {any} place */
  add({ page, party, sender, canvas, playout }) {
    const other = new In(canvas, playout, () => this.wantKey(page), this.counts);
    other.tap = (header, plain) => this.recorder.take(page, header, plain);
    other.place = { party, sender };
    other.begin();
    this.others.set(page, other);
    if (this.state) this.word(this.state);
  }

  /** @param {Page[]} pages */
  forget(pages) {
    for (const [page, other] of this.others) {
      if (pages.some((each) => each.page === page)) continue;
      other.close();
      this.others.delete(page);
    }
  }

  /** @param {string} page */
  wantKey(page) {
    this.say({ t: "key", page });
  }

  /** @param {Uint8Array} frame */
  came(frame) {
    if (frame.length < 24) return;
    const view = new DataView(frame.buffer, frame.byteOffset);
    const page = `${"AB"[view.getUint16(16)] ?? "?"}${view.getUint16(18)}`;
    const other = this.others.get(page);
    if ((frame[0] & 15) === SHOWN) this.shown.came(page, frame);
    else if (other) other.came(frame);
    else this.counts.unopened += 1;
  }

  get silent() {
    return this.state?.state !== "open";
  }

  /** @param {{block: Float32Array, at: number}} heard */
  hear(heard) {
    if (!this.silent && !this.muted) this.out.hear(heard);
  }

  /** @param {VideoFrame} picture */
  see(picture) {
    if (this.silent || !this.pictures) picture.close();
    else this.out.see(picture);
  }

  /** @param {boolean} on */
  mute(on) {
    this.muted = on;
    this.say({ t: "mute", on });
  }

  tell() {
    this.shown.look();
    this.recorder.look(this.socket.ready && this.station?.link?.up === true);
    const link = this.station?.link ?? null;
    const others = Object.fromEntries(
      [...this.others].map(([page, each]) => [
        page,
        {
          fps: each.seen.fps.rate(this.begun),
          picture_p50: each.seen.picture.percentile(0.5),
          kbps: (8 * each.seen.back.rate(this.begun)) / 1000,
          still_ms: each.shownAt ? performance.now() - each.shownAt : null,
          width: each.paper.canvas.width,
          height: each.paper.canvas.height,
        },
      ]),
    );
    postMessage({ figures: { sent_kbps: (8 * this.sent.rate(this.begun)) / 1000, sealed: this.out.keys !== null, pictures: this.pictures, others, link, ...this.counts, dropped: this.station?.dropped ?? {} } });
  }
}

/** What the page shows of another. @param {any} each */
const shown = ({ page, party, sender, ours, name, office, role, medium, muted }) => ({ page, party, sender, ours, name, office, role, medium, muted });

/** @type {Call | null} */
let call = null;

onmessage = (/** @type {MessageEvent} */ event) => {
  const word = event.data;
  if (word.init) call = new Call(word.init);
  else if (word.add) call?.add(word.add);
  else if (word.pictures) follow(word.pictures);
  else if (word.picture) call ? call.see(word.picture) : word.picture.close();
  else if (word.show) call ? call.shown.see(word.show) : word.show.close();
  else if (word.shown_canvas) call?.shown.place(word.shown_canvas);
  else if (word.halt_shown) call?.shown.halt();
  else if (word.mute !== undefined) call?.mute(word.mute);
  else if (word.leave) {
    call?.say({ t: "leave" });
    call?.socket.stop();
  }
  if (word.leave || word.finish) {
    call?.recorder.finish();
    postMessage({ finished: true });
  }
};

/** @param {ReadableStream<VideoFrame>} pictures */
async function follow(pictures) {
  const reader = pictures.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    if (call) call.see(value);
    else value.close();
  }
}
