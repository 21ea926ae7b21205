// The side panel: the whole story of one cell, every field editable in place, saved and undone as in the grid.
import { announce, toast } from "../announce.js";
import { number, percent } from "../format.js";
import { csrfToken, problemOf } from "../http.js";
import { bar } from "./cells.js";
import { h } from "./dom.js";
import { parseField, Unreadable } from "./parse.js";
import { FIELD_WORDS, POSITIONS } from "./words.js";

// Stands in an address where an id belongs.
const NO_ID = "00000000-0000-0000-0000-000000000000";
const BETTER = { competitor: "contested", contested: "ours", unknown: "ours" };

export class Panel {
  constructor({ element, model, words, store, sheet, config, onClose, onDecide }) {
    Object.assign(this, { element, model, words, store, sheet, config, onDecide });
    this.form = element.querySelector("form");
    this.fault = element.querySelector("#os-field-fault");
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("change", (event) => this.#changed(event.target));
    this.form.addEventListener("keydown", (event) => this.#keys(event));
    element.querySelector("[data-panel-close]").addEventListener("click", onClose);
    element.querySelector("[data-push]").addEventListener("click", (event) => this.#push(event.currentTarget));
    element.querySelector("[data-history]").addEventListener("toggle", () => this.#history());
    const owner = this.form.elements.owner;
    for (const member of config.members) owner.append(h("option", { value: member.id }, member.name));
    if (!config.canChange) for (const field of this.form.elements) field.disabled = true;
  }

  fact(name) {
    return this.element.querySelector(`[data-fact="${name}"]`);
  }

  #text(name, text) {
    this.fact(name).textContent = text;
  }

  // Show a cell; `focus` goes to its first field.
  show(key, { focus = false } = {}) {
    const another = key !== this.key;
    this.key = key;
    const cell = this.model.cell(key);
    const names = this.model.nameOf(key);
    this.#text("segment", names.segment);
    this.#text("line", names.line);
    this.#text("current", this.words.money(cell.current));
    this.#text("fiscal", this.words.money(cell.fiscal));
    this.#text("potential", cell.shown === null ? "not known" : `${cell.basis === "estimated" ? "≈ " : ""}${this.words.money(cell.shown)}`);
    this.fact("potential").className = `k-figure-panel ${cell.basis === "entered" ? "os-typed" : ""}${cell.shown === null ? " k-unknown os-small" : ""}`;
    this.#text("gap", cell.gap === null ? "not known" : this.words.money(cell.gap));
    this.fact("gap").classList.toggle("os-small", cell.gap === null);
    this.fact("gap").classList.toggle("k-unknown", cell.gap === null);
    this.#text("basis", cell.basis === "estimated" ? ` The potential is estimated from ${number(cell.estimate.buyers)} comparable buyers; enter yours and it gives way.` : "");
    this.fact("bar").replaceChildren(bar(cell));
    this.#fields(cell, another);
    this.#factors(cell);
    this.#worth(cell);
    this.#priority(cell);
    this.#text("changed", cell.changed_by_name && cell.changed_at ? `Last changed by ${cell.changed_by_name}, ${this.words.day(cell.changed_at.slice(0, 10))}` : "");
    this.#conflict(key);
    const push = this.element.querySelector("[data-push]"), pushed = this.element.querySelector("[data-pushed]");
    push.hidden = !this.config.canChange || Boolean(cell.opportunity);
    pushed.hidden = !cell.opportunity || !this.config.opportunity;
    if (!pushed.hidden) pushed.href = this.config.opportunity.replace(NO_ID, cell.opportunity);
    const history = this.element.querySelector("[data-history]");
    if (another) {
      history.open = false;
      this.fact("history").replaceChildren();
    }
    if (focus) (this.config.canChange ? this.form.elements.potential : this.element).focus();
  }

  #fields(cell, another) {
    const { elements } = this.form;
    const values = {
      potential: cell.potential === null ? "" : number(cell.potential, { decimals: Number.isInteger(cell.potential) ? 0 : 2 }),
      probability: cell.probability === null ? "" : percent(cell.probability, { decimals: Number.isInteger(Math.round(cell.probability * 1e6) / 1e4) ? 0 : 1 }),
      position: cell.position,
      competitor: cell.competitor ?? "",
      contract_end: cell.contract_end ?? "",
      growth_type_override: cell.growth_type_override ?? "",
      owner: cell.owner ?? "",
      note: cell.note ?? "",
    };
    elements.probability.placeholder = cell.chance === null ? "not known" : `${percent(cell.chance, { decimals: 0 })}, assumed`;
    if (another) {
      this.fault.hidden = true;
      for (const field of elements) field.removeAttribute("aria-invalid");
    }
    for (const [name, value] of Object.entries(values)) {
      const field = elements[name];
      // What a person is typing just now is theirs.
      if (!another && document.activeElement === field) continue;
      if (name === "owner" && value && ![...field.options].some((option) => option.value === value)) field.append(h("option", { value }, cell.owner_name ?? "Somebody who left"));
      field.value = value;
      field.dataset.shown = value;
    }
  }

  #factors(cell) {
    const host = this.fact("factors");
    const { factors } = this.model;
    const count = cell.csfs.length;
    this.#text("factors-title", count ? `Serves ${count === 1 ? "one success factor" : `${count} success factors`}` : "Serves no success factor yet");
    if (!factors.length) {
      host.replaceChildren(h("p", { class: "k-caption" }, "No success factors of this customer are known yet."));
      return;
    }
    host.replaceChildren(...factors.map((factor) => h("label", { class: "k-check os-factor" },
      h("input", { type: "checkbox", name: "csfs", value: factor.id, checked: cell.csfs.includes(factor.id), disabled: !this.config.canChange }),
      h("span", { class: "k-step-number" }, String(factor.number)), h("span", {}, factor.name))));
  }

  #worth(cell) {
    const found = this.preview?.answer?.line_ratios.find((line) => line.product_line === cell.line);
    const known = found && found.ratio !== null;
    this.fact("worth-row").hidden = !known;
    if (known) {
      const ratio = Math.max(found.ratio, 0);
      this.#text("worth", cell.gap === null ? "not known" : `${this.words.money(cell.gap)} × ${percent(ratio)} = ${this.words.money(cell.gap * ratio)} a year`);
      this.#text("worth-why", found.unprofitable ? "This line loses money: more of it is worth nothing." : `${percent(found.ratio)} of extra sales stays with us${found.ratio_basis === "overall" ? ", the company’s own ratio" : ""}.`);
    }
    this.#text("expected", cell.gap === null || cell.chance === null ? "not known" : `${this.words.money(cell.gap * cell.chance)} a year${cell.assumed ? ", probability assumed" : ""}`);
  }

