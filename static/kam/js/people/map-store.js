// Acts on their way to the server: shown at once, saved one after the other, kept when that fails, and asked about
// when somebody else was faster. Tells the page by events: "change", "state", "fresh", "conflict", "refused".
import { csrfToken, problemOf } from "../http.js";
import { ActStack, applies, apply, difference, invert } from "./map-ops.js";

const AGAIN = [2000, 5000, 15000, 30000];
const LOOK = 60000;
const SETTLE = 250;
const SENT_AS = { x: "map_x", y: "map_y" };
const CAREFUL = ["name", "is_placeholder", "title", "department", "level", "roles", "reports_to", "left_on", "is_opponent", "competitor", "attitude", "power", "receptiveness", "strength", "covered_by"];

async function ask(method, url, { body, version, id } = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  if (body) headers["Content-Type"] = "application/json";
  if (version !== undefined) headers["If-Match"] = `"${id.replaceAll("-", "")}-${version}"`;
  let response;
  try {
    response = await fetch(url, { method, headers, credentials: "same-origin", body: body && JSON.stringify(body) });
  } catch {
    throw problemOf(0, "");
  }
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text);
  return text ? JSON.parse(text) : null;
}

export class Store extends EventTarget {
  state = "saved";
  stack = new ActStack();
  conflict = null;
  problem = null;
  // While a card is being dragged, or the past is shown, the model stays as it is.
  held = false;
  #queue = [];
  #busy = false;
  #failures = 0;
  #timer = 0;
  #fresh = 0;
  #alias = new Map();
  #text = "";

  constructor({ model, config }) {
    super();
    Object.assign(this, { model, config });
    addEventListener("online", () => this.#work());
    addEventListener("beforeunload", (event) => this.waiting && event.preventDefault());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.refresh());
    setInterval(() => document.visibilityState === "visible" && !this.waiting && this.refresh(), LOOK);
  }

  static read(url) {
    return ask("GET", url);
  }

  // What is drawn, and what is computed of it: of today, or as it stood at a moment. Asked for side by side.
  static async readAll(config, moment = null) {
    const query = moment ? `?as_of=${encodeURIComponent(moment)}` : "";
    const [drawn, computed] = await Promise.all([config.data, config.findings].map((url) => ask("GET", `${url}${query}`)));
    return { ...drawn, ...computed };
  }

