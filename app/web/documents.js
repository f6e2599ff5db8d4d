/** Opens files: projects, texts that the page reads, and documents that the service reads. */

import { chaptersIn, divided, fromFile, newProject } from "./project.js";
import { Problem } from "./service.js";

/**
 * @typedef {{title: string, author: string, language: string, chapters: import("./project.js").Chapter[],
 *   warnings: {code: string, detail: string}[]}} Document
 */

const TEXT = /\.(txt|text|md|markdown)$/i;
const PROJECT = /\.json$/i;
const MOST_BYTES = 100_000_000;

/**
 * @param {HTMLInputElement} input   of the file
 * @param {(file: File) => void} open
 */
export function acceptFiles(input, open) {
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file) open(file);
    input.value = "";
  });
  const root = document.documentElement;
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    root.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) root.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    root.classList.remove("dropping");
    const file = event.dataTransfer?.files[0];
    if (file) open(file);
  });
}

/**
 * The project in a file, and what is to be known about it.
 * @param {File} file
 * @param {import("./service.js").Api} api
 * @param {number} limit   characters of a part
 * @returns {Promise<{project: import("./project.js").Project, warnings: string[]}>}
 */
export async function read(file, api, limit) {
  const name = file.name.replace(/\.[^.]*$/, "") || "Project";
  if (file.size > MOST_BYTES) throw unreadable(`${file.name} is larger than 100 MB.`, "Open a smaller file.");
  if (PROJECT.test(file.name)) {
    const project = fromFile(await file.text());
    if (!project) throw unreadable(`${file.name} is no project of Intone.`, "Export a project here to get such a file.");
    return { project, warnings: [] };
  }
  if (TEXT.test(file.name) || file.type.startsWith("text/plain")) {
    const text = (await file.text()).replace(/\r\n?/g, "\n");
    return { project: newProject(name, chaptersIn(text, limit)), warnings: [] };
  }
  const document = await api.document(file).catch(explained(file));
  const chapters = document.chapters.flatMap(({ title, text, format }) =>
    divided(title, text, limit).map((one) => ({ ...one, format })),
  );
  return { project: newProject(document.title || name, chapters), warnings: document.warnings.map((one) => one.detail) };
}

/** @param {File} file */
function explained(file) {
  return (/** @type {unknown} */ error) => {
    if (!(error instanceof Problem) || error.code !== "not_found") throw error;
    const hint = "Open a text (.txt), Markdown (.md), or a project of this page.";
    throw unreadable(`This service does not read documents such as ${file.name}.`, hint);
  };
}

/** @param {string} detail @param {string} hint */
function unreadable(detail, hint) {
  return new Problem("unreadable", "The file cannot be opened", detail, hint);
}
