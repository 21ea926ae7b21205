// Sets the theme before the first paint; loaded without defer in the head, so it must stay small.
// The choice (light, dark or system) is kept in localStorage under "kam-theme"; changes are told as "kam:theme".
(() => {
  const KEY = "kam-theme";
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function choice() {
    try {
      const stored = localStorage.getItem(KEY);
      return stored === "light" || stored === "dark" ? stored : "system";
    } catch {
      return "system";
    }
  }

  function apply() {
    const chosen = choice();
    const theme = chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
    const changed = root.dataset.bsTheme && root.dataset.bsTheme !== theme;
    root.dataset.bsTheme = theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
    }
    if (changed) root.dispatchEvent(new CustomEvent("kam:theme", { bubbles: true, detail: { theme } }));
  }

  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", (event) => event.key === KEY && apply());
  document.addEventListener("DOMContentLoaded", apply);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-choice]");
    if (!button) return;
    try {
      localStorage.setItem(KEY, button.dataset.themeChoice);
    } catch {
      // Storage may be forbidden; the choice then lasts for this page only.
      root.dataset.bsTheme = button.dataset.themeChoice === "dark" ? "dark" : "light";
    }
    apply();
  });
})();
