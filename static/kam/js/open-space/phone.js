// On a phone: pick a segment, see its lines as a list, edit there (LOOK §11).
import { bar, pickOf, positionMark } from "./cells.js";
import { h } from "./dom.js";
import { keyOf } from "./model.js";
import { GROWTH } from "./words.js";

export class Phone {
  constructor({ host, grid, model, words, onOpen }) {
    Object.assign(this, { host, grid, model, words, onOpen });
    this.select = h("select", { id: "os-segment" });
    this.sum = h("p", { class: "k-caption" });
    this.list = h("ul", { class: "os-phone-list" });
    host.replaceChildren(h("div", { class: "k-field os-phone-pick" }, h("label", { for: "os-segment" }, "Segment"), this.select, this.sum), this.list);
    this.select.addEventListener("change", () => this.draw());
  }

  draw() {
    const rows = this.model.rows().filter((row) => row.type === "cells");
    const chosen = this.select.value;
    this.select.replaceChildren(...rows.map((row) => h("option", { value: row.id ?? "" }, `${"\u2003".repeat(row.depth)}${row.name}`)));
    const known = rows.some((row) => (row.id ?? "") === chosen);
    const largest = [...rows].sort((a, b) => (this.model.ownSum(b.id).gap ?? 0) - (this.model.ownSum(a.id).gap ?? 0))[0];
    this.select.value = known && this.drawn ? chosen : (largest?.id ?? "");
    this.drawn = true;
    const segment = this.select.value || null;
    const sum = this.model.ownSum(segment);
    this.sum.textContent = `${this.words.money(this.model.sold(sum))} ${this.model.shows === "trailing" ? "current" : "sold"}${sum.gap === null ? ", no potential entered" : `, ${this.words.money(sum.gap, { signed: true })} gap`} a year`;
    const pick = pickOf(this.grid.picked, this.model);
    this.list.replaceChildren(...this.model.groups.flatMap((group) => [
      h("li", { class: "os-phone-group" }, group.name),
      ...group.lines.map((line) => this.#line(keyOf(segment, line.id), line, pick)),
    ]));
  }

  #detail(cell) {
    const { view } = this.grid;
    if (view === "competition") return [cell.competitor, cell.contract_end ? `to ${this.words.day(cell.contract_end, { day: undefined })}` : null].filter(Boolean).join(", ") || this.words.position(cell);
    if (view === "priority") return cell.rank ? `priority ${cell.rank}` : "";
    if (view === "growth") return cell.gap === null ? "" : GROWTH[cell.growth].toLowerCase();
    if (view === "strategic") return cell.csfs.length ? `factors ${cell.csfs.map((id) => this.words.factor(id)?.number).join(", ")}` : "";
    return "";
  }

  #line(key, line, pick) {
    const cell = this.model.cell(key);
    const faded = pick && !pick(cell) ? " is-faded" : "";
    return h("li", {}, h("button", { type: "button", class: `os-phone-line os-at-${cell.position}${faded}`, onclick: () => this.onOpen(key) },
      h("span", { class: "os-phone-top" }, h("span", { class: "k-name" }, line.name), positionMark(cell, this.words), h("b", { class: "k-num" }, this.model.sold(cell) ? this.words.money(this.model.sold(cell)) : "–"), h("span", { class: "k-num os-phone-gap" }, cell.gap === null ? "+" : this.words.money(cell.gap, { signed: true }))),
      cell.shown === null ? null : bar(cell), this.#detail(cell) ? h("span", { class: "k-caption" }, this.#detail(cell)) : null));
  }
}
