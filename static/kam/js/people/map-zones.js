// Zones as frames around people who lie together, none of them around somebody who is not in the zone (K14). Pure.
import { CARD } from "./map-model.js";

export const ZONES = {
  power: { word: "Power zone", icon: "crown", pad: 20 },
  threat: { word: "Threat zone", icon: "shield-exclamation", pad: 13 },
  receptive: { word: "Receptive zone", icon: "door-enter", pad: 16 },
};
// People further apart than this are framed one by one.
const NEAR = { x: 330, y: 130 };
const MOST_MERGED = 80;

function frame({ x, y }, pad) {
  return { left: x - CARD.width / 2 - pad, right: x + CARD.width / 2 + pad, top: y - CARD.height / 2 - pad, bottom: y + CARD.height / 2 + pad };
}

function union(a, b) {
  return { left: Math.min(a.left, b.left), right: Math.max(a.right, b.right), top: Math.min(a.top, b.top), bottom: Math.max(a.bottom, b.bottom) };
}

function touches(box, { x, y }) {
  return x + CARD.width / 2 > box.left && x - CARD.width / 2 < box.right && y + CARD.height / 2 > box.top && y - CARD.height / 2 < box.bottom;
}

function apart(a, b) {
  return { x: Math.max(0, Math.max(a.left, b.left) - Math.min(a.right, b.right)), y: Math.max(0, Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom)) };
}

// The frames of one zone: `inside` and `outside` are places of cards.
export function framesOf(inside, outside, pad) {
  let boxes = inside.map((place) => frame(place, pad));
  if (boxes.length > MOST_MERGED) return boxes;
  for (let merged = true; merged;) {
    merged = false;
    search: for (let one = 0; one < boxes.length; one += 1) {
      for (let other = one + 1; other < boxes.length; other += 1) {
        const gap = apart(boxes[one], boxes[other]);
        if (gap.x > NEAR.x || gap.y > NEAR.y || gap.x > 0 && gap.y > 0) continue;
        const both = union(boxes[one], boxes[other]);
        if (outside.some((place) => touches(both, place))) continue;
        boxes = [...boxes.filter((_, at) => at !== one && at !== other), both];
        merged = true;
        break search;
      }
    }
  }
  return boxes.sort((a, b) => a.top - b.top || a.left - b.left);
}

// All frames of the chosen zones: [{zone, left, right, top, bottom}], the largest first, so that small ones lie on top.
export function zoneFrames(nodes, placeOf, chosen) {
  const found = [];
  for (const zone of chosen) {
    const inside = nodes.filter((node) => node.zones.includes(zone)).map((node) => placeOf(node.id));
    const outside = nodes.filter((node) => !node.zones.includes(zone)).map((node) => placeOf(node.id));
    for (const box of framesOf(inside, outside, ZONES[zone].pad)) found.push({ zone, ...box });
  }
  const size = (box) => (box.right - box.left) * (box.bottom - box.top);
  return found.sort((a, b) => size(b) - size(a));
}
