/** What the browser keeps: projects until they are deleted, and some words until the tab is closed. */

import { charactersOf } from "./project.js";

/** A browser may forbid to keep anything; then nothing is kept. */

/** @param {string} name @returns {string | null} */
export function recall(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // Forbidden, or full.
  }
}

/** @param {string} name */
export function forget(name) {
  try {
    sessionStorage.removeItem(name);
  } catch {
    // Forbidden.
  }
}

/** Projects in IndexedDB, each with a short entry for the list and its content. */

/**
 * @typedef {import("./project.js").Project} Project
 * @typedef {{id: string, name: string, modified: number, characters: number}} Entry   `modified` in ms since 1970
 * @typedef {Project & {modified?: number}} KeptProject   `modified` is absent before it is kept
 * @typedef {{key: string, plan: import("./plan.js").Plan}} KeptPlan
 */

const DATABASE = "intone";
const ENTRIES = "entries";
const CONTENTS = "contents";
const PLANS = "plans";

export class Storage {
  /** @type {Promise<IDBDatabase>} */
  #database = open();
  #isPersistent = false;

  /** All projects, the one that was changed last first. @returns {Promise<Entry[]>} */
  async list() {
    const entries = await this.#run([ENTRIES], "readonly", ([store]) => store.getAll());
    return entries.toSorted((/** @type {Entry} */ a, /** @type {Entry} */ b) => b.modified - a.modified);
  }

  /** @param {string} id @returns {Promise<KeptProject | undefined>} */
  read(id) {
    return this.#run([CONTENTS], "readonly", ([store]) => store.get(id));
  }

  /**
   * Write a project, unless another tab has changed it since; return whether it was written.
   * @param {Project} project
   * @param {Entry} entry
   * @param {number} since   when it was read or written here; 0 if never
   */
  async write(project, entry, since) {
    let written = false;
    await this.#run([ENTRIES, CONTENTS], "readwrite", ([entries, contents]) => {
      const request = entries.get(project.id);
      request.onsuccess = () => {
        if (since && request.result && request.result.modified !== since) return;
        entries.put(entry);
        contents.put({ ...project, modified: entry.modified });
        written = true;
      };
      return request;
    });
    if (written) this.#persist();
    return written;
  }

  /** Request that the browser deletes nothing by itself if space runs out; it may refuse. */
  #persist() {
    if (this.#isPersistent) return;
    this.#isPersistent = true;
    // Absent away from https and localhost.
    navigator.storage?.persist().catch(() => {});
  }

  /** @param {string} id */
  delete(id) {
    return this.#run([ENTRIES, CONTENTS, PLANS], "readwrite", ([entries, contents, plans]) => {
      plans.delete(IDBKeyRange.bound([id], [id, []]));
      contents.delete(id);
      return entries.delete(id);
    });
  }

  /**
   * The plan of a part, as it was kept.
   * @param {string} id
   * @param {number} part
   * @returns {Promise<KeptPlan | undefined>}
   */
  readPlan(id, part) {
    return this.#run([PLANS], "readonly", ([store]) => store.get([id, part]));
  }

  /** @param {string} id @param {number} part @param {KeptPlan} kept */
  writePlan(id, part, kept) {
    return this.#run([PLANS], "readwrite", ([store]) => store.put(kept, [id, part]));
  }

  /**
   * Run one request in a transaction; return its result after all is written.
   * @param {string[]} names
   * @param {IDBTransactionMode} mode
   * @param {(stores: IDBObjectStore[]) => IDBRequest<any>} work
   * @returns {Promise<any>}
   */
  async #run(names, mode, work) {
    const transaction = (await this.#database).transaction(names, mode);
    const request = work(names.map((name) => transaction.objectStore(name)));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }
}

/** @returns {Promise<IDBDatabase>} */
function open() {
  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ENTRIES, { keyPath: "id" });
      request.result.createObjectStore(CONTENTS, { keyPath: "id" });
      request.result.createObjectStore(PLANS);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  // Each use reports the failure.
  opened.catch(() => {});
  return opened;
}

/**
 * @typedef {object} KeeperEvents
 * @property {() => Project} project   as it is now
 * @property {(kept: boolean) => void} saved   whether the browser keeps projects
 * @property {() => void} refused   another tab has changed the project; it is kept anew as what it is after this
 */

/** Keeps a project that changes: while it is written, the next writing waits. */
export class Keeper {
  #modified = 0;
  /** @type {Promise<void> | null} */
  #saving = null;
  #isUnsaved = false;

  /** @param {Storage} storage @param {KeeperEvents} on */
  constructor(storage, on) {
    this.storage = storage;
    this.on = on;
  }

  /** Another project follows. @param {number} modified   when it was kept; 0 if never */
  begin(modified) {
    this.#modified = modified;
  }

  /** Wait until nothing is written. */
  async settled() {
    while (this.#saving) await this.#saving;
  }

  save() {
    this.#isUnsaved = true;
    this.#saving ??= this.#write().finally(() => (this.#saving = null));
  }

  async #write() {
    while (this.#isUnsaved) {
      this.#isUnsaved = false;
      const project = this.on.project();
      const modified = Math.max(Date.now(), this.#modified + 1);
      const entry = { id: project.id, name: project.name, modified, characters: charactersOf(project.content) };
      try {
        if (await this.storage.write(project, entry, this.#modified)) this.#modified = modified;
        else this.#begin();
        this.on.saved(true);
      } catch {
        this.on.saved(false);
      }
    }
  }

  #begin() {
    this.#modified = 0;
    this.#isUnsaved = true;
    this.on.refused();
  }
}
