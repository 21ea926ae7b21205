// What follows from the grid, beneath and above it: the three lists, the ranked list, growth by type.
import { percent, number } from "../format.js";
import { positionMark } from "./cells.js";
import { h, symbol } from "./dom.js";
import { GROWTH } from "./words.js";

const SHOWN = 12;
const TITLES = {
  unserved: (count, gap) => (count ? `${count} ${count === 1 ? "cell is" : "cells are"} not served, worth ${gap} a year.` : "Every cell with a potential is served."),
  strategic_open: (count, gap) => (count ? `${count} open ${count === 1 ? "cell serves" : "cells serve"} a success factor, worth ${gap} a year.` : "No open cell serves a success factor yet."),
  competitor_advantaged: (count, gap) => (count ? `A competitor is ahead in ${count} ${count === 1 ? "cell" : "cells"}, worth ${gap} a year.` : "No competitor is known to be ahead."),
};
const EMPTY = {
  unserved: "Enter a potential where they buy nothing from us yet.",
  strategic_open: "Say in the panel of a cell which success factors it serves.",
  competitor_advantaged: "Set the position of a cell to “competitor ahead” where you know it.",
};

export function drawLists(buttons, model, words, picked) {
  for (const button of buttons) {
    const cells = model.lists[button.dataset.list];
    button.querySelector("[data-count]").textContent = number(cells.length);
    button.querySelector("[data-gap]").textContent = words.money(cells.reduce((sum, cell) => sum + (cell.gap ?? 0), 0));
    button.setAttribute("aria-pressed", String(picked === `list:${button.dataset.list}`));
  }
}

export function drawRanked(root, model, words, picked, onGo) {
  const list = picked?.startsWith("list:") ? picked.slice(5) : null;
  const cells = list ? model.lists[list] : model.ranked;
  const gap = cells.reduce((sum, cell) => sum + (cell.gap ?? 0), 0);
  const title = document.getElementById("os-ranked-title"), caption = document.getElementById("os-ranked-caption");
  if (list) title.textContent = TITLES[list](cells.length, words.money(gap));
  else if (!cells.length) title.textContent = "Nothing is ranked yet.";
  else {
    const top = cells.slice(0, 6), share = top.reduce((sum, cell) => sum + cell.gap, 0) / (model.grand.gap || 1);
    title.textContent = cells.length > 6 ? `The first six of ${cells.length} cells hold ${percent(share, { decimals: 0 })} of the gap.` : `${cells.length} ${cells.length === 1 ? "cell is" : "cells are"} worth working on.`;
  }
  caption.textContent = cells.length ? "Priority = gap × (1 + success factors served) × position factor" : list ? EMPTY[list] : "Ranks come with the first potential.";
  const head = h("thead", {}, h("tr", {}, ["", "Cell", "Gap a year", "Why", "Priority"].map((word, at) => h("th", { scope: "col", class: at === 3 ? "k-left k-wide-only" : at < 2 ? "k-left" : null }, word || h("span", { class: "k-hidden-text" }, "Rank")))));
  const rows = cells.slice(0, SHOWN).map((cell) => {
    const names = model.nameOf(cell.key);
    return h("tr", {},
      h("td", { class: "k-left" }, cell.rank ? h("span", { class: cell.rank <= 6 ? "os-rank" : "k-num k-muted" }, String(cell.rank)) : ""),
      h("th", { scope: "row" }, h("button", { type: "button", class: "os-plain-button k-name", onclick: () => onGo(cell.key) }, `${names.line}, ${names.segment}`)),
      h("td", { class: "k-num" }, cell.gap === null ? h("span", { class: "k-unknown" }, "not known") : `${cell.basis === "estimated" ? "≈ " : ""}${words.money(cell.gap)}`),
      h("td", { class: "k-left k-wide-only" }, h("span", { class: "os-why" }, positionMark(cell, words), h("span", {}, `${words.position(cell)}${cell.csfs.length ? `, ${cell.csfs.length} ${cell.csfs.length === 1 ? "factor" : "factors"}` : ""}${cell.contract_end ? `, contract to ${words.day(cell.contract_end, { day: undefined })}` : ""}`))),
      h("td", { class: "k-num", title: words.priority(cell) }, cell.priority === null ? "" : words.money(cell.priority)));
  });
  root.replaceChildren(...(cells.length ? [head, h("tbody", {}, rows)] : []));
  if (cells.length > SHOWN) caption.textContent += `; the first ${SHOWN} of ${number(cells.length)}`;
}

// Growth by type: the gaps of the grid as it stands on the page; what they are worth, as the server last answered.
export function drawGrowth(host, model, words, answer, stale) {
  const preview = answer?.upv ?? null;
  const total = Object.values(model.growth).reduce((sum, value) => sum + value, 0);
  const [kind, largest] = Object.entries(model.growth).sort((a, b) => b[1] - a[1])[0];
  const title = document.getElementById("os-growth-title"), caption = document.getElementById("os-growth-caption");
  title.textContent = total ? `${percent(largest / total, { decimals: 0 })} of the gap is ${GROWTH[kind].toLowerCase()}.` : "No growth is entered yet.";
  caption.textContent = `Gap by growth type, ${model.currency} a year${preview ? "; worth = gap × what a unit of extra sales contributes" : ""}${preview && stale ? "; recalculating" : ""}`;
  const parts = Object.entries(model.growth);
  const track = h("div", { class: "os-growth-bar", role: "img", "aria-label": parts.map(([type, value]) => `${GROWTH[type]} ${words.money(value)}`).join(", ") }, parts.filter(([, value]) => value > 0).map(([type, value]) => h("i", { class: `os-growth-${type}`, style: { "flex-grow": String(value) } })));
  const table = h("table", { class: "k-table k-dense" },
    h("thead", {}, h("tr", {}, ["Type", "Gap", ...(preview ? ["Worth", "Expected"] : [])].map((word, at) => h("th", { scope: "col", class: at ? null : "k-left" }, word)))),
    h("tbody", {}, parts.map(([type, value]) => h("tr", {}, h("th", { scope: "row" }, h("span", { class: "os-why" }, symbol(type), h("span", {}, GROWTH[type]))), h("td", { class: "k-num" }, words.money(value)), preview ? [h("td", { class: "k-num" }, words.money(preview[type])), h("td", { class: "k-num" }, words.money(preview.expected[type]))] : null))),
    h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "All"), h("td", { class: "k-num" }, words.money(total)), preview ? [h("td", { class: "k-num" }, words.money(preview.annual)), h("td", { class: "k-num" }, words.money(preview.expected_annual))] : null)));
  const lasting = preview?.value ? h("p", { class: "k-caption k-mt-3" }, `Over the years of its lifetime value that is ${words.money(preview.value)}${answer.clv === null ? "" : `; the lifetime value itself is ${words.money(answer.clv)}`}.${preview.exceeds_clv === false ? " The potential is smaller than what they are worth already: Open Space looks unfinished." : ""}`) : null;
  host.replaceChildren(...(total ? [track] : []), table, ...(lasting ? [lasting] : []));
}
