// Help while writing: counts, what must not be misread, and the place of a refusal. The station checks
// everything again; nothing here changes what was typed.

import { watchPastes } from "./quoting.js";
import { mark } from "./title.js";
import { number } from "./tongue.js";

const CHECK_MS = 400; // after the last key
const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/gu;

/** Words as the station counts them: of scripts without spaces, two characters are one.
 * @param {string} text */
function countWords(text) {
  const signs = text.match(UNSPACED)?.length ?? 0;
  return text.replace(UNSPACED, " ").split(/\s+/u).filter(Boolean).length + Math.ceil(signs / 2);
}

export function startCompose() {
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("compose"));
  const text = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("text"));
  if (!form || !text) return;
  const words = document.getElementById("words");
  const most = document.getElementById("words-max");
  const bytes = document.getElementById("bytes");
  const brevity = document.getElementById("brevity");
  const fault = document.getElementById("text-fault");
  const service = /** @type {HTMLInputElement | null} */ (form.querySelector('input[type="checkbox"][name="service"]'));
  const count = () => {
    const found = countWords(text.value);
    if (words) words.textContent = number(found);
    if (bytes) bytes.textContent = number(new TextEncoder().encode(text.value).length);
    const urgent = String(new FormData(form).get("precedence")).toLowerCase();
    const limit = Number(document.getElementById("counts")?.dataset[urgent] ?? 0);
    if (most) most.textContent = number(limit);
    if (brevity) brevity.hidden = !(limit > 0 && found > limit);
    mark("chosen", service?.checked ? "SERVICE" : "");
  };

  const quoted = watchPastes(text);
  const found = document.getElementById("found");
  let waiting = 0;
  let asked = 0;
  const check = async () => {
    const which = ++asked;
    if (!found?.dataset.check) return;
    const typed = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    const answer = await fetch(found.dataset.check, { method: "POST", body: typed }).catch(() => null);
    if (!answer?.ok || which !== asked) return;
    const told = await answer.json();
    list(found, told.elements, text);
    listPerhaps(found, told.perhaps);
    quoted(told.chat);
    if (fault) {
      fault.hidden = !told.refused || text.value === "";
      fault.textContent = told.refused ? `${told.refused.sentence} ${told.refused.hint}` : "";
    }
  };
  form.addEventListener("input", () => {
    count();
    clearTimeout(waiting);
    waiting = window.setTimeout(check, CHECK_MS);
  });
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
  } else if (refused) refused.focus();
  else if (text.autofocus) {
    text.focus({ preventScroll: true }); // to whom one writes, and what is answered, stay in sight
    scrollTo(0, 0);
  }
}

/** The elements as the station read them; each leads to its place in the text.
 * @param {HTMLElement} found @param {any[]} elements @param {HTMLTextAreaElement} text */
function list(found, elements, text) {
  const counted = found.querySelector(".count");
  if (counted) counted.textContent = String(elements.length);
  const characters = [...text.value];
  const rows = elements.map((each) => {
    const row = document.createElement("tr");
    const place = document.createElement("button");
    place.type = "button";
    place.className = "link";
    place.textContent = each.text;
    place.addEventListener("click", () => {
      const start = characters.slice(0, each.start).join("").length;
      text.focus();
      text.setSelectionRange(start, start + each.text.length);
    });
    for (const content of [each.kind, each.value, place]) {
      const cell = document.createElement("td");
      cell.dir = "auto";
      cell.append(content);
      row.append(cell);
    }
    return row;
  });
  const table = document.createElement("table");
  table.className = "elements";
  table.append(...rows);
  found.querySelector(".scroll, p")?.replaceWith(wrap(table));
}

/** What is perhaps a name, for a person to look at.
 * @param {HTMLElement} found @param {string[]} names */
function listPerhaps(found, names) {
  const list = found.querySelector("#perhaps-names");
  list?.replaceChildren(
    ...names.flatMap((name, at) => {
      const shown = document.createElement("b");
      shown.dir = "auto";
      shown.textContent = name;
      return at ? [", ", shown] : [shown];
    }),
  );
  list?.parentElement?.toggleAttribute("hidden", names.length === 0);
}

/** @param {HTMLElement} table */
function wrap(table) {
  const scroll = document.createElement("div");
  scroll.className = "scroll";
  scroll.append(table);
  return scroll;
}
