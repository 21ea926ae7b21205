// Small dialogs of the map: add somebody, draw or change a line, choose a manager. Each answers a promise or null.
import { $, h, icon } from "./map-dom.js";

const STRENGTHS = ["1, hardly heard", "2, heard now and then", "3, listened to", "4, followed mostly", "5, decisive"];

function field(label, control, help = "") {
  const id = `pm-${label.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  control.id = id;
  return h("div", { class: "k-field" }, h("label", { for: id }, label), control, help ? h("span", { class: "k-help" }, help) : null);
}

function people(model, { except = [], empty = null } = {}) {
  const rows = [...model.people.values()].filter((node) => !except.includes(node.id)).sort((a, b) => a.name.localeCompare(b.name));
  return h("select", {}, empty === null ? null : h("option", { value: "" }, empty), rows.map((node) => h("option", { value: node.id }, node.title ? `${node.name}, ${node.title}` : node.name)));
}

// Shows a form until it is sent and taken, or closed. `save(values)` may raise: its words are shown in the form.
function open(title, verb, body, save, focus) {
  const dialog = $("pm-dialog");
  const fault = h("p", { class: "k-error", role: "alert", hidden: true });
  const button = h("button", { class: "k-btn k-btn-primary" }, verb);
  const form = h("form", { novalidate: true },
    h("div", { class: "k-dialog-head" }, h("h2", { class: "k-panel-title", id: "pm-dialog-title" }, title), h("button", { type: "button", class: "k-icon-btn", "data-dialog-close": true, "aria-label": "Close" }, icon("x"))),
    h("div", { class: "k-dialog-body k-form" }, body, fault),
    h("div", { class: "k-dialog-foot" }, h("button", { type: "button", class: "k-btn", "data-dialog-close": true }, "Cancel"), button));
  dialog.replaceChildren(form);
  return new Promise((resolve) => {
    let answer = null;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      fault.hidden = true;
      try {
        answer = await save();
        dialog.close();
      } catch (problem) {
        fault.textContent = problem.detail || problem.message || problem.title;
        fault.hidden = false;
      } finally {
        button.disabled = false;
      }
    });
    // Enter in a list sends the form as it does in a line of text.
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.target instanceof HTMLSelectElement)) return;
      event.preventDefault();
      form.requestSubmit();
    });
    dialog.addEventListener("close", () => resolve(answer), { once: true });
    dialog.showModal();
    focus.focus();
  });
}

function need(text, what) {
  if (!text.trim()) throw new Error(what);
  return text.trim();
}

// Add somebody where one is on the map; `save(values)` stores, and answers the row.
export function askPerson({ model, roles, manager, save }) {
  const name = h("input", { maxlength: "200", autocomplete: "off" });
  const unknown = h("input", { type: "checkbox" });
  const title = h("input", { maxlength: "200", autocomplete: "off" });
  const boss = people(model, { empty: "Nobody, or not known" });
  boss.value = manager ?? "";
  const boxes = roles.map(({ value, word }) => h("label", { class: "k-check" }, h("input", { type: "checkbox", value }), h("span", {}, word)));
  const nameField = field("Name", name);
  unknown.addEventListener("change", () => {
    nameField.querySelector("label").textContent = unknown.checked ? "Whom to look for" : "Name";
    name.placeholder = unknown.checked ? "Fleet finance controller" : "";
  });
  return open("Add a person", "Add person", [
    nameField,
    h("label", { class: "k-check" }, unknown, h("span", {}, "Name not known yet")),
    h("div", { class: "k-form-grid" }, field("Title", title), field("Reports to", boss)),
    h("fieldset", { class: "pm-boxes" }, h("legend", { class: "k-label" }, "Roles"), boxes),
  ], () => save({
    name: need(name.value, unknown.checked ? "Say whom to look for, such as “Fleet finance controller”." : "Name: enter a name, or tick “Name not known yet”."),
    is_placeholder: unknown.checked,
    title: title.value.trim(),
    reports_to: boss.value || null,
    roles: boxes.map((box) => box.firstElementChild).filter((box) => box.checked).map((box) => box.value),
  }), name);
}

// Draw a line from somebody (to somebody), or change one; `save(values)` stores.
export function askLine({ model, from, to = null, link = null, save }) {
  const kind = h("select", {}, h("option", { value: "influence" }, "influences"), h("option", { value: "conflict" }, "is in conflict with"));
  const source = people(model), target = people(model, { empty: "Choose somebody" });
  const topic = h("input", { maxlength: "120", autocomplete: "off" });
  const strength = h("select", {}, STRENGTHS.map((word, at) => h("option", { value: String(at + 1) }, word)));
  const note = h("textarea", { rows: "2", maxlength: "4000" });
  source.value = link?.from ?? from;
  target.value = link?.to ?? to ?? "";
  kind.value = link?.kind ?? "influence";
  topic.value = link?.topic ?? "";
  strength.value = String(link?.strength ?? 3);
  note.value = link?.note ?? "";
  const ends = [field("Who", source), field("What they do", kind), field("Whom", target)];
  return open(link ? "Change the line" : `Draw a line from ${model.nameOf(from)}`, link ? "Save line" : "Draw line", [
    h("div", { class: "pm-ends" }, ends),
    h("div", { class: "k-form-grid" }, field("On what", topic, "Such as price, fleet budget, service record."), field("How strongly", strength)),
    field("Note", note),
  ], () => {
    if (!target.value) throw new Error("Whom: choose somebody at the end of the line.");
    if (source.value === target.value) throw new Error("A line joins two different people.");
    return save({ from: source.value, to: target.value, kind: kind.value, topic: topic.value.trim() || null, strength: Number(strength.value), note: note.value.trim() || null });
  }, to || link ? topic : target);
}

// Whom somebody reports to.
export function askManager({ model, id, save }) {
  const boss = people(model, { except: [id], empty: "Nobody, or not known" });
  for (const option of boss.options) if (option.value && model.isAbove(id, option.value)) option.disabled = true;
  boss.value = model.people.get(id).reports_to ?? "";
  return open(`Whom does ${model.nameOf(id)} report to?`, "Move", [field("Manager", boss, "Whoever stands below them cannot be chosen.")], () => save(boss.value || null), boss);
}
