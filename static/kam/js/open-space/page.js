// Open Space: puts the grid, the panel, the lists and the saving together.
import { announce, toast } from "../announce.js";
import { csrfToken, problemOf } from "../http.js";
import { VIEWS } from "./cells.js";
import { listen } from "./clipboard.js";
import { ConflictDialog } from "./conflict.js";
import { h } from "./dom.js";
import { estimated, finding } from "./finding.js";
import { Grid } from "./grid.js";
import { Legend } from "./legend.js";
import { drawGrowth, drawLists, drawRanked } from "./lists.js";
import { Model } from "./model.js";
import { Panel } from "./panel.js";
import { Phone } from "./phone.js";
import { Preview } from "./preview.js";
import { Sheet } from "./sheet.js";
import { Store } from "./store.js";
import { UndoStack } from "./undo.js";
import { Words } from "./words.js";

const $ = (id) => document.getElementById(id);
const phone = matchMedia("(width <= 760px)");

const STATES = {
  saved: () => "All changes are saved",
  waiting: (count) => `${count} to save`,
  saving: () => "Saving…",
  offline: (count) => `Offline: ${count} kept here, trying again`,
  failed: (count) => `Not saved yet: ${count} kept here, trying again`,
  conflict: (count) => `${count} to decide`,
  refused: (count) => `${count} refused`,
  stopped: (count) => `Not saved: ${count} kept here`,
};

