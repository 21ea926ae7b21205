// The map as an SVG document: for files and for printing. Every text is escaped. Pure.
import { CARD, PILL, attitudeOf, initials } from "./map-model.js";
import { signed } from "./map-words.js";
import { ZONES } from "./map-zones.js";

const FONT = "Inter, system-ui, sans-serif";

export function escape(text) {
  // Control characters have no place in XML, not even escaped.
  return String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function tag(name, attributes, ...inside) {
  const written = Object.entries(attributes).filter(([, value]) => value !== null && value !== undefined).map(([key, value]) => ` ${key}="${escape(value)}"`).join("");
  return inside.length ? `<${name}${written}>${inside.join("")}</${name}>` : `<${name}${written}/>`;
}

// Text that ends with … where it would run over `width`, by the usual breadth of a letter.
export function fitted(text, width, size) {
  const most = Math.max(1, Math.floor(width / (size * 0.54)));
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}\u2026` : text;
}

function words(x, y, text, size, colour, more = {}) {
  return tag("text", { x, y, "font-size": size, fill: colour, ...more }, escape(text));
}

function card(node, { x, y }, scene) {
  const { c, model, roleWords } = scene;
  const left = x - CARD.width / 2, top = y - CARD.height / 2;
  const attitude = attitudeOf(node), gone = model.hasLeft(node);
  const ink = { for: c["keep-ink"], against: c["cut-ink"], neutral: c["none-ink"], unknown: c.ink3 }[attitude];
  const frame = node.is_placeholder ? { stroke: c.line2, "stroke-dasharray": "5 4" } : model.isExposed(node) ? { stroke: c.cut, "stroke-dasharray": "5 4", "stroke-width": 1.8 } : { stroke: c["line-mid"] };
  const parts = [tag("rect", { x: left, y: top, width: CARD.width, height: CARD.height, rx: 11, fill: c.surface, ...frame })];
  if (node.is_placeholder) {
    parts.push(words(left + 14, top + 44, fitted(node.name, 156, 13), 13, c.ink, { "font-weight": 620 }), words(left + 14, top + 62, "Not known yet", 12, c.ink3));
    return tag("g", {}, tag("title", {}, escape(node.name)), ...parts);
  }
  const edge = { for: [c.keep, null], against: [c.cut, "5 3"], neutral: [c.ghost, null], unknown: [c.ghost, null] }[attitude];
  parts.push(tag("line", { x1: left + 2.5, x2: left + 2.5, y1: top + 9, y2: top + CARD.height - 9, stroke: edge[0], "stroke-width": 4, "stroke-dasharray": edge[1] }));
  parts.push(tag("circle", { cx: left + 25, cy: top + 25, r: 12, fill: c["none-tint"] }), words(left + 25, top + 29, initials(node.name), 10.5, ink, { "font-weight": 650, "text-anchor": "middle" }));
  parts.push(words(left + 44, top + 23, fitted(node.name, 132, 13), 13, gone ? c.ink3 : c.ink, { "font-weight": 620, "text-decoration": gone ? "line-through" : null }));
  parts.push(words(left + 44, top + 37, fitted(gone ? "has left" : node.title ?? "", 132, 12), 12, c.ink3));
  const member = model.coverOf(node);
  const roles = node.roles.slice(0, 2).map((role) => roleWords.get(role) ?? role).join(", ");
  parts.push(words(left + 13, top + 62, fitted(roles || "no role known", 108, 11.5), 11.5, node.roles.includes("decider") ? c.ink : c.ink2, { "font-weight": node.roles.includes("decider") ? 700 : 560 }));
  parts.push(words(left + CARD.width - 11, top + 62, member ? initials(member.name) : "nobody", 11.5, member ? c.ink2 : c["cut-ink"], { "text-anchor": "end", "font-weight": member ? 400 : 640 }));
  parts.push(words(left + 13, top + 86, signed(node.attitude), 12, ink, { "font-weight": 620 }));
  parts.push(tag("rect", { x: left + 48, y: top + 79, width: 34, height: 5, rx: 2.5, fill: c.ghost }), tag("rect", { x: left + 48, y: top + 79, width: 3.4 * (node.power ?? 0), height: 5, rx: 2.5, fill: c.ink2 }), words(left + 88, top + 86, node.power ?? "?", 12, c.ink, { "font-weight": 620 }));
  for (let at = 0; at < 5; at += 1) parts.push(tag("circle", { cx: left + 134 + at * 9, cy: top + 82, r: 3, fill: at < (node.strength ?? 0) ? c.accent : "none", stroke: at < (node.strength ?? 0) ? c.accent : c.line2 }));
  return tag("g", {}, tag("title", {}, escape(node.name)), ...parts);
}

function pill(member, { x, y }, { c }) {
  const left = x - PILL.width / 2, top = y - PILL.height / 2;
  return tag("g", {}, tag("rect", { x: left, y: top, width: PILL.width, height: PILL.height, rx: 22, fill: c.surface, stroke: c["line-mid"] }),
    tag("circle", { cx: left + 23, cy: y, r: 12, fill: c["none-tint"] }), words(left + 23, y + 4, initials(member.name), 10.5, c["none-ink"], { "font-weight": 650, "text-anchor": "middle" }),
    words(left + 42, y - 2, fitted(member.name, 132, 13), 13, c.ink, { "font-weight": 600 }), words(left + 42, y + 13, fitted(member.roles.join(", "), 132, 12), 12, c.ink3));
}

function label(text, { x, y }, colour, c) {
  const width = text.length * 6.4 + 8;
  return tag("g", {}, tag("rect", { x: x - width / 2, y: y - 8.5, width, height: 17, rx: 4, fill: c.surface }), words(x, y + 4, text, 11.5, colour, { "font-weight": 600, "text-anchor": "middle" }));
}

function zone(box, { c }) {
  const { word } = ZONES[box.zone];
  const [tint, mark, ink, dash] = { power: [c["hold-tint"], c.hold, c["hold-ink"], null], threat: [c["cut-tint"], c.cut, c["cut-ink"], "6 4"], receptive: [c["keep-tint"], c.keep, c["keep-ink"], "1.5 4"] }[box.zone];
  return tag("g", {}, tag("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top, rx: 26, fill: tint, "fill-opacity": 0.5, stroke: mark, "stroke-width": 1.6, "stroke-dasharray": dash, "stroke-linecap": "round" }),
    label(word, { x: box.left + 16 + word.length * 3.4, y: box.zone === "receptive" ? box.bottom : box.top }, ink, c));
}

// `scene`: {title, subtitle, model, roleWords, c (tokens), nodes: [{id, x, y}], edges: [{kind, path, label, middle, width, head}], frames, laneTop}
export function svgOf(scene) {
  const { c, model } = scene;
  const xs = scene.nodes.map((node) => node.x), ys = scene.nodes.map((node) => node.y);
  const left = Math.min(...xs, 0) - 130, right = Math.max(...xs, 0) + 130, top = Math.min(...ys, 0) - 130, bottom = Math.max(...ys, 0) + 90;
  const width = Math.ceil(right - left), height = Math.ceil(bottom - top);
  const stroke = { rep: c.line2, inf: c.hold, con: c.cut, path: c.accent, tie: c.line2 };
  const ink = { inf: c["hold-ink"], con: c["cut-ink"], path: c["accent-ink"] };
  const lines = scene.edges.map((edge) => tag("path", { d: edge.path, fill: "none", stroke: stroke[edge.kind], "stroke-width": edge.width, "stroke-dasharray": edge.kind === "con" ? "6 4" : null, "marker-end": edge.kind === "inf" ? "url(#inf)" : edge.kind === "path" ? "url(#way)" : null }));
  const labels = scene.edges.filter((edge) => edge.label).map((edge) => label(edge.label, edge.middle, ink[edge.kind] ?? c.ink2, c));
  const head = (id, colour) => tag("marker", { id, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 11, markerHeight: 11, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" }, tag("path", { d: "M0 0L10 5L0 10z", fill: colour }));
  const cards = scene.nodes.map((node) => (model.people.has(node.id) ? card(model.people.get(node.id), node, scene) : model.ours.has(node.id) ? pill(model.ours.get(node.id), node, scene) : ""));
  const lane = model.ours.size ? [tag("rect", { x: left, y: scene.laneTop, width, height: bottom - scene.laneTop, fill: c.sunken }), words(left + 18, scene.laneTop + 26, "Our side", 12.5, c.ink2, { "font-weight": 600 })] : [];
  return `<?xml version="1.0" encoding="UTF-8"?>\n${tag("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `${left} ${top} ${width} ${height}`, width, height, "font-family": FONT, role: "img", "aria-label": scene.title },
    tag("title", {}, escape(scene.title)), tag("defs", {}, head("inf", c.hold), head("way", c.accent)),
    tag("rect", { x: left, y: top, width, height, fill: c.surface }), ...lane,
    words(left + 24, top + 40, scene.title, 20, c.ink, { "font-weight": 640 }), words(left + 24, top + 62, scene.subtitle, 13, c.ink3),
    ...scene.frames.map((box) => zone(box, scene)), ...lines, ...cards, ...labels)}`;
}
