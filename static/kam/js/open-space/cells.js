// One cell of the grid in each of the five views (LOOK §6). Shape, word, pattern or place says what colour says.
import { h, symbol } from "./dom.js";
import { percent } from "../format.js";

// A growth type in the width of a cell; the legend and the panel write it in full.
const SHORT_GROWTH = { up_sell: "Up", cross_sell: "Cross", co_creation: "Co-create" };

export const VIEWS = {
  value: { word: "Value", field: "potential", hint: "Current is the ledger’s last 12 months. Type or paste potentials: 240,000 or 240k." },
  strategic: { word: "Strategic", field: "csfs", hint: "Which success factors a cell serves. Type their numbers: 1, 3." },
  competition: { word: "Competition", field: "competitor", hint: "Who is better placed, and until when. Type or paste competitors." },
  priority: { word: "Priority", field: "probability", hint: "Gap × (1 + success factors) × position. Type or paste probabilities: 35 %." },
  growth: { word: "Growth type", field: "growth_type_override", hint: "Where the gap would come from. Type up-sell, cross-sell or co-creation." },
};

export function positionMark(cell, words) {
  if (cell.position === "contested" || cell.position === "competitor") {
    return h("span", { class: `os-letter os-${cell.position}`, "aria-hidden": "true" }, words.letter(cell));
  }
  return symbol(cell.position);
}

export function bar(cell) {
  const share = cell.shown > 0 ? Math.max(0, Math.min(1, cell.current / cell.shown)) : cell.current > 0 ? 1 : 0;
  const estimated = cell.basis === "estimated" ? " os-bar-estimated" : "";
  const none = cell.shown === null ? " os-bar-none" : "";
  return h("span", { class: `os-bar${estimated}${none}` }, h("i", { style: { width: `${(share * 100).toFixed(1)}%` } }));
}

const gapText = (cell, words) => (cell.gap === null ? "" : `${cell.basis === "estimated" ? "≈ " : ""}${words.short(cell.gap, true)}`);
const soldText = (cell, words) => (words.model.sold(cell) === 0 ? "–" : words.short(words.model.sold(cell)));
const rankMark = (cell) => (cell.rank && cell.rank <= 6 ? h("span", { class: "os-rank" }, String(cell.rank)) : null);

function signs(cell) {
  return h("span", { class: "os-signs" },
    cell.note ? symbol("note") : null,
    cell.opportunity ? symbol("opportunity") : null,
    cell.csfs.length ? h("span", { class: "os-dots" }, cell.csfs.slice(0, 5).map(() => h("i"))) : null);
}

const INSIDE = {
  value: (cell, words) => [
    h("span", { class: "os-top" }, h("b", { class: words.model.sold(cell) ? null : "os-quiet" }, soldText(cell, words)), rankMark(cell), h("span", { class: "os-mark" }, positionMark(cell, words))),
    bar(cell),
    h("span", { class: "os-low" }, h("span", {}, gapText(cell, words)), signs(cell)),
  ],
  strategic: (cell, words) => [
    h("span", { class: "os-top" }, h("b", { class: cell.gap === null ? "os-quiet" : null }, gapText(cell, words) || "–"), h("span", { class: "os-mark" }, positionMark(cell, words))),
    h("span", { class: "os-numbers" }, cell.csfs.map((id) => h("i", {}, String(words.factor(id)?.number ?? "?")))),
    h("span", { class: "os-low" }, h("span", { class: "os-quiet" }, cell.csfs.length ? (cell.current > 0 ? "served" : "open") : "")),
  ],
  competition: (cell, words) => [
    h("span", { class: "os-top" }, h("b", { class: `os-cut-text${cell.competitor || cell.position === "ours" ? "" : " os-quiet"}` }, cell.competitor ?? (cell.position === "ours" ? "Ours" : "–"))),
    h("span", { class: "os-low" }, h("span", {}, cell.contract_end ? `to ${words.monthOf(cell.contract_end)}` : "")),
    h("span", { class: "os-low" }, h("span", {}, gapText(cell, words)), h("span", { class: "os-mark" }, positionMark(cell, words))),
  ],
  priority: (cell, words) => [
    h("span", { class: "os-top" }, h("b", { class: cell.rank ? null : "os-quiet" }, cell.rank ? `${cell.rank}.` : "–"), h("span", { class: "os-mark" }, positionMark(cell, words))),
    h("span", { class: "os-strength", style: { "--os-strength": cell.priority && words.model.ranked.length ? Math.sqrt(cell.priority / words.model.ranked[0].priority).toFixed(3) : "0" } }),
    h("span", { class: "os-low" }, h("span", {}, cell.priority === null ? "" : words.short(cell.priority)), h("span", { class: cell.assumed ? "os-quiet" : null }, cell.chance === null ? "" : percent(cell.chance, { decimals: 0 }))),
  ],
  growth: (cell, words) => [
    h("span", { class: "os-top" }, cell.gap === null ? h("b", { class: "os-quiet" }, "–") : symbol(cell.growth), h("b", { class: "os-growth-word" }, cell.gap === null ? "" : SHORT_GROWTH[cell.growth])),
    bar(cell),
    h("span", { class: "os-low" }, h("span", {}, gapText(cell, words)), cell.growth_type_override ? h("span", { class: "os-quiet" }, "set") : null),
  ],
};

export function isEmpty(cell) {
  return cell.current === 0 && cell.shown === null && cell.position === "unknown" && !cell.competitor && !cell.csfs.length && !cell.note && !cell.opportunity && cell.probability === null && !cell.contract_end;
}

export function fill(element, cell, view, words) {
  const empty = isEmpty(cell) && words.model.sold(cell) === 0;
  element.className = `os-cell os-at-${cell.position}${empty ? " is-empty" : ""}${view === "strategic" && cell.csfs.length ? " is-strategic" : ""}`;
  // What is seen is short signs, what is heard is a sentence.
  element.replaceChildren(h("span", { class: "k-hidden-text" }, words.aloud(cell)), h("span", { class: "os-inside", "aria-hidden": "true" }, empty ? h("span", { class: "os-plus" }, "+") : INSIDE[view](cell, words)));
}

// What a filter or a legend entry picks out; the rest fades.
export const PICKS = {
  ours: (cell) => cell.position === "ours",
  contested: (cell) => cell.position === "contested",
  competitor: (cell) => cell.position === "competitor",
  unknown: (cell) => cell.position === "unknown" && !isEmpty(cell),
  gap: (cell) => cell.gap > 0,
  current: (cell) => cell.current > 0,
  factors: (cell) => cell.csfs.length > 0,
  first: (cell) => cell.rank !== null && cell.rank <= 6,
  estimated: (cell) => cell.basis === "estimated",
  opportunity: (cell) => Boolean(cell.opportunity),
  note: (cell) => Boolean(cell.note),
  up_sell: (cell) => cell.gap > 0 && cell.growth === "up_sell",
  cross_sell: (cell) => cell.gap > 0 && cell.growth === "cross_sell",
  co_creation: (cell) => cell.gap > 0 && cell.growth === "co_creation",
};

export function pickOf(name, model) {
  if (!name) return null;
  if (name in PICKS) return PICKS[name];
  const [kind, value] = [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)];
  if (kind === "rival") return (cell) => cell.competitor === value;
  if (kind === "factor") return (cell) => cell.csfs.includes(value);
  if (kind === "list") {
    const keys = new Set(model.lists[value].map((cell) => cell.key));
    return (cell) => keys.has(cell.key);
  }
  return null;
}
