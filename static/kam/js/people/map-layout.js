// Where people lie: a tidy tree for a whole chart, and a free place near the manager for a newcomer. Pure.
import { CARD } from "./map-model.js";

export const STEP = { x: CARD.width + 20, y: CARD.height + 56 };
export const ORIGIN = { x: 108, y: 70 };
// So many people without reports of their own stand side by side; more are stacked in columns.
const SIDE_BY_SIDE = 3;

// From so many people on, one row of everybody's reports would be a ribbon of which nobody sees both ends.
const WRAPPED_FROM = 150;
const ASPECT = 2.4;
// A collator asked for once compares many times faster than `localeCompare`.
const byName = new Intl.Collator(undefined).compare;

function byWeight(a, b) {
  return (b.power ?? -1) - (a.power ?? -1) || byName(a.name, b.name) || (a.id < b.id ? -1 : 1);
}

// Manager → reports, in the order in which they stand; roots under null. Circles and strangers count as roots.
export function forest(nodes) {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const below = new Map([[null, []]]);
  const rooted = new Set();
  for (const node of nodes) {
    const seen = new Set([node.id]);
    let at = node;
    while (at.reports_to && known.has(at.reports_to) && !seen.has(at.reports_to)) {
      at = known.get(at.reports_to);
      seen.add(at.id);
    }
    if (at.reports_to && seen.has(at.reports_to)) rooted.add(node.id);
  }
  for (const node of nodes) {
    const boss = known.has(node.reports_to) && !rooted.has(node.id) ? node.reports_to : null;
    if (!below.has(boss)) below.set(boss, []);
    below.get(boss).push(node);
  }
  for (const list of below.values()) list.sort(byWeight);
  return below;
}

// Places of everybody as {x, y} by id: a tree as wide as its widest level, leaves stacked where they are many.
export function tidy(nodes) {
  const below = forest(nodes);
  if (nodes.length >= WRAPPED_FROM) return wrapped(below);
  const places = new Map();

  // A block of people without reports, as columns; answers its width.
  function stack(people, left, y, columns) {
    people.forEach((node, at) => places.set(node.id, { x: left + (at % columns) * STEP.x, y: y + Math.floor(at / columns) * STEP.y }));
    return Math.min(columns, people.length) * STEP.x;
  }

  // Lays out the reports of somebody from `left` on; answers the width they take.
  function spread(boss, left, y) {
    const people = below.get(boss) ?? [];
    const leaves = people.filter((node) => !below.has(node.id));
    const stacked = leaves.length > SIDE_BY_SIDE;
    let at = left;
    for (const node of people) {
      if (stacked && !below.has(node.id)) continue;
      const width = Math.max(STEP.x, below.has(node.id) ? spread(node.id, at, y + STEP.y) : 0);
      const under = (below.get(node.id) ?? []).map((child) => places.get(child.id).x);
      const x = under.length ? (Math.min(...under) + Math.max(...under)) / 2 : at;
      places.set(node.id, { x, y });
      at += width;
    }
    if (stacked) {
      const columns = Math.ceil(boss === null ? Math.sqrt(leaves.length) * 1.1 : Math.sqrt(leaves.length));
      at += stack(leaves, at, y, columns);
    }
    return at - left;
  }

  spread(null, ORIGIN.x, ORIGIN.y);
  return places;
}

