/** Short sounds beside the whole: one sentence alone, the voice in one emotion. One at a time. */

export class Snippets {
  #audio = new Audio();
  #controller = new AbortController();

  /** @param {(what: object, signal: AbortSignal) => Promise<Blob | null>} fetch   null where it failed, which was told */
  constructor(fetch) {
    this.fetch = fetch;
  }

  /** @param {object} what   the body of a request @param {HTMLElement} button   that shows it is busy */
  async play(what, button) {
    this.stop();
    const { signal } = (this.#controller = new AbortController());
    button.classList.add("busy");
    const sound = await this.fetch(what, signal).finally(() => button.classList.remove("busy"));
    if (!sound || signal.aborted) return;
    URL.revokeObjectURL(this.#audio.src);
    this.#audio.src = URL.createObjectURL(sound);
    button.classList.add("sounding");
    const ended = () => button.classList.remove("sounding");
    for (const kind of ["ended", "pause", "emptied"]) this.#audio.addEventListener(kind, ended, { once: true });
    await this.#audio.play().catch(ended);
  }

  stop() {
    this.#controller.abort();
    this.#audio.pause();
  }
}
