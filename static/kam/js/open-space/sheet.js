// The grid as a spreadsheet: arrows, Enter, Tab, Escape, ranges by key and mouse, typing, fill, delete, undo.
import { announce } from "../announce.js";
import { VIEWS } from "./cells.js";
import { h } from "./dom.js";
import { parseField, Unreadable } from "./parse.js";
import { number, percent } from "../format.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class Sheet {
  constructor({ grid, store, undo, words, onMove, onOpen, onFault }) {
    Object.assign(this, { grid, store, undo, words, onMove, onOpen, onFault });
    this.model = grid.model;
    const { scroll } = grid;
    scroll.addEventListener("keydown", (event) => this.#key(event));
    scroll.addEventListener("pointerdown", (event) => this.#press(event));
    scroll.addEventListener("dblclick", (event) => event.target.closest?.(".os-cell") && this.edit());
    scroll.addEventListener("click", (event) => {
      const fold = event.target.closest?.("[data-fold]");
      if (fold) this.fold(fold.dataset.fold);
    });
    this.#dragging();
  }

  get field() {
    return VIEWS[this.grid.view].field;
  }

  get canChange() {
    return this.grid.canChange;
  }

  move(focus, { extend = false } = {}) {
    const { grid } = this;
    this.commit();
    const place = { row: Math.max(0, Math.min(focus.row, grid.rows.length - 1)), column: Math.max(0, Math.min(focus.column, grid.columns.length - 1)) };
    grid.selection = { anchor: extend ? grid.selection.anchor : place, focus: place };
    grid.show(place);
    this.onMove(grid.keyAt(place), grid.rows[place.row]);
  }

  // Go to a cell, unfolding what hides it.
  goTo(key, { focus = true } = {}) {
    const cut = key.indexOf("|");
    let segment = this.model.segmentById.get(key.slice(0, cut) || null);
    if (segment?.id && this.model.children.has(segment.id)) this.model.opened.add(segment.id);
    while (segment) {
      this.model.folded.delete(segment.id);
      segment = segment.parent ? this.model.segmentById.get(segment.parent) : null;
    }
    this.grid.layout();
    const place = this.grid.placeOf(key);
    if (!place) return;
    this.move(place);
    if (focus) this.grid.scroll.focus();
  }

  fold(id) {
    const { folded } = this.model;
    if (!folded.delete(id)) folded.add(id);
    this.grid.layout();
    announce(`${this.model.segmentById.get(id)?.name} ${folded.has(id) ? "folded" : "unfolded"}.`);
  }

  // Keys of the selected cells row by row; lines of sums are no cells.
  block() {
    const { top, bottom, left, right } = this.grid.box;
    const rows = [];
    for (let row = top; row <= bottom; row += 1) {
      if (this.grid.rows[row].type === "sums") continue;
      const keys = [];
      for (let column = left; column <= right; column += 1) keys.push(this.grid.keyAt({ row, column }));
      rows.push(keys);
    }
    return rows;
  }

  // Make changes that can be undone, and say so.
  change(label, changes) {
    const steps = this.store.edit(changes);
    this.undo.push(label, steps);
    return steps.length;
  }

  clear() {
    const changes = this.block().flat().map((key) => ({ key, field: this.field, value: this.field === "csfs" ? [] : null }));
    const count = this.change("Clear", changes);
    announce(count ? `${count} cells cleared.` : "Nothing to clear.");
  }

  // Copy the first row down, the first column right, or the block on into `box`.
  fillInto(box, from = this.grid.box) {
    const changes = [];
    const rows = (one) => Array.from({ length: one.bottom - one.top + 1 }, (_, at) => one.top + at).filter((row) => this.grid.rows[row].type !== "sums");
    const source = rows(from), target = rows(box);
    const wide = from.right - from.left + 1;
    if (!source.length) return;
    const start = target.indexOf(source[0]);
    target.forEach((row, at) => {
      for (let column = box.left; column <= box.right; column += 1) {
        const inside = row >= from.top && row <= from.bottom && column >= from.left && column <= from.right;
        if (inside) continue;
        const across = (((column - from.left) % wide) + wide) % wide;
        const down = (((at - start) % source.length) + source.length) % source.length;
        const key = this.grid.keyAt({ row: source[down], column: from.left + across });
        changes.push({ key: this.grid.keyAt({ row, column }), field: this.field, value: this.model.value(key, this.field) });
      }
    });
    const count = this.change("Fill", changes);
    announce(`${count} cells filled.`);
  }

  step(kind) {
    this.commit();
    const step = this.undo[kind]();
    if (!step) {
      announce(kind === "undo" ? "Nothing to undo." : "Nothing to redo.");
      return;
    }
    this.store.edit(step.changes);
    const word = kind === "undo" ? "Undone" : "Done again";
    announce(`${word}: ${step.label.toLowerCase()}, ${step.changes.length} ${step.changes.length === 1 ? "value" : "values"}.`);
  }

  #key(event) {
    if (event.target !== this.grid.scroll || event.isComposing) return;
    const { grid } = this;
    const control = event.ctrlKey || event.metaKey;
    const { row, column } = grid.active;
    const letter = event.key.toLowerCase();
    if (event.key in ARROWS && !event.altKey) {
      const [down, right] = ARROWS[event.key];
      const far = control ? 1e6 : 1;
      this.move({ row: row + down * far, column: column + right * far }, { extend: event.shiftKey });
    } else if (event.key === "Home") this.move({ row: control ? 0 : row, column: 0 }, { extend: event.shiftKey });
    else if (event.key === "End") this.move({ row: control ? 1e6 : row, column: 1e6 }, { extend: event.shiftKey });
    else if (event.key === "PageDown" || event.key === "PageUp") {
      const page = Math.max(1, Math.floor(grid.scroll.clientHeight / 80));
      this.move({ row: row + (event.key === "PageDown" ? page : -page), column }, { extend: event.shiftKey });
    } else if (control && letter === "z") this.step(event.shiftKey ? "redo" : "undo");
    else if (control && letter === "y") this.step("redo");
    else if (control && letter === "a") {
      grid.selection = { anchor: { row: 0, column: 0 }, focus: { row: grid.rows.length - 1, column: grid.columns.length - 1 } };
      grid.drawSelection();
    } else if (control && (letter === "d" || letter === "r") && this.canChange) {
      const box = grid.box;
      this.fillInto(box, letter === "d" ? { ...box, bottom: this.#firstCells(box) } : { ...box, right: box.left });
    } else if ((event.key === "Delete" || event.key === "Backspace") && this.canChange) this.clear();
    else if (event.key === "Enter") {
      if (grid.rows[row].type === "sums") this.fold(grid.rows[row].id);
      else if (this.canChange) this.edit();
      else this.onOpen();
    } else if (event.key === "F2") this.edit();
    else if (event.key === "Tab" && !control && this.#tabbing) this.move({ row, column: column + (event.shiftKey ? -1 : 1) });
    else if (event.key === "Escape") {
      grid.selection.anchor = grid.selection.focus;
      grid.drawSelection();
      return;
    } else if (event.altKey && event.key === "Enter") this.onOpen();
    else if (event.key.length === 1 && !control && !event.altKey && this.canChange) this.edit(event.key);
    else return;
    event.preventDefault();
  }

  #firstCells(box) {
    for (let row = box.top; row <= box.bottom; row += 1) if (this.grid.rows[row].type !== "sums") return row;
    return box.top;
  }

  // Tab moves on only while values are being typed; otherwise it leaves the grid, which is one stop.
  #tabbing = false;

  edit(first = null) {
    const { grid } = this;
    const row = grid.rows[grid.active.row];
    if (!this.canChange) return;
    if (row.type === "sums") {
      // What is typed on a line of sums belongs to the segment itself, in a row of its own.
      this.goTo(grid.keyAt(grid.active));
      announce(`A row for ${row.name} itself.`);
    }
    this.commit();
    const key = grid.keyAt(grid.active);
    const names = this.model.nameOf(key);
    const frame = grid.frameOf(grid.active);
    const input = h("input", { class: "os-input", type: "text", autocomplete: "off", spellcheck: "false", maxlength: "120", list: this.field === "competitor" ? "os-rivals" : null, "aria-label": `${VIEWS[grid.view].word}: ${names.line}, ${names.segment}` });
    const hint = h("output", { class: "os-echo" });
    grid.editor = h("div", { class: "os-editor", role: "presentation", style: { top: `${frame.top}px`, left: `${frame.left}px`, width: `${Math.max(frame.width, 132)}px`, height: `${frame.height}px` } }, input, hint);
    grid.body.append(grid.editor);
    input.value = first ?? this.#text(key);
    const echo = () => {
      try {
        const value = this.#read(input.value);
        input.removeAttribute("aria-invalid");
        hint.textContent = this.field === "potential" && value !== null ? `${this.words.money(value)} a year` : "";
      } catch (error) {
        input.setAttribute("aria-invalid", "true");
        hint.textContent = `This ${error.message}.`;
      }
    };
    input.addEventListener("input", echo);
    input.addEventListener("keydown", (event) => this.#typing(event, first !== null));
    input.addEventListener("blur", () => this.commit());
    this.editing = { key, input, before: first === null ? input.value : null };
    input.focus();
    if (first === null) input.select();
    else echo();
  }

  #text(key) {
    const value = this.model.value(key, this.field);
    if (value === null) return "";
    if (this.field === "potential") return number(value, { decimals: Number.isInteger(value) ? 0 : 2 });
    if (this.field === "probability") return percent(value, { decimals: 0 });
    if (this.field === "csfs") return value.map((id) => this.words.factor(id)?.number).filter(Boolean).sort().join(", ");
    return this.words.field(this.field, value);
  }

  // Typed numbers are read as this reader's own locale writes them, pasted ones by what the block gives away.
  #read(text) {
    const sign = number(0.5, { decimals: 1 }).includes(",") ? "," : ".";
    const lone = /^[^\d]*\d{1,3}([.,])\d{3}\D*$/.exec(text.trim());
    return parseField(this.field, text, { decimal: lone ? null : sign, factors: this.model.factors });
  }

  #typing(event, quick) {
    const { row, column } = this.grid.active;
    event.stopPropagation();
    const go = (focus) => {
      event.preventDefault();
      if (!this.commit({ stay: true })) return;
      this.grid.scroll.focus();
      this.move(focus);
    };
    if (event.key === "Enter") go({ row: row + (event.shiftKey ? -1 : 1), column });
    else if (event.key === "Tab") {
      this.#tabbing = true;
      go({ row, column: column + (event.shiftKey ? -1 : 1) });
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.#close();
      this.grid.scroll.focus();
    } else if (quick && event.key in ARROWS) {
      const [down, right] = ARROWS[event.key];
      go({ row: row + down, column: column + right });
    }
  }

  #close() {
    const { editor } = this.grid;
    this.grid.editor = null;
    this.editing = null;
    editor?.remove();
  }

  // Take what is typed. A value that cannot be read stays open (`stay`) or is told and dropped.
  commit({ stay = false } = {}) {
    if (!this.editing) return true;
    const { key, input, before } = this.editing;
    let value;
    try {
      value = input.value === before ? undefined : this.#read(input.value);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      const names = this.model.nameOf(key);
      this.onFault(`${names.line}, ${names.segment}: “${input.value}” ${error.message}.`);
      if (stay) {
        input.select();
        return false;
      }
    }
    this.#close();
    if (value !== undefined) {
      const names = this.model.nameOf(key);
      if (this.change(`Edit ${names.line}`, [{ key, field: this.field, value }])) announce(this.words.aloud(this.model.cell(key)));
    }
    return true;
  }

  #press(event) {
    const cell = event.target.closest?.(".os-cell");
    if (!cell || event.button !== 0 || event.target.closest(".os-editor")) return;
    this.#tabbing = false;
    const place = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
    this.move(place, { extend: event.shiftKey });
    this.grid.scroll.focus({ preventScroll: true });
    this.dragged = "select";
    event.preventDefault();
  }

  #dragging() {
    const { scroll, range } = this.grid;
    range.addEventListener("pointerdown", (event) => {
      if (!event.target.classList.contains("os-handle") || !this.canChange) return;
      this.dragged = "fill";
      this.from = { ...this.grid.box };
      event.preventDefault();
      event.stopPropagation();
    });
    scroll.addEventListener("pointermove", (event) => {
      if (!this.dragged || !event.buttons) return;
      const cell = document.elementsFromPoint(event.clientX, event.clientY).find((element) => element.matches?.(".os-cell"));
      if (!cell) return;
      const place = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
      if (this.dragged === "fill") {
        // Along the longer way only, as spreadsheets fill.
        const { from, grid } = this;
        const down = Math.max(place.row - from.bottom, from.top - place.row, 0), across = Math.max(place.column - from.right, from.left - place.column, 0);
        grid.selection = { anchor: { row: Math.min(from.top, down >= across ? place.row : from.top), column: Math.min(from.left, across > down ? place.column : from.left) }, focus: { row: down >= across ? Math.max(place.row, from.bottom) : from.bottom, column: across > down ? Math.max(place.column, from.right) : from.right } };
      } else this.grid.selection.focus = place;
      this.grid.drawSelection();
    });
    addEventListener("pointerup", () => {
      if (this.dragged === "fill") this.fillInto(this.grid.box, this.from);
      if (this.dragged === "select") this.onMove(this.grid.keyAt(this.grid.active), this.grid.rows[this.grid.active.row]);
      this.dragged = null;
    });
  }
}
