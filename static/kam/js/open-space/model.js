// The grid as the page thinks of it: rows, columns, cells, and everything that follows from a change before the
// server has answered: gaps, totals, priorities, ranks and lists, by the same rules as planning/selectors/open_space.py
// (K4, K6). Pure: no document, no requests.

export const FIELDS = ["potential", "probability", "competitor", "position", "contract_end", "growth_type_override", "note", "owner", "csfs"];
export const keyOf = (segment, line) => `${segment ?? ""}|${line}`;
export const partsOf = (key) => {
  const at = key.indexOf("|");
  return { segment: key.slice(0, at) || null, line: key.slice(at + 1) };
};

const amount = (text) => (text === null || text === undefined ? null : Number(text));

export function readCells(cells) {
  const found = new Map();
  for (const cell of cells) {
    found.set(keyOf(cell.segment, cell.product_line), {
      ...cell,
      current: Number(cell.current),
      fiscal: Number(cell.current_fiscal_year ?? 0),
      potential: cell.basis === "entered" ? amount(cell.potential) : null,
      probability: cell.probability_assumed ? null : cell.probability,
      assumed: cell.probability_assumed ? cell.probability : null,
      estimate: cell.basis === "estimated" ? { potential: amount(cell.potential), gap: amount(cell.gap), probability: cell.probability, buyers: cell.buyers } : null,
      position: cell.position ?? "unknown",
      csfs: [...(cell.csfs ?? [])].sort(),
    });
  }
  return found;
}

// What is stored now, put into an earlier reading: sales and estimates stay, for no entry changes them.
export function withStored(base, cells) {
  const found = new Map(base);
  for (const cell of cells) {
    const key = keyOf(cell.segment, cell.product_line);
    found.set(key, { ...emptyCell(), ...base.get(key), ...cell, potential: amount(cell.potential), position: cell.position ?? "unknown", csfs: [...(cell.csfs ?? [])].sort() });
  }
  return found;
}

function emptyCell() {
  return { current: 0, fiscal: 0, potential: null, probability: null, competitor: null, position: "unknown", contract_end: null, growth_type_override: null, note: null, owner: null, csfs: [], estimate: null, opportunity: null, version: null, changed_by_name: null, changed_at: null };
}

class Sum {
  current = 0;
  fiscal = 0;
  potential = null;
  gap = null;
  estimated = false;
  add(cell) {
    this.current += cell.current;
    this.fiscal += cell.fiscal;
    if (cell.shown === null) return;
    this.potential = (this.potential ?? 0) + cell.shown;
    this.gap = (this.gap ?? 0) + cell.gap;
    this.estimated ||= cell.basis === "estimated";
  }
  merge(other) {
    this.current += other.current;
    this.fiscal += other.fiscal;
    if (other.potential === null) return;
    this.potential = (this.potential ?? 0) + other.potential;
    this.gap = (this.gap ?? 0) + other.gap;
    this.estimated ||= other.estimated;
  }
}

export class Model {
  constructor(data) {
    this.folded = new Set();
    this.opened = new Set();
    this.pending = new Map();
    this.shows = "trailing";
    this.read(data);
  }

  // Take a fresh reading of the grid; what is pending stays on top of it.
  read(data) {
    this.currency = data.currency;
    this.windows = data.windows;
    this.reference = data.reference_date;
    this.positionFactors = data.position_factors;
    this.probability = data.default_probability;
    this.factors = data.success_factors.map((factor, at) => ({ id: factor.id, name: factor.title, number: at + 1 }));
    this.segments = data.segments;
    this.children = new Map();
    for (const segment of data.segments) {
      if (segment.id === null) continue;
      this.children.set(segment.parent, [...(this.children.get(segment.parent) ?? []), segment]);
    }
    const order = { catalogue: 0, idea: 1 };
    this.lines = [...data.product_lines].sort((a, b) => order[a.kind] - order[b.kind]);
    this.groups = [];
    for (const line of this.lines) {
      const id = line.kind === "idea" ? "ideas" : (line.business_unit ?? "none");
      const name = line.kind === "idea" ? "Ideas" : (line.business_unit_name ?? "No business unit");
      if (this.groups.at(-1)?.id !== id) this.groups.push({ id, name, lines: [] });
      this.groups.at(-1).lines.push(line);
    }
    this.lineById = new Map(this.lines.map((line) => [line.id, line]));
    this.segmentById = new Map(data.segments.map((segment) => [segment.id, segment]));
    this.known = new Map();
    this.readStored(readCells(data.cells));
  }

