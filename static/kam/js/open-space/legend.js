// The legend: shapes beside words. Pointing at an entry picks its cells out, clicking it holds them.
import { bar, PICKS } from "./cells.js";
import { h, symbol } from "./dom.js";
import { GROWTH } from "./words.js";

const letter = (kind, text) => h("span", { class: `os-letter os-${kind}`, "aria-hidden": "true" }, text);
const dots = () => h("span", { class: "os-dots" }, h("i"), h("i"));
const sample = (gap, basis = "entered") => bar({ current: 4, shown: 10, gap, basis });

function entries(view, model, words) {
  const rivals = [...words.letters].map(([name, short]) => ({ pick: `rival:${name}`, mark: h("b", { class: "os-key" }, short), word: name }));
  const places = [
    { pick: "ours", mark: symbol("ours"), word: "ours" },
    { pick: "contested", mark: letter("contested", "K"), word: "contested" },
    { pick: "competitor", mark: letter("competitor", "K"), word: "competitor ahead" },
    { pick: "unknown", mark: symbol("unknown"), word: "unknown" },
  ];
  if (view === "growth") return [...Object.entries(GROWTH).map(([pick, word]) => ({ pick, mark: symbol(pick), word: word.toLowerCase() })), { pick: "estimated", mark: h("b", {}, "≈"), word: "estimated" }];
  if (view === "strategic") return [...model.factors.map((factor) => ({ pick: `factor:${factor.id}`, mark: h("span", { class: "os-numbers" }, h("i", {}, String(factor.number))), word: factor.name })), { pick: "factors", mark: dots(), word: "serves any" }];
  if (view === "competition") return [...places, ...rivals];
  if (view === "priority") return [{ pick: "first", mark: h("span", { class: "os-rank" }, "1"), word: "first six" }, ...places, { pick: "factors", mark: dots(), word: "success factors" }];
  const signs = [
    { pick: "current", mark: sample(6), word: "current of potential" },
    { pick: "gap", mark: h("b", {}, "+92"), word: "gap" },
    ...places, ...rivals,
    { pick: "factors", mark: dots(), word: "success factors" },
    { pick: "first", mark: h("span", { class: "os-rank" }, "2"), word: "priority, first six" },
  ];
  if ([...model.cells.values()].some(PICKS.estimated)) signs.push({ pick: "estimated", mark: sample(6, "estimated"), word: "≈ estimated" });
  if ([...model.cells.values()].some(PICKS.opportunity)) signs.push({ pick: "opportunity", mark: symbol("opportunity"), word: "has an opportunity" });
  if ([...model.cells.values()].some(PICKS.note)) signs.push({ pick: "note", mark: symbol("note"), word: "has a note" });
  return signs;
}

export class Legend {
  constructor({ host, grid, model, words, onPick }) {
    Object.assign(this, { host, grid, model, words });
    host.addEventListener("pointerover", (event) => this.#over(event.target.closest?.("[data-pick]")));
    host.addEventListener("pointerleave", () => this.#over(null));
    host.addEventListener("click", (event) => {
      const entry = event.target.closest?.("[data-pick]");
      if (entry) onPick(grid.picked === entry.dataset.pick ? null : entry.dataset.pick);
    });
  }

  #over(entry) {
    const name = entry?.dataset.pick ?? null;
    if (name !== this.grid.hovered) this.grid.pick({ hovered: name });
  }

  draw() {
    const focused = this.host.contains(document.activeElement) ? document.activeElement.dataset.pick : null;
    this.host.replaceChildren(...entries(this.grid.view, this.model, this.words).map(({ pick, mark, word }) => h("button", { type: "button", class: "os-entry", "aria-pressed": String(this.grid.picked === pick), dataset: { pick } }, mark, h("span", {}, word))));
    if (focused) this.host.querySelector(`[data-pick="${CSS.escape(focused)}"]`)?.focus();
  }
}
