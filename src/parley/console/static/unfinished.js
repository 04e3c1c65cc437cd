// The station holds what is typed, so that no closed browser and no expired session loses it: each form
// that asks for it, a second after the last key. A page that leaves before that is asked whether it means it.

const HOLD_MS = 1000;

/** What is typed on this page for one address; its form may be exchanged while the page renews itself.
 * @typedef {{ place: string, page: string, shown: string, timer: number, busy: boolean, waits: boolean, sent: boolean }} Typing */

/** A mark of this page, which no other has. */
function mark() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {Element} form @param {string} name */
function field(form, name) {
  return /** @type {HTMLInputElement | null} */ (form.querySelector(`input[name=typed-${name}]`));
}

export class Unfinished {
  constructor() {
    /** @type {Map<string, Typing>} */
    this.typing = new Map();
  }

  start() {
    for (const missing of document.querySelectorAll("form[data-typed] [data-not-held]:not([hidden])")) {
      const form = missing.closest("form");
      if (form) this.typed(form); // it came back refused, and this page has the only copy
    }
    document.addEventListener("input", (event) => {
      const form = event.target instanceof Element ? event.target.closest("form") : null;
      if (form?.dataset.typed) this.typed(form);
    });
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || event.defaultPrevented) return;
      const known = this.of(form);
      if (!known || !(form.dataset.typed || form.hasAttribute("data-forgets"))) return;
      clearTimeout(known.timer);
      known.sent = true;
      this.name(form, known);
    });
    addEventListener("beforeunload", (event) => {
      if ([...this.typing.values()].some((each) => (each.waits || each.busy) && !each.sent && this.formOf(each))) event.preventDefault();
    });
  }

  /** @param {Element} form */
  of(form) {
    return this.typing.get(field(form, "place")?.value ?? "");
  }

  /** @param {Typing} known */
  formOf(known) {
    const forms = /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-typed]"));
    return [...forms].find((form) => field(form, "place")?.value === known.place);
  }

  /** A form says where it is held: with the mark of this page, and what this page was shown when it began.
   * @param {HTMLFormElement} form @param {Typing} known */
  name(form, known) {
    const [page, shown] = [field(form, "page"), field(form, "shown")];
    if (page) page.value = known.page;
    if (shown) shown.value = known.shown;
  }

  /** @param {HTMLFormElement} form */
  typed(form) {
    const place = field(form, "place")?.value ?? "";
    let known = this.typing.get(place);
    if (!known) {
      // As the station gave them: a browser that restores a page may have filled in those of another.
      const [page, shown] = [field(form, "page")?.defaultValue || mark(), field(form, "shown")?.defaultValue || "0"];
      known = { place, page, shown, timer: 0, busy: false, waits: false, sent: false };
      this.typing.set(place, known);
    }
    known.waits = true;
    form.setAttribute("data-begun", "");
    this.name(form, known);
    this.later(known);
  }

  /** @param {Typing} known */
  later(known) {
    clearTimeout(known.timer);
    known.timer = window.setTimeout(() => this.hold(known), HOLD_MS);
  }

  /** @param {Typing} known */
  async hold(known) {
    const form = this.formOf(known);
    if (!form || known.sent) return;
    if (known.busy) return this.later(known); // in the order in which it was typed
    known.busy = true;
    known.waits = false;
    this.name(form, known);
    const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    const answer = await fetch(form.dataset.typed ?? "", { method: "POST", body }).catch(() => null);
    known.busy = false;
    if (!answer?.ok) {
      known.waits = true;
      this.later(known);
    }
    const notHeld = this.formOf(known)?.querySelector("[data-not-held]");
    notHeld?.toggleAttribute("hidden", Boolean(answer?.ok));
  }
}