async function start(config) {
  const host = $("os-host");
  let opened;
  try {
    opened = await Store.open(config.url);
  } catch (problem) {
    host.replaceChildren(h("p", { class: "os-loading", role: "alert" }, `The grid could not be read. ${problem.detail || problem.title} `, h("button", { type: "button", class: "k-btn k-btn-small", onclick: () => start(config) }, "Try again")));
    return;
  }
  const model = new Model(opened.data);
  const words = new Words(model, config);
  const store = new Store({ model, url: config.url, etag: opened.etag, canChange: config.canChange, place: config.place });
  const undo = new UndoStack();
  const grid = new Grid({ host, model, words, store, canChange: config.canChange });
  const panelElement = $("os-panel"), sheetDialog = $("os-sheet"), layout = $("os-layout");
  const conflict = new ConflictDialog({ dialog: $("os-conflict"), store, model, words, onDone: () => grid.scroll.focus() });
  const sheet = new Sheet({ grid, store, undo, words, onMove: (key, row) => row?.type === "cells" && showCell(key), onOpen: () => openPanel(), onFault: (text) => toast("That was not taken.", text) });
  const panel = new Panel({ element: panelElement, model, words, store, sheet, config, onClose: closePanel, onDecide: () => conflict.open() });
  const list = new Phone({ host: $("os-phone"), grid, model, words, onOpen: openSheet });
  const legend = new Legend({ host: $("os-legend"), grid, model, words, onPick: pick });
  const preview = config.preview ? new Preview({ url: config.preview, model, onAnswer: () => answered() }) : null;
  panel.preview = preview;
  const listButtons = [...document.querySelectorAll("[data-list]")];

  function showCell(key) {
    if (!panelElement.hidden && panel.key !== key) panel.show(key);
  }

  function openPanel({ focus = true } = {}) {
    layout.classList.remove("is-wide");
    panelElement.hidden = false;
    const key = grid.keyAt(grid.active);
    if (key) panel.show(key, { focus });
  }

  function closePanel() {
    if (sheetDialog.open) {
      sheetDialog.close();
      return;
    }
    panelElement.hidden = true;
    layout.classList.add("is-wide");
    grid.scroll.focus();
  }

  // The same panel as a sheet over the list of a phone.
  function openSheet(key) {
    panelElement.hidden = false;
    sheetDialog.append(panelElement);
    panel.show(key);
    sheetDialog.showModal();
  }
  sheetDialog.addEventListener("close", () => {
    layout.append(panelElement);
    panelElement.hidden = phone.matches;
  });

  function answered() {
    growth();
    if (!panelElement.hidden && panel.key) panel.show(panel.key);
  }

  function growth() {
    drawGrowth($("os-growth"), model, words, preview?.answer ?? null, preview?.waiting ?? false);
  }

  // The sentence above says what is true of the figures as they stand.
  function above() {
    const said = finding(model, words, config.name), guess = estimated(model);
    if ($("os-finding").textContent !== said) $("os-finding").textContent = said;
    $("os-estimate").hidden = !guess;
    $("os-estimate-sum").textContent = words.money(guess);
  }

  function beneath() {
    above();
    drawLists(listButtons, model, words, grid.picked);
    drawRanked($("os-ranked"), model, words, grid.picked, go);
    growth();
    legend.draw();
    $("os-rivals").replaceChildren(...[...words.letters.keys()].map((name) => h("option", { value: name })));
    if (phone.matches) list.draw();
  }

  function go(key) {
    if (phone.matches) openSheet(key);
    else {
      sheet.goTo(key);
      openPanel({ focus: false });
      host.scrollIntoView({ block: "nearest" });
    }
  }

  function pick(name) {
    grid.pick({ picked: name });
    beneath();
    const count = name ? [...grid.body.querySelectorAll(".is-picked")].length : 0;
    announce(name ? `Picked out; the others fade.${count ? "" : " None in sight."}` : "All cells.");
  }

  function view(name) {
    sheet.commit();
    grid.setView(name);
    hint();
    for (const button of $("os-views").children) button.setAttribute("aria-pressed", String(button.dataset.view === name));
    beneath();
    keepAddress();
  }

  function hint() {
    const { hint: text } = VIEWS[grid.view];
    const fiscal = `Sales of the fiscal year, ${words.months(model.windows.fiscal_year)}. Bars and gaps keep the last 12 months.`;
    $("os-hint").textContent = model.shows === "fiscal_year" && grid.view === "value" ? fiscal : config.canChange ? text : text.split(/(?<=\.) /)[0];
  }

  // The address leads back to the view and the months that are shown.
  function keepAddress() {
    const query = model.shows === "fiscal_year" ? "?sales=fiscal_year" : "";
    history.replaceState(history.state, "", `${location.pathname}${query}${grid.view === "value" ? "" : `#${grid.view}`}`);
  }

  // Which months the sales shown are of; what is computed from sales does not change with it.
  function months(name) {
    sheet.commit();
    model.shows = name;
    for (const button of $("os-months").children) button.setAttribute("aria-pressed", String(button.dataset.months === name));
    hint();
    grid.layout();
    if (phone.matches) list.draw();
    keepAddress();
    announce(name === "fiscal_year" ? `Sales of the fiscal year, ${words.months(model.windows.fiscal_year)}.` : `Sales of the last 12 months, ${config.window}.`);
  }

  $("os-views").replaceChildren(...Object.entries(VIEWS).map(([name, { word }]) => h("button", { type: "button", dataset: { view: name }, "aria-pressed": "false", onclick: () => view(name) }, word)));
  $("os-months").replaceChildren(...[["trailing", "12 months", "Sales of the last 12 months"], ["fiscal_year", "Fiscal year", "Sales of the last fiscal year that is over"]].map(([name, word, long]) => h("button", { type: "button", dataset: { months: name }, "aria-pressed": String(name === model.shows), title: `${long}, ${words.months(model.windows[name])}`, onclick: () => months(name) }, word)));
  $("os-fiscal").textContent = words.months(model.windows.fiscal_year);
  for (const button of listButtons) button.addEventListener("click", () => pick(grid.picked === `list:${button.dataset.list}` ? null : `list:${button.dataset.list}`));

  function state() {
    const kind = store.conflicts.length && store.state === "saved" ? "conflict" : store.state;
    const count = kind === "conflict" ? store.conflicts.length : kind === "refused" ? store.faults.size : store.waiting;
    const text = STATES[kind](`${count} ${count === 1 ? "change" : "changes"}`);
    const act = kind === "conflict" ? () => conflict.open() : kind === "refused" ? () => go([...store.faults.keys()][0].split(" ")[0]) : ["offline", "failed", "stopped"].includes(kind) ? () => store.flush() : null;
    const word = { conflict: "Decide", refused: "Show", stopped: "Try again" }[kind] ?? "Try now";
    $("os-state").className = `os-state is-${kind}`;
    $("os-state").replaceChildren(h("span", {}, text), ...(act ? [h("button", { type: "button", class: "k-btn k-btn-small", onclick: act }, word)] : []));
    if (kind === "stopped") toast("Your changes are not saved.", `${store.problem?.detail || store.problem?.title || ""} They are kept in this browser.`);
    if ($("os-undo")) $("os-undo").disabled = !undo.canUndo;
    if ($("os-redo")) $("os-redo").disabled = !undo.canRedo;
  }

  let later = 0;
  function changed(keys = [], { fresh = false } = {}) {
    if (fresh) {
      const key = grid.keyAt(grid.active);
      grid.layout();
      const place = key && grid.placeOf(key);
      if (place && grid.box.top === grid.box.bottom && grid.box.left === grid.box.right) grid.selection = { anchor: place, focus: place };
      if (keys.length) grid.refresh(keys);
    } else if (grid.rows.length !== model.rows().length) grid.layout();
    else grid.update();
    if (!panelElement.hidden && panel.key) panel.show(panel.key);
    // What stands beneath may follow a moment later: the next key stroke comes first.
    clearTimeout(later);
    later = setTimeout(beneath, 60);
    preview?.ask();
    state();
  }

  store.addEventListener("change", () => changed());
  store.addEventListener("fresh", (event) => {
    changed(event.detail.keys, { fresh: true });
    const others = event.detail.keys.length;
    if (others) announce(`${others} ${others === 1 ? "cell was" : "cells were"} changed by somebody else.`);
  });
  store.addEventListener("state", state);
  store.addEventListener("conflict", () => conflict.open());
  store.addEventListener("refused", (event) => {
    toast("Some values were not saved.", event.detail.errors.slice(0, 3).map((error) => error.message).join(" "));
    changed();
  });
  $("os-undo")?.addEventListener("click", () => { sheet.step("undo"); state(); });
  $("os-redo")?.addEventListener("click", () => { sheet.step("redo"); state(); });
  $("os-state").addEventListener("click", () => grid.scroll.focus({ preventScroll: true }));

  for (const form of document.querySelectorAll("[data-add]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const fault = form.querySelector("[data-fault]");
      fault.hidden = true;
      try {
        const response = await fetch(form.action, { method: "POST", credentials: "same-origin", headers: { Accept: "application/json", "X-CSRFToken": csrfToken() }, body: new FormData(form) });
        if (!response.ok) throw problemOf(response.status, await response.text());
        const made = await response.json();
        await store.reload();
        form.closest("dialog").close();
        form.reset();
        addParent(made);
        const key = model.lineById.has(made.id) ? `${model.segments.length > 1 ? model.segments[1].id : ""}|${made.id}` : `${made.id}|${model.lines[0].id}`;
        if (!phone.matches) sheet.goTo(key);
        announce(`${made.name} is added.`);
      } catch (problem) {
        fault.textContent = `Nothing was added. ${problem.detail || problem.title}`;
        fault.hidden = false;
      }
    });
  }

  function addParent(made) {
    if (model.segmentById.has(made.id)) $("os-segment-parent").append(h("option", { value: made.id }, made.name));
  }

  function fit() {
    $("os-phone").hidden = !phone.matches;
    host.hidden = phone.matches;
    if (sheetDialog.open) sheetDialog.close();
    panelElement.hidden = phone.matches || layout.classList.contains("is-wide");
    if (phone.matches) list.draw();
    else grid.layout();
  }
  phone.addEventListener("change", fit);

  listen(sheet);
  grid.layout();
  fit();
  const asked = location.hash.slice(1);
  if (new URLSearchParams(location.search).get("sales") === "fiscal_year") months("fiscal_year");
  view(asked in VIEWS ? asked : "value");
  const first = model.ranked[0]?.key;
  const place = first && grid.placeOf(first);
  if (place) grid.selection = { anchor: place, focus: place };
  grid.drawSelection();
  if (!phone.matches) openPanel({ focus: false });
  preview?.ask();
  const back = store.recover();
  if (back) {
    toast(`${back} ${back === 1 ? "change" : "changes"} from your last visit came back.`, "They are being saved now.", "grow");
    changed();
  }
  state();
  host.dataset.ready = "true";
}

const config = $("os-config");
if (config && $("os-host")) start(JSON.parse(config.textContent));
