// The green room's page: devices are chosen and heard here; `media-worker.js` does what is measured.
// A fault of one device says so in its place and leaves the others as they are.

import { choose, list, play, take } from "./chosen.js";
import { features, muted, refusal, remains, watchMuted } from "./devices.js";
import { HEARD_LEVEL, PICTURE, SOUND, VOICE, at, say, sendPictures, showLevel, socketAddress, startWorker } from "./media-page.js";
import { _, listed, percent, tenths } from "./tongue.js";

const STILL_MS = 1_500;
const MEDIA = {
  video: [_("This browser can hold video, voice and text."), _("Ready for video, voice and text.")],
  voice: [_("This browser can hold voice and text."), _("Ready for voice and text.")],
  text: [_("This browser can hold text only."), ""],
};

/** @param {string} id @param {number} level */
const show = (id, level) => showLevel(at(id), level);

class GreenRoom {
  constructor() {
    /** @type {MediaStreamTrack | null} */
    this.camera = null;
    /** @type {MediaStreamTrack | null} */
    this.microphone = null;
    this.medium = /** @type {"video" | "voice" | "text"} */ ("text");
    this.running = false;
    this.ended = false; // the loop was taken from us
    this.passed = { picture: false, sound: false, heard: false };
    this.sound = { delays: /** @type {[number, number][]} */ ([]), back: 0 };
    /** @type {Promise<void> | null} */
    this.wiring = null;
  }

  async start() {
    const found = await features();
    this.medium = remains(found);
    for (const each of found) {
      const row = document.createElement("li");
      row.textContent = each.there ? `✓ ${each.name}` : `✕ ${_("%(name)s: missing, so %(without)s", { name: each.name, without: each.without })}`;
      row.classList.toggle("soft", each.there);
      at("features").append(row);
    }
    this.choosesSpeaker = found[found.length - 1].there;
    this.listen();
    if (this.medium === "text") {
      at("on").hidden = true;
      say("camera-state", _("This browser gives calls no sound."));
      say("loop-state", "");
      if (!isSecureContext) say("camera-state", refusal(null, "camera", _("Turn on")));
    }
    this.judge();
    await this.list();
    at("green-room").dataset.ready = "yes";
  }

