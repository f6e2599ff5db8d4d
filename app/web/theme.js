/** Dark or light: as the system has it, until a person chooses. No module, so that it runs before anything is drawn. */
(() => {
  const NAME = "intone-theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  /** A browser may forbid to keep anything. */
  const kept = (value) => {
    try {
      if (value) localStorage.setItem(NAME, value);
      return localStorage.getItem(NAME);
    } catch {
      return null;
    }
  };

  const isDark = () => (root.style.colorScheme || (system.matches ? "dark" : "light")) === "dark";

  const show = () => {
    document.querySelector("#theme")?.setAttribute("aria-pressed", String(isDark()));
    document.dispatchEvent(new Event("theme"));
  };

  const chosen = kept();
  if (chosen === "dark" || chosen === "light") root.style.colorScheme = chosen;
  system.addEventListener("change", show);
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.querySelector("#theme")?.addEventListener("click", () => {
      root.style.colorScheme = isDark() ? "light" : "dark";
      kept(root.style.colorScheme);
      show();
    });
  });
})();
