// The SharedWorker: one stream from the station, handed to every tab of this browser.

import { open } from "./stream.js";

/** @type {Set<MessagePort>} */
const tabs = new Set();

const state = open((word) => {
  for (const tab of tabs) tab.postMessage(word);
});

/** @type {any} */ (self).onconnect = (/** @type {MessageEvent} */ event) => {
  const tab = event.ports[0];
  tabs.add(tab);
  const leave = () => tabs.delete(tab);
  tab.onmessage = (message) => message.data === "bye" && leave();
  tab.addEventListener("close", leave);
  tab.postMessage(state());
};
