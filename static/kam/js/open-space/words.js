// How figures and facts of a cell read, in the grid, in the panel and aloud.
import { money, number, percent } from "../format.js";

export const POSITIONS = { ours: "Ours", contested: "Contested", competitor: "Competitor ahead", unknown: "Unknown" };
export const GROWTH = { up_sell: "Up-sell", cross_sell: "Cross-sell", co_creation: "Co-creation" };
export const FIELD_WORDS = { potential: "Potential", probability: "Probability", competitor: "Competitor", position: "Position", contract_end: "Their contract ends", growth_type_override: "Growth type", note: "Note", owner: "Owner", csfs: "Success factors" };

export class Words {
  constructor(model, config) {
    Object.assign(this, { model, config });
    this.measure();
  }

  // One unit for the whole grid, said once in its corner: thousands as soon as the sums are in the millions.
  measure() {
    if (this.measured === this.model.grand) return;
    this.measured = this.model.grand;
    const size = Math.max(Math.abs(this.model.grand.current), this.model.grand.potential ?? 0);
    this.thousands = size >= 100000;
    this.letters = new Map();
    const taken = new Set();
    const names = [...new Set([...this.model.cells.values()].map((cell) => cell.competitor).filter(Boolean))].sort((a, b) => a.localeCompare(b));
    for (const name of names) {
      const short = [1, 2, 3].map((length) => name.slice(0, length)).find((text) => !taken.has(text)) ?? name.slice(0, 3);
      taken.add(short);
      this.letters.set(name, short);
    }
  }

  get unit() {
    const symbol = money(0, this.model.currency).replace(/[\d\s\u00a0]/g, "") || this.model.currency;
    return this.thousands ? `${symbol} thousand a year` : `${symbol} a year`;
  }

  // A figure of the grid, in its unit: 469; a small one keeps a decimal; a real zero is 0.
  short(value, signed = false) {
    if (value === null || value === undefined) return "";
    if (!this.thousands) return number(value, { signed });
    const size = Math.abs(value / 1000);
    return number(value / 1000, { signed, decimals: size > 0 && size < 9.95 ? 1 : 0 });
  }

  // The gap of a sum; one that holds an estimate says so.
  gap(sum) {
    return sum.gap === null ? "" : `${sum.estimated ? "≈ " : ""}${this.short(sum.gap, true)}`;
  }

  money(value, options) {
    return money(value, this.model.currency, options);
  }

  share(ratio) {
    return percent(ratio, { decimals: 0 });
  }

  letter(cell) {
    return cell.competitor ? this.letters.get(cell.competitor) ?? cell.competitor[0] : "?";
  }

  ownerName(id) {
    return this.config.members.find((member) => member.id === id)?.name ?? "somebody who left";
  }

  factor(id) {
    return this.model.factors.find((factor) => factor.id === id);
  }

  day(iso, style = {}) {
    const [year, month, day] = iso.split("-").map(Number);
    const where = (document.documentElement.dataset.locale ?? "en_GB").replace("_", "-");
    return new Intl.DateTimeFormat(where, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC", ...style }).format(Date.UTC(year, month - 1, day));
  }

  // "Nov 2025 to Oct 2026": the months of a window of sales.
  months({ first_month: first, last_month: last }) {
    return `${this.day(first, { day: undefined })} to ${this.day(last, { day: undefined })}`;
  }

  // "Feb ’27", short enough for a cell.
  monthOf(iso) {
    const [year, month, day] = iso.split("-").map(Number);
    const where = (document.documentElement.dataset.locale ?? "en_GB").replace("_", "-");
    return `${new Intl.DateTimeFormat(where, { month: "short", timeZone: "UTC" }).format(Date.UTC(year, month - 1, day)).slice(0, 4).replace("Sept", "Sep")} ’${String(year).slice(2)}`;
  }

  position(cell) {
    if (cell.position === "competitor") return cell.competitor ? `${cell.competitor} ahead` : "A competitor is ahead";
    if (cell.position === "contested") return cell.competitor ? `Contested by ${cell.competitor}` : "Contested";
    return POSITIONS[cell.position];
  }

  // The value of one field as text, for the conflict dialogue and for spoken changes.
  field(field, value) {
    if (value === null || value === undefined || (Array.isArray(value) && !value.length)) return field === "growth_type_override" ? "as computed" : "empty";
    if (field === "potential") return `${money(value, this.model.currency, { unit: "", decimals: Number.isInteger(value) ? 0 : 2 })} a year`;
    if (field === "probability") return percent(value, { decimals: 0 });
    if (field === "position") return POSITIONS[value];
    if (field === "growth_type_override") return GROWTH[value];
    if (field === "contract_end") return this.day(value);
    if (field === "owner") return this.ownerName(value);
    if (field === "csfs") return value.map((id) => this.factor(id)?.name ?? "a factor that is gone").join(", ");
    return String(value);
  }

  // What a screen reader hears of a cell; row and column names come first because the cell stands alone there.
  aloud(cell) {
    const { segment, line } = this.model.nameOf(cell.key);
    const parts = [`${line}, ${segment}:`];
    if (cell.shown === null) parts.push(cell.current ? `${this.money(cell.current)} sold, no potential entered` : "nothing entered");
    else parts.push(`${this.money(cell.current)} of ${cell.basis === "estimated" ? "an estimated " : ""}${this.money(cell.shown)}, gap ${this.money(cell.gap)}`);
    if (this.model.shows === "fiscal_year") parts.push(`${this.money(cell.fiscal)} sold in the fiscal year`);
    if (cell.position !== "unknown") parts.push(this.position(cell));
    if (cell.contract_end) parts.push(`contract ends ${this.day(cell.contract_end)}`);
    if (cell.csfs.length) parts.push(`${cell.csfs.length} success factor${cell.csfs.length > 1 ? "s" : ""}`);
    if (cell.rank && cell.rank <= 6) parts.push(`priority ${cell.rank}`);
    if (cell.opportunity) parts.push("has an opportunity");
    return parts.join(", ").replace(":,", ":");
  }

  // The priority with its numbers, as the engine multiplies them (K6).
  priority(cell) {
    if (cell.gap === null) return "No priority without a potential.";
    const factor = this.model.positionFactors[cell.position];
    const factors = cell.csfs.length === 1 ? "1 factor" : `${cell.csfs.length} factors`;
    return `${this.money(cell.gap)} gap × (1 + ${factors}) × ${number(factor, { decimals: String(factor).split(".")[1]?.length ?? 0 })} ${POSITIONS[cell.position].toLowerCase()} = ${this.money(cell.priority)}`;
  }
}
