// What this browser can do for a call, and what to do when it refuses a device: in words.

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
    { name: "A page that is encrypted, or of this machine", there: isSecureContext, without: "no camera, no microphone", needs: ["video", "voice"] },
    { name: "Camera and microphone for pages", there: Boolean(navigator.mediaDevices?.getUserMedia), without: "no camera, no microphone", needs: ["video", "voice"] },
    { name: "Pictures as VP8 (WebCodecs)", there: pictures, without: "no pictures", needs: ["video"] },
    { name: "Sound as Opus (WebCodecs)", there: sound, without: "no sound", needs: ["video", "voice"] },
    { name: "Sound without delay (AudioWorklet)", there: isSecureContext && typeof g.AudioWorkletNode === "function", without: "no sound", needs: ["video", "voice"] },
    { name: "Keys of a call: X25519", there: x25519, without: "a call cannot be sealed", needs: ["video", "voice"] },
    { name: "Keys of a call: ML-KEM-768", there: mlkem, without: "a call cannot be sealed", needs: ["video", "voice"] },
    { name: "Choice of loudspeaker", there: "setSinkId" in (g.AudioContext?.prototype ?? {}), without: "choose it in the settings of this machine", needs: [] },
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
  return "This browser";
}

const WAY = /** @type {Record<string, string>} */ ({
  Firefox: "Press the crossed-out sign at the left of the address and remove what is blocked",
  Edge: "Press the sign at the left of the address and set Camera and Microphone to Allow",
  Chromium: "Press the sign at the left of the address and set Camera and Microphone to Allow",
  Safari: "Open Safari, Settings for This Website, and set Camera and Microphone to Allow",
  "This browser": "Allow camera and microphone for this address in its settings",
});

/** Why a device could not be had, and what to do. @param {unknown} error @param {"camera" | "microphone"} device */
export function refusal(error, device) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  const again = "then press “Turn on” again";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return `${browser()} refuses this page the ${device}. ${WAY[browser()]}, ${again}. If that does not help, look at the privacy settings of this machine.`;
    case "NotFoundError":
      return `No ${device} is connected. Plug one in, ${again}.`;
    case "NotReadableError":
    case "AbortError":
      return `The ${device} is there and gives nothing: another program may hold it. Close that program, ${again}.`;
    case "OverconstrainedError":
      return `The ${device} that was chosen is gone. Choose another, ${again}.`;
    default:
      return isSecureContext
        ? `The ${device} could not be turned on (${name || "no reason given"}). Load the page again, ${again}.`
        : `This page has no right to a ${device}, because it is not encrypted. Ask the engineer for the console's address that begins with https.`;
  }
}
