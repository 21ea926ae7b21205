// A ratio over quarters: first and last point named, gaps where it is not known.
//
// {points: [["2013 Q4", ratio | null], …], label: "Contribution of sales"}
import { percent } from "../format.js";
import { tipContent } from "./theme.js";

export const empty = (data) => data.points?.filter(([, value]) => value !== null).length < 2;

export function option(data, t, box) {
  const { c } = t;
  const known = data.points.map(([, value], at) => ({ at, value })).filter((point) => point.value !== null);
  const first = known[0];
  const last = known.at(-1);
  const values = known.map((point) => point.value);
  let low = Math.min(...values);
  let high = Math.max(...values);
  const room = (high - low || Math.abs(high) || 0.01) * 0.25;
  // Zero belongs into the picture when the ratio comes near it.
  if (low > 0 && low < high * 0.4) low = 0;
  const falling = last.value < first.value;
  const name = (point, align) => ({ coord: [point.at, point.value], symbolSize: point === last ? 9 : 6, itemStyle: { color: point === last && (point.value < 0 || falling) ? c.cut : c.accent, borderColor: c.surface, borderWidth: 1.5 }, label: { show: true, position: "top", align, formatter: percent(point.value), fontWeight: point === last ? 650 : 450, color: point === last ? c.ink : c.ink2, fontFamily: t.text().fontFamily, fontSize: 12.5, distance: 8 } });
  return {
    grid: t.grid({ left: 24, right: 28, top: 26, bottom: 30 }),
    tooltip: t.tooltip({ trigger: "axis", axisPointer: { type: "line", lineStyle: { color: c.linemid } }, formatter: ([point]) => tipContent(data.points[point.dataIndex][0], [[data.label, percent(data.points[point.dataIndex][1])]]) }),
    xAxis: t.axis({ type: "category", data: data.points.map(([label]) => label), boundaryGap: false, axisLine: { show: false, onZero: false }, axisLabel: { interval: 0, customValues: undefined, formatter: (value, at) => (at === 0 || at === data.points.length - 1 || (box.width > 420 && at === Math.floor((data.points.length - 1) / 2)) ? value : ""), alignMinLabel: "left", alignMaxLabel: "right", hideOverlap: false } }),
    yAxis: t.axis({ type: "value", show: false, min: low - (low === 0 ? 0 : room), max: high + room }),
    series: [
      t.line(c.accent, {
        data: data.points.map(([, value]) => value),
        symbol: "circle",
        symbolSize: 5,
        showSymbol: true,
        itemStyle: { color: c.accent },
        connectNulls: false,
        markLine: t.rule({ data: low <= 0 ? [{ yAxis: 0 }] : [] }),
        markPoint: { silent: true, animation: false, symbol: "circle", data: [name(first, "left"), name(last, "right")] },
      }),
    ],
  };
}

export function table(data) {
  return { columns: [{ label: "Quarter", left: true }, { label: data.label }], rows: data.points.map(([quarter, value]) => [quarter, percent(value)]).reverse() };
}
