// Where words go among many marks: quadrant labels avoid the bubbles, names avoid everything.
import { quadrantLines } from "./quadrant-words.js";
import { FONT } from "./theme.js";

let context = null;
function measure(text, font) {
  context ??= document.createElement("canvas").getContext("2d");
  context.font = font;
  return context.measureText(text).width;
}

function overlap(a, b) {
  return Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
}

function rectangle(left, top, width, height) {
  return { left, top, width, height, right: left + width, bottom: top + height };
}

const box = (mark) => ({ left: mark.x - mark.r, right: mark.x + mark.r, top: mark.y - mark.r, bottom: mark.y + mark.r });

// How much ink a rectangle would lie on.
function crowding(rect, marks) {
  return marks.reduce((sum, mark) => sum + overlap(rect, box(mark)), 0);
}

// One label per quadrant, inside it, at the place with the fewest marks; the outer corner when it makes no difference.
// Compact (name and count) where a quadrant is small or crowded everywhere, shape and count where even that is too wide.
export function placeQuadrants(data, g, where, area) {
  const places = [];
  for (const quadrant of data.quadrants) {
    const side = where.get(quadrant.class);
    if (!side) continue;
    const room = {
      left: side.right ? g.cutX : g.plot.left,
      right: side.right ? g.plot.right : g.cutX,
      top: side.top ? g.plot.top : g.cutY,
      bottom: side.top ? g.cutY : g.plot.bottom,
    };
    const lines = quadrantLines(quadrant, data);
    const title = measure(`${quadrant.name}  ${quadrant.count}`, `620 13px ${FONT}`) + 34;
    const full = Math.min(200, Math.max(title, ...lines.map((line) => measure(line, `12px ${FONT}`) + 10), measure(quadrant.advice ?? "", `12px ${FONT}`) + 12));
    const wraps = Math.ceil((measure(quadrant.advice ?? "", `12px ${FONT}`) + 12) / full) || 0;
    const sizes = [
      { width: full, height: 21 + 17 * (lines.length + (quadrant.advice ? wraps : 0)) + 4, compact: false },
      { width: title, height: 25, compact: true },
      { width: measure(String(quadrant.count), `620 13px ${FONT}`) + 28, height: 25, compact: true, tiny: true },
    ];
    let best = null;
    for (const size of sizes) {
      const fits = room.right - room.left >= size.width + (size.compact ? 6 : 20) && room.bottom - room.top >= size.height + (size.compact ? 2 : 12);
      if (!fits && !size.tiny) continue;
      for (const [preference, spot] of spots(room, size, side).entries()) {
        const taken = places.reduce((sum, other) => sum + overlap(spot, other), 0);
        const cost = crowding(spot, g.marks) + taken * 4 + cutLabels(spot, g) * 2 + preference * 12 + (size.compact ? 2600 : 0) + (size.tiny ? 4000 : 0);
        if (!best || cost < best.cost) best = { ...spot, cost, compact: size.compact, tiny: Boolean(size.tiny), quadrant, crowded: crowding(spot, g.marks) > 0, alignRight: spot.left + spot.width / 2 > (room.left + room.right) / 2 };
      }
    }
    if (best) {
      best.left = Math.max(2, Math.min(best.left, area.width - best.width - 2));
      places.push(best);
    }
  }
  return places.map((place) => ({ ...place, rect: rectangle(place.left, place.top, place.width, place.height) }));
}

// "cut $1k" beside the top of its line, "cut $4k" at the right end of its own.
function cutLabels(spot, g) {
  return overlap(spot, rectangle(g.cutX - 66, g.plot.top, 64, 20)) + overlap(spot, rectangle(g.plot.right - 66, g.cutY + 2, 66, 20));
}

function spots(room, size, side) {
  const left = room.left + 8;
  const right = room.right - size.width - 8;
  const top = room.top + 6;
  const bottom = room.bottom - size.height - 6;
  const middle = (left + right) / 2;
  const centre = (top + bottom) / 2;
  const outerX = side.right ? right : left;
  const innerX = side.right ? left : right;
  const outerY = side.top ? top : bottom;
  const innerY = side.top ? bottom : top;
  return [[outerX, outerY], [innerX, outerY], [outerX, innerY], [middle, outerY], [outerX, centre], [innerX, innerY], [innerX, centre], [middle, innerY]].map(([x, y]) => rectangle(x, y, size.width, size.height));
}

// Names for the marks that stand out: the largest, and the farthest from the middle. None covers another label,
// none leaves the plot, none hides a crowd.
export function namePoints(g, quadrantPlaces, most = g.width < 420 ? 3 : 7) {
  const chosen = new Map();
  if (!g.marks.length) return chosen;
  const middle = { x: median(g.marks.map((mark) => mark.x)), y: median(g.marks.map((mark) => mark.y)) };
  const far = (mark) => Math.hypot((mark.x - middle.x) / g.width, (mark.y - middle.y) / g.height);
  const largest = Math.max(...g.marks.map((mark) => mark.r));
  const ranked = g.marks.map((mark) => ({ mark, score: mark.r / largest + far(mark) * 1.6 })).sort((a, b) => b.score - a.score).slice(0, 60);
  const taken = quadrantPlaces.map((place) => place.rect);
  for (const { mark } of ranked) {
    if (chosen.size >= most) break;
    const text = mark.name.length > 34 ? `${mark.name.slice(0, 32).trimEnd()}…` : mark.name;
    const width = measure(text, `550 12px ${FONT}`) + 4;
    const gap = mark.r + 5;
    const options = [
      ["right", rectangle(mark.x + gap, mark.y - 8, width, 16)],
      ["left", rectangle(mark.x - gap - width, mark.y - 8, width, 16)],
      ["top", rectangle(mark.x - width / 2, mark.y - gap - 16, width, 16)],
      ["bottom", rectangle(mark.x - width / 2, mark.y + gap, width, 16)],
    ];
    const free = options
      .filter(([, rect]) => rect.left >= g.plot.left && rect.right <= g.plot.right && rect.top >= g.plot.top && rect.bottom <= g.plot.bottom)
      .filter(([, rect]) => taken.every((other) => overlap(rect, other) === 0))
      .map(([position, rect]) => ({ position, rect, cost: crowding(rect, g.marks) + (rect.left < g.cutX && rect.right > g.cutX ? 60 : 0) + (rect.top < g.cutY && rect.bottom > g.cutY ? 60 : 0) }))
      .filter((place) => place.cost < width * 2.5)
      .sort((a, b) => a.cost - b.cost)[0];
    if (!free) continue;
    taken.push(free.rect);
    chosen.set(mark.index, { text, position: free.position });
  }
  return chosen;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
