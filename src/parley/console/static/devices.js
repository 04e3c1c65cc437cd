// What this browser can do for a call, and what to do when it refuses a device: in words.

import { _ } from "./tongue.js";

/**
 * @typedef {object} Feature
 * @property {string} name
 * @property {boolean} there
 * @property {string} without what its absence means
 * @property {("video" | "voice")[]} needs which media cannot be held without it
 */

/** @param {() => Promise<unknown>} attempt */
const works = (attempt) => attempt().then(Boolean, () => false);
const subtle = globalThis.crypto?.subtle;

/** @param {any} codec @param {any} config */
const supports = (codec, config) => works(async () => (await codec.isConfigSupported(config)).supported);

/** @returns {Promise<Feature[]>} */
export async function features() {
  const g = /** @type {any} */ (globalThis);
  const vp8 = { codec: "vp8", width: 640, height: 360 };
  const opus = { codec: "opus", sampleRate: 48_000, numberOfChannels: 1 };
  const pictures = (await supports(g.VideoEncoder, vp8)) && (await supports(g.VideoDecoder, vp8)) && "transferControlToOffscreen" in HTMLCanvasElement.prototype;
  const sound = (await supports(g.AudioEncoder, { ...opus, bitrate: 24_000 })) && (await supports(g.AudioDecoder, opus));
  const x25519 = await works(async () => subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]));
  const mlkem = await works(async () => subtle.generateKey(/** @type {any} */ ({ name: "ML-KEM-768" }), false, /** @type {any} */ (["encapsulateBits", "decapsulateBits"])));
  return [
    { name: _("A page that is encrypted, or of this machine"), there: isSecureContext, without: _("no camera, no microphone"), needs: ["video", "voice"] },
    { name: _("Camera and microphone for pages"), there: Boolean(navigator.mediaDevices?.getUserMedia), without: _("no camera, no microphone"), needs: ["video", "voice"] },
    { name: _("Pictures as VP8 (WebCodecs)"), there: pictures, without: _("no pictures"), needs: ["video"] },
    { name: _("Sound as Opus (WebCodecs)"), there: sound, without: _("no sound"), needs: ["video", "voice"] },
    { name: _("Sound without delay (AudioWorklet)"), there: isSecureContext && typeof g.AudioWorkletNode === "function", without: _("no sound"), needs: ["video", "voice"] },
    { name: _("Keys of a call: X25519"), there: x25519, without: _("a call cannot be sealed"), needs: ["video", "voice"] },
    { name: _("Keys of a call: ML-KEM-768"), there: mlkem, without: _("a call cannot be sealed"), needs: ["video", "voice"] },
    { name: _("Choice of loudspeaker"), there: "setSinkId" in (g.AudioContext?.prototype ?? {}), without: _("choose it in the settings of this machine"), needs: [] },
  ];
}

/** What remains. @param {Feature[]} all @returns {"video" | "voice" | "text"} */
export function remains(all) {
  const lacks = (/** @type {"video" | "voice"} */ medium) => all.some((each) => !each.there && each.needs.includes(medium));
  return !lacks("video") ? "video" : !lacks("voice") ? "voice" : "text";
}

