// The page of a call: people and their pictures, devices, mute and keys. `call-worker.js` sends, hears
// and agrees on keys; what stands in the record is shown by the server and renewed by `live.js`.

import { Awake } from "./awake.js";
import { Parts, party } from "./call-parts.js";
import { tell } from "./call-tile.js";
import { choose, isAnother, list, play, take } from "./chosen.js";
import { features, muted, refusal, remains, right, watchMuted, withdrawn } from "./devices.js";
import { isWriting } from "./keys.js";
import { HEARD_LEVEL, LARGE, PICTURE, SOUND, VOICE, at, say, sendPictures, showLevel, socketAddress, startWorker } from "./media-page.js";
import { Mirror } from "./mirror.js";
import { Recording } from "./recording.js";
import { Showing } from "./showing.js";
import { _, listed } from "./tongue.js";

const SPEAKS_MS = 800;
const ENDED = /** @type {Record<string, string>} */ ({
  displaced: _("Another page of this seat has taken the call. Join again to have it here."),
  "no seat": _("This seat was given up. Sign in again with a new link."),
});

/** @typedef {{page: string, party: number, sender: number, ours: boolean, name: string, office: string, role: string, medium: string, muted: boolean}} Person */

class CallPage {
  constructor() {
    this.line = at("call").dataset.line ?? "";
    this.medium = /** @type {"video" | "voice" | "text"} */ ("text");
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {MediaStreamTrack | null} */
    this.camera = null;
    /** @type {MediaStreamTrack | null} */
    this.microphone = null;
    this.mirror = new Mirror(at("self"));
    this.rights = { camera: "", microphone: "" }; // as they stood when the device was had
    this.asked = { camera: 0, microphone: 0 }; // how often; what was asked for before is not taken
    this.me = "";
    this.muted = false;
    /** @type {Map<string, {tile: HTMLElement, gain: GainNode, spokeAt: number, person: Person}>} */
    this.tiles = new Map();
    /** @type {Person[]} */
    this.people = [];
    this.heard = 0; // how often somebody was heard, for those who look on
    this.fouls = new Set();
    this.rehearsed = false; // whether that was a rehearsal
    this.leaf = ""; // of the entry that opened what we are in: a call has another than its rehearsal
    this.parts = new Parts(() => this.microphone);
    this.awake = new Awake();
    this.recording = new Recording();
    this.showing = new Showing(this);
  }

