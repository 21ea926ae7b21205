// Two people changed one cell: both values side by side, and a person chooses. Nothing is overwritten silently.
import { announce } from "../announce.js";
import { h, symbol } from "./dom.js";
import { FIELD_WORDS } from "./words.js";

export class ConflictDialog {
  constructor({ dialog, store, model, words, onDone }) {
    Object.assign(this, { dialog, store, model, words, onDone });
    this.all = false;
    dialog.addEventListener("close", () => onDone());
  }

  open() {
    if (!this.store.conflicts.length) return;
    this.#draw();
    if (!this.dialog.open) this.dialog.showModal();
    announce(`${this.store.conflicts.length} ${this.store.conflicts.length === 1 ? "value was" : "values were"} changed by somebody else as well.`);
  }

  #decide(items, keep) {
    this.store.decide(items.map(({ key, field }) => ({ key, field, keep })));
    announce(keep === "mine" ? "Yours is kept." : "Theirs is taken.");
    if (this.store.conflicts.length) this.#draw();
    else this.dialog.close();
  }

  #who(item) {
    const at = item.when ? new Date(item.when) : null;
    const where = (document.documentElement.dataset.locale ?? "en_GB").replace("_", "-");
    const time = at ? new Intl.DateTimeFormat(where, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }).format(at) : "";
    return `${item.who ?? "Somebody else"}${time ? `, ${time}` : ""}`;
  }

  #name(item) {
    const names = this.model.nameOf(item.key);
    return `${names.line}, ${names.segment}`;
  }

  #draw() {
    const { conflicts } = this.store;
    const count = conflicts.length;
    const title = count === 1 ? `${conflicts[0].who ?? "Somebody else"} changed this cell too` : `${count} values were changed by two people`;
    const head = h("div", { class: "k-dialog-head" }, h("h2", { class: "k-panel-title", id: "os-conflict-title" }, title), h("button", { type: "button", class: "k-icon-btn", "aria-label": "Decide later", "data-dialog-close": true }, symbol("close")));
    const rest = count > 1 && !this.all;
    const body = h("div", { class: "k-dialog-body" }, h("p", {}, "Nothing was overwritten. Your other changes are saved; here you choose."), this.all ? this.#table(conflicts) : this.#pair(conflicts[0]));
    const foot = h("div", { class: "k-dialog-foot" },
      rest ? h("button", { type: "button", class: "k-btn k-btn-text", onclick: () => { this.all = true; this.#draw(); } }, `Compare all ${count}`) : null,
      this.all ? [h("button", { type: "button", class: "k-btn", onclick: () => this.#decide(conflicts, "theirs") }, "Take all theirs"), h("button", { type: "button", class: "k-btn k-btn-primary", onclick: () => this.#decide(conflicts, "mine") }, "Keep all mine")]
        : [h("button", { type: "button", class: "k-btn", onclick: () => this.#decide([conflicts[0]], "theirs") }, "Take theirs"), h("button", { type: "button", class: "k-btn k-btn-primary", onclick: () => this.#decide([conflicts[0]], "mine") }, "Keep mine")]);
    this.dialog.replaceChildren(head, body, foot);
  }

  #pair(item) {
    return h("div", {}, h("p", { class: "k-name k-mt-3" }, `${this.#name(item)}: ${FIELD_WORDS[item.field].toLowerCase()}`),
      h("div", { class: "k-conflict" },
        h("div", {}, h("span", { class: "k-caption" }, "Yours, not saved"), h("div", { class: "k-panel-title os-wrap" }, this.words.field(item.field, item.mine))),
        h("div", {}, h("span", { class: "k-caption" }, this.#who(item)), h("div", { class: "k-panel-title os-wrap" }, this.words.field(item.field, item.theirs)))));
  }

  #table(conflicts) {
    const row = (item) => h("tr", {}, h("th", { scope: "row" }, this.#name(item), h("span", { class: "k-second-line" }, FIELD_WORDS[item.field])),
      h("td", { class: "os-wrap" }, this.words.field(item.field, item.mine), h("br"), h("button", { type: "button", class: "k-btn k-btn-small", onclick: () => this.#decide([item], "mine"), "aria-label": `Keep mine: ${this.#name(item)}` }, "Keep mine")),
      h("td", { class: "os-wrap" }, this.words.field(item.field, item.theirs), h("br"), h("button", { type: "button", class: "k-btn k-btn-small", onclick: () => this.#decide([item], "theirs"), "aria-label": `Take theirs: ${this.#name(item)}` }, "Take theirs"), h("span", { class: "k-second-line" }, this.#who(item))));
    return h("div", { class: "k-table-scroll", tabindex: "0", role: "region", "aria-label": "All conflicts" }, h("table", { class: "k-table k-dense" }, h("thead", {}, h("tr", {}, ["Cell", "Yours", "Theirs"].map((word) => h("th", { scope: "col", class: "k-left" }, word)))), h("tbody", {}, conflicts.map(row))));
  }
}
