// Ctrl K (or the search field) opens the palette. What is typed goes to data-search-url?q=…, which answers HTML:
// links with role="option" and class "k-palette-item". Arrows choose, Enter opens, Escape closes.
import { getFragment } from "./http.js";

const palette = document.getElementById("palette");

if (palette) {
  const input = palette.querySelector("input");
  const results = palette.querySelector("#palette-results");
  let stop = null;
  let timer = 0;
  let at = -1;

  const options = () => [...results.querySelectorAll('[role="option"]')];

  function choose(index) {
    const all = options();
    at = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, i) => {
      option.id ||= `palette-option-${i}`;
      option.setAttribute("aria-selected", String(i === at));
    });
    input.setAttribute("aria-expanded", String(all.length > 0));
    if (at >= 0) {
      input.setAttribute("aria-activedescendant", all[at].id);
      all[at].scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  async function look() {
    stop?.abort();
    stop = new AbortController();
    try {
      const url = new URL(palette.dataset.searchUrl, location.href);
      url.searchParams.set("q", input.value.trim());
      results.innerHTML = await getFragment(url, stop.signal);
      choose(0);
    } catch (error) {
      if (error.name === "AbortError") return;
      results.textContent = error.message;
      results.classList.add("k-palette-empty");
    }
  }

  function show() {
    if (palette.open) return;
    palette.showModal();
    input.select();
    look();
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, 120);
  });
  palette.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      choose(at + (event.key === "ArrowDown" ? 1 : -1));
      event.preventDefault();
    } else if (event.key === "Escape") {
      // A search field would take the first Escape to empty itself.
      event.preventDefault();
      palette.close();
    } else if (event.key === "Enter" && event.target === input) {
      event.preventDefault();
      options()[at]?.click();
    }
  });
  document.addEventListener("click", (event) => event.target.closest?.("[data-search-open]") && show());
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      show();
    }
  });
}
