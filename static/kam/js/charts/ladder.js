// Two views of the relationship ladder over time, as steps; the space between them is the perception gap (K9).
//
// {rungs: ["Exploratory", …] from below, points: [{day: "2026-03-01", date: "1 Mar 2026", ours: place | null,
//  theirs: place, gap: steps | null, people}, …] the oldest first}
import { number } from "../format.js";
import { tipContent } from "./theme.js";

export const empty = (data) => data.points?.length < 2;

const view = (data, place) => (place === null ? "not known" : data.rungs[place]);
const said = (data, point) => [
  ["We", view(data, point.ours)],
  ["They", view(data, point.theirs)],
  ["Gap", point.gap === null ? "not known" : number(point.gap, { signed: true })],
  ["Answers", number(point.people)],
];

export function option(data, t, box) {
  const { c } = t;
  const narrow = box.width < 420;
  const end = (name, place, colour, above) => ({ coord: [data.points.at(-1).day, place], symbolSize: 9, itemStyle: { color: colour, borderColor: c.surface, borderWidth: 1.5 }, label: { show: true, position: "right", distance: 6, offset: [0, above], formatter: name, fontFamily: t.text().fontFamily, fontSize: 12.5, fontWeight: 620, color: c.ink } });
  const last = data.points.at(-1);
  // Where both views meet, the two names stand one above the other.
  const apart = last.ours === last.theirs ? 9 : 0;
  const series = (name, key, colour, type, above) => t.line(colour, {
    name,
    step: "end",
    data: data.points.map((point) => [point.day, point[key]]),
    symbol: key === "ours" ? "circle" : "rect",
    symbolSize: 6,
    showSymbol: true,
    connectNulls: false,
    itemStyle: { color: colour },
    lineStyle: { color: colour, width: 2.25, type },
    markPoint: last[key] === null ? undefined : { silent: true, animation: false, symbol: key === "ours" ? "circle" : "rect", data: [end(name, last[key], colour, above)] },
  });
  return {
    grid: t.grid({ left: narrow ? 84 : 104, right: 52, top: 14, bottom: 26 }),
    tooltip: t.tooltip({ trigger: "axis", axisPointer: { type: "line", lineStyle: { color: c.linemid } }, formatter: (items) => {
      const point = data.points[items[0].dataIndex];
      return tipContent(point.date, said(data, point));
    } }),
    xAxis: t.axis({ type: "time", splitLine: { show: false }, axisLabel: { customValues: [data.points[0].day, last.day].map((day) => +new Date(day)), formatter: (value) => data.points.find((point) => +new Date(point.day) === value)?.date ?? "", alignMinLabel: "left", alignMaxLabel: "right", hideOverlap: true } }),
    yAxis: t.axis({ type: "value", min: 0, max: data.rungs.length - 1, interval: 1, axisLabel: { formatter: (value) => data.rungs[value] ?? "" } }),
    series: [series("We", "ours", c.accent, "solid", -apart), series("They", "theirs", c.hold, [6, 4], apart)],
  };
}

export function table(data) {
  return {
    columns: [{ label: "Day", left: true }, { label: "We", left: true }, { label: "They", left: true }, { label: "Gap" }, { label: "Answers" }],
    rows: data.points.map((point) => [point.date, ...said(data, point).map(([, value]) => value)]).reverse(),
  };
}