  #priority(cell) {
    this.#text("priority-title", cell.rank ? `Priority ${cell.rank} of ${this.model.ranked.length}` : "No priority yet");
    this.fact("priority").hidden = cell.gap === null;
    this.#text("priority", this.words.priority(cell));
    const next = BETTER[cell.position];
    let advice = cell.gap === null ? "It comes with a potential." : cell.gap === 0 ? "All that was entered is sold." : "";
    if (cell.gap > 0 && next && cell.rank > 1) {
      const would = cell.gap * (1 + cell.csfs.length) * this.model.positionFactors[next];
      const place = 1 + this.model.ranked.filter((one) => one.key !== cell.key && one.priority > would).length;
      advice = `If the place were ${POSITIONS[next].toLowerCase()}, it would come ${place === 1 ? "first" : `${place}${["", "st", "nd", "rd"][place % 100 > 10 && place % 100 < 14 ? 0 : place % 10] || "th"}`} with ${this.words.money(would)}.`;
    }
    this.#text("advice", advice);
  }

  #conflict(key) {
    const host = this.fact("conflict");
    const found = this.store.conflicts.filter((item) => item.key === key);
    const faults = [...this.store.faults].filter(([name]) => name.startsWith(`${key} `));
    host.hidden = !found.length && !faults.length;
    host.replaceChildren(
      ...found.map((item) => h("p", {}, `${item.who ?? "Somebody else"} set ${FIELD_WORDS[item.field].toLowerCase()} to ${this.words.field(item.field, item.theirs)}; yours is ${this.words.field(item.field, item.mine)}. `, h("button", { type: "button", class: "k-link os-plain-button", onclick: () => this.onDecide() }, "Decide"))),
      ...faults.map(([name, message]) => h("p", {}, `${FIELD_WORDS[name.split(" ").at(-1)]} was not saved: ${message}`)));
  }

  #read(field) {
    const { name, value } = field;
    if (name === "csfs") return [...this.form.querySelectorAll("[name=csfs]:checked")].map((box) => box.value).sort();
    if (name === "potential" || name === "probability" || name === "competitor") {
      const sign = number(0.5, { decimals: 1 }).includes(",") ? "," : ".";
      const lone = /^[^\d]*\d{1,3}([.,])\d{3}\D*$/.exec(value.trim());
      return parseField(name, value, { decimal: lone ? null : sign });
    }
    if (name === "note") return value.trim() || null;
    if (name === "position") return value;
    return value || null;
  }

  #changed(field) {
    if (field.type !== "checkbox" && field.value === field.dataset.shown) return;
    let value;
    try {
      value = this.#read(field);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", "os-field-fault");
      this.fault.hidden = false;
      this.fault.textContent = `${FIELD_WORDS[field.name]}: “${field.value}” ${error.message}.`;
      return;
    }
    field.removeAttribute("aria-invalid");
    this.fault.hidden = true;
    const names = this.model.nameOf(this.key);
    const changes = [{ key: this.key, field: field.name, value }];
    // Whoever names a rival in a place nobody has judged says that the place is contested.
    if (field.name === "competitor" && value && this.model.value(this.key, "position") === "unknown") changes.push({ key: this.key, field: "position", value: "contested" });
    if (this.sheet.change(`${FIELD_WORDS[field.name]} of ${names.line}`, changes)) announce(`${FIELD_WORDS[field.name]}: ${this.words.field(field.name, value)}.`);
    field.dataset.shown = field.value;
  }

  #keys(event) {
    if (event.key === "Enter" && event.target.tagName === "INPUT" && event.target.type !== "checkbox") {
      this.#changed(event.target);
      event.preventDefault();
    } else if (event.key === "Escape" && !event.target.closest("dialog")) {
      event.target.value = event.target.dataset.shown ?? event.target.value;
      this.sheet.grid.scroll.focus();
      event.preventDefault();
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && event.target.value === event.target.dataset.shown) {
      this.sheet.step(event.shiftKey ? "redo" : "undo");
      event.preventDefault();
    }
  }

  async #push(button) {
    button.disabled = true;
    const key = this.key;
    const cut = key.indexOf("|");
    try {
      await this.store.flush();
      const response = await fetch(this.config.push, {
        method: "POST",
        credentials: "same-origin",
        headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify({ segment: key.slice(0, cut) || null, product_line: key.slice(cut + 1) }),
      });
      if (!response.ok) throw problemOf(response.status, await response.text());
      const opportunity = await response.json();
      await this.store.reload();
      const names = this.model.nameOf(key);
      const cell = this.model.cell(key);
      const along = [cell.gap === null ? "" : "amount", cell.chance === null ? "" : "probability", cell.competitor ? "competitor" : "", cell.note ? "note" : ""].filter(Boolean);
      const went = along.length > 1 ? `${along.slice(0, -1).join(", ")} and ${along.at(-1)}` : along[0];
      toast("It is an opportunity now.", `${opportunity.name ?? names.line}${went ? `: ${went} went along.` : "."}`, "keep");
    } catch (problem) {
      toast(problem.title ?? "No opportunity was made", problem.detail ?? problem.message);
    }
    button.disabled = false;
  }

  async #history() {
    const box = this.element.querySelector("[data-history]");
    const host = this.fact("history");
    if (!box.open || host.childElementCount) return;
    const cut = this.key.indexOf("|");
    host.textContent = "Reading…";
    const key = this.key;
    try {
      const query = new URLSearchParams({ segment: key.slice(0, cut) });
      const response = await fetch(`${this.config.history.replace(NO_ID, key.slice(cut + 1))}?${query}`, { credentials: "same-origin", headers: { "HX-Request": "true" } });
      if (!response.ok) throw problemOf(response.status, "");
      const text = await response.text();
      // Rendered by our own server, with its values escaped there.
      if (this.key === key) host.innerHTML = text;
    } catch {
      host.textContent = "The history cannot be read now.";
    }
  }
}
