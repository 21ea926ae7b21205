// Beside the map: the gaps and the way to a decider; or the person, the line, the one of ours that is chosen.
import { avatar, dots } from "./map-cards.js";
import { h, icon } from "./map-dom.js";
import { attitudeOf } from "./map-model.js";
import { ATTITUDE, coverWords, face, leftOn, lineWords, rolesOf, signed } from "./map-words.js";
import { ZONES } from "./map-zones.js";

const MOST_GAPS = 5;

export class Side {
  // `acts`: what the buttons do, given by the page.
  constructor({ host, model, roleWords, config, acts }) {
    Object.assign(this, { host, model, roleWords, config, acts });
    this.canChange = config.canChange;
  }

  draw({ selected, line, decider }) {
    const { model } = this;
    const focus = this.host.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const first = model.people.has(selected) ? this.#person(model.people.get(selected))
      : model.ours.has(selected) ? this.#member(model.ours.get(selected))
        : model.links.has(line) ? this.#line(model.links.get(line)) : null;
    this.host.replaceChildren(...[first, this.#path(decider), this.#gaps(), this.#balance()].filter(Boolean));
    if (focus) this.host.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
  }

  focus() {
    this.host.querySelector("[data-chosen] h2")?.focus();
  }

  #card(title, caption, ...body) {
    return h("section", { class: "k-card" }, h("div", { class: "k-card-head" }, h("div", {}, h("h2", { class: "k-card-title" }, title), caption ? h("p", { class: "k-caption" }, caption) : null)), ...body);
  }

  #button(key, text, act, { sign = null, primary = false } = {}) {
    return h("button", { type: "button", class: `k-btn k-btn-small${primary ? " k-btn-primary" : ""}`, dataset: { key }, onclick: act }, sign ? icon(sign) : null, text);
  }

