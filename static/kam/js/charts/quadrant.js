// Two measures with their cuts: Dubinsky–Ingram, loyalty × profitability, Fiocca, positioning (K8, K34, K9).
// Area = size, shape and colour = class, hollow = no potential entered. Drawn on a signed square root where money
// has long tails on both sides of zero. On a phone: four tiles with counts and sums instead.
//
// {kind, currency, size_label?,
//  axes: {x: {label, scale: "root" | "linear", unit: "money" | "score" | "ratio" | "number", min?, max?}, y: {…}},
//  cuts: {x, y, x_label, y_label},
//  quadrants: [{class, name, meaning, count, now: money | null, expected: money | null, advice, url?}],
//  points: [{id, name, x, y, size, class, hollow, url, facts: [[label, text], …]}]}
// A quadrant lies where its class's points lie: x and y at or above the cut are high.
import { money, number, percent, tick } from "../format.js";
import { namePoints, placeQuadrants } from "./labels.js";
import { quadrantLines } from "./quadrant-words.js";
import { SCALES, chooseTicks } from "./scales.js";
import { SHAPES, tipContent } from "./theme.js";

export const empty = (data) => !data.points?.length;

const GRID = { left: 72, right: 20, top: 10, bottom: 48 };

function write(value, unit, currency) {
  if (unit === "money") return tick(value, currency);
  if (unit === "ratio") return percent(value, { decimals: 0 });
  return number(value, { decimals: Number.isInteger(value) ? 0 : 1 });
}

// Scaled extent of one axis, with room for the largest bubble and for both sides of the cut.
function extent(data, key) {
  const axis = data.axes[key];
  const { to } = SCALES[axis.scale];
  const values = data.points.map((point) => to(point[key]));
  const cut = data.cuts?.[key];
  if (cut !== null && cut !== undefined) values.push(to(cut));
  let low = axis.min !== undefined ? to(axis.min) : Math.min(...values);
  let high = axis.max !== undefined ? to(axis.max) : Math.max(...values);
  const span = high - low || Math.abs(high) || 1;
  if (axis.min === undefined) low -= span * 0.07;
  if (axis.max === undefined) high += span * 0.07;
  if (cut !== null && cut !== undefined) {
    // A quadrant that nobody is in still has its ground, and room for its name.
    const below = data.points.some((point) => point[key] < cut);
    const above = data.points.some((point) => point[key] >= cut);
    low = Math.min(low, to(cut) - span * (below ? 0.16 : 0.4));
    high = Math.max(high, to(cut) + span * (above ? 0.16 : 0.4));
  }
  return [low, high];
}

// Where everything is, in pixels: shared by the canvas and by the labels over it.
export function geometry(data, box) {
  const [x0, x1] = extent(data, "x");
  const [y0, y1] = extent(data, "y");
  const width = box.width - GRID.left - GRID.right;
  const height = box.height - GRID.top - GRID.bottom;
  const px = (v) => GRID.left + ((v - x0) / (x1 - x0)) * width;
  const py = (v) => GRID.top + (1 - (v - y0) / (y1 - y0)) * height;
  const scaleX = SCALES[data.axes.x.scale];
  const scaleY = SCALES[data.axes.y.scale];
  const largest = Math.max(...data.points.map((point) => Math.max(0, point.size ?? 0)), 1e-9);
  const most = Math.min(34, Math.max(18, width / 24));
  const marks = data.points.map((point, index) => ({
    index,
    name: point.name,
    class: point.class,
    size: Math.max(0, point.size ?? 0),
    x: px(scaleX.to(point.x)),
    y: py(scaleY.to(point.y)),
    r: Math.max(5, Math.sqrt(Math.max(0, point.size ?? 0) / largest) * most) / 2,
  }));
  const cut = { x: scaleX.to(data.cuts.x), y: scaleY.to(data.cuts.y) };
  return { x0, x1, y0, y1, px, py, width, height, scaleX, scaleY, marks, cut, cutX: px(cut.x), cutY: py(cut.y), plot: { left: GRID.left, top: GRID.top, right: GRID.left + width, bottom: GRID.top + height } };
}

// On which side of the cuts a class lies: taken from its points, else from what is left over.
export function sides(data) {
  const placed = new Map();
  const named = new Set(data.quadrants.map((quadrant) => quadrant.class));
  for (const point of data.points) {
    // Accounts without a class lie anywhere and say nothing about a quadrant.
    if (named.has(point.class) && !placed.has(point.class)) placed.set(point.class, { right: point.x >= data.cuts.x, top: point.y >= data.cuts.y });
  }
  const all = [[false, true], [true, true], [false, false], [true, false]].map(([right, top]) => ({ right, top }));
  const taken = (side) => [...placed.values()].some((other) => other.right === side.right && other.top === side.top);
  const known = { undeveloped: [0, 1], desirable: [1, 1], undesirable: [0, 0], developed: [1, 0], vulture: [0, 1], friend: [1, 1], stranger: [0, 0], butterfly: [1, 0], key_easy: [0, 1], key_difficult: [1, 1], non_key_easy: [0, 0], non_key_difficult: [1, 0], strategic_security: [0, 1], strategic_partner: [1, 1], tactical_easy: [0, 0], tactical_profit: [1, 0] };
  for (const quadrant of data.quadrants) {
    if (placed.has(quadrant.class)) continue;
    const usual = known[quadrant.class] && { right: Boolean(known[quadrant.class][0]), top: Boolean(known[quadrant.class][1]) };
    const side = usual && !taken(usual) ? usual : all.find((other) => !taken(other));
    if (side) placed.set(quadrant.class, side);
  }
  return placed;
}

