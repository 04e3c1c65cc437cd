// One event stream per browser, however many tabs are open: a SharedWorker holds it. Where there
// is none, the tabs elect a leader by a Web Lock, and the leader tells the others; where there are
// no locks either, each tab listens for itself.

/**
 * @typedef {object} StationEvent
 * @property {number} seq
 * @property {string} kind
 * @property {number} [now] the station's clock, POSIX seconds
 * @property {string} [line]
 * @property {string} [dir]
 * @property {number} [n]
 * @property {string} [precedence]
 * @property {string} [status]
 * @property {string} [ref]
 * @property {string} [path]
 * @property {number} [at]
 * @property {string} [state] of an alarm: ringing, deputy, nobody answered
 * @property {string} [gap] of a message that came before its turn: which numbers are outstanding
 * @property {number} [due]
 * @property {string} [trouble] a name for what the station cannot keep now; empty where it keeps all
 * @property {number} [rings] how many people at this station have a tab that rings
 * @property {Record<string, {heard: number | null, received: number | null}>} [lines]
 */
/** @typedef {(event: StationEvent) => void} OnEvent */
/** @typedef {(connected: boolean, since: number) => void} OnState */
/** @typedef {{event?: StationEvent, connected?: boolean, since?: number}} Word */

const SILENCE_MS_MAX = 8_000; // the station beats every 2 s
const AGAIN_MS = 700;

/**
 * The stream itself; runs in the worker, in the leading tab, or in a tab of its own.
 * @param {(word: Word) => void} tell
 */
export function open(tell) {
  /** @type {EventSource | null} */
  let source = null;
  let heardAt = Date.now();
  // Unknown until the first answer or the first fault: a page is not told that it has lost its station while it comes.
  let connected = /** @type {boolean | undefined} */ (undefined);
  let since = heardAt;

  /** @param {boolean} now */
  const turn = (now) => {
    if (now === connected) return;
    connected = now;
    since = now ? Date.now() : heardAt;
    tell({ connected, since });
  };
  const connect = () => {
    source?.close();
    source = new EventSource("/events");
    source.onmessage = (message) => {
      tell({ event: JSON.parse(message.data) });
      heardAt = Date.now();
      turn(true);
    };
    source.onerror = () => {
      turn(false);
      // A refusal closes the source for good; a lost connection it takes up again by itself.
      if (source?.readyState === EventSource.CLOSED) setTimeout(connect, AGAIN_MS);
    };
  };
  setInterval(() => {
    if (connected !== false && Date.now() - heardAt > SILENCE_MS_MAX) {
      turn(false);
      connect();
    }
  }, 2_000);
  connect();
  return () => ({ connected, since });
}

/** The policy of guard.py lets no script address be made from text but this one. */
function workerAddress() {
  const address = "/static/worker.js";
  return /** @type {any} */ (globalThis).trustedTypes?.createPolicy("parley-worker", { createScriptURL: () => address }).createScriptURL("") ?? address;
}

/**
 * @param {string} station
 * @param {OnEvent} onEvent
 * @param {OnState} onState
 */
export function listen(station, onEvent, onState) {
  /** @param {Word} word */
  const take = (word) => {
    if (word.event) onEvent(word.event);
    else if (word.connected !== undefined) onState(word.connected, word.since ?? Date.now());
  };
  const name = `parley-${station}`;
  if (typeof SharedWorker === "function") {
    const worker = new SharedWorker(/** @type {string} */ (workerAddress()), { type: "module", name });
    worker.port.onmessage = (message) => take(message.data);
    addEventListener("pagehide", () => worker.port.postMessage("bye"));
    addEventListener("pageshow", (event) => event.persisted && location.reload());
    return;
  }
  if (!navigator.locks || typeof BroadcastChannel !== "function") {
    open(take);
    return;
  }
  const channel = new BroadcastChannel(name);
  /** @type {(() => Word) | null} */
  let leading = null;
  channel.onmessage = (message) => {
    if (message.data === "state?") {
      if (leading) channel.postMessage(leading());
    } else take(message.data);
  };
  channel.postMessage("state?");
  navigator.locks.request(name, () => {
    leading = open((word) => {
      take(word);
      channel.postMessage(word);
    });
    return new Promise(() => {}); // led until this tab closes
  });
}