  #chosen(name, caption, sign, ...body) {
    const title = h("h2", { class: "k-panel-title", tabindex: "-1" }, name);
    const head = h("div", { class: "k-card-head" }, sign, h("div", { class: "k-grow" }, title, caption ? h("p", { class: "k-caption" }, caption) : null), h("button", { type: "button", class: "k-icon-btn k-icon-btn-small", "aria-label": "Close", dataset: { key: "close" }, onclick: () => this.acts.select(null) }, icon("x")));
    return h("section", { class: "k-card pm-chosen", dataset: { chosen: "yes" }, "aria-label": name }, head, ...body);
  }

  #person(node) {
    const { model, acts, canChange } = this;
    const attitude = attitudeOf(node), left = model.hasLeft(node);
    const roles = rolesOf(node, this.roleWords);
    const facts = [
      ["Roles", roles.length ? roles.join(", ") : "not known"],
      ["Attitude to us", h("span", { class: "bc-mark" }, icon(face(node)), node.attitude === null ? "not judged" : `${signed(node.attitude)}, ${ATTITUDE[attitude]}`)],
      ["Power", node.power === null ? "not judged" : `${node.power} of 10`],
      ["Relationship", h("span", { class: "bc-mark" }, node.strength === null ? "not judged" : `${node.strength} of 5`, node.strength === null ? null : dots(node.strength))],
      ["Our side", coverWords(node, model) || "nobody yet"],
      ["Reports to", node.reports_to ? model.nameOf(node.reports_to) : "nobody, or not known"],
      ...(node.zones.length ? [["Zones", node.zones.map((zone) => ZONES[zone].word.toLowerCase()).join(", ")]] : []),
      ...(node.is_opponent ? [["Opponent", node.competitor ? `for ${node.competitor}` : "yes"]] : []),
    ];
    const lines = model.linksOf(node.id).sort((a, b) => b.strength - a.strength);
    return this.#chosen(node.name, left ? leftOn(node) : [node.title, node.department].filter(Boolean).join(" · ") || (node.is_placeholder ? "Not known yet" : ""), avatar(node.name, "accent"),
      h("div", { class: "k-card-body" },
        h("dl", { class: "pm-facts" }, facts.flatMap(([term, value]) => [h("dt", {}, term), h("dd", {}, value)])),
        lines.length ? h("ul", { class: "pm-lines" }, lines.map((link) => h("li", {}, h("button", { type: "button", class: "pm-line", dataset: { key: `line-${link.id}` }, onclick: () => acts.chooseLine(link.id) }, h("i", { class: `pm-stroke is-${link.kind}`, "aria-hidden": "true" }), h("span", {}, lineWords(link, model)))))) : null,
        h("div", { class: "pm-acts" },
          canChange ? this.#button("edit", node.is_placeholder ? "Name" : "Edit, or help me choose", () => acts.edit(node.id), { sign: "pencil", primary: true }) : null,
          canChange ? this.#button("draw", "Draw a line", () => acts.drawLine(node.id), { sign: "vector-spline" }) : null,
          canChange ? this.#button("hang", "Reports to …", () => acts.chooseManager(node.id), { sign: "sitemap" }) : null,
          canChange ? this.#button("park", node.is_parked ? "Back on the map" : "Park", () => acts.park(node.id), { sign: "parking" }) : null,
          node.roles.includes("decider") && model.paths.has(node.id) ? this.#button("path", "Show our path", () => acts.path(node.id), { sign: "route" }) : null,
          h("a", { class: "k-btn k-btn-small", href: this.config.contact.replace(this.config.noId, node.id) }, icon("user"), "Open page"))));
  }

  #member(member) {
    const known = this.model.ties.filter((tie) => tie.ours === member.id).sort((a, b) => b.strength - a.strength);
    return this.#chosen(member.name, member.roles.join(", "), avatar(member.name, "hold"),
      known.length ? h("ul", { class: "pm-lines k-card-body" }, known.map((tie) => h("li", {}, h("button", { type: "button", class: "pm-line", onclick: () => this.acts.select(tie.contact) }, dots(tie.strength), h("span", {}, `${this.model.nameOf(tie.contact)}, ${tie.strength} of 5`))))) : h("p", { class: "k-card-body k-caption" }, "Knows nobody here yet. Choose on a person’s card who covers them."));
  }

  #line(link) {
    const { acts, model } = this;
    return this.#chosen(link.kind === "conflict" ? "A conflict" : "A line of influence", lineWords(link, model), null,
      h("div", { class: "k-card-body" },
        link.note ? h("p", { class: "pm-note" }, link.note) : h("p", { class: "k-caption" }, "No note on this line."),
        h("div", { class: "pm-acts" },
          this.canChange ? this.#button("line-edit", "Change", () => acts.editLine(link.id), { sign: "pencil", primary: true }) : null,
          this.canChange ? this.#button("line-delete", "Take away", () => acts.removeLine(link.id), { sign: "trash" }) : null,
          ...[link.from, link.to].map((id) => this.#button(`end-${id}`, model.nameOf(id), () => acts.select(id), { sign: "user" })))));
  }

  #path(decider) {
    const { model } = this;
    const path = decider ? model.pathTo(decider) : null;
    if (decider && !path && model.people.has(decider)) return this.#card(`No way leads to ${model.nameOf(decider)}`, "None of ours knows them, and nobody we know is known to influence them.", h("div", { class: "pm-pad" }));
    if (!path) return null;
    const weakest = Math.min(...path.steps.map((step) => step.strength));
    const first = path.steps.findIndex((step) => step.strength === weakest);
    return this.#card(path.title, path.reason,
      h("ol", { class: "bc-path k-card-body" },
        h("li", {}, h("span", { class: "k-row" }, avatar(model.nameOf(path.steps[0].from), "hold"), h("span", { class: "k-grow" }, model.nameOf(path.steps[0].from)))),
        path.steps.map((step, at) => h("li", { class: at === first ? "is-weakest" : "" }, h("span", { class: "k-row" }, avatar(model.nameOf(step.to), at === path.steps.length - 1 ? "cut" : "keep"), h("span", { class: "k-grow" }, h("button", { type: "button", class: "pm-name", onclick: () => this.acts.select(step.to) }, model.nameOf(step.to)), step.topic ? h("span", { class: "k-second-line k-caption" }, ` ${step.topic}`) : null), h("span", { class: "k-num k-caption" }, `${step.strength} of 5`))))));
  }

  #gaps() {
    const { model, acts } = this;
    const { gaps } = model;
    if (!model.people.size) return null;
    if (!gaps.length) return this.#card("No gaps", "Every decider is covered and reached, somebody inside works for us, and no contact hangs on one thread.", h("div", { class: "pm-pad" }));
    const rest = gaps.length - MOST_GAPS;
    return this.#card(model.data.gaps_title, "",
      h("ul", { class: "k-list k-mt-2" }, gaps.slice(0, MOST_GAPS).map((gap, at) => h("li", {}, h("div", { class: "k-list-row" }, h("span", { class: gap.is_severe ? "k-ink-cut" : "k-ink-grow" }, icon(gap.icon)), h("div", { class: "k-grow" }, h("div", { class: "k-name" }, gap.fact), h("p", { class: "k-list-text" }, gap.reason),
        this.canChange || gap.act === "show" || gap.act === "map" ? h("button", { type: "button", class: "k-btn k-btn-small k-mt-2", dataset: { key: `gap-${at}` }, onclick: () => acts.gap(gap) }, gap.button, h("span", { class: "k-hidden-text" }, `: ${gap.fact}`)) : null))))),
      rest > 0 ? h("p", { class: "pm-rest" }, h("a", { class: "k-link", href: this.config.table }, `${rest} more beside the table`)) : null);
  }

  #balance() {
    return this.model.people.size ? h("p", { class: "k-caption pm-balance" }, this.model.data.balance) : null;
  }
}