export function option(data, t, box) {
  const { c } = t;
  const g = geometry(data, box);
  const where = sides(data);
  const meaning = new Map(data.quadrants.map((quadrant) => [quadrant.class, quadrant.meaning]));
  const labels = namePoints(g, placeQuadrants(data, g, where, box));
  const range = (key) => (key === "x" ? [g.scaleX.from(g.x0), g.scaleX.from(g.x1)] : [g.scaleY.from(g.y0), g.scaleY.from(g.y1)]);
  const axis = (key, pixel, apart) => {
    const { unit, scale } = data.axes[key];
    // An axis that is fixed is read at its ends and at its cut.
    const ticks = unit === "score" || (data.axes[key].min !== undefined && data.axes[key].max !== undefined) ? [data.axes[key].min, data.cuts[key], data.axes[key].max].filter((v) => v !== undefined) : chooseTicks(...range(key), scale, pixel, apart);
    const { to, from } = key === "x" ? g.scaleX : g.scaleY;
    const [min, max] = key === "x" ? [g.x0, g.x1] : [g.y0, g.y1];
    return t.axis({
      type: "value",
      min,
      max,
      name: data.axes[key].label,
      nameLocation: "middle",
      nameGap: key === "x" ? 30 : 48,
      axisLabel: { customValues: ticks.map(to), formatter: (value) => write(Math.round(from(value) * 1e6) / 1e6, data.axes[key].unit, data.currency), hideOverlap: false },
      axisTick: { show: false, customValues: ticks.map(to) },
    });
  };
  const corner = (side) => [side.right ? g.x1 : g.x0, side.top ? g.y1 : g.y0];
  const grounds = data.quadrants.flatMap((quadrant) => {
    const side = where.get(quadrant.class);
    if (!side || !["keep", "grow", "hold"].includes(quadrant.meaning)) return [];
    const [x, y] = corner(side);
    return [[{ xAxis: g.cut.x, yAxis: g.cut.y, itemStyle: { color: t.alpha(c[quadrant.meaning], quadrant.meaning === "hold" ? 0.05 : 0.06) } }, { xAxis: x, yAxis: y }]];
  });
  const classes = [...new Set(data.points.map((point) => point.class))];
  const series = classes.map((name) => {
    const sense = meaning.get(name) ?? "none";
    return {
      type: "scatter",
      symbol: SHAPES[sense] === "emptyCircle" ? "circle" : SHAPES[sense],
      animation: false,
      z: sense === "cut" ? 2 : 3,
      // The largest first, so that small ones lie on top and can be reached.
      data: g.marks.filter((mark) => mark.class === name).sort((a, b) => b.size - a.size).map((mark) => {
        const point = data.points[mark.index];
        const hollow = point.hollow || sense === "none";
        const label = labels.get(mark.index);
        return {
          value: [g.scaleX.to(point.x), g.scaleY.to(point.y)],
          index: mark.index,
          symbolSize: mark.r * 2,
          cursor: point.url ? "pointer" : "default",
          itemStyle: hollow ? { color: t.alpha(c[sense], 0.06), borderColor: t.alpha(c[sense], 0.8), borderWidth: 1.1 } : { color: t.alpha(c[sense], 0.55), borderColor: c.surface, borderWidth: 1 },
          label: label ? { show: true, formatter: label.text, position: label.position, distance: 5, fontFamily: t.text().fontFamily, fontSize: 12, fontWeight: 550, color: c.ink, textBorderColor: c.surface, textBorderWidth: 3 } : { show: false },
          emphasis: { label: { show: Boolean(label) }, itemStyle: { borderColor: c.ink, borderWidth: 1.5 } },
        };
      }),
    };
  });
  const zero = (from, to) => ({ type: "line", silent: true, symbol: "none", animation: false, z: 1, data: [from, to], lineStyle: { color: c.line, width: 1 } });
  if (series[0]) {
    series[0].markArea = { silent: true, animation: false, data: grounds };
    series[0].markLine = t.rule({ lineStyle: { color: c.ink2, width: 1.25, type: [5, 4] }, data: [{ xAxis: g.cut.x }, { yAxis: g.cut.y }] });
  }
  return {
    grid: t.grid(GRID),
    tooltip: t.tooltip({ trigger: "item", formatter: (item) => {
      const point = data.points[item.data.index];
      const quadrant = data.quadrants.find((other) => other.class === point.class);
      const facts = [[data.axes.x.label, describe(point.x, data.axes.x.unit, data)], [data.axes.y.label, describe(point.y, data.axes.y.unit, data)]];
      if (data.size_label) facts.unshift([data.size_label, money(point.size, data.currency)]);
      return tipContent(point.name, mergeFacts(facts, point.facts), quadrant?.name ?? "");
    } }),
    xAxis: axis("x", g.px, 62),
    yAxis: axis("y", g.py, 34),
    series: [...series, ...(g.x0 < 0 && g.x1 > 0 ? [zero([0, g.y0], [0, g.y1])] : []), ...(g.y0 < 0 && g.y1 > 0 ? [zero([g.x0, 0], [g.x1, 0])] : [])],
  };
}

