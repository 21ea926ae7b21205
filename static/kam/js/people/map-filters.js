// Filters fade, they never hide; a legend entry picks out while it is pointed at; which people that leaves.
import { $, h, icon } from "./map-dom.js";
import { attitudeOf } from "./map-model.js";

const ATTITUDES = { for: "For us", neutral: "Neutral", against: "Against us", unknown: "Not judged" };
const ZONES = { power: "Power zone", threat: "Threat zone", receptive: "Receptive zone" };
const SECTIONS = ["role", "attitude", "cover", "zone", "department"];

// Whether somebody answers to every section in which something is chosen. Pure.
export function matches(node, chosen) {
  const has = { role: node.roles.length ? node.roles : ["none"], attitude: [attitudeOf(node)], cover: [node.cover ?? "nobody"], zone: node.zones, department: [node.department ?? "none"] };
  return SECTIONS.every((section) => !chosen[section]?.size || has[section].some((value) => chosen[section].has(value)));
}

// What a legend entry means. Pure.
export const PICKS = {
  reporting: { nodes: (node, model) => Boolean(node.reports_to) || model.reportsOf(node.id).length > 0, edges: (id) => id.startsWith("r-") },
  influence: { nodes: (node, model) => model.linksOf(node.id).some((link) => link.kind === "influence"), edges: (id, model) => model.links.get(id.slice(2))?.kind === "influence" },
  conflict: { nodes: (node, model) => model.linksOf(node.id).some((link) => link.kind === "conflict"), edges: (id, model) => model.links.get(id.slice(2))?.kind === "conflict" },
  for: { nodes: (node) => attitudeOf(node) === "for", edges: () => false },
  against: { nodes: (node) => attitudeOf(node) === "against", edges: () => false },
  nobody: { nodes: (node, model) => !model.coverOf(node) && !node.is_placeholder && !model.hasLeft(node), edges: () => false },
  unknown: { nodes: (node) => node.is_placeholder, edges: () => false },
};

export class Filters {
  chosen = {};
  picked = null;

  constructor({ model, roleWords, onChange }) {
    Object.assign(this, { model, roleWords, onChange });
    const legend = $("pm-legend");
    legend.addEventListener("pointerover", (event) => this.#pick(event.target.closest?.("[data-pick]")?.dataset.pick ?? null));
    legend.addEventListener("pointerleave", () => this.#pick(null));
    legend.addEventListener("focusin", (event) => this.#pick(event.target.dataset?.pick ?? null));
    legend.addEventListener("focusout", () => this.#pick(null));
  }

  #pick(name) {
    if (name === this.picked) return;
    this.picked = name;
    this.onChange();
  }

  get count() {
    return SECTIONS.reduce((sum, section) => sum + (this.chosen[section]?.size ?? 0), 0);
  }

  clear() {
    this.chosen = {};
    this.draw();
    this.onChange();
  }

  // Ids of nodes and lines that fade, or null for none.
  faded(edges) {
    const { model } = this;
    const pick = this.picked === "path" ? null : PICKS[this.picked];
    if (!pick && !this.count) return null;
    const kept = new Set();
    for (const node of model.shown) {
      const cover = model.coverOf(node)?.id ?? null;
      if (pick ? pick.nodes(node, model) : matches({ ...node, cover }, this.chosen)) kept.add(node.id);
    }
    const faded = new Set(model.shown.map((node) => node.id).filter((id) => !kept.has(id)));
    for (const { id, source, target } of edges) {
      if (pick ? !pick.edges(id, model) : faded.has(source) || faded.has(target)) faded.add(id);
    }
    return faded.size ? faded : null;
  }

  // The menu of filters, with how many people each finds.
  draw() {
    const { model } = this;
    const count = (section) => {
      const counts = new Map();
      for (const node of model.shown) {
        const values = { role: node.roles.length ? node.roles : ["none"], attitude: [attitudeOf(node)], cover: [model.coverOf(node)?.id ?? "nobody"], zone: node.zones, department: [node.department ?? "none"] }[section];
        for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      return counts;
    };
    const words = {
      role: [...this.roleWords, ["none", "No role yet"]],
      attitude: Object.entries(ATTITUDES),
      cover: [["nobody", "Nobody"], ...[...model.ours.values()].map((member) => [member.id, member.name])],
      zone: Object.entries(ZONES),
      department: [...[...new Set(model.shown.map((node) => node.department).filter(Boolean))].sort().map((name) => [name, name]), ["none", "No department"]],
    };
    const titles = { role: "Role", attitude: "Attitude to us", cover: "Covered by", zone: "Zone", department: "Department" };
    const host = $("pm-filter-body");
    const focus = host.contains(document.activeElement) ? document.activeElement.id : null;
    host.replaceChildren(...SECTIONS.map((section) => {
      const counts = count(section);
      const options = words[section].filter(([value]) => counts.get(value) || this.chosen[section]?.has(value));
      return h("fieldset", { class: "k-filter-options" }, h("legend", { class: "k-label" }, titles[section]), options.map(([value, word], at) => {
        const box = h("input", { type: "checkbox", id: `pm-f-${section}-${at}`, checked: this.chosen[section]?.has(value) ?? false });
        box.addEventListener("change", () => {
          const set = this.chosen[section] ??= new Set();
          if (box.checked) set.add(value);
          else set.delete(value);
          this.#summary();
          this.onChange();
        });
        return h("label", { class: "k-check" }, box, h("span", {}, word), h("span", { class: "k-count" }, String(counts.get(value) ?? 0)));
      }));
    }), h("div", { class: "k-filter-foot" }, h("button", { type: "button", class: "k-btn k-btn-small", onclick: () => this.clear() }, icon("x"), "Clear")));
    if (focus) $(focus)?.focus();
    this.#summary();
  }

  #summary() {
    const one = this.count === 1 ? SECTIONS.flatMap((section) => [...(this.chosen[section] ?? [])])[0] : null;
    $("pm-filter-summary").textContent = this.count ? one && this.roleWords.get(one) || `${this.count} chosen` : "All";
    $("pm-filter").querySelector("summary").classList.toggle("k-chip-on", this.count > 0);
  }
}