// A large chart as blocks within blocks: each manager above their own people, branches beside each other in rows.
function wrapped(below) {
  // In cells of the grid, from the upper left corner of the block: {width, height, spots: [[id, column, row]]}.
  function block(boss) {
    const people = below.get(boss) ?? [];
    const leaves = people.filter((node) => !below.has(node.id));
    const parts = people.filter((node) => below.has(node.id)).map((node) => block(node.id));
    if (leaves.length) parts.push(grid(leaves));
    // The largest first, so that rows are even.
    parts.sort((one, other) => other.height - one.height || other.width - one.width);
    const head = boss === null ? 0 : 1;
    const area = parts.reduce((sum, part) => sum + part.width * part.height, 0);
    const most = Math.max(...parts.map((part) => part.width), Math.ceil(Math.sqrt(area * ASPECT * STEP.y / STEP.x)));
    const spots = [];
    let width = 0, left = 0, top = head, high = 0;
    for (const part of parts) {
      if (left && left + part.width > most) {
        top += high;
        left = high = 0;
      }
      for (const [id, column, row] of part.spots) spots.push([id, left + column, top + row]);
      left += part.width;
      high = Math.max(high, part.height);
      width = Math.max(width, left);
    }
    if (head) spots.push([boss, (width - 1) / 2, 0]);
    return { width, height: top + high, spots };
  }

  function grid(people) {
    const columns = Math.ceil(Math.sqrt(people.length * ASPECT * STEP.y / STEP.x));
    const width = Math.min(columns, people.length);
    return { width, height: Math.ceil(people.length / columns), spots: people.map((node, at) => [node.id, at % columns, Math.floor(at / columns)]) };
  }

  return new Map(block(null).spots.map(([id, column, row]) => [id, { x: ORIGIN.x + column * STEP.x, y: ORIGIN.y + row * STEP.y }]));
}

function collides(spot, taken) {
  return taken.some((other) => Math.abs(other.x - spot.x) < CARD.width + 8 && Math.abs(other.y - spot.y) < CARD.height + 8);
}

// The first free place in rows from a spot on, to both sides, then further down.
export function freePlace(spot, taken) {
  for (let row = 0; row < 40; row += 1) {
    for (let aside = 0; aside < 12; aside += 1) {
      for (const sign of aside ? [1, -1] : [1]) {
        const tried = { x: spot.x + sign * aside * STEP.x, y: spot.y + row * STEP.y };
        if (!collides(tried, taken)) return tried;
      }
    }
  }
  return spot;
}

// Places for those who have none: nobody placed → the tidy tree; else under their manager, or in a row on top.
export function placeMissing(nodes, placeOf) {
  const found = new Map();
  const placed = nodes.filter((node) => placeOf(node.id));
  const missing = nodes.filter((node) => !placeOf(node.id));
  if (!missing.length) return found;
  if (!placed.length) return tidy(nodes);
  if (missing.length > 60) {
    // Many at once, as after an import: a tree of their own beside what was arranged.
    const right = Math.max(...placed.map((node) => placeOf(node.id).x)) + STEP.x - ORIGIN.x + 40;
    const top = Math.min(...placed.map((node) => placeOf(node.id).y)) - ORIGIN.y;
    for (const [id, { x, y }] of tidy(missing)) found.set(id, { x: x + right, y: y + top });
    return found;
  }
  const taken = placed.map((node) => placeOf(node.id));
  const below = forest(nodes);
  const level = { x: Math.max(...taken.map((place) => place.x)) + STEP.x, y: Math.min(...taken.map((place) => place.y)) };
  function visit(boss) {
    for (const node of below.get(boss) ?? []) {
      if (!placeOf(node.id)) {
        const over = boss && (placeOf(boss) ?? found.get(boss));
        const spot = freePlace(over ? { x: over.x, y: over.y + STEP.y } : level, taken);
        found.set(node.id, spot);
        taken.push(spot);
      }
      visit(node.id);
    }
  }
  visit(null);
  return found;
}

// Whoever lies nearest in a direction, straight ahead before aside; null at the edge.
export function neighbour(from, direction, others) {
  const ahead = { ArrowRight: (o) => o.x - from.x, ArrowLeft: (o) => from.x - o.x, ArrowDown: (o) => o.y - from.y, ArrowUp: (o) => from.y - o.y }[direction];
  const across = direction === "ArrowLeft" || direction === "ArrowRight" ? (o) => Math.abs(o.y - from.y) : (o) => Math.abs(o.x - from.x);
  let best = null, least = Infinity;
  for (const other of others) {
    const distance = ahead(other);
    if (distance < 12) continue;
    const cost = distance + 2.2 * across(other);
    if (cost < least) [best, least] = [other, cost];
  }
  return best?.id ?? null;
}
