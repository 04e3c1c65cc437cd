// What the pages with camera and microphone share: words in their places, a level as ears hear it, the
// worker, and how pictures reach it.

export const HEARD_LEVEL = 0.003; // a voice is far above it, the noise of an open microphone below
export const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30, max: 30 } };
export const LARGE = { ...PICTURE, width: { ideal: 1280 }, height: { ideal: 720 } };
export const VOICE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
export const SOUND = "/static/media-sound.js";

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export const at = (id) => /** @type {T} */ (document.getElementById(id));
/** @param {string} id @param {string} words */
export const say = (id, words) => {
  if (at(id).textContent !== words) at(id).textContent = words; // a reader hears each change once
};
/** A level of 0 to 1 as a bar, by its logarithm as ears hear it: 50 dB in all. @param {Element} bar @param {number} level */
export const showLevel = (bar, level) => {
  const share = level > 0 ? Math.max(0, Math.round(100 * (1 + Math.log10(level) / 2.5))) : 0;
  if (bar.getAttribute("aria-valuenow") === String(share)) return;
  bar.setAttribute("aria-valuenow", String(share));
  /** @type {HTMLElement} */ (bar.firstElementChild).style.transform = `scaleX(${share / 100})`; // nothing is laid out anew
};

const WORKERS = ["/static/call-worker.js", "/static/media-worker.js"];
/** @type {any} */
let policy;


/** A worker of ours: the policy of guard.py lets a page start no script but by such a name. @param {"/static/media-worker.js" | "/static/call-worker.js"} address */
export function startWorker(address) {
  // A page may make a policy once, and join again after it has left.
  policy ??= /** @type {any} */ (globalThis).trustedTypes?.createPolicy("parley-media", { createScriptURL: (/** @type {string} */ wanted) => (WORKERS.includes(wanted) ? wanted : "") });
  return new Worker(policy?.createScriptURL(address) ?? address, { type: "module" });
}

/** @param {string} path @returns where a socket of this seat is */
export const socketAddress = (path) => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${document.documentElement.dataset.seat}${path}`;

/** Let the worker have the pictures of a track while `wanted`. @param {Worker} worker @param {MediaStreamTrack} track @param {HTMLVideoElement} video @param {() => boolean} wanted */
export function sendPictures(worker, track, video, wanted) {
  const Processor = /** @type {any} */ (globalThis).MediaStreamTrackProcessor;
  if (Processor) {
    const pictures = new Processor({ track, maxBufferSize: 2 }).readable;
    worker.postMessage({ pictures }, [pictures]);
    return;
  }
  const next = () => {
    if (!wanted()) return;
    if (track.readyState === "live" && video.readyState >= 2) {
      const picture = new VideoFrame(video, { timestamp: 0 });
      worker.postMessage({ picture }, [picture]);
    }
    video.requestVideoFrameCallback(next);
  };
  video.requestVideoFrameCallback(next);
}
