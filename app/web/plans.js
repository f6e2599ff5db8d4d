/** Plans of parts: made by the service once for each text and its settings, and kept with the project. */

/**
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {import("./project.js").Project} Project
 */

const MOST_PLANS = 60;

export class Plans {
  /** By text and settings. @type {Map<string, Plan>} */
  #known = new Map();

  /**
   * @param {import("./storage.js").Storage} storage
   * @param {import("./studio.js").StudioEvents["plan"]} make
   */
  constructor(storage, make) {
    this.storage = storage;
    this.make = make;
  }

  clear() {
    this.#known.clear();
  }

  /** The plan of the shown part, if it is there. @param {Project} project */
  known(project) {
    return this.#known.get(keyOf(project, project.current));
  }

  /**
   * The plan of a part; null after a failure, which is reported, or if it was cancelled.
   * @param {Project} project
   * @param {number} index
   * @param {AbortSignal} [signal]
   * @returns {Promise<Plan | null>}
   */
  async of(project, index, signal) {
    const found = await this.find(project, index);
    if (found) return found;
    const key = keyOf(project, index);
    const { parts, settings } = project.content;
    const plan = signal?.aborted ? null : await this.make(parts[index], settings, signal);
    if (!plan) return null;
    // A browser that keeps nothing has reported that already.
    this.storage.writePlan(project.id, index, { key, plan }).catch(() => {});
    return this.#remember(key, plan);
  }

  /** The plan of a part, if it was made before. @param {Project} project @param {number} index */
  async find(project, index) {
    const key = keyOf(project, index);
    const known = this.#known.get(key) ?? (await this.#kept(project.id, index, key));
    return known ? this.#remember(key, known) : null;
  }

  /** @param {string} id @param {number} index @param {string} key */
  async #kept(id, index, key) {
    const kept = await this.storage.readPlan(id, index).catch(() => undefined);
    return kept?.key === key ? kept.plan : null;
  }

  /** @param {string} key @param {Plan} plan */
  #remember(key, plan) {
    this.#known.delete(key);
    this.#known.set(key, plan);
    if (this.#known.size > MOST_PLANS) this.#known.delete(this.#known.keys().next().value ?? "");
    return plan;
  }
}

/** @param {Project} project @param {number} index */
function keyOf({ content: { parts, settings } }, index) {
  return JSON.stringify([parts[index].text, parts[index].format, settings]);
}
