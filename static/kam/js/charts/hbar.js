// Horizontal bars around zero, named and labelled: product lines, cost categories.
//
// {rows: [{label, value, url?}], currency, value_label?, row_label?}
import { money } from "../format.js";
import { FONT, tipContent } from "./theme.js";

const ROW = 25;
export const empty = (data) => !data.rows?.length;
export const height = (data) => Math.max(96, data.rows.length * ROW + 28);

export function option(data, t, box) {
  const { c } = t;
  const values = data.rows.map((row) => row.value ?? 0);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const context = document.createElement("canvas").getContext("2d");
  context.font = `12.5px ${FONT}`;
  const names = Math.min(box.width * 0.38, Math.max(...data.rows.map((row) => context.measureText(row.label).width)) + 14);
  const left = 20 + names;
  // Room for the figure at the end of each bar, in units of the axis.
  const plot = box.width - left - 16;
  const negatives = low < 0 ? 58 : 0;
  const positives = high > 0 ? 58 : 0;
  const perPixel = (high - low || 1) / Math.max(40, plot - negatives - positives);
  return {
    grid: t.grid({ left, right: 16, top: 14, bottom: 14 }),
    tooltip: t.tooltip({ trigger: "item", formatter: (item) => tipContent(data.rows[item.dataIndex].label, [[data.value_label ?? "", money(data.rows[item.dataIndex].value, data.currency)]]) }),
    xAxis: t.axis({ type: "value", show: false, min: low - negatives * perPixel, max: high + positives * perPixel }),
    yAxis: t.axis({ type: "category", inverse: true, data: data.rows.map((row) => row.label), axisLabel: { color: c.ink2, fontSize: 12.5, margin: names, align: "left", width: names - 8, overflow: "truncate", interval: 0 } }),
    series: [
      {
        type: "bar",
        barWidth: 13,
        animation: false,
        cursor: "default",
        data: data.rows.map((row) => ({ value: row.value, itemStyle: { color: row.value < 0 ? c.cut : c.accent, borderRadius: 2 }, label: { position: row.value < 0 ? "left" : "right" } })),
        label: { show: true, formatter: (item) => money(item.value, data.currency, Math.abs(item.value) >= 1e3 && Math.abs(item.value) < 999500 ? { decimals: Math.abs(item.value) < 1e4 ? 1 : 0 } : {}), fontFamily: FONT, fontSize: 12, color: c.ink2 },
        markLine: t.rule({ data: [{ xAxis: 0 }] }),
      },
    ],
  };
}

export const url = (data, event) => data.rows[event.dataIndex]?.url;

export function table(data) {
  return { columns: [{ label: data.row_label ?? "", left: true }, { label: data.value_label ?? "Value" }], rows: data.rows.map((row) => [row.url ? { text: row.label, url: row.url } : row.label, money(row.value, data.currency)]) };
}
