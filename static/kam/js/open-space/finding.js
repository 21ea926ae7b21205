// The sentence that opens Open Space, as it reads while a person types: the twin of planning/findings/open_space.py
// (a browser test compares the two).

// A row that holds less of the gap than this is not worth naming.
const LARGE_SHARE = 0.15;
const DAYS = 366;

const sum = (cells) => cells.reduce((total, cell) => total + cell.gap, 0);
const enteredOf = (model) => [...model.cells.values()].filter((cell) => cell.gap && cell.basis === "entered");

export function finding(model, words, name) {
  const { gap } = model.grand;
  if (gap === null) return `Nobody has entered yet what ${name} could buy.`;
  if (gap <= 0) return `${name} buys all that was entered: its Open Space looks unfinished.`;
  const entered = enteredOf(model);
  if (!entered.length) return `Comparable customers suggest ≈ ${words.money(gap)} more a year; nobody has checked that yet.`;
  const rows = new Map();
  for (const cell of entered) rows.set(cell.segment, (rows.get(cell.segment) ?? 0) + cell.gap);
  const total = sum(entered);
  const first = `They could buy ${words.money(total)} more a year.`;
  const [row, largest] = [...rows].reduce((most, next) => (next[1] > most[1] ? next : most));
  if (rows.size < 2 || row === null || largest < total * LARGE_SHARE) {
    const ends = contract(model, words, entered, "");
    return ends ? `${first} ${ends[0].toUpperCase()}${ends.slice(1)}.` : first;
  }
  const ends = contract(model, words, entered.filter((cell) => cell.segment === row), " there");
  return `${first} ${model.segmentById.get(row).name} holds ${words.share(largest / total)} of it${ends ? `, and ${ends}` : ""}.`;
}

// What nobody entered: the part of the gap that is estimated from comparable customers (K4).
export function estimated(model) {
  return sum([...model.cells.values()].filter((cell) => cell.basis === "estimated"));
}

// The next contract of a rival to end within a year.
function contract(model, words, cells, where) {
  const from = Date.parse(model.reference);
  const soon = cells.filter((cell) => {
    const days = cell.contract_end ? (Date.parse(cell.contract_end) - from) / 864e5 : -1;
    return ["competitor", "contested"].includes(cell.position) && days >= 0 && days <= DAYS;
  });
  if (!soon.length) return "";
  const [next] = soon.sort((a, b) => a.contract_end.localeCompare(b.contract_end) || b.gap - a.gap);
  return `${next.competitor ? `${next.competitor}’s contract` : "a rival’s contract"}${where} ends in ${words.day(next.contract_end, { day: undefined })}`;
}