function browser() {
  const agent = navigator.userAgent;
  if (/Firefox\//.test(agent)) return "Firefox";
  if (/Edg\//.test(agent)) return "Edge";
  if (/Chrom(e|ium)\//.test(agent)) return "Chromium";
  if (/Safari\//.test(agent)) return "Safari";
  return "";
}

const ALLOW = (/** @type {string} */ button) => _("Press the sign at the left of the address and set Camera and Microphone to Allow, then press “%(button)s” again.", { button });
const WAY = /** @type {Record<string, (button: string) => string>} */ ({
  Firefox: (button) => _("Press the crossed-out sign at the left of the address and remove what is blocked, then press “%(button)s” again.", { button }),
  Edge: ALLOW,
  Chromium: ALLOW,
  Safari: (button) => _("Open Safari, Settings for This Website, and set Camera and Microphone to Allow, then press “%(button)s” again.", { button }),
  "": (button) => _("Allow camera and microphone for this address in its settings, then press “%(button)s” again.", { button }),
});
const PRIVACY = _("If that does not help, look at the privacy settings of this machine.");

// Whole sentences for each: the two words have genders of their own in most languages.
const SAYS = {
  camera: {
    refuses: (/** @type {string} */ name) => (name ? _("%(browser)s refuses this page the camera.", { browser: name }) : _("This browser refuses this page the camera.")),
    absent: (/** @type {string} */ button) => _("No camera is connected. Plug one in, then press “%(button)s” again.", { button }),
    held: (/** @type {string} */ button) => _("The camera is there and gives nothing: another program may hold it. Close that program, then press “%(button)s” again.", { button }),
    gone: (/** @type {string} */ button) => _("The camera that was chosen is gone. Choose another, then press “%(button)s” again.", { button }),
    muted: _("The system has turned the camera off: nobody sees you. Look for a shutter or switch on it, a key of this machine, or its settings; the page goes on by itself."),
    failed: (/** @type {string} */ name, /** @type {string} */ button) => _("The camera could not be turned on (%(name)s). Load the page again, then press “%(button)s” again.", { name, button }),
    plain: _("This page has no right to a camera, because it is not encrypted. Ask the engineer for the console's address that begins with https."),
  },
  microphone: {
    refuses: (/** @type {string} */ name) => (name ? _("%(browser)s refuses this page the microphone.", { browser: name }) : _("This browser refuses this page the microphone.")),
    absent: (/** @type {string} */ button) => _("No microphone is connected. Plug one in, then press “%(button)s” again.", { button }),
    held: (/** @type {string} */ button) => _("The microphone is there and gives nothing: another program may hold it. Close that program, then press “%(button)s” again.", { button }),
    gone: (/** @type {string} */ button) => _("The microphone that was chosen is gone. Choose another, then press “%(button)s” again.", { button }),
    muted: _("The system has muted the microphone: nobody hears you. Look for a switch on it, a key of this machine, or its settings; the page goes on by itself."),
    failed: (/** @type {string} */ name, /** @type {string} */ button) => _("The microphone could not be turned on (%(name)s). Load the page again, then press “%(button)s” again.", { name, button }),
    plain: _("This page has no right to a microphone, because it is not encrypted. Ask the engineer for the console's address that begins with https."),
  },
};

/** Why a device could not be had, and what to do; `button` is what is pressed to try again. @param {unknown} error @param {"camera" | "microphone"} device @param {string} button */
export function refusal(error, device, button) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  const says = SAYS[device];
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return [says.refuses(browser()), WAY[browser()](button), PRIVACY].join(" ");
    case "NotFoundError":
      return says.absent(button);
    case "NotReadableError":
    case "AbortError":
      return says.held(button);
    case "OverconstrainedError":
      return says.gone(button);
    default:
      return isSecureContext ? says.failed(name || _("no reason given"), button) : says.plain;
  }
}

/** Call `tell` whenever the system holds a device back or gives it again, as by a switch on it: it is had, and nothing comes. @param {MediaStreamTrack} track @param {() => void} tell */
export function watchMuted(track, tell) {
  track.onmute = track.onunmute = tell;
}

/** What to say of a device that is on and held back by the system; "" where it is not. @param {"camera" | "microphone"} device @param {MediaStreamTrack} track */
export const muted = (device, track) => (track.muted ? SAYS[device].muted : "");

/** What this browser says of the page's right to a device; "" where it says nothing. @param {"camera" | "microphone"} device @returns {Promise<string>} */
export async function right(device) {
  const name = /** @type {any} */ (device);
  return navigator.permissions.query({ name }).then(({ state }) => state, () => "");
}

/** Whether a right is there no longer that stood so when the device was had. It may be refused, or taken back to be
 * asked for anew; but browsers that ask each time never say that it was granted. @param {"camera" | "microphone"} device @param {string} had */
export async function withdrawn(device, had) {
  const now = await right(device);
  return now === "denied" || (had === "granted" && now === "prompt");
}
