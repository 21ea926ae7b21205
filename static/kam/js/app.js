// Entry module of every page. Charts are fetched only where a page has one.
import "./htmx-setup.js";
import "./menu.js";
import "./dialog.js";
import "./popover.js";
import "./search.js";
import "./upload.js";
import "./confirm.js";
import "./forms.js";
import "./copy.js";
import "./tabs.js";

async function mountCharts(root) {
  if (!root.querySelector?.("[data-chart]") && !root.matches?.("[data-chart]")) return;
  const charts = await import("./charts/base.js");
  charts.mountAll(root);
}

mountCharts(document);
document.addEventListener("htmx:load", (event) => mountCharts(event.target));
