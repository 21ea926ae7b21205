// Draws the grid: only what is in sight, whatever its size. Head, first column, totals column and totals row stick.
// Why not a library's grid: docs/adr (column totals and frozen rows are lost in its horizontal virtual mode).
import { fill, isEmpty, pickOf } from "./cells.js";
import { h, symbol } from "./dom.js";
import { keyOf } from "./model.js";

const CELL = 58, SUMS = 28, HEAD = 148, TOTAL = 82, NARROWEST = 82, WIDEST = 116;
const AROUND = { rows: 3, columns: 3 };

export class Grid {
  view = "value";
  picked = null;
  hovered = null;
  selection = { anchor: { row: 0, column: 0 }, focus: { row: 0, column: 0 } };
  #drawn = new Map();
  #spare = [];
  #window = null;

  constructor({ host, model, words, store, canChange }) {
    Object.assign(this, { host, model, words, store, canChange });
    this.scroll = h("div", { class: "os-scroll", role: "grid", tabindex: "0", "aria-multiselectable": "true", "aria-label": host.dataset.label, "aria-readonly": canChange ? null : "true", id: "os-grid", "aria-describedby": "os-hint" });
    this.head = h("div", { class: "os-head", role: "rowgroup" });
    this.body = h("div", { class: "os-body", role: "rowgroup" });
    this.foot = h("div", { class: "os-foot", role: "rowgroup" });
    this.range = h("div", { class: "os-range", "aria-hidden": "true" }, h("i", { class: "os-handle" }));
    this.scroll.append(this.head, this.body, this.foot);
    host.replaceChildren(this.scroll);
    let waiting = false;
    this.scroll.addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; this.draw(); });
    }, { passive: true });
    new ResizeObserver(() => this.layout()).observe(this.scroll);
  }

  // Rows, columns and their places anew: after folding, a fresh reading, another width.
  layout() {
    this.rows = this.model.rows();
    this.columns = this.model.lines;
    const room = this.scroll.clientWidth - HEAD - TOTAL;
    this.columnWidth = Math.max(NARROWEST, Math.min(WIDEST, Math.floor(room / Math.max(this.columns.length, 1))));
    this.totalWidth = Math.max(TOTAL, Math.min(TOTAL + 60, this.scroll.clientWidth - HEAD - this.columnWidth * this.columns.length));
    this.width = HEAD + this.columnWidth * this.columns.length + this.totalWidth;
    this.tops = [];
    let top = 0;
    for (const row of this.rows) {
      this.tops.push(top);
      top += row.type === "sums" ? SUMS : CELL;
    }
    this.height = top;
    this.body.style.height = `${top}px`;
    for (const part of [this.head, this.body, this.foot]) part.style.width = `${this.width}px`;
    this.scroll.setAttribute("aria-rowcount", String(this.rows.length + 3));
    this.scroll.setAttribute("aria-colcount", String(this.columns.length + 2));
    this.groupStarts = new Set(this.model.groups.map((group) => group.lines[0]?.id));
    const last = { row: this.rows.length - 1, column: this.columns.length - 1 };
    for (const end of ["anchor", "focus"]) {
      this.selection[end] = { row: Math.min(this.selection[end].row, last.row), column: Math.min(this.selection[end].column, last.column) };
    }
    this.refresh();
  }

  // The same places, other figures.
  refresh(flash = []) {
    this.#clear();
    this.#window = null;
    this.flash = new Set(flash);
    this.words.measure();
    this.unit = this.words.unit;
    this.#drawHead();
    this.#drawFoot();
    this.draw();
    this.flash.clear();
  }

  // Other figures in the same rows and columns: only the cells that read otherwise now are drawn anew, so that
  // typing stays quick in a large grid.
  update() {
    this.words.measure();
    if (this.unit !== this.words.unit) {
      this.refresh();
      return;
    }
    this.#sums();
    const pick = pickOf(this.hovered ?? this.picked, this.model);
    for (const [at, element] of this.#drawn) {
      const row = this.rows[at];
      for (const child of [...element.children]) {
        if (child.classList.contains("os-total")) child.replaceWith(this.#totalCell(row));
        if (child.dataset.column === undefined) continue;
        const key = keyOf(row.id, this.columns[Number(child.dataset.column)].id);
        const now = row.type === "sums" ? this.#sumState(key) : this.#state(key, pick);
        if (now.some((value, index) => value !== child.state[index])) child.replaceWith(this.#cell(row, at, Number(child.dataset.column), pick));
      }
    }
    this.drawSelection();
  }

  // The sums of head and foot, written only where they read otherwise.
  #sums() {
    const { grand, columnSums, groupSums } = this.model;
    const write = (node, text) => node.textContent !== text && (node.textContent = text);
    [...this.head.querySelectorAll(".os-group > span")].forEach((node, at) => write(node, this.#groupText(groupSums.get(this.model.groups[at].id))));
    const sums = [...this.columns.map((line) => columnSums.get(line.id)), grand];
    [...this.foot.querySelectorAll(".os-foot-cell, .os-total")].forEach((node, at) => {
      const [current, gap] = this.#sumTexts(sums[at]);
      write(node.firstElementChild, current);
      write(node.lastElementChild, gap);
    });
  }

  #groupText(sum) {
    return `${this.#soldText(sum) || "–"}${sum.gap ? ` ${this.words.gap(sum)}` : ""}`;
  }

  #soldText(sum) {
    return this.model.sold(sum) ? this.words.short(this.model.sold(sum)) : "";
  }

  #sumTexts(sum) {
    return [this.#soldText(sum) || "–", this.words.gap(sum)];
  }

  // What a cell's drawing depends on.
  #state(key, pick) {
    const cell = this.model.cells.get(key);
    const rank = !cell?.rank ? 0 : this.view === "priority" || cell.rank <= 6 ? cell.rank : 7;
    const signs = this.store ? `${this.model.pending.has(key)}${this.store.conflicts.some((item) => item.key === key)}${[...this.store.faults.keys()].some((name) => name.startsWith(`${key} `))}` : "";
    return [cell, rank, signs, pick && cell ? pick(cell) : null];
  }

  #sumState(key) {
    const sum = this.model.blocks.get(key);
    return [sum ? this.model.sold(sum) : 0, sum?.gap ?? null, sum?.estimated ?? false];
  }

  setView(view) {
    this.view = view;
    this.refresh();
  }

  pick({ picked = this.picked, hovered = null } = {}) {
    this.picked = picked;
    this.hovered = hovered;
    this.refresh();
  }

  keyAt({ row, column }) {
    const line = this.columns[column];
    return this.rows[row] && line ? keyOf(this.rows[row].id, line.id) : null;
  }

  placeOf(key) {
    const cut = key.indexOf("|");
    const segment = key.slice(0, cut) || null;
    const column = this.columns.findIndex((line) => line.id === key.slice(cut + 1));
    let row = this.rows.findIndex((one) => one.id === segment && one.type === "cells");
    if (row < 0) row = this.rows.findIndex((one) => one.id === segment);
    return row < 0 || column < 0 ? null : { row, column };
  }

  heightOf(row) {
    return this.rows[row].type === "sums" ? SUMS : CELL;
  }

  rowAt(y) {
    let low = 0, high = this.rows.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return Math.max(low, 0);
  }

  draw() {
    if (!this.rows?.length || !this.columns.length) return;
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.scroll;
    const firstRow = Math.max(this.rowAt(scrollTop) - AROUND.rows, 0);
    const lastRow = Math.min(this.rowAt(scrollTop + clientHeight) + AROUND.rows, this.rows.length - 1);
    // Columns come and go in steps, so that most movements sideways find what they need drawn already.
    const step = AROUND.columns;
    const firstColumn = Math.max(Math.floor(scrollLeft / this.columnWidth / step) * step - step, 0);
    const lastColumn = Math.min(Math.ceil((scrollLeft + clientWidth - HEAD) / this.columnWidth / step) * step + step, this.columns.length) - 1;
    const window = `${firstColumn} ${lastColumn}`;
    if (this.#window !== window) this.#clear();
    this.#window = window;
    const pick = pickOf(this.hovered ?? this.picked, this.model);
    for (const [row, element] of this.#drawn) {
      if (row >= firstRow && row <= lastRow) continue;
      this.#spare.push(element);
      this.#drawn.delete(row);
    }
    for (let row = firstRow; row <= lastRow; row += 1) {
      if (this.#drawn.has(row)) continue;
      const element = this.#spare.pop() ?? this.body.appendChild(h("div", { role: "row" }));
      this.#row(element, row, firstColumn, lastColumn, pick);
      this.#drawn.set(row, element);
    }
    for (const element of this.#spare) this.#hide(element);
    if (!this.range.isConnected) this.body.append(this.range);
    this.drawSelection();
  }

  // A row out of sight lends its element to the next that comes: a child less or more costs the browser the
  // styles of all rows, hiding one only its own.
  #clear() {
    this.#spare.push(...this.#drawn.values());
    this.#drawn.clear();
  }

  #hide(element) {
    if (element.hidden) return;
    element.hidden = true;
    element.replaceChildren();
  }

  #row(element, at, firstColumn, lastColumn, pick) {
    const row = this.rows[at];
    element.hidden = false;
    element.className = row.type === "sums" ? "os-row os-sums" : "os-row";
    element.setAttribute("aria-rowindex", String(at + 3));
    element.style.top = `${this.tops[at]}px`;
    element.replaceChildren(this.#rowHead(row, at), h("span", { class: "os-gap", role: "presentation", style: { width: `${firstColumn * this.columnWidth}px` } }));
    for (let column = firstColumn; column <= lastColumn; column += 1) element.append(this.#cell(row, at, column, pick));
    element.append(h("span", { class: "os-gap", role: "presentation", style: { width: `${(this.columns.length - 1 - lastColumn) * this.columnWidth}px` } }));
    element.append(this.#totalCell(row));
  }

  #totalCell(row) {
    const total = this.#total(row);
    return h("div", { class: "os-total", role: "gridcell", "aria-colindex": String(this.columns.length + 2) }, h("b", {}, this.words.short(this.model.sold(total))), h("span", {}, this.words.gap(total)));
  }

  // A row of a segment's own cells beneath its line of sums shows its own total; a line of sums, all below it.
  #total(row) {
    return row.own ? this.model.ownSum(row.id) : this.model.rowSums.get(row.id);
  }

  #rowHead(row, at) {
    const indent = { "--os-depth": String(Math.min(row.depth, 5)) };
    if (row.type !== "sums") return h("div", { class: `os-row-head${row.whole ? " os-whole" : ""}`, role: "rowheader", "aria-colindex": "1", style: indent, title: row.name }, h("span", {}, row.name));
    return h("div", { class: "os-row-head", role: "rowheader", "aria-colindex": "1", style: indent, title: row.name },
      h("button", { type: "button", class: "os-fold", tabindex: "-1", "aria-expanded": String(!row.folded), "aria-label": `${row.folded ? "Unfold" : "Fold"} ${row.name}`, dataset: { fold: row.id, row: String(at) } }, symbol(row.folded ? "folded" : "unfolded"), h("span", {}, row.name)));
  }

  #cell(row, at, column, pick) {
    const line = this.columns[column];
    const key = keyOf(row.id, line.id);
    const element = h("div", { role: "gridcell", id: `os-${at}-${column}`, "aria-colindex": String(column + 2), dataset: { row: String(at), column: String(column) }, style: { width: `${this.columnWidth}px` } });
    if (row.type === "sums") {
      const sum = this.model.blocks.get(key);
      element.state = this.#sumState(key);
      element.className = "os-cell os-sum";
      const text = sum && this.model.sold(sum) ? this.#soldText(sum) : sum?.gap ? this.words.gap(sum) : "";
      const aloud = `${line.name}, all of ${row.name}: ${sum ? `${this.words.money(this.model.sold(sum))} sold${sum.gap === null ? "" : `, gap ${this.words.money(sum.gap)}`}` : "nothing"}`;
      element.append(h("span", { class: "k-hidden-text" }, aloud), h("span", { "aria-hidden": "true" }, text));
    } else {
      const cell = this.model.cell(key);
      element.state = this.#state(key, pick);
      fill(element, cell, this.view, this.words);
      if (pick && !pick(cell)) element.classList.add("is-faded");
      if (pick && pick(cell) && !isEmpty(cell)) element.classList.add("is-picked");
      this.#signs(element, key);
    }
    if (this.groupStarts.has(line.id)) element.classList.add("is-first");
    if (this.flash?.has(key)) element.classList.add("is-fresh");
    return element;
  }

  #signs(element, key) {
    if (!this.store) return;
    if (this.store.conflicts.some((item) => item.key === key)) element.classList.add("is-conflict");
    const fault = [...this.store.faults].find(([name]) => name.startsWith(`${key} `));
    if (fault) {
      element.classList.add("is-fault");
      element.title = fault[1];
    }
    if (this.model.pending.has(key)) element.classList.add("is-unsaved");
  }

  #drawHead() {
    const groups = this.model.groups.map((group) => {
      const sum = this.model.groupSums.get(group.id);
      return h("div", { class: "os-group is-first", role: "columnheader", "aria-colspan": String(group.lines.length), style: { width: `${group.lines.length * this.columnWidth}px` }, title: group.name },
        h("b", {}, group.name), h("span", {}, this.#groupText(sum)));
    });
    const lines = this.columns.map((line, at) => h("div", { class: `os-line${this.groupStarts.has(line.id) ? " is-first" : ""}`, role: "columnheader", "aria-colindex": String(at + 2), style: { width: `${this.columnWidth}px` }, title: line.name }, h("span", {}, line.name)));
    this.head.replaceChildren(
      h("div", { class: "os-head-row", role: "row", "aria-rowindex": "1" }, h("div", { class: "os-corner", role: "columnheader", "aria-colindex": "1" }, h("span", { class: "k-hidden-text" }, "Business unit")), groups, h("div", { class: "os-total os-total-head", role: "columnheader", "aria-colindex": String(this.columns.length + 2) }, h("span", { class: "k-hidden-text" }, "All units"))),
      h("div", { class: "os-head-row", role: "row", "aria-rowindex": "2" }, h("div", { class: "os-corner os-unit", role: "columnheader", "aria-colindex": "1" }, this.words.unit), lines, h("div", { class: "os-total os-total-head", role: "columnheader", "aria-colindex": String(this.columns.length + 2), style: { width: `${this.totalWidth}px` } }, "Total")));
    this.host.style.setProperty("--os-total", `${this.totalWidth}px`);
  }

  #drawFoot() {
    const { grand, columnSums } = this.model;
    const two = (sum) => {
      const [current, gap] = this.#sumTexts(sum);
      return [h("b", {}, current), h("span", {}, gap)];
    };
    this.foot.replaceChildren(h("div", { class: "os-foot-row", role: "row", "aria-rowindex": String(this.rows.length + 3) },
      h("div", { class: "os-row-head", role: "rowheader", "aria-colindex": "1" }, "Total"),
      this.columns.map((line, at) => h("div", { class: `os-foot-cell${this.groupStarts.has(line.id) ? " is-first" : ""}`, role: "gridcell", "aria-colindex": String(at + 2), style: { width: `${this.columnWidth}px` } }, two(columnSums.get(line.id)))),
      h("div", { class: "os-total", role: "gridcell", "aria-colindex": String(this.columns.length + 2) }, two(grand))));
  }

  get box() {
    const { anchor, focus } = this.selection;
    return { top: Math.min(anchor.row, focus.row), bottom: Math.max(anchor.row, focus.row), left: Math.min(anchor.column, focus.column), right: Math.max(anchor.column, focus.column) };
  }

  get active() {
    return this.selection.focus;
  }

  drawSelection() {
    if (!this.rows?.length || !this.columns.length) return;
    const { top, bottom, left, right } = this.box;
    const y = this.tops[top];
    Object.assign(this.range.style, { top: `${y}px`, left: `${HEAD + left * this.columnWidth}px`, width: `${(right - left + 1) * this.columnWidth}px`, height: `${this.tops[bottom] + this.heightOf(bottom) - y}px` });
    this.range.classList.toggle("is-many", top !== bottom || left !== right);
    this.range.classList.toggle("is-fixed", !this.canChange);
    for (const cell of this.body.querySelectorAll("[aria-selected]")) cell.removeAttribute("aria-selected");
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) document.getElementById(`os-${row}-${column}`)?.setAttribute("aria-selected", "true");
    }
    const id = `os-${this.active.row}-${this.active.column}`;
    if (document.getElementById(id)) this.scroll.setAttribute("aria-activedescendant", id);
    else this.scroll.removeAttribute("aria-activedescendant");
  }

  // Scroll so that a cell stands free of the sticky parts.
  show({ row, column }) {
    const { scroll } = this;
    const head = this.head.offsetHeight, foot = this.foot.offsetHeight;
    const y = this.tops[row], x = column * this.columnWidth;
    if (y < scroll.scrollTop) scroll.scrollTop = y;
    const below = y + this.heightOf(row) + head + foot - scroll.clientHeight;
    if (below > scroll.scrollTop) scroll.scrollTop = below;
    if (x < scroll.scrollLeft) scroll.scrollLeft = x;
    const beyond = x + this.columnWidth + HEAD + this.totalWidth - scroll.clientWidth;
    if (beyond > scroll.scrollLeft) scroll.scrollLeft = beyond;
    this.draw();
  }

  // Where a cell stands inside the body, for the editor that is laid over it.
  frameOf({ row, column }) {
    return { top: this.tops[row], left: HEAD + column * this.columnWidth, width: this.columnWidth, height: this.heightOf(row) };
  }
}
