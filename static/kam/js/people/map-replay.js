// The history slider: the centre as it stood after each change, read from the audit trail; nothing can be edited there.
import { announce } from "../announce.js";
import { $, h, icon } from "./map-dom.js";
import { Store } from "./map-store.js";

const STEP = 1100;

function format(at, options) {
  return new Intl.DateTimeFormat("en-GB", options).format(at);
}

export function dayOf(text) {
  return format(new Date(text), { day: "numeric", month: "short", year: "numeric" });
}

// A mark's moment; with the time where a day has several.
export function momentOf(marks, at) {
  const day = dayOf(marks[at].at);
  const alone = marks.filter((mark) => dayOf(mark.at) === day).length < 2;
  return alone ? day : `${day}, ${format(new Date(marks[at].at), { hour: "2-digit", minute: "2-digit" })}`;
}

// "3 changes: Ragna joined, Oddmar: power 5 → 8 and one more". Pure.
export function changeWords(changes, most = 2) {
  const count = changes.length;
  const said = changes.slice(0, most).map((change) => change.words);
  const rest = count - said.length;
  return `${count} ${count === 1 ? "change" : "changes"}: ${said.join("; ")}${rest > 0 ? `; ${rest} more` : ""}`;
}

// Where each mark lies on the track, 0–1: by time, yet never so close that one covers the other. Pure.
export function spread(times, now, least = 0.012) {
  const first = times[0], span = Math.max(1, now - first);
  let last = -Infinity;
  const raw = times.map((time) => {
    last = Math.max((time - first) / span, last + least);
    return last;
  });
  const over = Math.max(1, (raw.at(-1) ?? 0) + (raw.length ? least : 0));
  return raw.map((value) => value / over);
}

// The mark that lies nearest to a place on the track; `places.length` is today. Pure.
export function nearest(places, at) {
  let best = places.length, least = Math.abs(1 - at);
  places.forEach((place, index) => {
    if (Math.abs(place - at) < least) [best, least] = [index, Math.abs(place - at)];
  });
  return best;
}

export class Replay {
  marks = [];
  at = 0;
  #asked = 0;
  #timer = 0;

  // `onShow(data | null)`: a past state to draw, or null for today.
  constructor({ host, config, onShow }) {
    Object.assign(this, { host, config, onShow });
  }

  get isPast() { return this.at < this.marks.length; }

  async load() {
    let marks = [];
    try {
      ({ marks } = await Store.read(this.config.history));
    } catch {
      // Without its history the map still works.
    }
    const today = !this.isPast;
    this.marks = marks;
    if (today) this.at = marks.length;
    this.#draw();
  }

  #draw() {
    const { host, marks } = this;
    host.hidden = !marks.length;
    if (!marks.length) return;
    this.places = spread(marks.map((mark) => new Date(mark.at).getTime()), Date.now());
    this.play = h("button", { type: "button", class: "k-icon-btn k-icon-btn-small", onclick: () => this.#toggle() }, icon("player-play"));
    this.track = h("div", { class: "pm-track", role: "slider", tabindex: "0", "aria-label": "Day that the map shows", "aria-valuemin": "0", "aria-valuemax": String(marks.length) },
      this.filled = h("span", { class: "pm-filled" }),
      marks.map((mark, at) => h("i", { class: `pm-tick${mark.changes.some((change) => change.kind === "joined" || change.kind === "left") ? " is-people" : ""}`, title: `${momentOf(marks, at)}. ${changeWords(mark.changes, 4)}`, style: { left: `${this.places[at] * 100}%` } })),
      this.thumb = h("b", { class: "pm-thumb" }));
    this.when = h("b", { class: "pm-when" });
    this.words = h("span", { class: "pm-changes" });
    host.replaceChildren(this.play, h("span", { class: "pm-first" }, format(new Date(marks[0].at), { month: "short", year: "numeric" })), this.track, this.when, this.words);
    this.track.addEventListener("keydown", (event) => this.#key(event));
    this.track.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#say();
  }

  #say() {
    const { marks, at, isPast } = this;
    const place = isPast ? this.places[at] : 1;
    this.thumb.style.left = `${place * 100}%`;
    this.filled.style.width = `${place * 100}%`;
    const mark = marks[isPast ? at : marks.length - 1];
    const day = isPast ? momentOf(marks, at) : "Today";
    this.when.textContent = day;
    this.words.textContent = isPast ? changeWords(mark.changes) : `last ${changeWords(mark.changes, 1)}, ${dayOf(mark.at)}`;
    this.words.title = mark.changes.map((change) => change.by ? `${change.words} (${change.by})` : change.words).join("\n");
    this.track.setAttribute("aria-valuenow", String(at));
    this.track.setAttribute("aria-valuetext", `${day}. ${this.words.textContent}`);
    const playing = Boolean(this.#timer);
    this.play.replaceChildren(icon(playing ? "player-pause" : "player-play"));
    this.play.setAttribute("aria-label", playing ? "Stop the replay" : "Replay the history");
  }

  async go(at) {
    const wanted = Math.max(0, Math.min(this.marks.length, at));
    if (wanted === this.at) return;
    this.at = wanted;
    this.#say();
    const asked = this.#asked += 1;
    if (!this.isPast) {
      this.onShow(null);
      announce("Today.");
      return;
    }
    let data;
    try {
      data = await Store.readAll(this.config, this.marks[wanted].at);
    } catch (problem) {
      announce(`That day could not be read. ${problem.detail || problem.title}`);
      return;
    }
    if (asked !== this.#asked) return;
    this.onShow(data);
    announce(`${momentOf(this.marks, wanted)}. ${changeWords(this.marks[wanted].changes)}`);
  }

  #toggle() {
    if (this.#timer) this.stop();
    else {
      const next = () => {
        if (this.at >= this.marks.length) {
          this.stop();
          return;
        }
        this.go(this.at + 1);
        if (this.at >= this.marks.length) this.stop();
      };
      this.#timer = setInterval(next, STEP);
      this.go(this.isPast ? this.at : 0);
      this.#say();
    }
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#say();
  }

  #key(event) {
    const move = { ArrowLeft: this.at - 1, ArrowDown: this.at - 1, ArrowRight: this.at + 1, ArrowUp: this.at + 1, Home: 0, End: this.marks.length, PageUp: this.at + 5, PageDown: this.at - 5 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    if (this.#timer) this.stop();
    this.go(move);
  }

  #grab(event) {
    if (event.button) return;
    if (this.#timer) this.stop();
    const pick = ({ clientX }) => {
      const box = this.track.getBoundingClientRect();
      this.go(nearest(this.places, (clientX - box.left) / box.width));
    };
    pick(event);
    this.track.setPointerCapture(event.pointerId);
    this.track.addEventListener("pointermove", pick);
    this.track.addEventListener("lostpointercapture", () => this.track.removeEventListener("pointermove", pick), { once: true });
  }
}

export function banner(replay, onBack) {
  const host = $("pm-past");
  host.hidden = !replay.isPast;
  if (!replay.isPast) return;
  host.replaceChildren(icon("history"), h("span", { class: "k-grow" }, `As it stood on ${momentOf(replay.marks, replay.at)}. Nothing can be changed here.`), h("button", { type: "button", class: "k-btn k-btn-small", onclick: onBack }, "Back to today"));
}
