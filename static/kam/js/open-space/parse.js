// What people type or paste, as values: money with separators of either style, percentages, words, blanks.
// Pure: no document, no clock; tests/planning/test_open_space_js.py runs it in Node.

const BLANK = new Set(["", "-", "–", "—", "n/a", "na", "none", "not known", "unknown", "?"]);
const LARGEST = 1e14;
const FACTORS = { k: 1e3, t: 1e3, m: 1e6, mn: 1e6, mio: 1e6, b: 1e9, bn: 1e9 };
const GROUPS = /[\s\u00a0\u202f\u2009'’_]/g;

export class Unreadable extends Error {}

export function isBlank(text) {
  return BLANK.has(String(text ?? "").trim().toLowerCase());
}

// Cells of a copied block. Spreadsheets quote a cell that holds a tab, a line break or a quote.
export function parseTsv(text) {
  const rows = [[]];
  let cell = "", quoted = false, started = false;
  const source = String(text).replace(/\r\n?/g, "\n");
  for (let at = 0; at < source.length; at += 1) {
    const char = source[at];
    if (quoted) {
      if (char !== '"') cell += char;
      else if (source[at + 1] === '"') { cell += '"'; at += 1; } else quoted = false;
    } else if (char === '"' && !started) { quoted = true; started = true; }
    else if (char === "\t") { rows.at(-1).push(cell); cell = ""; started = false; }
    else if (char === "\n") { rows.at(-1).push(cell); rows.push([]); cell = ""; started = false; }
    else { cell += char; started = true; }
  }
  rows.at(-1).push(cell);
  // Excel ends a block with a line break; that is no further row.
  if (rows.length > 1 && rows.at(-1).length === 1 && rows.at(-1)[0] === "") rows.pop();
  const width = Math.max(...rows.map((row) => row.length));
  return rows.map((row) => [...row, ...Array(width - row.length).fill("")]);
}

// A block for the clipboard. What a spreadsheet would run as a formula is made text.
export function toTsv(rows) {
  return rows.map((row) => row.map((value) => {
    if (value === null || value === undefined) return "";
    const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
    return /["\t\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join("\t")).join("\n");
}

// Which sign marks decimals, if any of these texts gives it away: "1.234,56" and "12,5" say a comma.
export function decimalSign(texts) {
  const found = new Set();
  for (const raw of texts) {
    const text = String(raw).replace(/[^\d.,]/g, "");
    const last = Math.max(text.lastIndexOf("."), text.lastIndexOf(","));
    if (last < 0) continue;
    const sign = text[last], other = sign === "." ? "," : ".";
    const once = text.indexOf(sign) === last;
    if (text.includes(other) && once) found.add(sign);
    else if (!once) found.add(other);
    else if (text.length - last - 1 !== 3 || last === 0 || /^0+[.,]/.test(text)) found.add(sign);
  }
  return found.size === 1 ? [...found][0] : null;
}

function plainNumber(text, decimal) {
  let digits = text.replace(GROUPS, "");
  if (!/^[+\u2212-]?[\d.,]*\d[\d.,]*$/.test(digits)) return null;
  const sign = decimalSign([digits]) ?? decimal;
  const signs = (digits.match(/[.,]/g) ?? []).length;
  if (signs === 0) return Number(digits.replace("\u2212", "-"));
  if (sign === null || sign === undefined) {
    // "1,234" and "1.234" alone: three digits behind one sign are thousands in an amount of money.
    digits = digits.replace(/[.,]/g, "");
  } else {
    const other = sign === "." ? "," : ".";
    const whole = digits.split(sign)[0];
    const groups = whole.replace(/^[+\u2212-]/, "").split(other);
    if (digits.split(sign).length > 2 || digits.split(sign)[1]?.includes(other)) return null;
    if (groups.length > 1 && (groups[0].length > 3 || groups.slice(1).some((group) => group.length < 2 || group.length > 3))) return null;
    digits = digits.replaceAll(other, "").replace(sign, ".");
  }
  const value = Number(digits.replace("\u2212", "-"));
  return Number.isFinite(value) ? value : null;
}

// An amount a year in the base currency: 240000, 240,000.50, 240.000,50, 240k, $1.2m; null for a blank.
export function parseMoney(raw, decimal = null) {
  if (isBlank(raw)) return null;
  let text = String(raw).trim();
  if (/%/.test(text)) throw new Unreadable("is a percentage; an amount a year is expected");
  let factor = 1;
  const suffix = /(\d[.,]?)\s*([a-z]{1,3})\.?$/i.exec(text);
  if (suffix && suffix[2].toLowerCase() in FACTORS) {
    factor = FACTORS[suffix[2].toLowerCase()];
    text = text.slice(0, text.length - suffix[0].length) + suffix[1];
  }
  text = text.replace(/^[\p{Sc}\s]+|[\p{Sc}\s]+$/gu, "").replace(/^[a-z]{2,3}\s*(?=\d)|(?<=\d)\s*[a-z]{3}$/gi, "");
  // "1.2m": with a factor behind it one sign can only mark decimals, whatever follows it.
  const only = text.match(/[.,]/g);
  const value = plainNumber(text, factor > 1 && only?.length === 1 ? only[0] : decimal);
  if (value === null) throw new Unreadable("is not a number");
  if (value < 0 || Object.is(value, -0)) throw new Unreadable("is below zero; a potential is zero or more");
  const amount = Math.round(value * factor * 1e4) / 1e4;
  if (amount > LARGEST) throw new Unreadable("is too large");
  return amount;
}

// A probability as a ratio: 35 %, 35, 0.35 and 0,35 are the same; null for a blank.
export function parseRatio(raw) {
  if (isBlank(raw)) return null;
  const text = String(raw).trim();
  const percent = text.includes("%");
  const value = plainNumber(text.replace("%", "").trim().replace(",", "."), ".");
  if (value === null) throw new Unreadable("is not a percentage");
  const ratio = percent || value > 1 ? value / 100 : value;
  if (ratio < 0 || ratio > 1) throw new Unreadable("is not between 0 and 100 %");
  return Math.round(ratio * 1e6) / 1e6;
}

export function parseWords(raw, longest = 120) {
  const text = String(raw ?? "").replace(/\s+/g, " ").trim();
  if (text.length > longest) throw new Unreadable(`is longer than ${longest} characters`);
  return text === "" || text === "–" ? null : text;
}

const GROWTH = { upsell: "up_sell", crosssell: "cross_sell", cocreation: "co_creation" };

export function parseGrowth(raw) {
  if (isBlank(raw)) return null;
  const word = String(raw).toLowerCase().replace(/[^a-z]/g, "");
  if (!(word in GROWTH)) throw new Unreadable("is not up-sell, cross-sell or co-creation");
  return GROWTH[word];
}

// "1, 3" → the first and the third factor of the list.
export function parseFactors(raw, factors) {
  if (isBlank(raw)) return [];
  const numbers = String(raw).split(/[\s,;]+/).filter(Boolean).map(Number);
  const wrong = numbers.find((number) => !Number.isInteger(number) || number < 1 || number > factors.length);
  if (wrong !== undefined) throw new Unreadable(factors.length ? `is not a list of factors 1 to ${factors.length}` : "names a success factor; this account has none");
  return [...new Set(numbers)].map((number) => factors[number - 1].id).sort();
}

export function parseField(field, raw, { decimal = null, factors = [] } = {}) {
  if (field === "potential") return parseMoney(raw, decimal);
  if (field === "probability") return parseRatio(raw);
  if (field === "growth_type_override") return parseGrowth(raw);
  if (field === "csfs") return parseFactors(raw, factors);
  return parseWords(raw);
}
