// Scales and chosen ticks.

// Signed square root: keeps the sign, calms long tails on both sides of zero.
export const SCALES = {
  root: { to: (v) => Math.sign(v) * Math.sqrt(Math.abs(v)), from: (v) => Math.sign(v) * v * v },
  linear: { to: (v) => v, from: (v) => v },
};

function candidates(limit) {
  const found = [];
  for (let power = Math.floor(Math.log10(Math.max(limit, 1e-9))); power > -4 && found.length < 16; power -= 1) {
    for (const step of [5, 2, 1]) {
      const value = step * 10 ** power;
      if (value <= limit) found.push(value);
    }
  }
  return found;
}

// Few ticks, zero first, then from the outside in, none closer than `apart` pixels. `pixel` maps a scaled value.
export function chooseTicks(min, max, scale, pixel, apart = 54) {
  const { to } = SCALES[scale];
  const chosen = [];
  const free = (value) => chosen.every((other) => Math.abs(pixel(to(other)) - pixel(to(value))) >= apart);
  if (min <= 0 && max >= 0) chosen.push(0);
  const limit = Math.max(Math.abs(min), Math.abs(max));
  for (const size of candidates(limit)) {
    for (const value of [size, -size]) {
      if (value >= min && value <= max && free(value)) chosen.push(value);
    }
  }
  return chosen.sort((a, b) => a - b);
}

// Even steps of 1, 2, 2.5 or 5 for a linear money axis, about `count` of them, covering min…max.
export function niceSteps(min, max, count = 5) {
  const span = max - min || Math.abs(max) || 1;
  const raw = span / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((s) => s * power).find((s) => s >= raw);
  const ticks = [];
  for (let value = Math.ceil(min / step - 1e-9) * step; value <= max + step * 1e-9; value += step) ticks.push(Math.abs(value) < step * 1e-9 ? 0 : value);
  return ticks;
}

// Drops every tick that would touch a more important neighbour; the first ones in the list matter most.
export function spaced(values, pixel, apart) {
  const kept = [];
  for (const value of values) {
    if (value !== null && value !== undefined && kept.every((other) => Math.abs(pixel(other) - pixel(value)) >= apart)) kept.push(value);
  }
  return kept.sort((a, b) => a - b);
}
