// The drawing surface: Cytoscape for lines, shapes, dragging and zooming; cards, zones and our side laid over and under.
import cytoscape from "../../../vendor/cytoscape/cytoscape.esm.min.js";
import { Cards } from "./map-cards.js";
import { $, h, icon } from "./map-dom.js";
import { edgesOf, isLarge } from "./map-edges.js";
import { placeMissing } from "./map-layout.js";
import { INKS, Lines } from "./map-lines.js";
import { CARD, PILL, attitudeOf } from "./map-model.js";
import { canvasStyle, tokens } from "./map-style.js";
import { ZONES, zoneFrames } from "./map-zones.js";

export const READABLE = 0.6;
const FULL = 1;
const MARGIN = 140;
// More frames of zones than this in view say nothing; they come back further in.
const MOST_FRAMES = 120;
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class MapCanvas {
  chart = "both";
  zones = new Set(["power", "threat", "receptive"]);
  selected = null;
  decider = null;
  faded = null;
  #drawing = 0;
  #signs = new Map();
  #target = null;
  #lifted = null;
  #fitted = false;
  #hovered = null;
  #place = {};

  constructor({ host, model, roleWords, canChange, events }) {
    Object.assign(this, { host, model, canChange, events });
    this.under = h("div", { class: "pm-layer pm-under" });
    this.lane = h("div", { class: "pm-lane" }, h("span", {}, "Our side"));
    this.surface = h("div", { class: "pm-surface" });
    this.over = h("div", { class: "pm-layer pm-over" });
    this.lines = new Lines();
    this.inks = tokens();
    host.replaceChildren(this.lane, this.under, this.lines.sheet, this.surface, this.over);
    this.cards = new Cards({ layer: this.over, model, roleWords, canChange });
    this.cy = cytoscape({ container: this.surface, style: canvasStyle(this.inks), layout: { name: "preset" }, minZoom: 0.05, maxZoom: 2, boxSelectionEnabled: false, autounselectify: true, autoungrabify: !canChange });
    this.#listen();
  }

  #listen() {
    const { cy, events } = this;
    // The wheel scrolls the page; with Ctrl, or by pinching, it zooms.
    this.host.addEventListener("wheel", (event) => !event.ctrlKey && !event.metaKey && event.stopPropagation(), { capture: true });
    cy.on("viewport resize", () => this.#later());
    cy.on("position", "node", ({ target }) => {
      this.lines.move(target.id(), target.position());
      // Around a thousand people the zones follow once the card lies.
      this.zonesStale ||= !this.large || !this.#lifted;
      this.#later();
    });
    cy.on("tap", "node", (event) => events.select(event.target.id()));
    cy.on("dbltap", "node", (event) => events.open(event.target.id()));
    cy.on("tap", "edge.line", (event) => events.line(event.target.data("link")));
    cy.on("tap", (event) => event.target === cy && events.select(null));
    cy.on("mouseover", "node", (event) => this.#hover(event.target.id()));
    cy.on("mouseout", "node", () => this.#hover(null));
    cy.on("grab", "node", (event) => this.#grabbed(event.target));
    cy.on("drag", "node", (event) => this.#dragged(event));
    cy.on("free", "node", (event) => this.#freed(event));
    document.documentElement.addEventListener("kam:theme", () => {
      this.inks = tokens();
      this.lines.stale();
      cy.style(canvasStyle(this.inks));
      this.#later();
    });
    // Cytoscape keeps where it stands on the page until told: whatever grows above it would move it away from under
    // the pointer.
    const observer = new ResizeObserver(() => cy.resize());
    observer.observe(this.surface);
    observer.observe(document.body);
    for (const type of ["pointerenter", "pointerdown"]) this.host.addEventListener(type, () => this.#settle(), { capture: true });
  }

  #settle() {
    const { left, top } = this.surface.getBoundingClientRect();
    if (left === this.#place.left && top === this.#place.top) return;
    this.#place = { left, top };
    this.cy.resize();
  }

  #hover(id) {
    this.#hovered = id;
    if (this.lines.edges.length) {
      this.lines.stale();
      this.#later();
    }
    this.events.hover(id);
  }

  // --- what is drawn -------------------------------------------------------------------------------------------

  // Give everybody a place, and bring the canvas to what the model says.
  sync() {
    const { model, cy } = this;
    const place = (id) => {
      const node = model.people.get(id);
      return node && node.x !== null ? { x: node.x, y: node.y } : model.computed.get(id);
    };
    for (const [id, spot] of placeMissing(model.shown, place)) model.computed.set(id, spot);
    const { top, places } = model.lane();
    this.laneTop = top;
    const nodes = [
      ...model.shown.map((node) => ({ data: { id: node.id, short: node.name, attitude: attitudeOf(node) }, position: model.placeOf(node.id), classes: `person${node.is_placeholder ? " unknown" : ""}${model.isExposed(node) ? " exposed" : ""}${model.hasLeft(node) ? " left" : ""}` })),
      ...places.map(({ id, x, y }) => ({ data: { id, short: model.ours.get(id).name, attitude: "unknown" }, position: { x, y }, classes: "ours", grabbable: false })),
    ];
    const edges = edgesOf(model, this);
    this.large = isLarge(model);
    this.edges = edges;
    this.lines.set(this.large ? edges.map(({ data }) => data).filter((data) => INKS[data.kind]) : [], new Map(nodes.map(({ data, position }) => [data.id, position])));
    const wanted = new Map([...nodes, ...(this.large ? this.#looked() : edges)].map((element) => [element.data.id, element]));
    cy.batch(() => {
      const gone = cy.elements().filter((element) => !this.#still(element, wanted.get(element.id())));
      gone.remove();
      const fresh = [];
      for (const element of wanted.values()) {
        const now = cy.getElementById(element.data.id);
        if (now.empty()) {
          this.#signs.set(element.data.id, JSON.stringify([element.data, element.classes]));
          fresh.push({ group: element.position ? "nodes" : "edges", ...element });
          continue;
        }
        // Writing what is there already would cost the style of every element anew.
        const sign = JSON.stringify([element.data, element.classes]);
        if (this.#signs.get(element.data.id) !== sign) {
          this.#signs.set(element.data.id, sign);
          now.data(element.data);
          now.classes(element.classes);
        }
        if (element.position && this.#lifted !== element.data.id) now.position(element.position);
      }
      cy.add(fresh.filter((element) => element.group === "nodes"));
      cy.add(fresh.filter((element) => element.group === "edges"));
    });
    this.cards.clear();
    this.zonesStale = this.unmarked = true;
    this.#ties();
    this.#mark();
    if (!this.#fitted && nodes.length) {
      this.#fitted = true;
      // Nobody reads a thousand names at once: a large chart opens at its head.
      if (model.shown.length > 150) this.show([...model.shown].sort((a, b) => model.placeOf(a.id).y - model.placeOf(b.id).y)[0].id, { close: true });
      else this.fit({ gently: true });
    }
    this.draw();
  }

  // Of a large chart's lines Cytoscape gets those that can be read and pressed: of whoever is chosen, and of the path.
  #looked() {
    const { selected, line } = this;
    return this.edges.filter(({ data, classes }) => data.kind !== "rep" && (classes.includes("path") || data.source === selected || data.target === selected || line && data.link === line));
  }

  #bringLooked() {
    if (!this.large) return;
    this.lines.stale();
    const wanted = new Map(this.#looked().map((element) => [element.data.id, element]));
    this.cy.batch(() => {
      this.cy.edges().not(".tie").filter((edge) => !wanted.has(edge.id())).remove();
      this.cy.add([...wanted.values()].filter(({ data }) => this.cy.getElementById(data.id).empty()).map((element) => ({ group: "edges", ...element })));
    });
  }

  #still(element, wanted) {
    return wanted && (element.isNode() || element.data("source") === wanted.data.source && element.data("target") === wanted.data.target);
  }

  // Selection and fading.
  #mark() {
    const { cy, faded } = this;
    cy.batch(() => {
      cy.elements(".faded, .selected, .chosen").removeClass("faded selected chosen");
      if (this.selected) cy.getElementById(this.selected).addClass("selected");
      if (this.line) cy.getElementById(`l-${this.line}`).addClass("chosen");
      if (faded) cy.elements().forEach((element) => void (faded.has(element.id()) && element.addClass("faded")));
    });
  }

  select(id) {
    this.selected = id;
    this.line = null;
    this.#bringLooked();
    this.#ties();
    this.#mark();
    this.draw();
  }

  selectLine(id) {
    this.selected = null;
    this.line = id;
    this.#bringLooked();
    this.#mark();
    this.draw();
  }

  // Who of ours knows the chosen person, or whom the chosen one of ours knows.
  #ties() {
    const { cy, model, selected } = this;
    cy.edges(".tie").remove();
    const shown = model.ties.filter((tie) => selected && (tie.ours === selected || tie.contact === selected) && cy.getElementById(tie.contact).nonempty() && cy.getElementById(tie.ours).nonempty());
    cy.add(shown.map((tie) => ({ group: "edges", data: { id: `t-${tie.ours}-${tie.contact}`, source: tie.ours, target: tie.contact }, classes: "tie" })));
  }

  fade(ids) {
    if (!ids && !this.faded) return;
    this.faded = ids;
    this.lines.stale();
    this.#mark();
    this.draw();
  }

  #later() {
    this.#drawing ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = 0;
    const { cy } = this;
    const zoom = cy.zoom(), pan = cy.pan(), readable = zoom >= READABLE;
    if (this.readable !== readable || this.unmarked) {
      this.readable = readable;
      this.unmarked = false;
      cy.nodes().toggleClass("plain", !readable);
    }
    const move = `translate(${pan.x}px, ${pan.y}px) scale(${zoom})`;
    this.under.style.transform = move;
    this.over.style.transform = move;
    this.host.style.backgroundPosition = `${pan.x}px ${pan.y}px`;
    const laneTop = (this.laneTop ?? 0) * zoom + pan.y;
    this.lane.style.transform = `translateY(${Math.max(0, laneTop)}px)`;
    this.lane.hidden = !this.model.ours.size;
    this.lines.draw({ zoom, pan, width: cy.width(), height: cy.height(), inks: this.inks, faded: this.faded, hot: this.#hovered ?? this.selected, all: readable || this.chart === "political" || Boolean(this.faded) });
    this.#drawZones();
    this.cards.draw(readable ? this.#inView() : [], { selected: this.selected, target: this.#target, lifted: this.#lifted, faded: this.faded });
    this.events.drawn();
  }

  #inView() {
    const { x1, y1, x2, y2 } = this.cy.extent();
    const items = [];
    this.cy.nodes().forEach((node) => {
      const { x, y } = node.position();
      if (x > x1 - MARGIN && x < x2 + MARGIN && y > y1 - MARGIN && y < y2 + MARGIN) items.push({ id: node.id(), x, y });
    });
    return items;
  }

  #drawZones() {
    if (!this.zonesStale) {
      this.#drawFrames();
      return;
    }
    this.zonesStale = false;
    const places = (id) => this.cy.getElementById(id).position();
    const key = `${[...this.zones].join()} ${this.model.shown.map((node) => `${node.id}${node.zones.join()}${Object.values(places(node.id)).map(Math.round)}`).join()}`;
    if (this.zoneKey === key) {
      this.#drawFrames();
      return;
    }
    this.zoneKey = key;
    this.frames = zoneFrames(this.model.shown, places, this.zones);
    this.framesDrawn = null;
    this.#drawFrames();
  }

  // Only the frames in view, and none where they are too many to be read.
  #drawFrames() {
    const { x1, y1, x2, y2 } = this.cy.extent();
    const inView = this.frames.filter((box) => box.right > x1 && box.left < x2 && box.bottom > y1 && box.top < y2);
    const frames = inView.length > MOST_FRAMES ? [] : inView;
    const drawn = frames.map((box) => this.frames.indexOf(box)).join();
    if (drawn === this.framesDrawn) return;
    this.framesDrawn = drawn;
    const labelled = new Set();
    this.under.replaceChildren(...frames.map((box) => {
      const first = !labelled.has(box.zone) || frames.length < 12;
      labelled.add(box.zone);
      const { word, icon: sign } = ZONES[box.zone];
      return h("div", { class: `pm-zone is-${box.zone}`, style: { left: `${box.left}px`, top: `${box.top}px`, width: `${box.right - box.left}px`, height: `${box.bottom - box.top}px` } }, first ? h("span", {}, icon(sign), word) : null);
    }));
  }

  // --- moving people -------------------------------------------------------------------------------------------

  at(id) {
    return this.cy.getElementById(id).position();
  }

  #grabbed(node) {
    this.#lifted = node.id();
    this.from = { ...node.position() };
    this.events.hold(true);
  }

  #dragged({ target }) {
    this.#target = this.under_(target.position(), target.id());
    this.events.over(target.id());
  }

  // Another card whose middle part lies under a spot.
  under_({ x, y }, except) {
    const hit = this.cy.nodes(".person").filter((node) => {
      const place = node.position();
      return node.id() !== except && Math.abs(place.x - x) < CARD.width * 0.36 && Math.abs(place.y - y) < CARD.height * 0.42;
    });
    return hit.nonempty() ? hit[0].id() : null;
  }

  // Any card under a spot of the window.
  hit(clientX, clientY) {
    const { left, top } = this.host.getBoundingClientRect();
    const zoom = this.cy.zoom(), pan = this.cy.pan();
    const x = (clientX - left - pan.x) / zoom, y = (clientY - top - pan.y) / zoom;
    const found = this.cy.nodes(".person").filter((node) => Math.abs(node.position("x") - x) <= CARD.width / 2 && Math.abs(node.position("y") - y) <= CARD.height / 2);
    return { x, y, id: found.nonempty() ? found[0].id() : null };
  }

  // Marks the card that a drawn line would reach.
  aim(id) {
    if (this.#target === id) return;
    this.#target = id;
    this.draw();
  }

  #freed({ target, originalEvent }) {
    const id = target.id(), target_ = this.#target, { from } = this;
    this.#lifted = null;
    this.#target = null;
    this.zonesStale = true;
    this.events.hold(false);
    const to = { x: Math.round(target.position("x")), y: Math.round(target.position("y")) };
    const moved = Math.hypot(to.x - from.x, to.y - from.y) > 3;
    if (!moved) {
      target.position(from);
      this.events.dropped();
      return;
    }
    const point = originalEvent?.changedTouches?.[0] ?? originalEvent;
    if (this.events.parks(point)) {
      target.position(from);
      this.events.park(id);
    } else if (target_) {
      target.position(from);
      this.events.rehang(id, target_);
    } else this.events.moved(id, from, to);
    this.events.dropped();
  }

  // A new arrangement: everybody glides to their place, unless motion is unwanted.
  glide(places, done) {
    const entries = [...places].filter(([id]) => this.cy.getElementById(id).nonempty());
    if (still() || entries.length > 300) {
      this.cy.batch(() => entries.forEach(([id, position]) => this.cy.getElementById(id).position(position)));
      done();
      return;
    }
    const running = entries.map(([id, position]) => this.cy.getElementById(id).animation({ position, duration: 240, easing: "ease-out" }).play().promise("complete"));
    Promise.all(running).then(done);
  }

  // --- the window on the map -----------------------------------------------------------------------------------

  // As close as everybody fits; `gently`: not below what can be read, beginning at the top.
  fit({ gently = false } = {}) {
    const { cy } = this;
    const nodes = cy.nodes();
    if (nodes.empty()) return;
    const box = nodes.boundingBox({ includeLabels: false, includeOverlays: false });
    const pad = 34;
    const zoom = Math.min(FULL, (cy.width() - 2 * pad) / box.w, (cy.height() - 2 * pad) / box.h);
    const used = gently && zoom < READABLE && zoom > 0.36 ? READABLE : Math.max(zoom, 0.05);
    const wide = box.w * used > cy.width() - 2 * pad + 1, high = box.h * used > cy.height() - 2 * pad + 1;
    cy.viewport({
      zoom: used,
      pan: { x: wide ? pad - box.x1 * used : (cy.width() - (box.x1 + box.x2) * used) / 2, y: high ? pad - box.y1 * used : (cy.height() - (box.y1 + box.y2) * used) / 2 },
    });
  }

  zoomBy(factor) {
    const { cy } = this;
    cy.zoom({ level: Math.min(2, Math.max(0.05, cy.zoom() * factor)), renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
  }

  // Scroll so that somebody stands free of the edges; far out, come close enough to read.
  show(id, { read = false, close = false } = {}) {
    const { cy } = this;
    const node = cy.getElementById(id);
    if (node.empty()) return;
    if (close || read && cy.zoom() < READABLE) {
      const above = close ? 90 : cy.height() / 2;
      cy.viewport({ zoom: 0.8, pan: { x: cy.width() / 2 - node.position("x") * 0.8, y: above - node.position("y") * 0.8 } });
      return;
    }
    const { x, y } = node.renderedPosition(), size = node.hasClass("ours") ? PILL : CARD;
    const room = { x: size.width / 2 * cy.zoom() + 24, y: size.height / 2 * cy.zoom() + 24 };
    const by = { x: x < room.x ? room.x - x : x > cy.width() - room.x ? cy.width() - room.x - x : 0, y: y < room.y ? room.y - y : y > cy.height() - room.y ? cy.height() - room.y - y : 0 };
    if (by.x || by.y) cy.panBy(by);
  }
}

export function hostOf() {
  return $("pm-map");
}
