/** The keys that work everywhere on the page. */

/**
 * @typedef {object} KeyEvents
 * @property {() => void} play   or pause
 * @property {() => void} playFrom   the selected sentence
 * @property {{isFocused: boolean, open: () => void}} find
 * @property {(step: "undo" | "redo") => void} step
 */

/** @param {KeyEvents} on */
export function listenToKeys(on) {
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (isCommand && event.key === "Enter") (event.shiftKey ? on.playFrom : on.play)();
    if (isCommand && !event.shiftKey && event.key.toLowerCase() === "f" && !on.find.isFocused) {
      event.preventDefault();
      on.find.open();
    }
    const step = stepOf(event);
    if (step) {
      event.preventDefault();
      on.step(step);
    }
  });
}

/**
 * Which step a key means, if any. Fields with a text of their own keep their own keys.
 * @param {KeyboardEvent} event
 * @returns {"undo" | "redo" | null}
 */
function stepOf({ key, ctrlKey, metaKey, altKey, shiftKey, target }) {
  const isField = target instanceof HTMLInputElement && !["range", "radio", "checkbox"].includes(target.type);
  if (!(ctrlKey || metaKey) || altKey || isField) return null;
  const letter = key.toLowerCase();
  if (letter === "z") return shiftKey ? "redo" : "undo";
  return letter === "y" ? "redo" : null;
}
