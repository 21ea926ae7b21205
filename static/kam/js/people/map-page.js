// The people map: puts canvas, side panel, filters, keyboard, history and saving together.
import { announce, toast } from "../announce.js";
import { MapCanvas } from "./map-canvas.js";
import { ConflictDialog } from "./map-conflict.js";
import { $, h } from "./map-dom.js";
import { printsWith, savePng, saveSvg, sceneOf } from "./map-export.js";
import { Filters } from "./map-filters.js";
import { askLine, askManager, askPerson } from "./map-forms.js";
import { Handle } from "./map-handle.js";
import { HELP, Keys } from "./map-keys.js";
import { STEP, freePlace, tidy } from "./map-layout.js";
import { MapModel } from "./map-model.js";
import { Parking } from "./map-parking.js";
import { Replay, banner } from "./map-replay.js";
import { Side } from "./map-side.js";
import { Store } from "./map-store.js";
import { lineWords, standing } from "./map-words.js";

const STATES = {
  saved: () => "Saved",
  saving: () => "Saving…",
  offline: (count) => `Offline: ${count} kept here, trying again`,
  failed: (count) => `Not saved yet: ${count} kept here, trying again`,
  conflict: () => "Somebody else changed this too",
  stopped: (count) => `Not saved: ${count} kept here`,
};
const NOTHING = { finding: "", gaps_title: "", balance: "", gaps: [], paths: [] };
const NUMBER = new Intl.NumberFormat("en-GB");
// Up to so many people dagre lays the chart out; beyond, the tidy tree, which takes milliseconds.
const DAGRE_UP_TO = 150;