  listen() {
    at("on").addEventListener("click", () => this.turnOn());
    at("off").addEventListener("click", () => this.turnOff());
    for (const device of /** @type {const} */ (["camera", "microphone", "speaker"])) at(device).addEventListener("change", () => choose(device, at(device).value));
    at("camera").addEventListener("change", () => this.takeCamera());
    at("microphone").addEventListener("change", () => this.takeMicrophone());
    at("speaker").addEventListener("change", () => this.chooseSpeaker());
    at("tone").addEventListener("click", () => this.tone());
    at("heard").addEventListener("click", () => this.heard(true));
    at("unheard-tone").addEventListener("click", () => this.heard(false));
    at("through").addEventListener("change", () => this.named());
    at("run").addEventListener("click", () => (this.running ? this.stop() : this.run()));
    at("aloud").addEventListener("change", () => this.loudness && (this.loudness.gain.value = at("aloud").checked ? 1 : 0));
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.list());
    addEventListener("pagehide", () => this.turnOff());
  }

  // --- devices

  async turnOn() {
    at("on").disabled = true;
    await this.wake();
    if (this.medium === "video") await this.takeCamera();
    else say("camera-state", _("This browser can send no pictures; voice and text remain."));
    await this.takeMicrophone();
    await this.list();
    at("on").disabled = false;
    this.settle();
  }

  turnOff() {
    this.stop();
    for (const track of [this.camera, this.microphone]) track?.stop();
    this.camera = this.microphone = null;
    this.source?.disconnect();
    at("preview").srcObject = null;
    show("level", 0);
    say("camera-state", _("Turned off."));
    say("microphone-state", _("Turned off."));
    this.settle();
  }

  settle() {
    const any = Boolean(this.camera || this.microphone);
    at("off").hidden = !any;
    say("on", any ? _("Turn on again") : _("Turn on"));
    at("on").classList.toggle("main", !any);
    at("run").hidden = at("aloud-field").hidden = !any;
    at("level-field").hidden = !this.microphone;
    if (!this.running && !this.ended) say("loop-state", any ? _("Ready to be sent through the station.") : _("Turn camera or microphone on first."));
    this.judge();
  }

  async takeCamera() {
    this.camera?.stop();
    this.camera = null;
    try {
      const stream = await take("camera", PICTURE, (video) => navigator.mediaDevices.getUserMedia({ video }));
      const track = stream.getVideoTracks()[0];
      this.camera = track;
      track.onended = () => this.lost("camera", track);
      at("preview").srcObject = stream;
      await at("preview").play().catch(() => undefined);
      this.had("camera", track);
      if (this.worker) this.sendPictures(track);
    } catch (error) {
      at("preview").srcObject = null;
      say("camera-state", refusal(error, "camera", _("Turn on")));
    }
    this.settle();
  }

  async takeMicrophone() {
    this.microphone?.stop();
    this.microphone = null;
    this.source?.disconnect();
    show("level", 0);
    try {
      const stream = await take("microphone", VOICE, (audio) => navigator.mediaDevices.getUserMedia({ audio }));
      const track = stream.getAudioTracks()[0];
      this.microphone = track;
      track.onended = () => this.lost("microphone", track);
      await this.wire();
      this.source = /** @type {AudioContext} */ (this.context).createMediaStreamSource(stream);
      this.source.connect(/** @type {AudioWorkletNode} */ (this.capture));
      this.had("microphone", track);
    } catch (error) {
      say("microphone-state", refusal(error, "microphone", _("Turn on")));
    }
    this.settle();
  }

  /** What is to be said of a device that is on, now and whenever the system mutes it. @param {"camera" | "microphone"} device @param {MediaStreamTrack} track */
  had(device, track) {
    if (this[device] !== track) return;
    watchMuted(track, () => this.had(device, track));
    const { width, height } = track.getSettings();
    const name = called(device, track);
    const on = device === "camera" ? _("%(device)s gives pictures, %(width)s × %(height)s.", { device: name, width, height }) : _("%(device)s is on. Say something: the bar moves.", { device: name });
    say(`${device}-state`, muted(device, track) || on);
    if (track.muted) this.fails(device);
  }

  /** What has come back from it counts no longer. @param {"camera" | "microphone"} device */
  fails(device) {
    this.passed[device === "camera" ? "picture" : "sound"] = false;
    if (device === "microphone") show("level", 0);
    this.judge();
  }

  /** @param {"camera" | "microphone"} device @param {MediaStreamTrack} track */
  lost(device, track) {
    if (this[device] !== track) return;
    this[device] = null;
    this.fails(device);
    say(`${device}-state`, device === "camera" ? _("The camera is gone. Plug it in or choose another, then press “Turn on again”.") : _("The microphone is gone. Plug it in or choose another, then press “Turn on again”."));
    if (device === "camera") at("preview").srcObject = null;
    this.settle();
  }

  /** What is plugged in now. */
  list() {
    return list({ camera: this.camera, microphone: this.microphone }, Boolean(this.choosesSpeaker));
  }

  // --- sound

  /** The sound device, given after a press of a button. */
  async wake() {
    this.context ??= new AudioContext({ sampleRate: 48_000, latencyHint: "interactive" });
    if (this.context.state !== "running") await this.context.resume();
    if (!(await play(this.context))) say("speaker-state", _("That loudspeaker cannot be used. Choose another."));
  }

  /** Worker, capture and playout, once. */
  wire() {
    this.wiring ??= this.connect();
    return this.wiring;
  }

  async connect() {
    await this.wake();
    const context = /** @type {AudioContext} */ (this.context);
    await context.audioWorklet.addModule(SOUND);
    this.capture = new AudioWorkletNode(context, "capture", { numberOfInputs: 1, numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    this.playout = new AudioWorkletNode(context, "playout", { numberOfInputs: 0, outputChannelCount: [1] });
    this.loudness = new GainNode(context, { gain: at("aloud").checked ? 1 : 0 });
    this.playout.connect(this.loudness).connect(context.destination);
    this.capture.port.onmessage = (event) => this.level(event.data);
    this.playout.port.onmessage = (event) => this.back(event.data);
    const out = new MessageChannel();
    const back = new MessageChannel();
    this.capture.port.postMessage({ port: out.port1 }, [out.port1]);
    this.playout.port.postMessage({ port: back.port1 }, [back.port1]);
    this.worker = startWorker("/static/media-worker.js");
    this.worker.onmessage = (event) => this.told(event.data);
    const canvas = at("returned").transferControlToOffscreen();
    const address = this.address;
    this.worker.postMessage({ init: { address, canvas, capture: out.port2, playout: back.port2 } }, [canvas, out.port2, back.port2]);
  }

  /** @param {number} level of the microphone, 0 to 1 */
  level(level) {
    if (!this.microphone || this.microphone.muted) return;
    show("level", level);
    if (level > HEARD_LEVEL) say("microphone-state", _("%(device)s hears you.", { device: called("microphone", this.microphone) }));
  }

  /** @param {{level: number, delays: number[]}} word of what is played */
  back({ level, delays }) {
    if (!this.running) return;
    show("level-back", level);
    const now = performance.now();
    this.sound.delays.push(...delays.map((delay) => /** @type {[number, number]} */ ([now, delay])));
    this.sound.delays = this.sound.delays.filter(([when]) => when > now - 5_000);
    if (level > HEARD_LEVEL) {
      this.sound.back += 1;
      say("heard-back", _("comes back"));
      if (!this.passed.sound && this.microphone?.muted === false) {
        this.passed.sound = true;
        this.judge();
      }
    }
  }

  async chooseSpeaker() {
    this.passed.heard = false;
    say("speaker-state", "");
    await this.wake();
    this.judge();
  }

  async tone() {
    await this.wake();
    const context = /** @type {AudioContext} */ (this.context);
    const gain = new GainNode(context, { gain: 0 });
    const note = new OscillatorNode(context, { frequency: 660 });
    note.connect(gain).connect(context.destination);
    const start = context.currentTime + 0.05;
    for (const [level, when] of [[0, 0], [0.25, 0.03], [0.25, 1], [0, 1.05]]) gain.gain.linearRampToValueAtTime(level, start + when);
    note.start(start);
    note.stop(start + 1.1);
    note.onended = () => {
      at("heard").hidden = at("unheard-tone").hidden = false;
      say("speaker-state", _("Did you hear it?"));
    };
    say("speaker-state", _("Listen."));
  }

  /** @param {boolean} yes */
  heard(yes) {
    this.passed.heard = yes;
    at("heard").hidden = at("unheard-tone").hidden = true;
    at("tone").focus();
    say("speaker-state", yes ? _("You heard the tone.") : _("Turn the sound of this machine up, look whether the headset is plugged in, choose another loudspeaker, and play the tone again."));
    this.judge();
  }

  // --- the loop

  /** The line whose other station gives it back, or none. */
  get line() {
    return at("through").value;
  }

  get address() {
    return socketAddress(this.line ? `/media/loop?line=${encodeURIComponent(this.line)}` : "/media/loop");
  }

  async run() {
    this.ended = false;
    await this.wire();
    this.running = true;
    this.passed.picture = this.passed.sound = false;
    say("run", _("Stop"));
    at("figures").hidden = false;
    say("heard-back", _("not yet"));
    say("loop-state", _("Calling the station."));
    if (this.camera) this.sendPictures(this.camera);
    at("way").hidden = !this.line;
    at("through").disabled = true;
    this.worker?.postMessage({ run: true, address: this.address });
    this.judge();
  }

  /** What the button does now. */
  named() {
    say("run", this.line ? _("Send it through the other station") : _("Send it through the station"));
    say("returned-words", this.line ? _("As it came back from the other station") : _("As it came back"));
  }

  stop() {
    if (!this.running) return;
    this.running = false;
    this.worker?.postMessage({ run: false });
    at("through").disabled = false;
    at("still").hidden = true;
    this.named();
    this.settle();
  }

  /** @param {MediaStreamTrack} track */
  sendPictures(track) {
    if (this.sent === track) return;
    this.sent = track;
    if (this.worker) sendPictures(this.worker, track, /** @type {any} */ (at("preview")), () => this.sent === track);
  }

  /** A word of the worker. @param {any} word */
  told(word) {
    if (word.open) say("loop-state", this.line ? _("The other station is asked to give it back.") : _("The station gives back what this page sends."));
    if (word.lost) say("loop-state", _("The station does not answer. The page calls it again every few seconds and goes on by itself."));
    if (word.ended) {
      this.ended = true;
      this.stop();
      say("loop-state", word.ended === "displaced" ? _("Another page of this seat took the loop. Press the button to have it here.") : _("This seat was given up. Sign in again with a new link."));
    }
    if (word.figures && this.running) this.figures(word.figures);
  }

  /** @param {any} f */
  figures(f) {
    const ms = (/** @type {number | null | undefined} */ value) => (value === null || value === undefined ? "·" : `${Math.round(value)} ms`);
    const delays = this.sound.delays.map((each) => each[1]).sort((a, b) => a - b);
    const of = (/** @type {number} */ share) => delays[Math.min(delays.length - 1, Math.floor(share * delays.length))];
    say("figure-picture", `${ms(f.picture_p50)} / ${ms(f.picture_p95)}`);
    say("figure-sound", `${ms(of(0.5))} / ${ms(of(0.95))}`);
    say("figure-fps", f.width ? _("%(fps)s of %(width)s × %(height)s", { fps: tenths(f.fps), width: f.width, height: f.height }) : "·");
    say("figure-lost", percent(f.lost));
    say("figure-rate", `${Math.round(f.sent_kbps)} / ${Math.round(f.back_kbps)} kbit/s`);
    if (this.line && f.station?.link) this.way(f.station.link);
    say("figure-dropped", counted(f.station?.dropped ?? {}));
    say("figure-unopened", counted({ [_("not opened")]: f.unopened, [_("left out, busy")]: f.skipped, [_("× a codec failed")]: f.faults }));
    at("still").hidden = !(this.camera && f.still_ms !== null && f.still_ms > STILL_MS);
    at("figures").dataset.figures = JSON.stringify({ ...f, sound_p50: of(0.5) ?? null, sound_p95: of(0.95) ?? null, sound_back: this.sound.back });
    if (!this.passed.picture && f.fps > 1 && this.camera?.muted === false) {
      this.passed.picture = true;
      this.judge();
    }
  }

  /** Of the other station. @param {{free: boolean, by: string, back: number, rtt_ms: number | null, lost: number | null, budget_kbps: number, pictures: boolean}} link */
  way(link) {
    say("figure-way", link.rtt_ms === null ? "·" : _("%(rtt)s ms, %(lost)s %% lost, by %(by)s", { rtt: link.rtt_ms, lost: tenths(100 * (link.lost ?? 0)), by: link.by }));
    say("figure-takes", link.pictures ? `${link.budget_kbps} kbit/s` : _("%(rate)s kbit/s: too narrow for pictures, sound goes on", { rate: link.budget_kbps }));
    if (!link.free) say("loop-state", _("A call is open on this line, or the line stands still: it is not free for a rehearsal."));
    else if (!link.by) say("loop-state", _("No path leads to the other station."));
    else if (link.back > 0) say("loop-state", _("The other station gives back what this page sends."));
    else say("loop-state", _("Nothing comes back from the other station. A call may be open there, or it may have an earlier build."));
  }

  judge() {
    const missing = [];
    if (!this.passed.sound) missing.push(_("your voice has not come back from the station yet"));
    if (this.medium === "video" && !this.passed.picture) missing.push(_("your picture has not come back from the station yet"));
    if (!this.passed.heard) missing.push(_("nobody has heard the tone of the loudspeaker yet"));
    const [can, ready] = MEDIA[this.medium];
    if (this.medium === "text") {
      say("verdict-words", can);
      say("verdict-why", _("What it lacks stands below. Messages and the text of a call go on; for voice and pictures use a newer Chromium or Edge."));
    } else if (missing.length === 0) {
      say("verdict-words", ready);
      say("verdict-why", this.medium === "video" ? "" : _("Pictures cannot be sent from this browser."));
    } else if (this.passed.sound && this.passed.heard) {
      say("verdict-words", MEDIA.voice[1]);
      say("verdict-why", `${can} ${_("For pictures: %(missing)s.", { missing: missing[0] })}`);
    } else {
      say("verdict-words", can);
      say("verdict-why", _("Not tried to the end: %(missing)s.", { missing: listed(missing) }));
    }
    at("verdict").classList.toggle("done", missing.length === 0);
  }
}

/** A device by the name that the system gives it. @param {"camera" | "microphone"} device @param {MediaStreamTrack} track */
function called(device, track) {
  if (track.label) return track.label;
  return device === "camera" ? _("The camera") : _("The microphone");
}

/** @param {Record<string, number>} counts */
function counted(counts) {
  return Object.entries(counts).filter(([, count]) => count > 0).map(([why, count]) => `${count} ${why}`).join(", ") || _("none");
}

new GreenRoom().start();
