// Help while writing: counts, the place of a refusal, and a word before text is lost. The station
// checks everything again; nothing here changes what was typed.

import { number } from "./tongue.js";

export function startCompose() {
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("compose"));
  const text = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("text"));
  if (!form || !text) return;
  const words = document.getElementById("words");
  const bytes = document.getElementById("bytes");
  const brevity = document.getElementById("brevity");
  const count = () => {
    const found = text.value.trim().split(/\s+/u).filter(Boolean).length;
    if (words) words.textContent = number(found);
    if (bytes) bytes.textContent = number(new TextEncoder().encode(text.value).length);
    const urgent = ["FLASH", "IMMEDIATE"].includes(String(new FormData(form).get("precedence")));
    if (brevity) brevity.hidden = !(urgent && found > 200);
  };
  form.addEventListener("input", count);
  count();

  const refused = document.getElementById("refused");
  if (refused?.dataset.line) {
    const lines = text.value.split("\n");
    const line = Number(refused.dataset.line) - 1;
    const before = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0);
    // The station counts characters; a text field counts UTF-16 units.
    const within = [...(lines[line] ?? "")].slice(0, Number(refused.dataset.character) - 1).join("").length;
    text.focus();
    text.setSelectionRange(before + within, before + within + 1);
  } else refused?.focus();

  let sending = false;
  form.addEventListener("submit", () => (sending = true));
  addEventListener("beforeunload", (event) => {
    if (!sending && text.value !== text.defaultValue) event.preventDefault();
  });
}
