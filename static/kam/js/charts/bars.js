// Upright bars with their figure, a few of them: years of a lifetime value, quarters.
//
// {rows: [{label, value, note?}], currency, value_label?, row_label?}
import { money, unitOf } from "../format.js";
import { FONT, tipContent } from "./theme.js";

export const empty = (data) => !data.rows?.length;

export function option(data, t, box) {
  const { c } = t;
  const values = data.rows.map((row) => row.value ?? 0);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const room = (high - low || 1) * 0.14;
  const unit = unitOf(Math.max(high, -low));
  const wide = Math.min(64, Math.max(12, (box.width - 40) / data.rows.length / 2.2));
  return {
    grid: t.grid({ left: 20, right: 20, top: 16, bottom: 32 }),
    tooltip: t.tooltip({ trigger: "item", formatter: (item) => tipContent(data.rows[item.dataIndex].label, [[data.value_label ?? "", money(data.rows[item.dataIndex].value, data.currency)]], data.rows[item.dataIndex].note ?? "") }),
    xAxis: t.axis({ type: "category", data: data.rows.map((row) => row.label), position: "bottom", axisLine: { show: false }, axisLabel: { hideOverlap: true, margin: 10 } }),
    yAxis: t.axis({ type: "value", show: false, min: low < 0 ? low - room : 0, max: high > 0 ? high + room : 0 }),
    series: [
      {
        type: "bar",
        barWidth: wide,
        animation: false,
        cursor: "default",
        data: data.rows.map((row) => ({ value: row.value, itemStyle: { color: row.value < 0 ? c.cut : c.accent, borderRadius: 2 }, label: { position: row.value < 0 ? "bottom" : "top" } })),
        label: { show: data.rows.length <= 16, formatter: (item) => money(item.value, data.currency, unit === "M" ? { unit } : {}), fontFamily: FONT, fontSize: 12, color: c.ink2 },
        labelLayout: { hideOverlap: true },
        markLine: t.rule({ data: [{ yAxis: 0 }] }),
      },
    ],
  };
}

export function table(data) {
  return { columns: [{ label: data.row_label ?? "", left: true }, { label: data.value_label ?? "Value" }], rows: data.rows.map((row) => [row.label, money(row.value, data.currency)]) };
}
