// Copy to and paste from Excel: tab-separated text, full amounts, blanks that clear.
import { announce, toast } from "../announce.js";
import { decimalSign, parseField, parseTsv, toTsv, Unreadable } from "./parse.js";

const MOST_NAMED = 3;

function shown(sheet, key) {
  const value = sheet.model.value(key, sheet.field);
  if (sheet.field === "csfs") return value.map((id) => sheet.words.factor(id)?.number).filter(Boolean).sort().join(", ");
  if (sheet.field === "growth_type_override") return value?.replace("_", "-") ?? null;
  return value;
}

// Reads a block onto the cells from the selection on. Answers changes, what could not be read, what did not fit.
export function place(sheet, text) {
  const { grid, field, words } = sheet;
  let rows = parseTsv(text);
  const box = grid.box;
  const targets = [];
  for (let row = box.top; row < grid.rows.length; row += 1) if (grid.rows[row].type === "cells") targets.push(row);
  const marked = sheet.block();
  const tall = marked.length, wide = box.right - box.left + 1;
  // A block pasted into a larger selection that it divides repeats itself, as in a spreadsheet.
  if (tall % rows.length === 0 && wide % rows[0].length === 0) {
    const [high, broad] = [rows.length, rows[0].length];
    rows = Array.from({ length: tall }, (_, y) => Array.from({ length: wide }, (_, x) => rows[y % high][x % broad]));
  }
  const decimal = field === "potential" ? decimalSign(rows.flat()) : null;
  const changes = [], faults = [];
  let outside = 0;
  rows.forEach((cells, y) => cells.forEach((raw, x) => {
    const row = targets[y], column = box.left + x;
    if (row === undefined || column >= grid.columns.length) {
      if (raw.trim()) outside += 1;
      return;
    }
    const key = grid.keyAt({ row, column });
    try {
      const value = parseField(field, raw, { decimal, factors: words.model.factors });
      changes.push({ key, field, value: value ?? (field === "csfs" ? [] : null) });
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      faults.push({ key, place: { row, column }, raw, reason: error.message, at: `row ${y + 1}, column ${x + 1}` });
    }
  }));
  const end = { row: targets[Math.min(rows.length, targets.length) - 1] ?? box.top, column: Math.min(box.left + rows[0].length, grid.columns.length) - 1 };
  return { changes, faults, outside, end };
}

export function paste(sheet, text) {
  const { grid, words } = sheet;
  const { changes, faults, outside, end } = place(sheet, text);
  if (faults.length) {
    const named = faults.slice(0, MOST_NAMED).map((fault) => {
      const names = sheet.model.nameOf(fault.key);
      return `${names.line}, ${names.segment} (${fault.at} of the block): “${fault.raw.trim()}” ${fault.reason}.`;
    });
    const more = faults.length > MOST_NAMED ? ` And ${faults.length - MOST_NAMED} more.` : "";
    const count = changes.length + faults.length;
    toast(`Nothing was pasted: ${faults.length} of ${count} cells ${faults.length === 1 ? "is" : "are"} wrong.`, named.join(" ") + more);
    sheet.move(faults[0].place);
    return;
  }
  const count = sheet.change(`Paste ${changes.length === 1 ? "one cell" : `${changes.length} cells`}`, changes);
  grid.selection = { anchor: { row: grid.box.top, column: grid.box.left }, focus: end };
  grid.drawSelection();
  const sum = sheet.field === "potential" ? changes.reduce((total, { value }) => total + (value ?? 0), 0) : null;
  const told = `${changes.length} ${changes.length === 1 ? "cell" : "cells"} pasted, ${count} changed${sum === null ? "" : `, ${words.money(sum)} in all`}.`;
  if (outside) toast(told, `${outside} values of the block lie outside the grid and were left out. Ctrl Z takes it back.`, "grow");
  announce(told);
}

export function copy(sheet, data) {
  const rows = sheet.block();
  if (!rows.length) return 0;
  data.setData("text/plain", toTsv(rows.map((row) => row.map((key) => shown(sheet, key)))));
  return rows.length * rows[0].length;
}

export function listen(sheet) {
  const here = () => document.activeElement === sheet.grid.scroll;
  document.addEventListener("copy", (event) => {
    if (!here()) return;
    const count = copy(sheet, event.clipboardData);
    event.preventDefault();
    announce(`${count} ${count === 1 ? "cell" : "cells"} copied.`);
  });
  document.addEventListener("cut", (event) => {
    if (!here() || !sheet.canChange) return;
    copy(sheet, event.clipboardData);
    event.preventDefault();
    sheet.clear();
  });
  document.addEventListener("paste", (event) => {
    if (!here() || !sheet.canChange) return;
    event.preventDefault();
    paste(sheet, event.clipboardData.getData("text/plain"));
  });
}