  // Take other cells of the same grid.
  readStored(cells) {
    this.base = cells;
    this.compute();
  }

  nameOf(key) {
    const { segment, line } = partsOf(key);
    return { segment: this.segmentById.get(segment)?.name ?? "", line: this.lineById.get(line)?.name ?? "" };
  }

  // The cell as it reads now; an empty one where nothing is known.
  cell(key) {
    return this.cells.get(key) ?? this.#derive(key, { ...emptyCell() }, new Set());
  }

  // What a cell or a sum sold in the months that the page shows: the last 12, or the last fiscal year. For display
  // only: gaps, growth types and lists always follow from the last 12 (K6).
  sold(one) {
    return this.shows === "fiscal_year" ? one.fiscal : one.current;
  }

  value(key, field) {
    const mine = this.pending.get(key);
    if (mine && field in mine) return mine[field];
    return this.base.get(key)?.[field] ?? (field === "position" ? "unknown" : field === "csfs" ? [] : null);
  }

  compute() {
    const keys = new Set([...this.base.keys(), ...this.pending.keys()]);
    const raw = new Map();
    this.bought = new Set();
    const sales = new Map();
    const entered = new Set();
    for (const key of keys) {
      const { segment, line } = partsOf(key);
      if (!this.lineById.has(line) || !this.segmentById.has(segment)) continue;
      const mine = this.pending.get(key), base = this.base.get(key);
      const cell = mine || !base ? { ...emptyCell(), ...base, ...mine } : base;
      raw.set(key, cell);
      sales.set(line, (sales.get(line) ?? 0) + cell.current);
      if (cell.current > 0) this.bought.add(line);
      if (cell.potential !== null) entered.add(line);
    }
    this.cells = new Map();
    for (const [key, cell] of raw) {
      // A cell that nobody touched stays as it was, unless its line was sold or judged for the first time.
      const known = this.known.get(key);
      const { line } = partsOf(key);
      const state = `${this.bought.has(line)}${entered.has(line)}`;
      const kept = known?.raw === cell && known.state === state ? known.cell : this.#derive(key, cell, entered);
      kept.rank = null;
      this.known.set(key, { raw: cell, state, cell: kept });
      this.cells.set(key, kept);
    }
    this.#rank();
    this.#total();
    this.#list(sales);
  }

