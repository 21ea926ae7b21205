// The lines of both charts as elements of the canvas. Pure.
import { lineLabel } from "./map-words.js";

// More people or lines than this: lines are strokes without words (map-lines), but for those that are looked at.
const MANY = 300;
// Between these distances a label has room beside the cards, and nobody stands between them.
const BESIDE = { from: 300, to: 420 };

// How far a line bows: straight where there is room beside neighbours, else under the cards of its row; around
// whoever stands between two in one column; `nth` past a line that is there already.
export function bowOf(from, to, nth = 0) {
  const dx = to.x - from.x, dy = to.y - from.y, length = Math.hypot(dx, dy);
  const side = dx < 0 ? -1 : 1;
  const beside = nth * 34;
  if (Math.abs(dy) < 60) {
    const straight = Math.abs(dx) >= BESIDE.from && Math.abs(dx) <= BESIDE.to;
    return side * ((straight ? 0 : Math.max(130, Math.min(160, 0.16 * length))) + beside);
  }
  if (Math.abs(dx) < 120) return (dy < 0 ? -1 : 1) * (Math.abs(dy) > 200 ? Math.min(260, 0.3 * length + 110) : 0.22 * length + 70) - (dy < 0 ? beside : -beside);
  return side * (Math.min(90, 0.1 * length) + beside);
}

export function isLarge(model) {
  return model.people.size > MANY || model.links.size > MANY;
}

// `view`: {chart, decider}, as the canvas is shown.
export function edgesOf(model, { chart, decider }) {
  const found = [];
  const straight = isLarge(model) ? " straight" : "";
  const drawn = (id) => model.people.get(id) && !model.people.get(id).is_parked;
  if (chart !== "political") {
    for (const node of model.shown) {
      if (drawn(node.reports_to)) found.push({ data: { id: `r-${node.id}`, kind: "rep", source: node.reports_to, target: node.id }, classes: "rep" });
    }
  }
  const path = decider ? model.pathTo(decider) : null;
  const carried = new Set(path?.steps.map((step) => step.line).filter(Boolean) ?? []);
  const pairs = new Map();
  for (const link of model.links.values()) {
    if (!drawn(link.from) || !drawn(link.to) || chart === "official" && !carried.has(link.id)) continue;
    const pair = [link.from, link.to].sort().join();
    const nth = pairs.get(pair) ?? 0;
    pairs.set(pair, nth + 1);
    const bow = bowOf(model.placeOf(link.from), model.placeOf(link.to), nth);
    const kind = link.kind === "conflict" ? "con" : "inf";
    found.push({ data: { id: `l-${link.id}`, kind, link: link.id, source: link.from, target: link.to, strength: link.strength, label: lineLabel(link), bow }, classes: `line ${kind}${straight}${carried.has(link.id) ? " path" : ""}` });
  }
  path?.steps.forEach((step, at) => {
    if (step.line || at && (!drawn(step.from) || !drawn(step.to)) || !drawn(step.to)) return;
    const places = new Map(model.lane().places.map((place) => [place.id, place]));
    const from = at ? model.placeOf(step.from) : places.get(step.from);
    if (!from) return;
    found.push({ data: { id: `p-${at}`, kind: "path", source: step.from, target: step.to, label: `strength ${step.strength}`, bow: bowOf(from, model.placeOf(step.to)) }, classes: "path first" });
  });
  return found;
}
