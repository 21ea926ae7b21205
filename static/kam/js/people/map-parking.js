// The parking lot: people who are known and whose place is not. Dragged in from the map, out again onto it.
import { h, icon } from "./map-dom.js";
import { avatar } from "./map-cards.js";

export class Parking {
  constructor({ host, model, canChange, onOut, onOpen }) {
    Object.assign(this, { host, model, canChange, onOut, onOpen });
  }

  contains(point) {
    if (!point || this.host.hidden) return false;
    const box = this.host.getBoundingClientRect();
    return point.clientX >= box.left && point.clientX <= box.right && point.clientY >= box.top && point.clientY <= box.bottom;
  }

  draw() {
    const { parked } = this.model;
    this.host.hidden = !this.canChange && !parked.length;
    this.host.replaceChildren(
      h("span", { class: "pm-parking-title" }, icon("parking"), "Parking lot"),
      ...(parked.length ? parked.map((node) => this.#chip(node)) : [h("span", { class: "k-caption" }, "Drag somebody here whose place is not known yet.")]));
  }

  #chip(node) {
    const chip = h("button", { type: "button", class: "pm-chip", title: this.canChange ? "Drag onto the map, or press to open" : "Press to open" }, avatar(node.name), node.name);
    chip.addEventListener("click", () => this.dragged || this.onOpen(node.id));
    if (this.canChange) this.#drag(chip, node.id);
    return chip;
  }

  #drag(chip, id) {
    chip.addEventListener("pointerdown", (down) => {
      if (down.button) return;
      let ghost = null;
      const move = (event) => {
        if (!ghost && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < 6) return;
        if (!ghost) {
          ghost = chip.cloneNode(true);
          ghost.classList.add("is-ghost");
          document.body.append(ghost);
        }
        ghost.style.transform = `translate(${event.clientX}px, ${event.clientY}px)`;
      };
      const up = (event) => {
        removeEventListener("pointermove", move);
        removeEventListener("pointerup", up);
        removeEventListener("pointercancel", up);
        if (!ghost) return;
        ghost.remove();
        // The click that ends a drag opens nobody.
        this.dragged = true;
        setTimeout(() => { this.dragged = false; });
        if (event.type === "pointerup" && !this.contains(event)) this.onOut(id, event.clientX, event.clientY);
      };
      addEventListener("pointermove", move);
      addEventListener("pointerup", up);
      addEventListener("pointercancel", up);
    });
  }
}
