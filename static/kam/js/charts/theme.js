// Colours and axis manners of every chart, read from the tokens at the moment of drawing (LOOK §7).

export const FONT = '"Inter Variable", Inter, sans-serif';
export const SHAPES = { keep: "circle", grow: "triangle", hold: "rect", cut: "diamond", none: "emptyCircle" };
const NAMES = ["surface", "sunken", "line", "line-mid", "line2", "ghost", "ink", "ink2", "ink3", "accent", "keep", "grow", "hold", "cut", "none"];

// A token such as the accent, and 0.55, as rgba(…).
export function alpha(hex, opacity) {
  const value = parseInt(hex.slice(1), 16);
  return `rgba(${value >> 16},${(value >> 8) & 255},${value & 255},${opacity})`;
}

export function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const c = Object.fromEntries(NAMES.map((name) => [name.replace("-", ""), style.getPropertyValue(`--${name}`).trim()]));
  const text = (extra) => ({ fontFamily: FONT, fontSize: 12, color: c.ink, ...extra });
  return {
    c,
    alpha,
    text,
    axisLabel: { color: c.ink3, fontFamily: FONT, fontSize: 11.5, hideOverlap: true },
    // No axis line, no ticks, hairlines only where asked for.
    axis: (extra = {}) => ({
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: false, lineStyle: { color: c.line } },
      nameTextStyle: { color: c.ink2, fontFamily: FONT, fontSize: 12 },
      ...extra,
      axisLabel: { color: c.ink3, fontFamily: FONT, fontSize: 11.5, ...extra.axisLabel },
    }),
    // outerBoundsMode none: the plot is exactly where we say, so that labels can be placed by arithmetic.
    grid: (extra) => ({ left: 60, right: 20, top: 22, bottom: 36, outerBoundsMode: "none", ...extra }),
    tooltip: (extra) => ({ appendTo: "body", confine: false, backgroundColor: c.surface, borderColor: c.linemid, borderWidth: 1, padding: [10, 12], textStyle: text({ fontSize: 12.5 }), className: "k-chart-float", transitionDuration: 0, ...extra }),
    line: (colour, extra = {}) => ({ type: "line", symbol: "none", animation: false, lineStyle: { color: colour, width: 2.25 }, ...extra }),
    rule: (extra = {}) => ({ silent: true, symbol: "none", animation: false, label: { show: false }, lineStyle: { color: c.linemid, type: "solid", width: 1 }, ...extra }),
    dash: { color: c.ink2, type: [4, 3], width: 1 },
  };
}

// The inside of a tooltip as nodes: no markup from data, no style attributes.
export function tipContent(title, facts = [], note = "") {
  const node = document.createElement("div");
  node.className = "k-chart-tip";
  const head = document.createElement("b");
  head.textContent = title;
  node.append(head);
  if (note) node.append(note);
  if (facts.length) {
    const list = document.createElement("dl");
    for (const [label, value] of facts) {
      const dt = document.createElement("dt");
      dt.textContent = label;
      const dd = document.createElement("dd");
      dd.textContent = value;
      list.append(dt, dd);
    }
    node.append(list);
  }
  return node;
}
