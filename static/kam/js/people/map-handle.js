// What comes with the pointer over a card: its words, and a handle from which a line is drawn to somebody else.
import { h, icon } from "./map-dom.js";
import { CARD } from "./map-model.js";

const WAIT = 450;
const LINGER = 350;
const SVG = "http://www.w3.org/2000/svg";

export class Handle {
  #timer = 0;
  #tipTimer = 0;
  #id = null;

  constructor({ canvas, canChange, words, onLine }) {
    Object.assign(this, { canvas, canChange, words, onLine });
    this.tip = h("div", { class: "pm-tip", hidden: true, "aria-hidden": "true" });
    this.button = h("button", { type: "button", class: "pm-handle", tabindex: "-1", hidden: true, "aria-hidden": "true", title: "Drag to somebody to draw a line" }, icon("vector-spline"));
    canvas.host.append(this.tip, this.button);
    this.button.addEventListener("pointerenter", () => clearTimeout(this.#timer));
    this.button.addEventListener("pointerleave", () => this.hover(null));
    this.button.addEventListener("pointerdown", (event) => this.#draw(event));
  }

  hover(id) {
    clearTimeout(this.#timer);
    clearTimeout(this.#tipTimer);
    this.tip.hidden = true;
    if (!id) {
      this.#timer = setTimeout(() => this.hide(), LINGER);
      return;
    }
    this.#id = id;
    this.place();
    this.#tipTimer = setTimeout(() => this.#say(id), WAIT);
  }

  hide() {
    clearTimeout(this.#tipTimer);
    this.#id = null;
    this.button.hidden = true;
    this.tip.hidden = true;
  }

  // Follows the card while the map is moved.
  place() {
    const node = this.#id && this.canvas.cy.getElementById(this.#id);
    const shown = this.canChange && !this.locked && node && node.nonempty() && node.hasClass("person") && this.canvas.readable;
    this.button.hidden = !shown;
    if (!shown) return;
    const { x, y } = node.renderedPosition(), half = CARD.width / 2 * this.canvas.cy.zoom();
    this.button.style.transform = `translate(${x + half - 12}px, ${y - 12}px)`;
  }

  #say(id) {
    const node = this.canvas.cy.getElementById(id);
    if (node.empty()) return;
    this.tip.textContent = this.words(id);
    this.tip.hidden = false;
    const { x, y } = node.renderedPosition(), zoom = this.canvas.cy.zoom();
    const below = y + CARD.height / 2 * zoom + 8;
    const { clientWidth, clientHeight } = this.canvas.host;
    const top = below + this.tip.offsetHeight > clientHeight ? y - CARD.height / 2 * zoom - 8 - this.tip.offsetHeight : below;
    this.tip.style.transform = `translate(${Math.max(8, Math.min(x - this.tip.offsetWidth / 2, clientWidth - this.tip.offsetWidth - 8))}px, ${Math.max(4, top)}px)`;
  }

  #draw(down) {
    if (down.button) return;
    down.preventDefault();
    const source = this.#id, { host, cy } = this.canvas;
    const { left, top } = host.getBoundingClientRect();
    const start = cy.getElementById(source).renderedPosition();
    const drawing = document.createElementNS(SVG, "svg"), line = document.createElementNS(SVG, "line");
    drawing.setAttribute("class", "pm-drawing");
    drawing.append(line);
    host.append(drawing);
    const end = (x, y) => Object.entries({ x1: start.x, y1: start.y, x2: x, y2: y }).forEach(([name, value]) => line.setAttribute(name, value));
    end(down.clientX - left, down.clientY - top);
    this.button.setPointerCapture(down.pointerId);
    const target = (event) => {
      const { id } = this.canvas.hit(event.clientX, event.clientY);
      return id && id !== source ? id : null;
    };
    const move = (event) => {
      end(event.clientX - left, event.clientY - top);
      this.canvas.aim(target(event));
    };
    const stop = (event) => {
      this.button.removeEventListener("pointermove", move);
      this.button.removeEventListener("pointerup", stop);
      this.button.removeEventListener("pointercancel", stop);
      drawing.remove();
      this.canvas.aim(null);
      const found = event.type === "pointerup" ? target(event) : null;
      this.hide();
      if (found) this.onLine(source, found);
    };
    this.button.addEventListener("pointermove", move);
    this.button.addEventListener("pointerup", stop);
    this.button.addEventListener("pointercancel", stop);
  }
}
