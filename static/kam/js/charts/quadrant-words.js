// The sums of a quadrant in words, for its label and its tile.
import { money } from "../format.js";

export function quadrantLines(quadrant, data) {
  const lines = [];
  if (quadrant.now !== null && quadrant.now !== undefined) lines.push(`${money(quadrant.now, data.currency)} now`);
  if (quadrant.expected !== null && quadrant.expected !== undefined) lines.push(`${money(quadrant.expected, data.currency, { signed: true })} expected`);
  if (quadrant.sales !== null && quadrant.sales !== undefined) lines.push(`${money(quadrant.sales, data.currency)} sales`);
  return lines;
}
