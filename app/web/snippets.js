/** Short sounds beside the whole: one sentence alone, the voice in one emotion. One at a time. */

export class Snippets {
  #audio = new Audio();
  #controller = new AbortController();

  /**
   * @param {(signal: AbortSignal) => Promise<Blob | null>} make   null where it failed, which was told
   * @param {HTMLElement} button   that shows how far it is
   */
  async play(make, button) {
    this.stop();
    const { signal } = (this.#controller = new AbortController());
    button.classList.add("busy");
    const sound = await make(signal).finally(() => button.classList.remove("busy"));
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
