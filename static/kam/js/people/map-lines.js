// The lines of a large chart, drawn by hand on a canvas under the cards. Cytoscape works out ends, bends, label and
// hit box of every line, which takes seconds for thousands; here a line is one stroke, and what is out of view none.
import { h } from "./map-dom.js";
import { CARD } from "./map-model.js";
import { lineWidth } from "./map-style.js";

// How far below a manager the reporting lines turn, as in the style of a small chart.
const TURN = 21;
export const INKS = { rep: "line2", inf: "hold", con: "cut" };
// Hundreds of lines are a ground on which those of one person stand out.
const CALM = 0.3;
const FADED = 0.07;

// The corners of a line from `from` to `to`: a reporting line goes down, across and down, wherever there is room.
export function cornersOf(kind, from, to) {
  if (kind !== "rep") return [from, to];
  const top = from.y + CARD.height / 2, bottom = to.y - CARD.height / 2;
  if (bottom < top + TURN) return [from, to];
  return [{ x: from.x, y: top }, { x: from.x, y: top + TURN }, { x: to.x, y: top + TURN }, { x: to.x, y: bottom }];
}

export class Lines {
  edges = [];
  #spots = new Map();
  #drawn = null;

  constructor() {
    this.sheet = h("canvas", { class: "pm-layer pm-ground", "aria-hidden": "true" });
  }

  // `edges`: [{id, kind, source, target, strength}]; `spots`: where everybody lies, by id.
  set(edges, spots) {
    this.edges = edges;
    this.#spots = spots;
    this.#drawn = null;
  }

  move(id, { x, y }) {
    this.#spots.set(id, { x, y });
    this.#drawn = null;
  }

  // New colours, or other lines to bring out.
  stale() {
    this.#drawn = null;
  }

  cornersOf(edge) {
    const from = this.#spots.get(edge.source), to = this.#spots.get(edge.target);
    return from && to ? cornersOf(edge.kind, from, to) : [];
  }

  // The lines that are drawn, in view or not.
  get shown() {
    const { all, hot } = this;
    return this.edges.filter((edge) => all || edge.kind === "rep" || isNear(edge, hot));
  }

  // `hot`: whose lines stand out; `all`: whether the influence of everybody else is drawn as well.
  draw({ zoom, pan, width, height, inks, faded, hot, all }) {
    const { sheet, edges } = this;
    Object.assign(this, { all, hot });
    const dense = devicePixelRatio || 1;
    const now = edges.length ? [zoom, pan.x, pan.y, width, height, dense, all].join() : "nothing";
    if (this.#drawn === now) return;
    this.#drawn = now;
    if (sheet.width !== Math.round(width * dense) || sheet.height !== Math.round(height * dense)) {
      sheet.width = Math.round(width * dense);
      sheet.height = Math.round(height * dense);
    }
    const pen = sheet.getContext("2d");
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, sheet.width, sheet.height);
    if (!edges.length) return;
    pen.setTransform(zoom * dense, 0, 0, zoom * dense, pan.x * dense, pan.y * dense);
    const view = { left: -pan.x / zoom, top: -pan.y / zoom, right: (width - pan.x) / zoom, bottom: (height - pan.y) / zoom };
    // One stroke for all lines that look alike.
    const strokes = new Map();
    for (const edge of this.shown) {
      const near = isNear(edge, hot);
      const corners = this.cornersOf(edge);
      if (!corners.length || out(corners, view)) continue;
      const alpha = faded?.has(edge.id) ? FADED : near || edge.kind === "rep" ? 1 : CALM;
      const thick = near && edge.kind === "inf" ? lineWidth(edge.strength) : near ? 2 : edge.kind === "rep" ? 1.4 : 1;
      const look = `${edge.kind} ${alpha} ${thick}`;
      if (!strokes.has(look)) strokes.set(look, { kind: edge.kind, alpha, thick, path: new Path2D() });
      const { path } = strokes.get(look);
      corners.forEach((corner, at) => (at ? path.lineTo(corner.x, corner.y) : path.moveTo(corner.x, corner.y)));
    }
    for (const { kind, alpha, thick, path } of [...strokes.values()].sort((a, b) => a.alpha - b.alpha)) {
      pen.globalAlpha = alpha;
      pen.strokeStyle = inks[INKS[kind]];
      // Far out, a line is still a line.
      pen.lineWidth = Math.max(thick, 0.6 / zoom);
      pen.setLineDash(kind === "con" ? [6, 4] : []);
      pen.stroke(path);
    }
  }
}

function isNear(edge, who) {
  return Boolean(who) && (edge.source === who || edge.target === who);
}

// Whether a line cannot touch the view: all of its corners lie beyond the same side.
function out(corners, { left, top, right, bottom }) {
  return corners.every(({ x }) => x < left) || corners.every(({ x }) => x > right) || corners.every(({ y }) => y < top) || corners.every(({ y }) => y > bottom);
}
