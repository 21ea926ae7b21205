// Two people changed the same: both values side by side, and a person chooses. Nothing is overwritten silently.
import { announce } from "../announce.js";
import { h, icon } from "./map-dom.js";
import { same } from "./map-ops.js";

const LABELS = { reports_to: "Reports to", x: "Place on the map", is_parked: "Parked", title: "Title", name: "Name", roles: "Roles", attitude: "Attitude", power: "Power", strength: "Strength", topic: "Topic", note: "Note", kind: "Kind", covered_by: "Covered by" };

export class ConflictDialog {
  constructor({ dialog, store, model, onDone }) {
    Object.assign(this, { dialog, store, model, onDone });
    dialog.addEventListener("close", () => onDone());
  }

  #say(name, value, row) {
    if (value === undefined) return "gone";
    if (name === "x") return value === null ? "not placed" : `${Math.round(value)}, ${Math.round(row.y ?? 0)}`;
    if (name === "reports_to") return value ? this.model.nameOf(this.store.ref(value)) : "nobody";
    if (typeof value === "boolean") return value ? "yes" : "no";
    return value === null || value === "" ? "empty" : Array.isArray(value) ? value.join(", ") : String(value);
  }

  // What mine and theirs say, for everything of the step that they changed as well.
  #rows({ entry, theirs }) {
    const { step } = entry;
    const items = step.type === "places" ? step.items : [step];
    const kind = step.type.startsWith("link") ? "links" : "people";
    return items.flatMap((item) => {
      const row = theirs[kind].get(this.store.ref(item.id ?? item.ref));
      const what = kind === "people" ? this.model.nameOf(this.store.ref(item.id ?? item.ref)) : "The line";
      if (!row || !item.after) return [[what, row ? "taken away" : "as I left it", row ? "changed" : "gone"]];
      return Object.entries(item.after).filter(([name, value]) => name !== "y" && !same(row[name], item.before[name]) && !same(row[name], value)).map(([name, value]) => [`${what}: ${LABELS[name] ?? name}`, this.#say(name, value, item.after), this.#say(name, row[name], row)]);
    });
  }

  open(conflict) {
    const rows = this.#rows(conflict);
    const decide = async (keep) => {
      this.dialog.close();
      await this.store.decide(keep);
      announce(keep === "mine" ? "Yours is kept." : "Theirs is taken.");
    };
    this.dialog.replaceChildren(
      h("div", { class: "k-dialog-head" }, h("h2", { class: "k-panel-title", id: "pm-conflict-title" }, `Somebody else changed this too: ${conflict.entry.act.label}`)),
      h("div", { class: "k-dialog-body" }, h("p", {}, "Nothing was overwritten. Choose what stands."),
        h("table", { class: "k-table k-mt-3" }, h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "k-left" }, "What"), h("th", { scope: "col", class: "k-left" }, "Mine"), h("th", { scope: "col", class: "k-left" }, "Theirs"))), h("tbody", {}, rows.slice(0, 8).map(([what, mine, their]) => h("tr", {}, h("th", { scope: "row", class: "k-left" }, what), h("td", { class: "k-left" }, mine), h("td", { class: "k-left" }, their)))))),
      h("div", { class: "k-dialog-foot" }, h("button", { type: "button", class: "k-btn", onclick: () => decide("theirs") }, icon("user-check"), "Take theirs"), h("button", { type: "button", class: "k-btn k-btn-primary", onclick: () => decide("mine") }, "Keep mine")));
    this.dialog.showModal();
    announce("Somebody else changed this too. Nothing was overwritten.");
  }
}
