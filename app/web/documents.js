/** Opens texts: examples, files that the page reads, and documents that the service reads. */

import { chaptersIn, divided } from "./chapters.js";
import { fromFile, isCover, newProject } from "./project.js";
import { Problem } from "./service.js";

/**
 * @typedef {{title: string, author: string, language: string, cover: string | null,
 *   chapters: import("./project.js").Chapter[], warnings: {code: string, detail: string}[]}} Document
 */

const TEXT = /\.(txt|text|md|markdown)$/i;
const PROJECT = /\.json$/i;
const MOST_BYTES = 100_000_000;
const MOST_PROJECT_BYTES = 10_000_000;

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
  const isProject = PROJECT.test(file.name);
  const most = isProject ? MOST_PROJECT_BYTES : MOST_BYTES;
  if (file.size > most) throw unreadable(`${file.name} is larger than ${most / 1e6} MB.`, "Open a smaller file.");
  if (isProject) {
    const project = fromFile(await file.text(), limit);
    if (!project) throw unreadable(`${file.name} is no project of Intone.`, "This page exports such files.");
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
  const project = newProject(document.title || name, chapters, document.author);
  const { cover } = document;
  const warnings = document.warnings.map((one) => one.detail);
  if (isCover(cover)) return { project: { ...project, cover: cover ?? undefined }, warnings };
  return { project, warnings: [...(cover ? ["Its cover is larger than 3 MB and left out."] : []), ...warnings] };
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

/** Texts to begin with. */

/** @typedef {{name: string, text: string}} Example */

/** @type {readonly Example[]} */
export const EXAMPLES = [
  {
    name: "The letter",
    text: "The letter came this morning, in a plain white envelope. Oh wow, I never expected that! We got the house, and I am so happy that I could sing! I only wish Grandma could see it; I miss her so much.",
  },
  {
    name: "A noise at night",
    text: "It was past midnight when the stairs creaked. Something is moving behind that door, and I am terrified. Please don't leave me alone in here, I am so scared! It is only the cat. I am so glad to see you, little one.",
  },
  {
    name: "Late again",
    text: "The train was late again. How dare you lie to me about it! I'm so sorry. I never wanted to hurt you, and I feel so sad about it. Let us talk about it tomorrow.",
  },
  {
    name: "Dinner",
    text: "Dinner is at eight. Ugh, the smell in that kitchen is disgusting, it makes me sick! Oh wow, I did not expect that: you cooked all of this for me? That is so sweet, thank you!",
  },
];

/** A button for each. @param {HTMLElement} group @param {(example: Example) => void} chosen */
export function offerExamples(group, chosen) {
  const buttons = EXAMPLES.map((example) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = example.name;
    button.addEventListener("click", () => chosen(example));
    return button;
  });
  group.append(...buttons);
}