  get waiting() { return this.#queue.length; }

  // Ids of what was taken back and made again change; acts go on speaking of the first one.
  ref = (id) => {
    let at = id;
    while (this.#alias.has(at)) at = this.#alias.get(at);
    return at;
  };

  // Do an act now and save it. `record: false` for what an undo does.
  run(act, { record = true } = {}) {
    for (const step of act.steps) apply(this.model, step, this.ref);
    if (record) this.stack.push(act);
    this.#queue.push(...act.steps.map((step) => ({ act, step })));
    this.#emit("change", { act });
    this.#set("saving");
    this.#work();
  }

  // Something that the server must name first (a person, a line): answers the row, raises a problem.
  async create(label, type, values) {
    const row = await this.#post(type, values);
    this.stack.push({ label, steps: [{ type, ref: row.id, values }] });
    await this.refresh();
    return row;
  }

  undo() { return this.#back(() => this.stack.undo(), invert); }
  redo() { return this.#back(() => this.stack.redo(), (act) => act); }

  #back(take, turn) {
    const act = take();
    if (!act) return null;
    const turned = turn(act);
    if (!turned.steps.every((step) => applies(this.model, step, this.ref))) {
      this.stack.forget(act);
      return { label: act.label, refused: true };
    }
    this.run(turned, { record: false });
    return { label: act.label, refused: false };
  }

  // The side panel saved somebody: read it, and let it be taken back like everything else.
  async edited(label) {
    const before = new Map([...this.model.people].map(([id, node]) => [id, { ...node }]));
    await this.refresh();
    const steps = [];
    for (const [id, node] of this.model.people) {
      const step = before.has(id) ? difference(before.get(id), node, CAREFUL) : null;
      if (step) steps.push(step);
    }
    const added = [...this.model.people.keys()].filter((id) => !before.has(id));
    this.stack.push({ label, steps });
    this.#emit("state", {});
    return added;
  }

  async #work() {
    if (this.#busy || !this.#queue.length || this.conflict) return;
    clearTimeout(this.#timer);
    this.#busy = true;
    const entry = this.#queue[0];
    try {
      await this.#send(entry.step);
      this.#queue.shift();
      this.#failures = 0;
    } catch (problem) {
      await this.#failed(entry, problem);
    } finally {
      this.#busy = false;
    }
    if (this.conflict || this.state === "stopped" || this.#timer) return;
    if (this.#queue.length) this.#work();
    else {
      this.#set("saved");
      this.#later();
    }
  }

  #later() {
    clearTimeout(this.#fresh);
    this.#fresh = setTimeout(() => this.refresh(), SETTLE);
  }

  async #send(step) {
    const { model, config, ref } = this;
    switch (step.type) {
      case "fields": {
        const node = model.people.get(ref(step.id));
        if (!node) return;
        const body = Object.fromEntries(Object.entries(step.after).map(([name, value]) => [SENT_AS[name] ?? name, this.#id(name, value)]));
        const row = await ask("PATCH", `${config.contacts}${node.id}/`, { body, id: node.id, version: node.version });
        this.#version(node.id, row.version);
        return;
      }
      case "places": {
        const places = step.items.map(({ id, after }) => ({ contact: ref(id), version: model.people.get(ref(id))?.version, ...after })).filter((place) => place.version !== undefined);
        if (!places.length) return;
        const answer = await ask("PATCH", config.data, { body: { places } });
        for (const { contact, version } of answer.places) this.#version(contact, version);
        return;
      }
      case "link-fields": {
        const link = model.links.get(ref(step.id));
        if (!link) return;
        const row = await ask("PATCH", `${config.links}${link.id}/`, { body: step.after, id: link.id, version: link.version });
        link.version = row.version;
        return;
      }
      case "remove":
      case "link-remove": {
        const url = step.type === "remove" ? config.contacts : config.links;
        try {
          await ask("DELETE", `${url}${ref(step.ref)}/`);
        } catch (problem) {
          if (problem.status !== 404) throw problem;
        }
        return;
      }
      default: {
        const row = await this.#post(step.type, step.values);
        this.#alias.set(ref(step.ref), row.id);
        // Acts that come next may speak of it.
        await this.refresh({ force: true });
      }
    }
  }

  #post(type, values) {
    const body = Object.fromEntries(Object.entries(values).map(([name, value]) => [SENT_AS[name] ?? name, this.#id(name, value)]));
    return ask("POST", type === "add" ? this.config.contacts : this.config.links, { body });
  }

  #id(name, value) {
    return ["reports_to", "from", "to"].includes(name) && value ? this.ref(value) : value;
  }

  #version(id, version) {
    const node = this.model.people.get(id);
    if (node) node.version = version;
  }

  async #failed(entry, problem) {
    this.problem = problem;
    if (problem.status === 0 || problem.status >= 500 || problem.status === 429) {
      this.#set(problem.status === 0 ? "offline" : "failed");
      this.#timer = setTimeout(() => {
        this.#timer = 0;
        this.#set("saving");
        this.#work();
      }, AGAIN[Math.min(this.#failures, AGAIN.length - 1)]);
      this.#failures += 1;
    } else if (problem.status === 412) await this.#reconcile(entry);
    else if (problem.status === 401 || problem.status === 403) this.#set("stopped");
    else this.#refuse(entry, problem);
  }

  // Not taken: what hung on it goes as well, and the map shows again what is stored.
  async #refuse(entry, problem) {
    this.#queue = this.#queue.filter((other) => other.act !== entry.act);
    this.stack.forget(entry.act);
    this.#emit("refused", { problem, label: entry.act.label });
    await this.refresh({ force: true });
  }

  // Somebody changed the same row. Other fields: go on with their version. The same field: a person decides.
  async #reconcile(entry) {
    let data;
    try {
      data = await Store.readAll(this.config);
    } catch {
      this.#set("offline");
      return;
    }
    const ours = this.#rows(entry.step);
    const theirs = { people: new Map(data.nodes.map((node) => [node.id, node])), links: new Map(data.links.map((link) => [link.id, link])) };
    const stands = applies(theirs, entry.step, this.ref);
    for (const [kind, id] of ours) {
      const row = theirs[kind].get(id);
      const mine = this.model[kind].get(id);
      if (row && mine) mine.version = row.version;
    }
    if (stands) return;
    this.conflict = { entry, theirs, data };
    this.#set("conflict");
    this.#emit("conflict", this.conflict);
  }

  #rows(step) {
    if (step.type === "places") return step.items.map(({ id }) => ["people", this.ref(id)]);
    return [[step.type.startsWith("link") ? "links" : "people", this.ref(step.id ?? step.ref)]];
  }

  // "mine" goes on top of theirs; "theirs" drops mine, and the map shows what is stored.
  async decide(keep) {
    const { entry } = this.conflict;
    this.conflict = null;
    if (keep === "theirs") {
      this.#queue = this.#queue.filter((other) => other.act !== entry.act);
      this.stack.forget(entry.act);
      await this.refresh({ force: true });
    }
    if (this.#queue.length) {
      this.#set("saving");
      this.#work();
    } else this.#set("saved");
  }

  // Read what is stored; nothing is drawn anew where nothing changed.
  async refresh({ force = false } = {}) {
    if (this.#queue.length && !force || this.held) return;
    let data;
    try {
      data = await Store.readAll(this.config);
    } catch {
      // The next look will do.
      return;
    }
    const text = JSON.stringify(data);
    if (this.held || this.#queue.length && !force || text === this.#text && !force) return;
    this.#text = text;
    this.model.read(data);
    for (const { step } of this.#queue) apply(this.model, step, this.ref);
    this.#emit("fresh", {});
  }

  retry() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#set("saving");
    this.#work();
  }

  #set(state) {
    this.state = state;
    this.#emit("state", { state });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
