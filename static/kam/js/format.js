// Figures as LOOK §4 writes them: the twin of kam/common/formatting.py (tests/common/test_formatting_js.py compares).

const MINUS = "\u2212";
const NO_BREAK = "\u00a0";
export const NOT_KNOWN = "not known";

function locale() {
  return (globalThis.document?.documentElement.dataset.locale ?? "en_GB").replace("_", "-");
}

const formats = new Map();
function digits(value, decimals, where = locale()) {
  const key = `${where} ${decimals}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(where, { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: "always" }));
  }
  return formats.get(key).format(value);
}

const symbols = new Map();
export function currencySymbol(currency) {
  if (!currency) return "";
  if (!symbols.has(currency)) {
    const part = new Intl.NumberFormat("en-US", { style: "currency", currency }).formatToParts(0).find((p) => p.type === "currency").value;
    symbols.set(currency, /\p{L}$/u.test(part) ? part + NO_BREAK : part);
  }
  return symbols.get(currency);
}

// Half away from zero, as Decimal's ROUND_HALF_UP; the nudge undoes binary fractions such as 1.005.
function round(value, decimals) {
  const scale = 10 ** decimals;
  return (Math.sign(value) * Math.round(Math.abs(value) * scale * (1 + Number.EPSILON))) / scale;
}

function signOf(rounded, signed) {
  if (rounded < 0) return MINUS;
  return signed && rounded > 0 ? "+" : "";
}

export function number(value, { decimals = 0, signed = false, where } = {}) {
  if (value === null || value === undefined) return NOT_KNOWN;
  const rounded = round(Number(value), decimals);
  return signOf(rounded, signed) + digits(Math.abs(rounded), decimals, where);
}

export function unitOf(value) {
  const size = Math.abs(Number(value ?? 0));
  if (size >= 999500) return "M";
  return size >= 999.5 ? "k" : "";
}

export function money(value, currency, { unit, decimals, signed = false, where } = {}) {
  if (value === null || value === undefined) return NOT_KNOWN;
  const amount = Number(value);
  const chosen = unit ?? unitOf(amount);
  let [divisor, places] = { "": [1, 0], k: [1e3, 1], M: [1e6, 2] }[chosen];
  if (chosen === "k" && unit === undefined && Math.abs(amount) >= 99950) places = 0;
  if (chosen === "" && amount !== 0 && Math.abs(amount) < 1) places = 2;
  if (decimals !== undefined) places = decimals;
  const rounded = round(amount / divisor, places);
  return signOf(rounded, signed) + currencySymbol(currency) + digits(Math.abs(rounded), places, where) + chosen;
}

// An amount on an axis: as short as it can be without losing what was chosen (5,000 → $5k, 0 → 0).
export function tick(value, currency, unit = unitOf(value)) {
  if (value === 0) return "0";
  const scaled = Math.abs(value) / { "": 1, k: 1e3, M: 1e6 }[unit];
  const decimals = Number.isInteger(round(scaled, 6)) ? 0 : unit === "M" && !Number.isInteger(round(scaled * 10, 6)) ? 2 : 1;
  return money(value, currency, { unit, decimals });
}

export function moneyFull(value, currency, { decimals = 0 } = {}) {
  if (value === null || value === undefined) return NOT_KNOWN;
  const rounded = round(Number(value), decimals);
  return signOf(rounded, false) + currencySymbol(currency) + digits(Math.abs(rounded), decimals);
}

export function percent(ratio, { decimals = 1, signed = false, where } = {}) {
  if (ratio === null || ratio === undefined) return NOT_KNOWN;
  const rounded = round(Number(ratio) * 100, decimals);
  return `${signOf(rounded, signed)}${digits(Math.abs(rounded), decimals, where)}${NO_BREAK}%`;
}

// "2013-11" → "Nov 2013"
export function month(iso, style = "short") {
  const [year, index] = iso.split("-").map(Number);
  return new Intl.DateTimeFormat(locale(), { month: style, year: "numeric", timeZone: "UTC" }).format(Date.UTC(year, index - 1, 15)).replace("Sept", "Sep");
}
