// Mounts every [data-chart]: fetches data-src (or reads the JSON of data-json="#id"), draws, redraws on resize and
// on a change of theme, shows what went wrong, and offers the same figures as a table.
//
// A chart module exports
//   empty(data)                       true when there is nothing to draw
//   option(data, theme, box)          the ECharts option for a box {width, height}
//   table(data)                       {columns: [{label, left?}], rows: [[text | {text, url}]]}
// and, where it needs them,
//   height(data, width)               own height in pixels
//   overlay(data, theme, box, host)   HTML over the canvas (labels)
//   url(data, event)                  where a click on a mark leads
import * as echarts from "../../../vendor/echarts/echarts.esm.min.js";
import { announce } from "../announce.js";
import { getJson } from "../http.js";
import * as bars from "./bars.js";
import * as hbar from "./hbar.js";
import * as ladder from "./ladder.js";
import * as months from "./months.js";
import * as pareto from "./pareto.js";
import * as quadrant from "./quadrant.js";
import * as ratioLine from "./ratio-line.js";
import { renderTable } from "./table.js";
import { readTheme } from "./theme.js";
import * as whale from "./whale.js";

const KINDS = { bars, hbar, ladder, months, pareto, quadrant, "ratio-line": ratioLine, whale };
const mounted = new Map();

class Chart {
  constructor(host) {
    this.host = host;
    this.kind = KINDS[host.dataset.chart];
    this.canvas = host.querySelector(".k-chart-canvas");
    this.chart = null;
    this.size = "";
    this.observer = new ResizeObserver(() => this.resized());
  }

  async load() {
    const { host } = this;
    host.setAttribute("aria-busy", "true");
    this.message(null);
    try {
      const inline = host.dataset.json && document.querySelector(host.dataset.json);
      const [data] = await Promise.all([inline ? JSON.parse(inline.textContent) : getJson(host.dataset.src), document.fonts.ready]);
      this.data = data;
      host.removeAttribute("aria-busy");
      if (this.kind.empty(data)) {
        this.message(data.empty ?? host.dataset.empty ?? "There is nothing to draw yet.");
      } else {
        this.observer.observe(this.canvas);
        this.draw();
      }
    } catch (error) {
      host.removeAttribute("aria-busy");
      this.message(`This chart could not be loaded. ${error.message}`, true);
    }
  }

  message(text, again = false) {
    this.host.querySelector(".k-chart-message")?.remove();
    this.canvas.hidden = Boolean(text);
    if (!text) return;
    const box = document.createElement("div");
    box.className = "k-chart-message";
    box.append(text);
    if (again) {
      box.setAttribute("role", "alert");
      const button = document.createElement("button");
      button.className = "k-btn k-btn-small";
      button.textContent = "Try again";
      button.addEventListener("click", () => this.load());
      box.append(button);
    }
    this.host.append(box);
  }

  draw() {
    const { canvas, data, host, kind } = this;
    if (!canvas.isConnected || !data || canvas.hidden) return;
    if (!canvas.clientWidth) {
      // Not shown at this width (on a phone the quadrant is four tiles).
      kind.overlay?.(data, readTheme(), { width: 0, height: 0 }, host);
      return;
    }
    if (kind.height) canvas.style.height = `${kind.height(data, canvas.clientWidth)}px`;
    const box = { width: canvas.clientWidth, height: canvas.clientHeight };
    const theme = readTheme();
    this.size = `${box.width}×${box.height}`;
    if (!this.chart) {
      this.chart = echarts.init(canvas, null, { renderer: "canvas" });
      this.chart.on("click", (event) => {
        const url = kind.url?.(this.data, event);
        if (url) location.assign(url);
      });
    } else {
      this.chart.resize();
    }
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${host.dataset.label}. Chart; the same figures can be shown as a table.`);
    this.chart.setOption({ animation: false, textStyle: theme.text(), ...kind.option(data, theme, box) }, { notMerge: true });
    kind.overlay?.(data, theme, box, host);
  }

  resized() {
    const { clientWidth, clientHeight } = this.canvas;
    if (`${clientWidth}×${clientHeight}` !== this.size) this.draw();
  }

  toggleTable(button) {
    const { host } = this;
    const shown = host.querySelector(".k-chart-table");
    const asTable = !shown;
    if (shown) {
      shown.remove();
    } else if (this.data) {
      host.append(renderTable(this.kind.table(this.data), host.dataset.label));
    }
    host.classList.toggle("is-table", asTable);
    button.setAttribute("aria-pressed", String(asTable));
    announce(asTable ? "Shown as a table" : "Shown as a chart");
    if (!asTable) this.draw();
  }

  destroy() {
    this.observer.disconnect();
    this.chart?.dispose();
    mounted.delete(this.host);
  }
}

export function mountAll(root) {
  for (const chart of [...mounted.values()]) if (!chart.host.isConnected) chart.destroy();
  const hosts = [...root.querySelectorAll("[data-chart]")];
  if (root.matches?.("[data-chart]")) hosts.push(root);
  for (const host of hosts) {
    if (mounted.has(host) || !KINDS[host.dataset.chart]) continue;
    const chart = new Chart(host);
    mounted.set(host, chart);
    host.addEventListener("kam:reload", () => chart.load());
    chart.load();
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-chart-table]");
  if (button) mounted.get(document.querySelector(button.dataset.chartTable))?.toggleTable(button);
});
document.addEventListener("kam:theme", () => mounted.forEach((chart) => chart.draw()));
addEventListener("beforeprint", () => mounted.forEach((chart) => chart.draw()));
