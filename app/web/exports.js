/** Out of the page: the sound as a file, the plan as text on the clipboard. */

import { curlOf } from "./curl.js";
import { planToShow, planToSpeak } from "./plan.js";
import { copy, download } from "./save.js";
import { ssmlOf } from "./ssml.js";

/**
 * @typedef {object} Desk   what is on the page
 * @property {import("./api.js").Api} api
 * @property {import("./attempts.js").Attempts} attempts
 * @property {import("./notices.js").Notices} notices
 * @property {() => Promise<import("./script.js").Script | null>} ready   with a plan of what was typed last
 */

export class Exports {
  /** @param {HTMLElement} menu @param {Desk} desk */
  constructor(menu, desk) {
    this.desk = desk;
    menu.addEventListener("click", ({ target }) => {
      const { format, kind } = /** @type {HTMLElement} */ (target).dataset;
      if (!format && !kind) return;
      menu.hidePopover();
      if (format) this.save(format);
      else this.copy(kind ?? "");
    });
  }

  /** @param {string} format */
  async save(format) {
    const { api, attempts, notices, ready } = this.desk;
    const script = await ready();
    if (!script) return;
    const plan = planToSpeak(script.voice, script.sentences);
    notices.sayOn(`Making the ${format} file…`);
    const file = await attempts.try(
      "save",
      () => api.file({ plan }, format),
      () => this.save(format),
    );
    if (!file) return;
    download(file, `speech.${format}`);
    notices.say(`Saved as speech.${format}.`);
  }

  /** @param {string} kind   `curl` or `ssml` */
  async copy(kind) {
    const { api, notices, ready } = this.desk;
    const script = await ready();
    if (!script) return;
    const { voice, sentences } = script;
    const withKey = api.key() !== null;
    const text =
      kind === "ssml" ? ssmlOf(voice, sentences) : curlOf(planToShow(voice, sentences), document.baseURI, withKey);
    const name = kind === "ssml" ? "SSML" : "curl command";
    const note = kind === "curl" && withKey ? " Set INTONE_KEY before you run it." : "";
    notices.say(
      (await copy(text))
        ? `The ${name} is on the clipboard.${note}`
        : "The browser does not let this page use the clipboard.",
    );
  }
}