async function start(config) {
  const host = $("pm-map");
  const computed = Store.read(config.findings);
  // Whoever waits for it later hears of a failure there.
  computed.catch(() => {});
  let data;
  try {
    data = { ...NOTHING, ...await Store.read(config.data) };
  } catch (problem) {
    host.replaceChildren(h("p", { class: "pm-loading", role: "alert" }, `The map could not be read. ${problem.detail || problem.title} `, h("button", { type: "button", class: "k-btn k-btn-small", onclick: () => start(config) }, "Try again")));
    return;
  }
  const { canChange } = config;
  const roleWords = new Map(config.roles.map(({ value, word }) => [value, word]));
  const model = new MapModel(data);
  const store = new Store({ model, config });
  const acts = {};
  const canvas = new MapCanvas({
    host, model, roleWords, canChange,
    events: {
      select: (id) => { acts.select(id); host.focus({ preventScroll: true }); },
      open: (id) => (model.people.get(id)?.is_placeholder && canChange && !acts.locked() ? acts.edit(id) : acts.open(id)),
      line: (id) => acts.chooseLine(id),
      hover: (id) => handle.hover(id),
      hold: (held) => { store.held = held || replay.isPast; if (held) handle.hide(); },
      over: () => host.classList.add("is-dragging"),
      dropped: () => host.classList.remove("is-dragging"),
      moved: (id, from, to) => acts.moved(id, from, to),
      parks: (point) => parking.contains(point),
      park: (id) => acts.park(id),
      rehang: (id, boss) => acts.hang(id, boss),
      drawn: () => handle?.place(),
    },
  });
  const handle = new Handle({ canvas, canChange, words: (id) => canvas.cards.words(id), onLine: (from, to) => acts.drawLine(from, to) });
  const side = new Side({ host: $("pm-side"), model, roleWords, config, acts });
  const filters = new Filters({ model, roleWords, onChange: fade });
  const parking = new Parking({ host: $("pm-parking"), model, canChange, onOut: (id, x, y) => acts.unpark(id, canvas.hit(x, y)), onOpen: (id) => acts.open(id) });
  const conflict = new ConflictDialog({ dialog: $("pm-conflict"), store, model, onDone: () => host.focus() });
  const replay = new Replay({ host: $("pm-history"), config, onShow: past });
  const scene = () => sceneOf(canvas, { title: `People of ${config.name}`, subtitle: model.data.finding, roleWords });

  function fade() {
    const edges = canvas.cy.edges().map((edge) => ({ id: edge.id(), source: edge.data("source"), target: edge.data("target") }));
    canvas.fade(filters.faded([...edges, ...canvas.lines.edges]));
  }

  function beside() {
    side.draw({ selected: canvas.selected, line: canvas.line, decider: canvas.decider });
  }

  // Everything anew from the model.
  function show() {
    canvas.sync();
    parking.draw();
    filters.draw();
    fade();
    paths();
    if (model.data.finding) $("pm-finding").textContent = model.data.finding;
    $("pm-many").hidden = !canvas.large;
    $("pm-many").textContent = `${NUMBER.format(model.links.size)} lines: come closer, or choose a person`;
    $("pm-empty").hidden = model.people.size > 0;
    beside();
    state();
  }

  function paths() {
    const deciders = model.deciders();
    $("pm-path").hidden = !deciders.length;
    if (canvas.decider && !model.people.has(canvas.decider)) canvas.decider = null;
    const summary = $("pm-path").querySelector("summary");
    summary.classList.toggle("k-chip-on", Boolean(canvas.decider));
    $("pm-path-name").textContent = canvas.decider ? model.nameOf(canvas.decider) : "nobody";
    const entry = (id, word) => h("button", { type: "button", class: "k-menu-item", "aria-pressed": String(canvas.decider === id), onclick: () => { $("pm-path").open = false; acts.path(id); summary.focus(); } }, word);
    $("pm-path-body").replaceChildren(...deciders.map((node) => entry(node.id, node.name)), entry(null, "No path"));
  }

  function state() {
    const kind = store.conflict ? "conflict" : store.state;
    const line = $("pm-state");
    if (!canChange) return;
    const count = store.waiting;
    const text = STATES[kind](`${count} ${count === 1 ? "change" : "changes"}`);
    const act = kind === "conflict" ? () => conflict.open(store.conflict) : ["offline", "failed", "stopped"].includes(kind) ? () => store.retry() : null;
    line.className = `pm-state is-${kind}`;
    line.replaceChildren(h("span", {}, text), act ? h("button", { type: "button", class: "k-btn k-btn-small", onclick: act }, kind === "conflict" ? "Decide" : "Try now") : "");
    $("pm-undo").disabled = !store.stack.canUndo || acts.locked();
    $("pm-redo").disabled = !store.stack.canRedo || acts.locked();
  }

  // The past is drawn by the same hands and cannot be changed; today comes back as it was left.
  let present = null;
  function past(read) {
    if (read) {
      present ??= model.data;
      store.held = true;
      const known = new Map([...model.people.values()].map((node) => [node.id, model.placeOf(node.id)]));
      for (const [id, place] of known) model.computed.set(id, place);
      model.read({ ...read, nodes: read.nodes.map((node) => ({ ...node, ...(model.computed.has(node.id) ? model.computed.get(node.id) : {}) })) });
    } else {
      store.held = false;
      if (present) model.read(present);
      present = null;
      store.refresh();
    }
    const locked = replay.isPast;
    handle.locked = locked;
    canvas.cy.autoungrabify(locked || !canChange);
    $("pm-card").classList.toggle("is-past", locked);
    for (const button of document.querySelectorAll("[data-changes]")) button.disabled = locked;
    side.canChange = canChange && !locked;
    banner(replay, () => replay.go(replay.marks.length));
    if (canvas.selected && !model.people.has(canvas.selected) && !model.ours.has(canvas.selected)) canvas.selected = null;
    show();
  }

  function goBack() {
    host.focus({ preventScroll: true });
  }

  async function dialog(asked, said) {
    const answer = await asked;
    goBack();
    if (answer) announce(said(answer));
    return answer;
  }

  const place = (id) => {
    const node = model.people.get(id);
    return { x: node.x, y: node.y };
  };

  Object.assign(acts, {
    words: (id) => `${canvas.cards.words(id)} ${model.people.has(id) ? standing(model.people.get(id), model) : ""}`.trim(),
    locked: () => replay.isPast,
    hold: (held) => { store.held = held || replay.isPast; },
    select(id) {
      canvas.select(id);
      beside();
    },
    open(id) {
      acts.select(id);
      side.focus();
    },
    chooseLine(id) {
      canvas.selectLine(id);
      beside();
      announce(lineWords(model.links.get(id), model));
    },
    moved(id, before, after) {
      store.run({ label: `moved ${model.nameOf(id)}`, steps: [{ type: "places", items: [{ id, before: place(id), after }] }] });
      announce(`${model.nameOf(id)} moved.`);
    },
    hang(id, boss) {
      if (model.isAbove(id, boss)) {
        const words = `${model.nameOf(boss)} stands below ${model.nameOf(id)}. Nobody can stand above themselves.`;
        toast("Nobody was moved.", words);
        announce(words);
        canvas.sync();
        return;
      }
      const node = model.people.get(id);
      if (node.reports_to === boss) {
        announce(`${node.name} reports to ${model.nameOf(boss)} already.`);
        canvas.sync();
        return;
      }
      const steps = [{ type: "fields", id, before: { reports_to: node.reports_to }, after: { reports_to: boss } }];
      if (boss) {
        const over = model.placeOf(boss);
        const taken = model.shown.filter((other) => other.id !== id).map((other) => model.placeOf(other.id));
        const spot = freePlace({ x: over.x, y: over.y + STEP.y }, taken);
        steps.push({ type: "places", items: [{ id, before: place(id), after: spot }] });
      }
      store.run({ label: `re-hung ${node.name}`, steps });
      announce(boss ? `${node.name} reports to ${model.nameOf(boss)} now.` : `${node.name} reports to nobody now.`);
    },
    chooseManager: (id) => dialog(askManager({ model, id, save: async (boss) => { acts.hang(id, boss); } }), () => ""),
    park(id) {
      const node = model.people.get(id);
      store.run({ label: `${node.is_parked ? "brought back" : "parked"} ${node.name}`, steps: [{ type: "places", items: [{ id, before: { is_parked: node.is_parked }, after: { is_parked: !node.is_parked } }] }] });
      announce(node.is_parked ? `${node.name} is in the parking lot.` : `${node.name} is back on the map.`);
    },
    unpark(id, { x, y }) {
      store.run({ label: `brought back ${model.nameOf(id)}`, steps: [{ type: "places", items: [{ id, before: { ...place(id), is_parked: true }, after: { x: Math.round(x), y: Math.round(y), is_parked: false } }] }] });
      announce(`${model.nameOf(id)} is back on the map.`);
    },
    add(manager = null) {
      const save = (values) => {
        const over = values.reports_to ? model.placeOf(values.reports_to) : null;
        const taken = model.shown.map((node) => model.placeOf(node.id));
        const top = taken.length ? { x: Math.max(...taken.map((spot) => spot.x)) + STEP.x, y: Math.min(...taken.map((spot) => spot.y)) } : { x: 108, y: 70 };
        const spot = freePlace(over && !model.people.get(values.reports_to).is_parked ? { x: over.x, y: over.y + STEP.y } : top, taken);
        return store.create(`added ${values.name}`, "add", { account: config.account, ...values, ...spot });
      };
      return dialog(askPerson({ model, roles: config.roles, manager, save }), (row) => `${row.name} is added.`).then((row) => row && keys.choose(row.id));
    },
    drawLine: (from, to = null) => dialog(askLine({ model, from, to, save: (values) => store.create("drew a line", "link-add", values) }), () => "The line is drawn."),
    editLine(id) {
      const link = model.links.get(id);
      const save = async (values) => {
        const changed = Object.keys(values).filter((name) => values[name] !== link[name]);
        if (!changed.length) return true;
        const pick = (row) => Object.fromEntries(changed.map((name) => [name, row[name]]));
        store.run({ label: "changed a line", steps: [{ type: "link-fields", id, before: pick(link), after: pick(values) }] });
        return true;
      };
      return dialog(askLine({ model, link, from: link.from, save }), () => "The line is changed.");
    },
    removeLine(id) {
      const { from, to, kind, topic, strength, note } = model.links.get(id);
      canvas.selectLine(null);
      store.run({ label: "took a line away", steps: [{ type: "link-remove", ref: id, values: { from, to, kind, topic, strength, note } }] });
      announce("The line is taken away. Undo brings it back.");
      goBack();
    },
    path(id) {
      canvas.decider = id;
      canvas.sync();
      fade();
      paths();
      beside();
      const found = id && model.pathTo(id);
      announce(!id ? "No path shown." : found ? `${found.title}. ${found.reason}` : `No way leads to ${model.nameOf(id)}.`);
    },
    gap(gap) {
      const who = gap.contacts[0] ?? null;
      if (gap.act === "add") acts.add();
      else if (gap.act === "edit" && who) acts.edit(who);
      else if (who) {
        if (gap.code === "weak_access" || gap.code === "no_access") acts.path(who);
        acts.select(who);
        canvas.show(who, { read: true });
        side.focus();
      } else location.assign(config.table);
    },
    edit: (id) => panel(config.edit.replace(config.noId, id)),
    undo: () => turn(store.undo(), "Undone", "There is nothing to undo."),
    redo: () => turn(store.redo(), "Done again", "There is nothing to do again."),
    async arrange() {
      const now = new Map(model.shown.map((node) => [node.id, model.placeOf(node.id)]));
      if (!now.size) return;
      const { arranged } = model.shown.length <= DAGRE_UP_TO ? await import("./map-dagre.js") : { arranged: tidy };
      const places = arranged(model.shown);
      const items = [...places].filter(([id, spot]) => spot.x !== place(id).x || spot.y !== place(id).y).map(([id, after]) => ({ id, before: place(id), after }));
      if (!items.length) {
        announce("Everybody is in place already.");
        return;
      }
      store.held = true;
      canvas.glide(places, () => {
        store.held = replay.isPast;
        store.run({ label: "arranged everybody", steps: [{ type: "places", items }] });
        canvas.fit({ gently: true });
      });
      announce("Everybody is arranged by whom they report to.");
    },
    help: () => $("pm-help").showModal(),
    leave: () => $("pm-views").querySelector("a")?.focus(),
  });

  function turn(result, done, nothing) {
    if (!result) announce(nothing);
    else if (result.refused) toast("Nothing was taken back.", `Somebody changed it since: ${result.label}.`);
    else announce(`${done}: ${result.label}.`);
    state();
  }

  // The full form of a person, in the panel that the table uses too; it tells "people:saved".
  function panel(url) {
    window.htmx.ajax("GET", url, { target: "#contact-panel-body", source: host });
  }
  document.body.addEventListener("people:saved", async () => {
    $("contact-panel").close();
    const [added] = await store.edited("edited a person");
    goBack();
    if (added) keys.choose(added);
  });

  const keys = new Keys({ host, canvas, model, canChange, acts });

  store.addEventListener("change", show);
  store.addEventListener("state", state);
  store.addEventListener("fresh", () => { show(); later(); });
  store.addEventListener("conflict", (event) => conflict.open(event.detail));
  store.addEventListener("refused", (event) => toast("That was not saved.", `${event.detail.label}: ${event.detail.problem.detail || event.detail.problem.title}`));

  let history = 0;
  function later() {
    clearTimeout(history);
    history = setTimeout(() => replay.isPast || replay.load(), 1500);
  }

  for (const button of document.querySelectorAll("[data-chart-kind]")) {
    button.addEventListener("click", () => {
      canvas.chart = button.dataset.chartKind;
      for (const other of document.querySelectorAll("[data-chart-kind]")) other.setAttribute("aria-pressed", String(other === button));
      canvas.sync();
      fade();
    });
  }
  for (const box of document.querySelectorAll("[data-zone]")) {
    box.addEventListener("change", () => {
      if (box.checked) canvas.zones.add(box.dataset.zone);
      else canvas.zones.delete(box.dataset.zone);
      canvas.zonesStale = true;
      canvas.draw();
    });
  }
  for (const [id, act] of Object.entries({ "pm-undo": acts.undo, "pm-redo": acts.redo, "pm-arrange": acts.arrange, "pm-add": () => acts.add(), "pm-add-first": () => acts.add(), "pm-in": () => canvas.zoomBy(1.25), "pm-out": () => canvas.zoomBy(0.8), "pm-fit": () => canvas.fit(), "pm-keys": acts.help, "pm-print-now": () => print(), "pm-svg": () => saveSvg(scene(), fileName(config)), "pm-png": () => savePng(scene(), fileName(config)).catch((error) => toast("No picture was made.", error.message)) })) {
    $(id)?.addEventListener("click", (event) => {
      event.currentTarget.closest("details")?.removeAttribute("open");
      act();
    });
  }
  $("pm-help-body").replaceChildren(...HELP.filter(([key]) => canChange || !/^[EMHLNPA]\b|Ctrl/.test(key)).flatMap(([key, word]) => [h("dt", {}, h("kbd", { class: "k-kbd" }, key)), h("dd", {}, word)]));
  printsWith(scene);

  show();
  host.dataset.ready = "true";
  // People and lines stand there before what is computed of them has come.
  computed.then((found) => {
    Object.assign(model.data, found);
    model.read({ ...model.data, nodes: [...model.people.values()], links: [...model.links.values()] });
    // The weakest way to a decider is shown from the start: it is what the finding is about most often.
    canvas.decider ??= [...model.paths.values()].sort((a, b) => a.strength - b.strength).find((path) => path.steps.length > 1)?.decider ?? null;
    show();
    host.dataset.complete = "true";
  }, (problem) => toast("What is computed could not be read.", problem.detail || problem.title));
  replay.load();
  const wanted = new URLSearchParams(location.search).get("who");
  if (model.people.has(wanted)) keys.choose(wanted);
}

function fileName(config) {
  return `people-${config.name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")}`;
}

const config = JSON.parse($("pm-config").textContent);
const asked = new URLSearchParams(location.search);
// On a phone the table comes first; the switch leads back here.
if (asked.get("from") === "tab" && matchMedia("(width <= 760px)").matches) location.replace(config.table);
else start(config);
