// The whale curve: contribution added up, best account first; beyond the peak accounts spend what others earn.
//
// {curve: [[rank, money added up], …], peak: {rank, value}, end: {rank, value}, zero_rank: rank where the sum falls
//  through zero or null, currency, measure?: "Contribution", word?: "accounts"}
import { money, number, tick, unitOf } from "../format.js";
import { niceSteps, spaced } from "./scales.js";
import { tipContent } from "./theme.js";

export const empty = (data) => !data.curve?.length;

export function option(data, t, box) {
  const { c } = t;
  const values = data.curve.map(([, value]) => value);
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values);
  const room = (high - low || 1) * 0.12;
  const min = low < 0 ? low - room : 0;
  const max = high + room * 1.3;
  const last = data.curve.at(-1)[0];
  const grid = t.grid({ left: 66, right: 22 });
  const x = (rank) => (rank / last) * (box.width - grid.left - grid.right);
  const steps = niceSteps(low, high, 5);
  const unit = unitOf(Math.max(Math.abs(low), Math.abs(high)));
  // Two lines that meet where the sum is zero: above in accent, below in cut.
  const above = [];
  const below = [];
  let before = [0, 0];
  for (const point of data.curve) {
    if (before[1] >= 0 !== point[1] >= 0 && point[1] !== before[1]) {
      const cross = [before[0] + ((point[0] - before[0]) * before[1]) / (before[1] - point[1]), 0];
      above.push(cross);
      below.push(cross);
    }
    above.push(point[1] >= 0 ? point : [point[0], null]);
    below.push(point[1] >= 0 ? [point[0], null] : point);
    before = point;
  }
  const word = data.word ?? "accounts";
  const peakShown = data.peak && data.peak.value > 0;
  const endApart = !peakShown || Math.abs(x(data.end.rank) - x(data.peak.rank)) > 90 || data.end.value < data.peak.value * 0.7;
  const dot = (point, colour, name, position, align) => ({ coord: [point.rank, point.value], itemStyle: { color: colour, borderColor: c.surface, borderWidth: 2 }, label: { show: true, position, align, formatter: name } });
  const marks = [];
  if (peakShown) marks.push(dot(data.peak, c.accent, `Peak ${money(data.peak.value, data.currency)}, ${number(data.peak.rank)} ${word}`, "top", x(data.peak.rank) < 90 ? "left" : x(data.peak.rank) > box.width - grid.left - 110 ? "right" : "center"));
  if (endApart && data.end.rank !== data.peak?.rank) marks.push(dot(data.end, data.end.value < 0 ? c.cut : c.accent, money(data.end.value, data.currency), "left"));
  return {
    grid,
    tooltip: t.tooltip({ trigger: "axis", axisPointer: { type: "line", lineStyle: { color: c.linemid } }, formatter: (points) => {
      const point = points.find((item) => item.value[1] !== null) ?? points[0];
      return tipContent(`The best ${number(Math.round(point.value[0]))} ${word}`, [["Together", money(point.value[1], data.currency)]]);
    } }),
    xAxis: t.axis({ type: "value", min: 0, max: last, axisLabel: { customValues: spaced([data.peak?.rank, last, data.zero_rank, 1], x, 30), formatter: (value) => number(value), hideOverlap: false } }),
    yAxis: t.axis({ type: "value", min, max, axisLabel: { customValues: steps, formatter: (value) => tick(value, data.currency, unit) } }),
    series: [
      t.line(c.accent, {
        data: [[0, 0], ...above],
        areaStyle: { color: t.alpha(c.accent, 0.12) },
        markLine: t.rule({ data: [{ yAxis: 0 }, ...(peakShown ? [[{ coord: [data.peak.rank, 0], lineStyle: t.dash }, { coord: [data.peak.rank, data.peak.value] }]] : [])] }),
        markPoint: { silent: true, animation: false, symbol: "circle", symbolSize: 9, label: { fontFamily: t.text().fontFamily, fontSize: 12.5, fontWeight: 650, color: c.ink, distance: 8, textBorderColor: c.surface, textBorderWidth: 3 }, data: marks },
      }),
      t.line(c.cut, { data: below, areaStyle: { color: t.alpha(c.cut, 0.14) } }),
    ],
  };
}

export function table(data) {
  const step = Math.max(1, Math.ceil(data.curve.length / 100));
  const rows = data.curve.filter((_, index) => index % step === 0 || index === data.curve.length - 1);
  return { columns: [{ label: "Accounts, best first", left: true }, { label: `${data.measure ?? "Contribution"} added up` }], rows: rows.map(([rank, value]) => [number(rank), money(value, data.currency)]) };
}
