/** The service as the page sees it. Addresses are relative to the page, which may stand below any path. */

/**
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {{name: string, display_name: string, locale: string, gender: string, degree: boolean,
 *   emotions: Record<string, {approximated?: boolean}>, fallbacks: Record<string, string>}} Voice
 * @typedef {{default: string, voices: Voice[]}} Voices
 *
 * @typedef {import("./plan.js").Utterance} Utterance
 * @typedef {import("./plan.js").Warning} Warning
 * @typedef {NonNullable<Utterance["words"]>} Words
 * @typedef {{type: "speech.utterance.done", index: number, end: number, words: Words}} UtteranceDone
 * @typedef {{type: "speech.start", sample_rate: number} | {type: "speech.audio.delta", audio: string} | UtteranceDone |
 *   {type: "speech.utterance", index: number, utterance: Utterance} |
 *   {type: "speech.audio.done", duration: number, warnings: Warning[]}} SpeechEvent
 */

/** Something went wrong: what happened, and what to do about it. */
export class Problem extends Error {
  /**
   * @param {string} code
   * @param {string} title
   * @param {string} detail
   * @param {string} hint
   * @param {number} retryAfter   seconds; 0 if the service did not say
   */
  constructor(code, title, detail, hint, retryAfter = 0) {
    super(detail);
    this.code = code;
    this.title = title;
    this.hint = hint;
    this.retryAfter = retryAfter;
  }
}

/** The same seed each time, for what has no seed of its own. */
export const SEED = 0;

export class Api {
  /** @param {() => string | null} key   gives the key, if there is one */
  constructor(key) {
    this.key = key;
  }

  /** @returns {Promise<Voices>} */
  async voices() {
    return (await this.#request("voices", {})).json();
  }

  /**
   * @param {import("./project.js").Part} part
   * @param {import("./project.js").Settings} settings
   * @param {AbortSignal} [signal]
   * @returns {Promise<Plan>}
   */
  async analyze({ text, format }, settings, signal) {
    const body = { text: text.toWellFormed(), input_format: format, ...settings };
    return (await this.#request("analyze", post(body, signal))).json();
  }

  /**
   * What the page offers of this service.
   * @returns {Promise<{formats: string[], max_chars: number}>}
   */
  async offer() {
    return (await this.#request("page/service.json", {})).json();
  }

  /** Whether the service answers. */
  async isAlive() {
    return fetch("health").then(
      (answer) => answer.ok,
      () => false,
    );
  }

  /**
   * The chapters of a document that the service reads, such as EPUB.
   * @param {File} file
   * @returns {Promise<import("./documents.js").Document>}
   */
  async document(file) {
    return (await this.#request(`documents?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file })).json();
  }

  /**
   * Sound and sentences with their times, as they are made.
   * @param {object} what
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<SpeechEvent>}
   */
  async *speak(what, signal) {
    const body = { ...what, timing: true, stream: true, format: "pcm", seed: SEED };
    const answer = await this.#request("synthesize", post(body, signal));
    for await (const line of linesOf(answer)) {
      const event = JSON.parse(line);
      if (event.type === "error") throw problemIn(event.error);
      yield event;
      if (event.type === "speech.audio.done") return;
    }
    throw cutOff();
  }

  /** How a voice sounds. @param {string} voice @param {AbortSignal} [signal] */
  async sample(voice, signal) {
    return (await this.#request(`voices/${encodeURIComponent(voice)}/sample`, { signal })).blob();
  }

  /** One file. @param {object} what @param {string} format @param {AbortSignal} [signal] */
  async file(what, format, signal) {
    return (await this.#request("synthesize", post({ ...what, format, seed: SEED }, signal))).blob();
  }

  /** @param {string} path @param {RequestInit} options @returns {Promise<Response>} */
  async #request(path, options) {
    const key = this.key();
    const headers = new Headers(options.headers);
    if (key) headers.set("Authorization", `Bearer ${key}`);
    const answer = await fetch(path, { ...options, headers }).catch(unreachable);
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  }
}

/** @param {object} body @param {AbortSignal} [signal] @returns {RequestInit} */
function post(body, signal) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal };
}

/** @param {unknown} error @returns {never} */
function unreachable(error) {
  if (isAborted(error)) throw error;
  const hint = "Check that it is running and that you are connected; the page looks for it. Your text is still here.";
  throw new Problem("unreachable", "The service cannot be reached", "It did not answer.", hint);
}

/** The lines of an answer, as they come. @param {Response} answer */
async function* linesOf(answer) {
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (answer.body)
    .pipeThrough(new TextDecoderStream())
    .getReader();
  for (let rest = ""; ; ) {
    const { value, done } = await reader.read().catch(interrupted);
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** @param {unknown} error @returns {never} */
function interrupted(error) {
  throw isAborted(error) ? error : cutOff();
}

function cutOff() {
  const hint = "Check your connection, then try again. Your text is still here.";
  return new Problem("cut_off", "The sound was cut off", "The answer of the service ended too early.", hint);
}

/** @param {{code: string, title: string, detail: string, hint: string}} answer @param {number} [retryAfter] */
function problemIn({ code, title, detail, hint }, retryAfter = 0) {
  return new Problem(code, title, detail, hint, retryAfter);
}

/** @param {Response} answer */
async function problemOf(answer) {
  const retryAfter = Number(answer.headers.get("Retry-After")) || 0;
  try {
    return problemIn(await answer.json(), retryAfter);
  } catch {
    const detail = `The answer was ${answer.status} ${answer.statusText}.`.replace(" .", ".");
    return new Problem(
      "unknown",
      "The service did not answer as expected",
      detail,
      "Try again in a moment.",
      retryAfter,
    );
  }
}

/** Whether a request was given up on purpose. @param {unknown} error */
export function isAborted(error) {
  return error instanceof DOMException && error.name === "AbortError";
}