  async start() {
    const found = await features();
    this.medium = remains(found);
    this.choosesSpeaker = found[found.length - 1].there;
    const lacks = found.filter((each) => !each.there && each.needs.length > 0).map((each) => each.name);
    if (this.medium === "text") say("media-state", _("This browser can hold the call by text only: it lacks %(lacks)s. Use the button “Join by text”.", { lacks: listed(lacks) }));
    else if (this.medium === "voice") say("media-state", _("This browser can send no pictures: it lacks %(lacks)s. Voice and text remain.", { lacks: listed(lacks) }));
    this.settle();
    at("join-media").addEventListener("click", () => this.join());
    at("mute").addEventListener("click", () => this.mute(!this.muted));
    at("camera-off").addEventListener("click", () => this.turnCamera());
    at("microphone-on").addEventListener("click", () => this.takeMicrophone());
    at("leave-media").addEventListener("click", () => this.leave());
    at("camera").addEventListener("change", () => this.change("camera", () => this.camera && this.takeCamera()));
    at("microphone").addEventListener("change", () => this.change("microphone", () => this.microphone && this.takeMicrophone()));
    at("speaker").addEventListener("change", () => this.change("speaker", () => this.loud()));
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.list());
    at("quality").addEventListener("toggle", () => this.numbers());
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("submit", (event) => this.submit(event));
    addEventListener("pagehide", () => this.end());
    setInterval(() => this.speaking(), 200);
    at("call").dataset.ready = "yes";
  }

  /** Whether there is something to join, and this person may. */
  get open() {
    const { state, joins } = at("facts")?.dataset ?? {};
    return state !== "ended" && state !== undefined && joins === "yes";
  }

  /** Whether what is open is a rehearsal, as the page shows it. */
  get rehearsal() {
    return at("facts")?.dataset.rehearsal === "yes";
  }

  /** Who presses a button reads what it leads into: a call, or its rehearsal. */
  label() {
    const voice = this.medium === "voice";
    if (this.rehearsal) say("join-media", voice ? _("Join the rehearsal with the microphone") : _("Join the rehearsal with camera and microphone"));
    else say("join-media", voice ? _("Join with the microphone") : _("Join with camera and microphone"));
    say("leave-media", this.rehearsal ? _("Leave the rehearsal") : _("Leave the call"));
  }

  get large() {
    return /** @type {HTMLInputElement} */ (at("large")).checked;
  }

  /** Which buttons there are now; a renewed page may say that a call was opened. */
  settle() {
    const inside = this.worker !== null;
    document.documentElement.toggleAttribute("data-in-call", inside); // who interprets is read from the page, seen or not
    this.label();
    this.showing.settle(inside);
    this.uses();
    for (const id of ["mute", "leave-media", "devices"]) at(id).hidden = !inside;
    at("camera-off").hidden = !inside || this.medium !== "video";
    at("microphone-on").hidden = !inside || this.microphone !== null;
    say("mute-words", this.muted ? _("Open my microphone") : _("Close my microphone"));
    at("mute").setAttribute("aria-pressed", String(this.muted));
    say("camera-words", this.camera ? _("Turn my camera off") : _("Turn my camera on"));
  }

  /** What is of use now: to join, or what one hears and sends in the call, and the fields for text. */
  uses() {
    at("join-media").hidden = this.worker !== null || this.medium === "text" || !this.open;
    at("large-field").hidden = at("join-media").hidden || this.medium !== "video";
    for (const id of ["mine", "speaking", "quality"]) at(id).hidden = this.worker === null;
    const sayings = document.getElementById("sayings");
    // Who has pressed to join types at once, before the record has it.
    if (sayings) sayings.hidden = at("facts").dataset.says !== "yes" && this.worker === null && !at("join-media").disabled;
  }

  // --- taking part

  async join() {
    at("join-media").disabled = true;
    this.uses();
    try {
      await this.wire();
      if (this.medium === "video") await this.takeCamera();
      if (this.worker) await this.takeMicrophone(); // the call may have ended while a person was asked
    } catch (error) {
      this.end();
      say("media-state", _("This page could not be made ready for the call (%(fault)s). Load it again, then join.", { fault: String(error) }));
    } finally {
      at("join-media").disabled = false;
    }
    this.settle();
  }

  async wire() {
    this.context = new AudioContext({ sampleRate: 48_000, latencyHint: "interactive" });
    this.awake.watch(this.context);
    if (this.context.state !== "running") this.context.resume().catch(() => undefined); // what does not wake is told
    this.loud();
    await this.context.audioWorklet.addModule(SOUND);
    this.capture = new AudioWorkletNode(this.context, "capture", { numberOfInputs: 1, numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    this.capture.port.onmessage = (event) => this.level(event.data);
    const out = new MessageChannel();
    this.capture.port.postMessage({ port: out.port1 }, [out.port1]);
    this.worker = startWorker("/static/call-worker.js");
    const worker = this.worker;
    worker.onerror = (event) => this.failed(worker, event.message);
    worker.onmessage = ({ data }) => {
      if (data.finished) this.recording.settled().then(() => worker.terminate()); // a file is whole first
      else if (this.worker === worker || data.recorded || data.recording_file) this.told(data);
    };
    const address = socketAddress(`/media/call?line=${encodeURIComponent(this.line)}`);
    this.worker.postMessage({ init: { address, capture: out.port2, join: { medium: this.medium, rehearsal: this.rehearsal }, size: this.large ? "large" : "small" } }, [out.port2]);
    say("media-state", _("Calling the station."));
  }

  /** A worker that could not be loaded, or that has broken off. @param {Worker} worker @param {string | undefined} fault */
  failed(worker, fault) {
    if (this.worker !== worker) return;
    this.end();
    say("media-state", _("This page could not be made ready for the call (%(fault)s). Load it again, then join.", { fault: fault || _("no reason given") }));
  }

  /** A device, once a person has allowed it; nothing when the call was left meanwhile, or it was asked for anew: then it is
   * let go at once. @param {"camera" | "microphone"} device @param {MediaStreamConstraints} wanted @returns {Promise<MediaStream | null>} */
  async ask(device, wanted) {
    const { worker } = this;
    this.asked[device] += 1;
    const asked = this.asked[device];
    const stream = await navigator.mediaDevices.getUserMedia(wanted).catch((error) => {
      if (this.worker === worker && this.asked[device] === asked) throw error;
      return null;
    });
    if (worker && this.worker === worker && this.asked[device] === asked && this.here) return stream;
    for (const track of stream?.getTracks() ?? []) track.stop();
    return null;
  }

  async takeCamera() {
    try {
      const stream = await take("camera", this.large ? LARGE : PICTURE, (video) => this.ask("camera", { video }));
      if (!stream) return;
      const track = stream.getVideoTracks()[0];
      this.camera?.stop();
      this.camera = track;
      right("camera").then((state) => (this.rights.camera = state));
      track.onended = () => this.lost("camera", track);
      await this.mirror.show(track);
      if (this.worker && this.camera === track) sendPictures(this.worker, track, this.mirror.video, () => this.camera === track);
      this.had("camera", track);
      this.list();
    } catch (error) {
      say("camera-state", refusal(error, "camera", _("Turn my camera on")));
    }
  }

  async takeMicrophone() {
    try {
      const stream = await take("microphone", VOICE, (audio) => this.ask("microphone", { audio }));
      if (!stream) return;
      const track = stream.getAudioTracks()[0];
      this.microphone?.stop();
      this.source?.disconnect();
      this.microphone = track;
      right("microphone").then((state) => (this.rights.microphone = state));
      track.onended = () => this.lost("microphone", track);
      this.source = /** @type {AudioContext} */ (this.context).createMediaStreamSource(stream);
      this.source.connect(/** @type {AudioWorkletNode} */ (this.capture));
      this.had("microphone", track);
      this.list();
    } catch (error) {
      say("microphone-state", refusal(error, "microphone", _("Turn my microphone on")));
    }
    this.settle();
  }

  /** What is to be said of a device that is on, now and whenever the system mutes it. @param {"camera" | "microphone"} device @param {MediaStreamTrack} track */
  had(device, track) {
    if (!this.here || this[device] !== track) return;
    watchMuted(track, () => this.had(device, track));
    const another = device === "camera" ? _("The camera that was chosen is not there: %(device)s is used.", { device: track.label }) : _("The microphone that was chosen is not there: %(device)s is used.", { device: track.label });
    say(`${device}-state`, muted(device, track) || (isAnother(device, track) ? another : ""));
  }

  /** Another one, also while the call goes on; the next call and the green room take it too.
   * @param {import("./chosen.js").Device} device @param {() => unknown} take */
  change(device, take) {
    choose(device, /** @type {HTMLSelectElement} */ (at(device)).value);
    take();
  }

  /** Let those of the others be heard where it was chosen. */
  async loud() {
    if (!this.context) return;
    const heard = await play(this.context);
    if (this.here) say("speaker-state", heard ? "" : _("The loudspeaker that was chosen is not there: sound comes from that of this machine."));
  }

  list() {
    if (this.here && this.worker) return list({ camera: this.camera, microphone: this.microphone }, Boolean(this.choosesSpeaker));
  }

  /** @param {"camera" | "microphone"} device @param {MediaStreamTrack} track */
  async lost(device, track) {
    if (this[device] !== track) return;
    this[device] = null;
    if (device === "camera") this.mirror.dark();
    this.settle();
    if (await withdrawn(device, this.rights[device])) say(`${device}-state`, refusal(new DOMException("", "NotAllowedError"), device, device === "camera" ? _("Turn my camera on") : _("Turn my microphone on")));
    else say(`${device}-state`, device === "camera" ? _("The camera is gone. Plug it in, then press “Turn my camera on”; voice and text go on meanwhile.") : _("The microphone is gone. Plug it in, then press “Turn my microphone on”; text goes on meanwhile."));
  }

  async turnCamera() {
    if (this.camera) {
      this.camera.stop();
      this.camera = null;
      this.mirror.dark();
      say("camera-state", ""); // what was said of it
    } else await this.takeCamera();
    this.settle();
  }

  /** @param {boolean} on */
  mute(on) {
    if (!this.worker) return;
    this.muted = on;
    this.worker.postMessage({ mute: on });
    this.settle();
  }

  leave() {
    this.worker?.postMessage({ leave: true });
    this.end();
    say("media-state", _("You have left the call."));
  }

  /** Whether this document still shows the call: a session that fell asleep takes away what was shown. */
  get here() {
    return document.getElementById("call") !== null;
  }

  /** Nothing is sent, heard or filmed by a page that shows nothing. */
  gone() {
    for (const track of [this.camera, this.microphone, this.showing.screen]) track?.stop();
    this.mirror.dark();
    this.worker?.terminate();
    this.camera = this.microphone = this.worker = null;
    if (this.capture) this.capture.port.onmessage = null;
    this.context?.close().catch(() => undefined);
    this.tiles.clear();
  }

  end() {
    if (!this.here) {
      this.gone();
      return;
    }
    for (const track of [this.camera, this.microphone]) track?.stop();
    this.camera = this.microphone = null;
    this.mirror.dark();
    const worker = this.worker;
    this.worker = null;
    setTimeout(() => worker?.postMessage({ finish: true }), 200); // it still says that we leave
    this.context?.close().catch(() => undefined);
    for (const page of [...this.tiles.keys()]) this.remove(page);
    this.me = this.leaf = "";
    this.muted = false;
    for (const device of ["camera", "microphone"]) say(`${device}-state`, ""); // what was said of one that was on
    at("digits").hidden = at("digits-new").hidden = true;
    delete at("digits").dataset.known;
    this.settle();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || isWriting(event.target)) return;
    if (localStorage.getItem("parley-keys-off")) return;
    if (event.key.toLowerCase() === "w") document.getElementById("words-of-mine")?.focus();
    else if (!this.worker) return;
    else if (event.key.toLowerCase() === "m") this.mute(!this.muted);
    else if (event.key.toLowerCase() === "v" && this.medium === "video") this.turnCamera();
    else return;
    event.preventDefault();
  }

  /** A form of this page is sent without leaving it: the call goes on. @param {SubmitEvent} event */
  async submit(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !this.worker || !form.action.includes("/call/")) return;
    event.preventDefault();
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    // Who types captions begins the next while this one is on its way.
    const line = /** @type {HTMLInputElement | null} */ (form.querySelector("#words-of-mine, #caption-words"));
    const words = line?.value ?? "";
    if (line) line.value = "";
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
    const taken = answer?.type === "opaqueredirect" || answer?.ok;
    if (!answer) say("said-state", _("That did not reach the station. Send it again."));
    else say("said-state", taken ? "" : _("The station has refused that. Text of a call has 2,000 bytes at most; load the page again to read why."));
    if (line && !taken) line.value = [words, line.value].filter(Boolean).join(" ");
    else if (!line && taken) form.reset();
  }

  // --- what the worker says

  /** @param {any} word */
  told(word) {
    if (!this.here) return;
    this.recording.told(word);
    this.showing.told(word);
    if (word.open) say("media-state", "");
    if (word.lost) say("media-state", _("The station does not answer. The page calls it again every few seconds; the call goes on by itself."));
    if (word.refused) this.refused(word.refused);
    if (word.waits) say("media-state", _("The station keeps it: %(sentence)s.", { sentence: word.waits.sentence }));
    if (word.fault) say("media-state", _("This page made a mistake (%(fault)s). Leave the call and join again.", { fault: word.fault }));
    if (word.ended) {
      this.end();
      say("media-state", ENDED[word.ended]);
    }
    if (word.foul) this.foul(word.foul);
    if (word.digits !== undefined) this.digits(word.digits);
    if (word.state) this.stands(word.state);
    if (word.figures) this.figures(word.figures);
  }

  /** @param {{act: string, sentence: string}} word */
  refused(word) {
    if (word.act === "join") this.end();
    say("media-state", word.sentence);
  }

  /** @param {string | null} digits */
  digits(digits) {
    at("digits").hidden = false;
    at("digits").dataset.digits = digits ?? "";
    say("digits-value", digits ?? _("being made"));
    const { known } = at("digits").dataset;
    if (!digits || digits === known) return;
    at("digits").dataset.known = digits;
    at("digits-new").hidden = !known; // who has read others aloud must not take these for an attack
    say("digits-since", _("since %(at)s, as somebody has joined or left: read them aloud again", { at: `${new Date().toISOString().slice(11, 19)}Z` }));
  }

  /** A page shows another key than it said it would: somebody is in between. @param {string} page */
  foul(page) {
    const who = this.people.find((each) => each.page === page);
    const named = who ? this.parts.named(who) : page;
    at("foul").hidden = false;
    say("foul-words", _("The keys of %(who)s are not those that were announced. Say nothing that matters in this call; end it and call the engineer.", { who: named }));
  }

  /** @param {{state: string, me: string | null, gone: boolean, rehearsal: boolean, leaf: string, pages: Person[]}} state */
  stands(state) {
    if (this.worker && this.leaf && state.leaf && state.leaf !== this.leaf) {
      this.end(); // nobody comes from a rehearsal into the call without joining it
      say("media-state", _("What you were in is over, and a call was opened. You are not in it: join it when you are ready."));
      return;
    }
    this.leaf = state.leaf || this.leaf;
    if (state.leaf) this.rehearsed = state.rehearsal;
    if (this.worker && state.gone && state.state !== "none" && state.state !== "ended") {
      this.end(); // so that the button to join is there again
      say("media-state", _("You are no longer in the call: another page of yours has joined, or this one was gone for too long. Join again."));
      return;
    }
    this.me = state.me ?? "";
    this.people = state.pages;
    if (state.state === "ended" || state.state === "none") {
      if (this.worker && this.leaf) {
        const rehearsed = this.rehearsed;
        this.end();
        say("media-state", rehearsed ? _("The rehearsal is over. You are in no call: join it when it is open.") : _("The call is ended."));
      }
      return;
    }
    const mine = this.people.find((each) => each.page === this.me);
    if (mine) say("self-name", mine.muted ? _("You, %(office)s, as %(role)s. Your microphone is closed", mine) : _("You, %(office)s, as %(role)s", mine));
    const others = this.people.filter((each) => each.page !== this.me);
    for (const page of this.tiles.keys()) if (!others.some((each) => each.page === page)) this.remove(page);
    if (this.me) for (const each of others) this.place(each);
    at("on-hold").hidden = state.state !== "on hold";
    at("silenced").hidden = state.state !== "silenced";
    at("alone").hidden = !this.me || others.length > 0;
  }

  /** @param {Person} person */
  place(person) {
    const known = this.tiles.get(person.page) ?? this.make(person);
    if (!known) return;
    known.person = person;
    const words = known.tile.querySelector("[data-who]");
    const said = _("%(name)s, %(office)s, %(party)s, as %(role)s", { ...person, party: party(person) });
    if (words && words.textContent !== said) words.textContent = said;
    /** @type {HTMLElement} */ (known.tile.querySelector("[data-muted]")).hidden = !person.muted;
  }

  /** @param {Person} person */
  make(person) {
    if (!this.context || !this.worker) return null;
    const tile = /** @type {HTMLElement} */ (/** @type {DocumentFragment} */ (/** @type {HTMLTemplateElement} */ (at("tile")).content.cloneNode(true)).firstElementChild);
    tile.dataset.page = person.page;
    tile.classList.toggle("ours", person.ours);
    const canvas = /** @type {HTMLCanvasElement} */ (tile.querySelector("canvas"));
    canvas.setAttribute("aria-label", _("Picture of %(name)s", person));
    at("others").append(tile);
    const playout = new AudioWorkletNode(this.context, "playout", { numberOfInputs: 0, outputChannelCount: [1] });
    const gain = new GainNode(this.context);
    playout.connect(gain).connect(this.context.destination);
    playout.port.onmessage = (event) => this.back(person.page, event.data);
    const way = new MessageChannel();
    playout.port.postMessage({ port: way.port1 }, [way.port1]);
    const paper = canvas.transferControlToOffscreen();
    this.worker.postMessage({ add: { page: person.page, party: person.party, sender: person.sender, canvas: paper, playout: way.port2 } }, [paper, way.port2]);
    const made = { tile, gain, spokeAt: 0, person };
    this.tiles.set(person.page, made);
    return made;
  }

  /** @param {string} page */
  remove(page) {
    const known = this.tiles.get(page);
    known?.gain.disconnect();
    known?.tile.remove();
    this.tiles.delete(page);
  }

  // --- what is heard

  /** @param {number} level of our microphone */
  level(level) {
    if (!this.here) return;
    showLevel(at("self-level"), this.muted ? 0 : level);
    at("talks-muted").hidden = !(this.muted && level > 10 * HEARD_LEVEL);
  }

  /** @param {string} page @param {{level: number}} word of what is played */
  back(page, { level }) {
    const known = this.tiles.get(page);
    if (!known || !this.here) return;
    showLevel(/** @type {Element} */ (known.tile.querySelector(".level")), level);
    if (level <= HEARD_LEVEL) return;
    known.spokeAt = performance.now();
    this.heard += 1;
    at("call").dataset.heard = String(this.heard);
  }

  speaking() {
    if (!this.here) {
      this.gone();
      return;
    }
    this.label();
    this.uses();
    this.parts.mix(this.tiles, this.worker !== null);
    this.awake.look();
    const since = performance.now() - SPEAKS_MS;
    const who = [...this.tiles.values()].filter((each) => each.spokeAt > since);
    for (const each of this.tiles.values()) each.tile.classList.toggle("speaks", each.spokeAt > since);
    if (this.worker) say("speaks", listed(who.map(({ person }) => this.parts.named(person))) || _("Nobody"));
  }

  /** @param {any} f */
  figures(f) {
    at("call").dataset.figures = JSON.stringify(f);
    for (const [page, each] of Object.entries(f.others)) {
      const tile = this.tiles.get(page)?.tile;
      if (tile) tell(tile, /** @type {any} */ (each));
    }
    const link = f.link;
    const state = link?.up ? _("up") : _("not up");
    say("figure-link", link ? _("%(state)s, %(ms)s ms there and back, %(lost)s %% lost", { state, ms: link.rtt_ms ?? "·", lost: Math.round(100 * link.lost) }) : "·");
    say("figure-rate", _("%(sent)s kbit/s of %(budget)s", { sent: Math.round(f.sent_kbps), budget: link ? link.budget_kbps : "·" }));
    say("figure-dropped", Object.entries({ ...f.dropped, [_("not opened")]: f.unopened, [_("not agreed to be shown")]: f.not_agreed, [_("no picture to be shown")]: f.no_picture, [_("left out, busy")]: f.skipped, [_("× a codec failed")]: f.faults }).filter(([, count]) => Number(count) > 0).map(([why, count]) => `${count} ${why}`).join(", ") || _("none"));
    at("paused").hidden = f.pictures;
    this.numbers();
  }

  /** Who did not ask for numbers sees faces and names. */
  numbers() {
    const { open } = /** @type {HTMLDetailsElement} */ (at("quality"));
    for (const words of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#others [data-figures]"))) words.hidden = !open;
  }
}

if (document.getElementById("call")) new CallPage().start();
