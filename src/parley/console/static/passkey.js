// Passkeys: the browser asks its owner, we carry question and answer between it and the station. A
// button that needs this is hidden until it is known that this browser can.

import { _ } from "./tongue.js";

const can = "PublicKeyCredential" in globalThis && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/** @param {HTMLElement} button @param {string} address */
async function question(button, address) {
  const token = button.closest("form")?.querySelector("input[name=token]");
  const body = new URLSearchParams({ token: token instanceof HTMLInputElement ? token.value : "" });
  const answer = await fetch(address, { method: "POST", body });
  if (!answer.ok) throw new Error("refused");
  return answer.json();
}

/** @param {HTMLElement} button @param {string} field @param {() => Promise<Credential | null>} ask */
async function answer(button, field, ask) {
  const form = button.closest("form");
  const said = form?.querySelector("[data-passkey-said]");
  const hidden = form?.querySelector(`input[name=${field}]`);
  if (!form || !(hidden instanceof HTMLInputElement)) return;
  try {
    const credential = await ask();
    hidden.value = JSON.stringify(/** @type {any} */ (credential).toJSON());
    form.requestSubmit();
  } catch {
    if (said) said.textContent = _("The browser has given no passkey. Try again, or use the code.");
  }
}

/** @param {HTMLElement} button */
async function sign(button) {
  await answer(button, "assertion", async () => {
    const publicKey = /** @type {any} */ (PublicKeyCredential).parseRequestOptionsFromJSON(await question(button, "/sign-in/options"));
    return navigator.credentials.get({ publicKey });
  });
}

/** @param {HTMLElement} button */
async function make(button) {
  if (!button.closest("form")?.reportValidity()) return;
  await answer(button, "made", async () => {
    const options = await question(button, button.dataset.passkeyMake ?? "");
    return navigator.credentials.create({ publicKey: /** @type {any} */ (PublicKeyCredential).parseCreationOptionsFromJSON(options) });
  });
}

export function offerPasskeys() {
  for (const button of document.querySelectorAll("[data-passkey], [data-passkey-make]")) button.toggleAttribute("hidden", !can);
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-passkey], [data-passkey-make]") : null;
  if (button instanceof HTMLElement) void (button.hasAttribute("data-passkey") ? sign(button) : make(button));
});
offerPasskeys();
