// Contact cards and the pills of our side, as HTML over the canvas (LOOK §6); only those in view exist.
import { h, icon } from "./map-dom.js";
import { attitudeOf, initials } from "./map-model.js";
import { describe, face, leftOn, rolesOf, signed } from "./map-words.js";

const EDGE = { for: "keep", against: "cut", neutral: "none", unknown: "none" };
const TINTS = ["accent", "keep", "hold", "grow"];
const MOST_ROLES = 2;

export function avatar(name, tint = "none") {
  return h("span", { class: `k-avatar k-avatar-small k-avatar-${tint}`, "aria-hidden": "true" }, initials(name));
}

export function dots(value) {
  return h("span", { class: "pm-dots" }, Array.from({ length: 5 }, (_, at) => h("i", { class: at < (value ?? 0) ? "is-full" : "" })));
}

function cover(node, model) {
  const member = model.coverOf(node);
  if (member) return h("span", { class: "pm-cover" }, icon("user-check"), initials(member.name));
  return h("span", { class: "pm-cover is-nobody" }, icon("user-off"), "nobody");
}

function card(node, model, roleWords, canChange) {
  const attitude = attitudeOf(node), left = model.hasLeft(node);
  if (node.is_placeholder) {
    return h("div", { class: "pm-card is-placeholder" },
      h("b", {}, node.name), h("small", {}, left ? leftOn(node) : "Not known yet"),
      canChange ? h("span", { class: "pm-naming" }, icon("plus"), "Name") : h("span", { class: "pm-roles" }, rolesOf(node, roleWords).slice(0, MOST_ROLES).map((word) => h("span", { class: "bc-role" }, word))));
  }
  const roles = node.roles.slice(0, MOST_ROLES), more = node.roles.length - roles.length;
  return h("div", { class: `pm-card is-${attitude}${left ? " has-left" : ""}${model.isExposed(node) ? " is-exposed" : ""}` },
    h("div", { class: "pm-who" }, avatar(node.name, EDGE[attitude]), h("div", {}, h("b", {}, node.name), h("small", {}, left ? leftOn(node) : node.title ?? ""))),
    h("div", { class: "pm-part" },
      roles.length ? roles.map((role) => h("span", { class: `bc-role${role === "decider" ? " bc-role-decider" : ""}` }, roleWords.get(role) ?? role)) : h("span", { class: "pm-none" }, "no role known"),
      more > 0 ? h("span", { class: "pm-none" }, `+${more}`) : null,
      left ? h("span", { class: "pm-cover" }, icon("door-exit"), "left") : cover(node, model)),
    h("div", { class: "pm-judged" },
      h("span", { class: `pm-face k-ink-${EDGE[attitude]}` }, icon(face(node)), h("b", {}, signed(node.attitude))),
      h("span", { class: "pm-power" }, icon("bolt"), h("span", { class: "pm-bar" }, h("i", { style: { width: `${(node.power ?? 0) * 10}%` } })), h("b", {}, node.power ?? "?")),
      node.is_opponent ? h("span", { class: "k-ink-cut" }, icon("shield-x")) : null,
      dots(node.strength)));
}

function pill(member, at) {
  return h("div", { class: "pm-pill" }, avatar(member.name, TINTS[at % TINTS.length]), h("div", {}, h("b", {}, member.name), h("small", {}, member.roles.join(", "))));
}

export class Cards {
  #shown = new Map();

  constructor({ layer, model, roleWords, canChange }) {
    Object.assign(this, { layer, model, roleWords, canChange });
  }

  // Whatever is drawn may read otherwise now.
  clear() {
    for (const element of this.#shown.values()) element.remove();
    this.#shown.clear();
  }

  get(id) {
    return this.#shown.get(id);
  }

  // Show exactly these: [{id, x, y}], with the signs of the moment.
  draw(items, signs) {
    const wanted = new Set(items.map((item) => item.id));
    for (const [id, element] of this.#shown) {
      if (wanted.has(id)) continue;
      element.remove();
      this.#shown.delete(id);
    }
    for (const { id, x, y } of items) {
      let element = this.#shown.get(id);
      if (!element) {
        element = this.#make(id);
        if (!element) continue;
        this.#shown.set(id, element);
        this.layer.append(element);
      }
      const place = `translate(${Math.round(x * 10) / 10}px, ${Math.round(y * 10) / 10}px)`;
      if (element.style.transform !== place) element.style.transform = place;
      element.classList.toggle("is-selected", signs.selected === id);
      element.classList.toggle("is-target", signs.target === id);
      element.classList.toggle("is-lifted", signs.lifted === id);
      element.classList.toggle("is-faded", signs.faded?.has(id) ?? false);
    }
  }

  #make(id) {
    const node = this.model.people.get(id);
    if (node) {
      const element = card(node, this.model, this.roleWords, this.canChange);
      element.dataset.id = id;
      return element;
    }
    const member = this.model.ours.get(id);
    if (!member) return null;
    const element = pill(member, [...this.model.ours.keys()].indexOf(id));
    element.dataset.id = id;
    return element;
  }

  words(id) {
    const node = this.model.people.get(id);
    if (node) return describe(node, this.model, this.roleWords);
    const member = this.model.ours.get(id);
    if (!member) return "";
    const known = this.model.ties.filter((tie) => tie.ours === id).length;
    return `${member.name}, ${member.roles.join(", ")}, of our side. Knows ${known} ${known === 1 ? "person" : "people"} here.`;
  }
}
