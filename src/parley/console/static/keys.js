// Single keys for people who know them. They act only when nothing is being written, and can be
// switched off on the page that lists them.

const OFF = "parley-keys-off";

const TICKED = /^(checkbox|radio|button|submit|file)$/; // letters write nothing there

/** Whether letters go into what has the focus. @param {EventTarget | null} target */
export const isWriting = (target) =>
  target instanceof HTMLInputElement ? !TICKED.test(target.type) : target instanceof HTMLElement && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName));

/** @param {1 | -1} step */
function moveRow(step) {
  const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("main a.msg, main td a")]);
  if (rows.length === 0) return;
  const at = rows.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))].focus();
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (isWriting(event.target) || localStorage.getItem(OFF)) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") moveRow(key === "j" ? 1 : -1);
  else if (key === "f") /** @type {HTMLElement | null} */ (document.querySelector("#alarm:not([hidden]) a"))?.focus();
  else if (key === "s") for (const button of document.querySelectorAll("[data-silence]:not([hidden])")) /** @type {HTMLElement} */ (button).click();
  else if (key === "t") /** @type {HTMLElement | null} */ (document.querySelector("#hearing:not([hidden]) #hearing-play"))?.click();
  else {
    const target = /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${CSS.escape(key)}"]`));
    if (!target) return;
    const details = target.closest("summary")?.parentElement;
    if (details instanceof HTMLDetailsElement) {
      details.open = true;
      /** @type {HTMLElement | null} */ (details.querySelector("input:not([type=hidden]), textarea, button"))?.focus();
    } else if (target instanceof HTMLButtonElement) target.focus(); // Enter does it: no word is sent by one key
    else target.click();
  }
  event.preventDefault();
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
  const box = /** @type {HTMLInputElement | null} */ (document.getElementById("keys-on"));
  if (!box) return;
  box.checked = !localStorage.getItem(OFF);
  box.closest("form")?.removeAttribute("hidden");
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
}
