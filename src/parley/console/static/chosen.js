// Which camera, microphone and loudspeaker are used on this machine: chosen in the green room or in a call, kept in this
// browser, and used by both. One that is not plugged in gives way to another, and a call says so.

import { at } from "./media-page.js";

/** @typedef {"camera" | "microphone" | "speaker"} Device */

const KINDS = /** @type {[Device, string][]} */ ([["camera", "videoinput"], ["microphone", "audioinput"], ["speaker", "audiooutput"]]);
const kept = (/** @type {Device} */ device) => `parley-device-${device}`;

/** @param {Device} device */
export const chosen = (device) => localStorage.getItem(kept(device)) ?? "";
/** @param {Device} device @param {string} id */
export const choose = (device, id) => localStorage.setItem(kept(device), id);

/** The chosen device, or another where that is not there: Chromium takes one that it is asked for as the ideal for no better than
 * any. @template T @param {Device} device @param {MediaTrackConstraints} constraints @param {(wanted: MediaTrackConstraints) => Promise<T>} ask @returns {Promise<T>} */
export async function take(device, constraints, ask) {
  if (!chosen(device)) return ask(constraints);
  return ask({ ...constraints, deviceId: { exact: chosen(device) } }).catch((error) => {
    if (!/^(OverconstrainedError|NotFoundError)$/.test(error?.name)) throw error;
    return ask(constraints);
  });
}

/** Whether a track comes from another device than the chosen one. @param {Device} device @param {MediaStreamTrack} track */
export const isAnother = (device, track) => chosen(device) !== "" && track.getSettings().deviceId !== chosen(device);

/** The lists of what is plugged in now. Names are told only once a device is on.
 * @param {Partial<Record<Device, MediaStreamTrack | null>>} used @param {boolean} choosesSpeaker whether this browser lets a page choose it */
export async function list(used, choosesSpeaker) {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  for (const [device, kind] of KINDS) {
    const select = /** @type {HTMLSelectElement | null} */ (at(device));
    const found = all.filter((each) => each.kind === kind && each.label);
    if (!select || found.length === 0 || (device === "speaker" && !choosesSpeaker)) continue;
    const id = used[device]?.getSettings().deviceId ?? (chosen(device) || select.value);
    select.replaceChildren(...found.map((each) => new Option(each.label, each.deviceId)));
    if (found.some((each) => each.deviceId === id)) select.value = id;
    select.parentElement?.removeAttribute("hidden");
  }
}

/** Let sound come from the chosen loudspeaker; whether it does. @param {AudioContext} context @returns {Promise<boolean>} */
export async function play(context) {
  const there = /** @type {any} */ (context);
  if (!there.setSinkId || (!chosen("speaker") && !there.sinkId)) return true;
  return there.setSinkId(chosen("speaker")).then(() => true, () => false);
}
