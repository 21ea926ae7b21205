// Concentration (K1): accounts from the largest on, against their share added up.
//
// {curve: [[rank, share 0–1], …], levels: [{level 0–1, rank}], headline: level named in the heading (default 0.5),
//  accounts, total, gini, currency, word?: "accounts"}
import { number, percent } from "../format.js";
import { spaced } from "./scales.js";
import { tipContent } from "./theme.js";

export const empty = (data) => !data.curve?.length;

export function option(data, t, box) {
  const { c } = t;
  const last = data.curve.at(-1)[0];
  const headline = data.levels.find((item) => item.level === (data.headline ?? 0.5)) ?? data.levels[0];
  const word = data.word ?? "accounts";
  const grid = t.grid({ left: 56, right: 22 });
  const x = (rank) => (rank / last) * (box.width - grid.left - grid.right);
  const y = (share) => (1 - share) * (box.height - grid.top - grid.bottom);
  const round = [100, 200, 400, 500, 1000, 2000, 5000, 10000].filter((tick) => tick < last);
  const ticks = spaced([1, last, headline?.rank, ...round.reverse()], x, 34);
  // One large account may jump far over a level: then its own share is said, not the level's.
  const said = (item) => percent(at(item)[1] - item.level >= 0.01 ? at(item)[1] : item.level, { decimals: 0 });
  const at = (item) => data.curve.find(([rank]) => rank >= item.rank) ?? data.curve.at(-1);
  // Direct labels from the headline on upwards, where they do not touch.
  const labelled = [];
  for (const item of [headline, ...data.levels.filter((other) => other !== headline).sort((a, b) => b.level - a.level)]) {
    if (!item || (item !== headline && item.level < (headline?.level ?? 0))) continue;
    if (labelled.every((other) => Math.abs(y(at(other)[1]) - y(at(item)[1])) >= 17)) labelled.push(item);
  }
  return {
    grid,
    tooltip: t.tooltip({ trigger: "axis", axisPointer: { type: "line", lineStyle: { color: c.linemid } }, formatter: ([point]) => tipContent(`The first ${number(point.value[0])} ${word}`, [["Share", percent(point.value[1])]]) }),
    xAxis: t.axis({ type: "value", min: 0, max: last, axisLine: { show: true, lineStyle: { color: c.linemid } }, axisLabel: { customValues: ticks, formatter: (value) => number(value), hideOverlap: false } }),
    yAxis: t.axis({ type: "value", min: 0, max: 1, interval: 0.25, splitLine: { show: true, lineStyle: { color: c.line } }, axisLabel: { formatter: (value) => percent(value, { decimals: 0 }) } }),
    series: [
      t.line(c.accent, {
        data: [[0, 0], ...data.curve],
        areaStyle: { color: t.alpha(c.accent, 0.1) },
        markLine: headline && t.rule({ lineStyle: t.dash, data: [[{ coord: [headline.rank, 0] }, { coord: at(headline) }], [{ coord: [0, at(headline)[1]] }, { coord: at(headline) }]] }),
        markPoint: {
          silent: true,
          animation: false,
          symbol: "circle",
          data: data.levels.map((item) => ({
            coord: at(item),
            symbolSize: item === headline ? 10 : 6,
            itemStyle: { color: c.accent, borderColor: c.surface, borderWidth: item === headline ? 2 : 1.5 },
            label: { show: labelled.includes(item), position: x(item.rank) > box.width - grid.left - grid.right - 120 ? "left" : "right", distance: 7, fontFamily: t.text().fontFamily, fontSize: item === headline ? 12.5 : 12, fontWeight: item === headline ? 650 : 450, color: item === headline ? c.ink : c.ink2, textBorderColor: c.surface, textBorderWidth: 3, formatter: item === headline ? `${number(item.rank)} ${item.rank === 1 ? word.replace(/s$/, "") : word}: ${said(item)}` : `${number(item.rank)}: ${said(item)}` },
          })),
        },
      }),
    ],
  };
}

export function table(data) {
  const step = Math.max(1, Math.ceil(data.curve.length / 100));
  const rows = data.curve.filter((_, index) => index % step === 0 || index === data.curve.length - 1);
  return { columns: [{ label: "Accounts, largest first", left: true }, { label: "Share added up" }], rows: rows.map(([rank, share]) => [number(rank), percent(share)]) };
}
