// Net sales and contribution by month, one above the other on the same months: each keeps its own scale, so that
// a small contribution can be seen beside large sales. A month whose contribution is not known has a dashed gap.
//
// {months: ["2013-11", …], net_sales: [money], contribution: [money | null], currency}
import { money, month, tick, unitOf } from "../format.js";
import { niceSteps } from "./scales.js";
import { FONT, tipContent } from "./theme.js";

export const empty = (data) => !data.months?.length;

function extent(values) {
  const known = values.filter((value) => value !== null);
  return [Math.min(0, ...known), Math.max(0, ...known)];
}

export function option(data, t, box) {
  const { c } = t;
  const top = 34;
  const bottom = 30;
  const gap = 34;
  const plot = box.height - top - bottom - gap;
  const upper = Math.round(plot * 0.6);
  const wide = Math.max(2, Math.min(13, ((box.width - 96) / data.months.length) * 0.66));
  const panels = [
    { name: "Net sales", values: data.net_sales, top, height: upper, colour: () => c.accent },
    { name: "Contribution", values: data.contribution, top: top + upper + gap, height: plot - upper, colour: (value) => (value < 0 ? c.cut : c.accent) },
  ];
  const every = Math.max(1, Math.ceil(data.months.length / Math.max(2, Math.floor((box.width - 80) / 74))));
  return {
    grid: panels.map((panel) => t.grid({ left: 62, right: 34, top: panel.top, height: panel.height, bottom: undefined })),
    graphic: panels.map((panel) => ({ type: "text", left: 20, top: panel.top - 22, silent: true, style: { text: panel.name, fill: c.ink2, font: `550 12px ${FONT}` } })),
    tooltip: t.tooltip({ trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: t.alpha(c.none, 0.1) } }, formatter: ([point]) => {
      const at = point.dataIndex;
      return tipContent(month(data.months[at]), [["Net sales", money(data.net_sales[at], data.currency)], ["Contribution", money(data.contribution[at], data.currency)]]);
    } }),
    axisPointer: { link: [{ xAxisIndex: "all" }] },
    xAxis: panels.map((panel, index) => t.axis({ type: "category", gridIndex: index, data: data.months, axisLabel: { show: index === 1, formatter: (value) => month(value), interval: (at) => (data.months.length - 1 - at) % every === 0, margin: panel.values.some((value) => value < 0) ? 12 : 10 }, position: "bottom", axisLine: { show: false, onZero: false } })),
    yAxis: panels.map((panel, index) => {
      const [low, high] = extent(panel.values);
      const steps = niceSteps(low, high, index ? 2 : 3);
      const unit = unitOf(Math.max(high, -low));
      return t.axis({ type: "value", gridIndex: index, min: low, max: high || 1, splitLine: { show: false }, axisLabel: { customValues: steps, formatter: (value) => tick(value, data.currency, unit) } });
    }),
    series: panels.map((panel, index) => ({
      type: "bar",
      name: panel.name,
      xAxisIndex: index,
      yAxisIndex: index,
      barWidth: wide,
      animation: false,
      cursor: "default",
      data: panel.values.map((value) => ({ value, itemStyle: { color: panel.colour(value), borderRadius: Math.min(2, wide / 3) } })),
      markLine: t.rule({ data: [{ yAxis: 0 }] }),
      markPoint: { silent: true, animation: false, symbol: "rect", symbolSize: [wide, 10], itemStyle: { color: "transparent", borderColor: c.line2, borderType: [2, 2], borderWidth: 1 }, label: { show: false }, data: panel.values.flatMap((value, at) => (value === null ? [{ coord: [at, 0] }] : [])) },
    })),
  };
}

export function table(data) {
  return { columns: [{ label: "Month", left: true }, { label: "Net sales" }, { label: "Contribution" }], rows: data.months.map((value, at) => [month(value), money(data.net_sales[at], data.currency), money(data.contribution[at], data.currency)]).reverse() };
}