function describe(value, unit, data) {
  return unit === "money" ? money(value, data.currency) : write(value, unit, data.currency);
}

// The server's own facts win over ours of the same name.
function mergeFacts(ours, theirs = []) {
  const named = new Set(theirs.map(([label]) => label));
  return [...ours.filter(([label]) => !named.has(label)), ...theirs];
}

export const url = (data, event) => data.points[event.data?.index]?.url;

export function overlay(data, t, box, host) {
  for (const old of host.querySelectorAll(".k-quad-label, .k-cut-label, .k-quad-tiles")) old.remove();
  const tiles = document.createElement("div");
  tiles.className = "k-quad-tiles";
  const order = sides(data);
  const rank = (quadrant) => {
    const side = order.get(quadrant.class);
    return side ? (side.top ? 0 : 2) + (side.right ? 1 : 0) : 4;
  };
  for (const quadrant of [...data.quadrants].sort((a, b) => rank(a) - rank(b))) {
    const tile = quadrantNode(quadrant, data, "k-quad-tile");
    tiles.append(tile);
  }
  host.append(tiles);
  if (!box.width) return;
  const g = geometry(data, box);
  for (const place of placeQuadrants(data, g, order, box)) {
    const node = quadrantNode(place.quadrant, data, `k-quad-label${place.alignRight ? " is-right" : ""}${place.crowded ? " is-crowded" : ""}`, place);
    node.style.top = `${place.top}px`;
    node.style.left = `${place.left}px`;
    node.style.width = `${place.width}px`;
    host.append(node);
  }
  const cut = (text, left, top, end) => {
    if (!text) return;
    const node = document.createElement("span");
    node.className = `k-cut-label${end ? " is-end" : ""}`;
    node.textContent = text;
    node.style.left = `${left}px`;
    node.style.top = `${top}px`;
    host.append(node);
  };
  cut(data.cuts.x_label, g.cutX - 5, g.plot.top + 1, true);
  cut(data.cuts.y_label, g.plot.right - 4, g.cutY + 3, true);
}

const PATHS = { keep: ["circle", { cx: 5, cy: 5, r: 4.3 }], grow: ["path", { d: "M5 .6 9.7 9H.3z" }], hold: ["rect", { x: 1, y: 1, width: 8, height: 8, rx: 1 }], cut: ["path", { d: "M5 .2 9.8 5 5 9.8.2 5z" }], none: ["circle", { cx: 5, cy: 5, r: 3.6, fill: "none", stroke: "currentColor", "stroke-width": 1.8 }] };

function shape(meaning) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", `k-shape k-mark-${meaning}`);
  svg.setAttribute("viewBox", "0 0 10 10");
  svg.setAttribute("aria-hidden", "true");
  const [tag, attributes] = PATHS[meaning] ?? PATHS.none;
  const inner = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries({ fill: "currentColor", ...attributes })) inner.setAttribute(name, value);
  svg.append(inner);
  return svg;
}

function quadrantNode(quadrant, data, className, { compact = false, tiny = false } = {}) {
  const node = document.createElement("div");
  node.className = className;
  const head = document.createElement(quadrant.url ? "a" : "span");
  head.className = "k-quad-name";
  if (quadrant.url) head.href = quadrant.url;
  const count = document.createElement("b");
  count.className = "k-num";
  count.textContent = number(quadrant.count);
  const name = document.createElement("span");
  name.className = tiny ? "k-hidden-text" : "";
  name.textContent = quadrant.name;
  head.append(shape(quadrant.meaning), name, count);
  node.append(head);
  if (compact) return node;
  for (const text of quadrantLines(quadrant, data)) {
    const line = document.createElement("span");
    line.className = "k-quad-value";
    line.textContent = text;
    node.append(line);
  }
  if (quadrant.advice) node.append(quadrant.advice);
  return node;
}

export function table(data) {
  const name = new Map(data.quadrants.map((quadrant) => [quadrant.class, quadrant.name]));
  return {
    columns: [{ label: "Account", left: true }, { label: "Class", left: true }, ...(data.size_label ? [{ label: data.size_label }] : []), { label: data.axes.x.label }, { label: data.axes.y.label }],
    rows: [...data.points].sort((a, b) => b.size - a.size).map((point) => [point.url ? { text: point.name, url: point.url } : point.name, name.get(point.class) ?? point.class, ...(data.size_label ? [money(point.size, data.currency)] : []), describe(point.x, data.axes.x.unit, data), describe(point.y, data.axes.y.unit, data)]),
  };
}
