// A tab is DEAF until a person has heard its test tone and said how often it sounded: a question
// that cannot be answered by habit. The answer holds for this tab and its sound device only.

import { Bell } from "./sound.js";
import { mark } from "./title.js";
import { _ } from "./tongue.js";

const HEARD = "parley-heard";
const TELL_MS = 30_000;

export class Hearing {
  constructor() {
    this.bell = new Bell();
    this.count = 0;
    this.heardAt = 0;
    this.tab = crypto.randomUUID?.() ?? String(Math.random());
    this.rings = document.documentElement.hasAttribute("data-rings");
  }

  async start() {
    if (!this.rings) return;
    // The answer travels to the next page of this tab, and is taken out of storage meanwhile, so
    // that a duplicated tab, whose storage is copied, begins deaf.
    const heard = Number(sessionStorage.getItem(HEARD) ?? 0);
    sessionStorage.removeItem(HEARD);
    setInterval(() => this.bell.allowed && this.tell("yes"), TELL_MS);
    addEventListener("pagehide", () => {
      if (this.bell.allowed) this.tell("leaving");
      if (this.heardAt) sessionStorage.setItem(HEARD, String(this.heardAt));
    });
    this.bell.onChange = () => this.show();
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.forget(_("The sound devices of this machine have changed.")));
    document.getElementById("hearing-play")?.addEventListener("click", () => this.test());
    document.getElementById("hearing-again")?.addEventListener("click", () => {
      this.forget(_("Test it again."));
      this.test();
    });
    for (const button of document.querySelectorAll("button[data-heard]")) {
      button.addEventListener("click", () => this.answer(Number(button.getAttribute("data-heard"))));
    }
    // Keeps the browser from freezing this tab in the background.
    navigator.locks?.request("parley-awake", { mode: "shared" }, () => new Promise(() => {}));
    if (heard) {
      this.heardAt = heard;
      if (!(await this.bell.wake())) {
        // The browser wants a sign of life first: any key or click gives the sound back.
        const again = () => this.bell.wake().then(() => this.show());
        addEventListener("pointerdown", again, { once: true });
        addEventListener("keydown", again, { once: true });
      }
    }
    this.show();
  }

  /** The station knows who can be rung, and says on every page when it is nobody. @param {"yes" | "no" | "leaving"} hears */
  tell(hears) {
    const page = document.documentElement;
    const body = new URLSearchParams({ token: page.dataset.token ?? "", tab: this.tab, hears });
    navigator.sendBeacon(`${page.dataset.seat}/hearing`, body);
  }

  async test() {
    const awake = await this.bell.wake();
    if (!awake) {
      this.say(_("This browser gives this page no sound. Check its settings and the sound device."));
      return;
    }
    this.count = 2 + Math.floor(Math.random() * 4);
    this.bell.tones(this.count);
    this.say(_("Listen."));
    const ask = document.getElementById("hearing-count");
    if (ask) ask.hidden = false;
    const play = document.getElementById("hearing-play");
    if (play) play.firstChild && (play.firstChild.textContent = `${_("Play it again")} `);
  }

  /** @param {number} count */
  answer(count) {
    if (count !== this.count) {
      this.forget(_("Not %(count)s. Turn the sound up and play it again.", { count }));
      return;
    }
    this.heardAt = Date.now();
    this.show();
  }

  /** @param {string} why */
  forget(why) {
    this.heardAt = 0;
    this.count = 0;
    const ask = document.getElementById("hearing-count");
    if (ask) ask.hidden = true;
    this.say(why);
    this.show();
  }

  /** @param {string} words */
  say(words) {
    const why = document.getElementById("hearing-why");
    if (why) why.textContent = words;
  }

  show() {
    const hears = this.heardAt > 0 && this.bell.awake;
    const changed = this.bell.allowed !== hears;
    this.bell.allowed = hears;
    if (this.heardAt > 0 && !hears) this.say(_("Press any key to give this tab its sound back."));
    document.documentElement.dataset.hearing = hears ? "hears" : "deaf";
    const deaf = document.getElementById("hearing");
    const well = document.getElementById("hears");
    const at = document.getElementById("heard-at");
    if (deaf) deaf.hidden = hears;
    if (well) well.hidden = !hears;
    if (at && hears) at.textContent = new Date(this.heardAt).toISOString().slice(11, 19) + "Z";
    mark("deaf", hears ? "" : _("DEAF"));
    if (changed) {
      this.bell.onReady();
      this.tell(hears ? "yes" : "no");
    }
  }
}
