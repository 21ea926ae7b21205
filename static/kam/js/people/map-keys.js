// The map by keyboard: one tab stop; arrows choose, letters act, every change is spoken.
import { announce } from "../announce.js";
import { neighbour } from "./map-layout.js";

const NUDGE = 22;
const FAR = 110;
const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
const BY = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

export const HELP = [
  ["Arrow keys", "choose the next person in that direction"],
  ["Home, End", "the first person, the last"],
  ["Enter", "open whoever is chosen, beside the map"],
  ["E", "edit them, with help to choose role, attitude and power"],
  ["M, then arrows", "move them; Shift moves further; Enter drops, Escape puts back"],
  ["H", "choose whom they report to"],
  ["L", "draw a line from them"],
  ["N", "add a person below them"],
  ["P", "put them into the parking lot"],
  ["Ctrl Z, Ctrl Y", "undo, redo"],
  ["A", "arrange everybody"],
  ["+ − 0", "zoom in, out, show everybody"],
  ["Escape", "choose nobody; once more, leave the map"],
  ["?", "this list"],
];

export class Keys {
  #moving = null;

  // `acts` as the side panel has them, with undo, redo, arrange, add, help and moved besides.
  constructor({ host, canvas, model, canChange, acts }) {
    Object.assign(this, { host, canvas, model, canChange, acts });
    host.addEventListener("keydown", (event) => this.#down(event));
    host.addEventListener("focus", () => this.#arrive());
    host.addEventListener("blur", () => this.#moving && this.#drop());
  }

  #arrive() {
    if (!this.canvas.selected && this.model.shown.length && this.host.matches(":focus-visible")) this.choose(this.#all()[0]?.id);
  }

  #all(kind = "node") {
    const items = this.canvas.cy.nodes(kind).map((node) => ({ id: node.id(), ...node.position() }));
    return items.sort((a, b) => a.y - b.y || a.x - b.x);
  }

  choose(id) {
    if (!id) return;
    this.acts.select(id);
    this.canvas.show(id, { read: true });
    announce(this.acts.words(id));
  }

  #down(event) {
    if (event.target !== this.host || event.altKey) return;
    const handled = this.#moving ? this.#move(event) : this.#act(event);
    if (handled) event.preventDefault();
  }

  #act(event) {
    const { canvas, acts, canChange } = this;
    const id = canvas.selected;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() === "z") return canChange && (event.shiftKey ? acts.redo() : acts.undo(), true);
      if (event.key.toLowerCase() === "y") return canChange && (acts.redo(), true);
      return false;
    }
    if (ARROWS.includes(event.key)) {
      const items = this.#all();
      if (!id) this.choose(items[0]?.id);
      else {
        const next = neighbour(canvas.at(id), event.key, items.filter((item) => item.id !== id));
        if (next) this.choose(next);
        else announce("Nobody further that way.");
      }
      return true;
    }
    const person = this.model.people.has(id) ? id : null;
    switch (event.key) {
      case "Home": this.choose(this.#all(".person")[0]?.id); return true;
      case "End": this.choose(this.#all(".person").at(-1)?.id); return true;
      case "Enter": return Boolean(id) && (acts.open(id), true);
      case "Escape":
        if (id) {
          acts.select(null);
          announce("Nobody chosen. Escape again leaves the map.");
        } else acts.leave();
        return true;
      case "?": acts.help(); return true;
      case "+": case "=": canvas.zoomBy(1.25); return true;
      case "-": case "−": canvas.zoomBy(0.8); return true;
      case "0": canvas.fit(); return true;
      default:
    }
    if (!canChange || acts.locked()) return false;
    switch (event.key.toLowerCase()) {
      case "n": acts.add(person); return true;
      case "a": acts.arrange(); return true;
      case "e": return Boolean(person) && (acts.edit(person), true);
      case "h": return Boolean(person) && (acts.chooseManager(person), true);
      case "l": return Boolean(person) && (acts.drawLine(person), true);
      case "p": return Boolean(person) && (acts.park(person), true);
      case "m":
        if (!person) return false;
        this.#moving = { id: person, from: { ...canvas.at(person) } };
        acts.hold(true);
        announce(`Moving ${this.model.nameOf(person)}. Arrow keys move, Enter drops, Escape puts back.`);
        return true;
      default: return false;
    }
  }

  #move(event) {
    const { id, from } = this.#moving;
    const node = this.canvas.cy.getElementById(id);
    if (ARROWS.includes(event.key)) {
      const [x, y] = BY[event.key], by = event.shiftKey ? FAR : NUDGE;
      node.position({ x: node.position("x") + x * by, y: node.position("y") + y * by });
      this.canvas.show(id);
      return true;
    }
    if (event.key === "Escape") {
      node.position(from);
      this.#moving = null;
      this.acts.hold(false);
      announce(`${this.model.nameOf(id)} is where they were.`);
      return true;
    }
    if (event.key === "Enter" || event.key === "m" || event.key === " ") {
      this.#drop();
      return true;
    }
    return false;
  }

  #drop() {
    const { id, from } = this.#moving;
    this.#moving = null;
    this.acts.hold(false);
    const to = this.canvas.at(id);
    if (to.x === from.x && to.y === from.y) return;
    this.acts.moved(id, from, { x: Math.round(to.x), y: Math.round(to.y) });
  }
}