  #derive(key, cell, entered) {
    const { segment, line } = partsOf(key);
    const sold = Math.max(cell.current, 0);
    let shown = cell.potential, basis = null, gap = null, probability = cell.probability;
    if (shown !== null) {
      basis = "entered";
      gap = Math.max(shown - sold, 0);
      probability ??= this.probability;
    } else if (cell.estimate && !entered.has(line)) {
      basis = "estimated";
      ({ potential: shown, gap, probability } = cell.estimate);
    }
    const idea = this.lineById.get(line)?.kind === "idea";
    const computed = idea ? "co_creation" : this.bought.has(line) ? "up_sell" : "cross_sell";
    const priority = gap === null ? null : gap * (1 + cell.csfs.length) * this.positionFactors[cell.position];
    return { ...cell, key, segment, line, shown, basis, gap, chance: probability, assumed: cell.probability === null, computedGrowth: computed, growth: cell.growth_type_override ?? computed, priority, rank: null };
  }

  #rank() {
    const rowOrder = new Map(this.segments.map((segment, at) => [segment.id, at]));
    const lineOrder = new Map(this.lines.map((line, at) => [line.id, at]));
    this.ranked = [...this.cells.values()].filter((cell) => cell.priority > 0).sort((a, b) => b.priority - a.priority || rowOrder.get(a.segment) - rowOrder.get(b.segment) || lineOrder.get(a.line) - lineOrder.get(b.line));
    this.ranked.forEach((cell, at) => { cell.rank = at + 1; });
  }

  #total() {
    const rows = new Map(this.segments.map((segment) => [segment.id, new Sum()]));
    const columns = new Map(this.lines.map((line) => [line.id, new Sum()]));
    const own = new Map();
    this.blocks = new Map();
    this.grand = new Sum();
    this.growth = { up_sell: 0, cross_sell: 0, co_creation: 0 };
    for (const cell of this.cells.values()) {
      rows.get(cell.segment).add(cell);
      columns.get(cell.line).add(cell);
      this.grand.add(cell);
      if (cell.gap) this.growth[cell.growth] += cell.gap;
      const block = new Sum();
      block.add(cell);
      own.set(cell.key, block);
    }
    // Parents come before their children, so backwards every child is complete before its parent takes it.
    for (const segment of [...this.segments].reverse()) {
      if (!segment.parent || !rows.has(segment.parent)) continue;
      rows.get(segment.parent).merge(rows.get(segment.id));
      for (const line of this.lines) {
        const below = own.get(keyOf(segment.id, line.id));
        if (!below) continue;
        const above = keyOf(segment.parent, line.id);
        if (!own.has(above)) own.set(above, new Sum());
        own.get(above).merge(below);
      }
    }
    this.rowSums = rows;
    this.columnSums = columns;
    this.blocks = own;
    this.groupSums = new Map(this.groups.map((group) => {
      const sum = new Sum();
      for (const line of group.lines) sum.merge(columns.get(line.id));
      return [group.id, sum];
    }));
  }

  #list(sales) {
    const open = (cell) => (cell.basis === "estimated" ? (sales.get(cell.line) ?? 0) : cell.current) <= 0;
    const order = (cells) => cells.sort((a, b) => (a.rank ?? Infinity) - (b.rank ?? Infinity));
    const all = [...this.cells.values()];
    this.lists = {
      unserved: order(all.filter((cell) => open(cell) && cell.shown > 0)),
      strategic_open: order(all.filter((cell) => open(cell) && cell.csfs.length > 0)),
      competitor_advantaged: order(all.filter((cell) => cell.position === "competitor")),
    };
  }

  // What stands on a segment itself, without the segments below it.
  ownSum(segment) {
    const sum = new Sum();
    for (const line of this.lines) {
      const cell = this.cells.get(keyOf(segment, line.id));
      if (cell) sum.add(cell);
    }
    return sum;
  }

  // The rows that are drawn, top to bottom. A segment with segments below it is a line of sums that folds; what
  // is its own has a row of its own beneath, once there is something or a person begins to type.
  rows() {
    const drawn = [];
    const holds = (id) => this.lines.some((line) => {
      const cell = this.cells.get(keyOf(id, line.id));
      return cell && (cell.current !== 0 || this.sold(cell) !== 0 || cell.shown !== null || cell.position !== "unknown" || cell.note || cell.csfs.length > 0);
    });
    const walk = (segment, depth) => {
      const below = this.children.get(segment.id) ?? [];
      if (!below.length) {
        drawn.push({ type: "cells", id: segment.id, name: segment.name, depth });
        return;
      }
      const folded = this.folded.has(segment.id);
      drawn.push({ type: "sums", id: segment.id, name: segment.name, depth, folded });
      if (folded) return;
      if (this.opened.has(segment.id) || holds(segment.id)) drawn.push({ type: "cells", id: segment.id, name: `${segment.name} itself`, depth: depth + 1, own: true });
      for (const child of below) walk(child, depth + 1);
    };
    for (const segment of this.segments) {
      if (segment.id === null) drawn.push({ type: "cells", id: null, name: segment.name, depth: 0, whole: true });
      else if (!segment.parent || !this.segmentById.has(segment.parent)) walk(segment, 0);
    }
    return drawn;
  }
}
