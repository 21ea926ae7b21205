// Menus are <details data-menu>: they open without this script. Added here: one at a time, Escape and a click
// outside close, arrow keys move, focus goes back to the summary; a filter's own search field.

const SELECTOR = "details[data-menu]";
const ITEMS = "a[href], button:not([disabled]), input:not([type=hidden]), select";

function closeOthers(keep) {
  for (const menu of document.querySelectorAll(`${SELECTOR}[open]`)) {
    if (!keep || !menu.contains(keep)) menu.open = false;
  }
}

// A panel that would leave the window on the right opens towards the left instead.
function keepInside(menu) {
  const panel = menu.querySelector(".k-menu-panel");
  if (!panel || getComputedStyle(panel).position === "fixed") return;
  menu.classList.remove("k-menu-flipped");
  if (!menu.classList.contains("k-menu-end") && panel.getBoundingClientRect().right > innerWidth - 8) {
    menu.classList.add("k-menu-flipped");
  }
}

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.(SELECTOR) || !menu.open) return;
  closeOthers(menu);
  keepInside(menu);
  const find = menu.querySelector("[data-filter-find]");
  if (find && find.offsetParent) find.focus();
}, true);

document.addEventListener("pointerdown", (event) => closeOthers(event.target));
document.addEventListener("focusin", (event) => closeOthers(event.target));

// What was chosen has begun: a download leaves the page as it is, and its menu closed.
document.addEventListener("click", (event) => {
  const menu = event.target.closest?.("a.k-menu-item")?.closest(SELECTOR);
  if (menu) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(`${SELECTOR}[open]`);
  if (!menu) return;
  const summary = menu.querySelector("summary");
  if (event.key === "Escape") {
    menu.open = false;
    summary.focus();
    event.preventDefault();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const items = [...menu.querySelectorAll(".k-menu-panel")].flatMap((panel) => [...panel.querySelectorAll(ITEMS)]).filter((item) => item.offsetParent);
  if (!items.length || event.target.matches("select, input[type=date]")) return;
  const at = items.indexOf(document.activeElement);
  const next = event.key === "ArrowDown" ? (at + 1) % items.length : (at - 1 + items.length) % items.length;
  items[next].focus();
  event.preventDefault();
});

document.addEventListener("input", (event) => {
  const find = event.target.closest?.("[data-filter-find]");
  if (!find) return;
  const wanted = find.value.trim().toLocaleLowerCase();
  for (const option of find.closest(".k-menu-panel").querySelectorAll(".k-check")) {
    option.hidden = !option.textContent.toLocaleLowerCase().includes(wanted);
  }
});

// On a phone the filters fold into one button.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-filters-toggle]");
  if (!button) return;
  const open = button.closest(".k-filters").classList.toggle("is-open");
  button.setAttribute("aria-expanded", String(open));
});
