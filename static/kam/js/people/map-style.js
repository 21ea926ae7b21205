// How the canvas draws people and lines, from the design tokens (LOOK §6); rebuilt when the theme changes.
const NAMES = ["canvas", "surface", "sunken", "line", "line-mid", "line2", "ghost", "ink", "ink2", "ink3", "accent", "accent-ink", "accent-tint", "keep", "keep-ink", "keep-tint", "hold", "hold-ink", "hold-tint", "cut", "cut-ink", "cut-tint", "none-tint", "none-ink"];
export const FONT = "Inter Variable, Inter, sans-serif";

export function tokens() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

export function lineWidth(strength) {
  return 0.8 + 0.6 * strength;
}

const mark = { for: "keep", against: "cut", neutral: "line2", unknown: "line2" };

export function canvasStyle(c) {
  const text = { "font-family": FONT, "font-size": 11.5, "font-weight": 600, "text-background-color": c.surface, "text-background-opacity": 1, "text-background-padding": 3, "text-background-shape": "round-rectangle", "min-zoomed-font-size": 6 };
  return [
    { selector: "node", style: { shape: "round-rectangle", width: 184, height: 100, "background-opacity": 0, "border-width": 0, "overlay-opacity": 0 } },
    { selector: "node.ours", style: { width: 182, height: 46 } },
    // Below the zoom at which cards can be read: plain shapes, with the sign of the attitude on their edge.
    { selector: "node.plain", style: { "background-color": c.surface, "background-opacity": 1, "border-width": 3, "border-color": (node) => c[mark[node.data("attitude")] ?? "line2"], "border-style": (node) => (node.data("attitude") === "against" ? "dashed" : "solid"), label: "data(short)", color: c.ink, "font-family": FONT, "font-size": 24, "font-weight": 600, "text-valign": "center", "text-halign": "center", "text-wrap": "ellipsis", "text-max-width": 168, "min-zoomed-font-size": 6 } },
    { selector: "node.plain.unknown", style: { "border-style": "dashed", "border-color": c.line2, color: c.ink3 } },
    { selector: "node.plain.exposed", style: { "border-width": 6, "border-style": "dashed", "border-color": c.cut } },
    { selector: "node.plain.left", style: { color: c.ink3, "background-color": c.sunken } },
    { selector: "node.plain.ours", style: { "border-color": c["line-mid"], "border-width": 2, "border-style": "solid" } },
    { selector: "node.plain.selected", style: { "border-color": c.accent, "border-width": 8, "border-style": "solid" } },
    { selector: "edge", style: { "overlay-opacity": 0 } },
    { selector: "edge.rep", style: { "curve-style": "round-taxi", "taxi-direction": "vertical", "taxi-turn": 21, "taxi-radius": 8, width: 1.4, "line-color": c.line2, events: "no" } },
    { selector: "edge.line", style: { "curve-style": "unbundled-bezier", "control-point-distances": "data(bow)", "control-point-weights": 0.5, label: "data(label)", ...text } },
    { selector: "edge.inf", style: { width: (edge) => lineWidth(edge.data("strength")), "line-color": c.hold, "target-arrow-color": c.hold, "target-arrow-shape": "triangle", "arrow-scale": 1.05, color: c["hold-ink"] } },
    { selector: "edge.con", style: { width: 2, "line-style": "dashed", "line-dash-pattern": [6, 4], "line-color": c.cut, color: c["cut-ink"] } },
    { selector: "edge.straight", style: { "curve-style": "straight" } },
    { selector: "edge.tie", style: { "curve-style": "straight", width: 1.4, "line-style": "dotted", "line-color": c.line2, events: "no" } },
    { selector: "edge.path", style: { width: 4, "line-style": "solid", "line-color": c.accent, "target-arrow-color": c.accent, "target-arrow-shape": "triangle", "arrow-scale": 1.2, color: c["accent-ink"], "z-index": 9 } },
    { selector: "edge.path.first", style: { "curve-style": "unbundled-bezier", "control-point-distances": "data(bow)", "control-point-weights": 0.5, label: "data(label)", ...text, color: c["accent-ink"] } },
    { selector: "edge.chosen", style: { "line-outline-width": 3, "line-outline-color": c["accent-tint"] } },
    { selector: ".faded", style: { opacity: 0.25 } },
    { selector: ".off", style: { display: "none" } },
  ];
}
