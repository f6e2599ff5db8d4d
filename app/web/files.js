/** Out of the page: files, several in one, and text on the clipboard. */

import { checkSize, little, utf8 } from "./bytes.js";

/** @param {Blob} file @param {string} name */
export function download(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser still reads it for a moment after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A name without signs that a file system forbids. @param {string} name */
export function fileNameOf(name) {
  const plain = name.replace(/[\p{Cc}\p{Cs}<>:"/\\|?*]+/gu, " ").replace(/\s+/g, " ");
  return plain.replace(/^[ .]+|[ .]+$/g, "").slice(0, 80) || "speech";
}

/**
 * Whether the text is on the clipboard. Away from https and localhost only the old way is left.
 * @param {string} text
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyOldWay(text);
  }
}

/** @param {string} text */
function copyOldWay(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return done;
}

/** ZIP archives without compression, which sound has already: PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16. */

const VERSION = 20;
const UTF8_NAMES = 0x0800;
const FIRST_DAY = 0x21;
/** 1 January 1980, so that the same files make the same archive. */

/** @param {{name: string, file: Blob}[]} files @returns {Promise<Blob>} */
export async function zipped(files) {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  checkSize(total, "Choose a smaller format such as MP3, or export single parts.");
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const directory = [];
  let [offset, size] = [0, 0];
  for (const { name, file } of files) {
    const bytes = utf8(name);
    const sum = crc32(new Uint8Array(await file.arrayBuffer()));
    const kind = [[VERSION, 2], [UTF8_NAMES, 2], [0, 2], [0, 2], [FIRST_DAY, 2]];
    const common = [...kind, [sum, 4], [file.size, 4], [file.size, 4], [bytes.length, 2], [0, 2]];
    const local = little([0x04034b50, 4], ...common);
    const rest = [[0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]];
    const central = little([0x02014b50, 4], [VERSION, 2], ...common, ...rest);
    parts.push(local, bytes, file);
    directory.push(central, bytes);
    offset += local.length + bytes.length + file.size;
    size += central.length + bytes.length;
  }
  const counts = [[files.length, 2], [files.length, 2], [size, 4], [offset, 4], [0, 2]];
  const end = little([0x06054b50, 4], [0, 2], [0, 2], ...counts);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  const table = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n;
  });
  let sum = -1;
  for (let i = 0; i < bytes.length; i++) sum = table[(sum ^ bytes[i]) & 0xff] ^ (sum >>> 8);
  return ~sum >>> 0;
}
