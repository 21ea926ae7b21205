// What the map knows: people, lines, our side, as the server told it and as it is being changed. Pure.

export const CARD = { width: 184, height: 100 };
export const PILL = { width: 182, height: 46 };
const STRONG = 7;

// Several places of one of ours are one pill with all their roles.
function gatherOurs(rows) {
  const byName = new Map(), alias = new Map();
  for (const row of rows) {
    const known = byName.get(row.name);
    if (known) known.roles.push(row.role);
    else byName.set(row.name, { id: row.id, name: row.name, roles: [row.role], isLead: row.is_lead });
    alias.set(row.id, byName.get(row.name).id);
  }
  return { ours: [...byName.values()], alias };
}

export class MapModel {
  // Where people lie whom nobody has placed yet; kept while the page is open, so that nobody jumps.
  computed = new Map();

  constructor(data) {
    this.read(data);
  }

  read(data) {
    this.data = data;
    this.people = new Map(data.nodes.map((node) => [node.id, { ...node }]));
    this.links = new Map(data.links.map((link) => [link.id, { ...link }]));
    const { ours, alias } = gatherOurs(data.ours);
    this.ours = new Map(ours.map((member) => [member.id, member]));
    this.oursOf = (id) => alias.get(id) ?? id;
    this.ties = data.ties.map((tie) => ({ ...tie, ours: this.oursOf(tie.ours) }));
    this.paths = new Map(data.paths.map((path) => [path.decider, path]));
  }

  get gaps() { return this.data.gaps; }

  // People drawn on the map, and those put aside.
  get shown() { return [...this.people.values()].filter((node) => !node.is_parked); }
  get parked() { return [...this.people.values()].filter((node) => node.is_parked); }

  nameOf(id) {
    return this.people.get(id)?.name ?? this.ours.get(this.oursOf(id))?.name ?? "somebody who is gone";
  }

  placeOf(id) {
    const node = this.people.get(id);
    if (node && node.x !== null) return { x: node.x, y: node.y };
    return this.computed.get(id) ?? { x: 0, y: 0 };
  }

  coverOf(node) {
    return node.covered_by ? this.ours.get(this.oursOf(node.covered_by)) ?? null : null;
  }

  hasLeft(node) {
    return node.left_on !== null && node.left_on <= this.data.today;
  }

  // Somebody strong whom nobody of ours answers for (LOOK §6).
  isExposed(node) {
    return !node.is_placeholder && !this.hasLeft(node) && !this.coverOf(node) && (node.power ?? 0) >= STRONG;
  }

  reportsOf(id) {
    return this.shown.filter((node) => node.reports_to === id);
  }

  // Whether `above` stands somewhere over `id`, or is them: then `above` cannot report to `id`.
  isAbove(above, id) {
    const seen = new Set();
    for (let at = id; at && !seen.has(at); at = this.people.get(at)?.reports_to ?? null) {
      if (at === above) return true;
      seen.add(at);
    }
    return false;
  }

  linksOf(id) {
    return [...this.links.values()].filter((link) => link.from === id || link.to === id);
  }

  deciders() {
    return [...this.people.values()].filter((node) => node.roles.includes("decider") && !this.hasLeft(node)).sort((a, b) => (b.power ?? -1) - (a.power ?? -1) || a.name.localeCompare(b.name));
  }

  // The steps of the path to a decider, each with the line that carries it (none for our first step).
  pathTo(decider) {
    const path = this.paths.get(decider);
    if (!path) return null;
    const steps = path.steps.map((step, at) => {
      const from = at === 0 ? this.oursOf(step.from) : step.from;
      const line = at === 0 ? null : [...this.links.values()].find((link) => link.kind === "influence" && link.from === step.from && link.to === step.to && link.strength === step.strength);
      return { ...step, from, line: line?.id ?? null };
    });
    return { ...path, steps };
  }

  bounds() {
    let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
    for (const node of this.shown) {
      const { x, y } = this.placeOf(node.id);
      left = Math.min(left, x - CARD.width / 2);
      right = Math.max(right, x + CARD.width / 2);
      top = Math.min(top, y - CARD.height / 2);
      bottom = Math.max(bottom, y + CARD.height / 2);
    }
    return left === Infinity ? { left: 0, right: CARD.width, top: 0, bottom: CARD.height } : { left, right, top, bottom };
  }

  // Our side lies in a lane under everybody: [{id, x, y}], and where the lane begins.
  lane() {
    const { left, right, bottom } = this.bounds();
    const pitch = PILL.width + 16;
    const members = [...this.ours.values()];
    const perRow = Math.max(1, Math.min(members.length, Math.floor(Math.max(right - left, 4 * pitch) / pitch)));
    const middle = (left + right) / 2;
    const places = members.map((member, at) => {
      const row = Math.floor(at / perRow), inRow = Math.min(perRow, members.length - row * perRow);
      return { id: member.id, x: middle + (at % perRow - (inRow - 1) / 2) * pitch, y: bottom + 102 + row * 60 };
    });
    return { top: bottom + 58, places };
  }
}

export function initials(name) {
  const parts = name.split(/[\s-]+/u).filter((part) => /^\p{L}/u.test(part));
  const chosen = parts.length > 1 ? [parts[0], parts.at(-1)] : parts;
  return chosen.map((part) => [...part][0].toUpperCase()).join("") || "?";
}

export function attitudeOf(node) {
  if (node.attitude === null) return "unknown";
  return node.attitude > 0 ? "for" : node.attitude < 0 ? "against" : "neutral";
}
