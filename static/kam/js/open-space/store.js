// What is on the page but not yet on the server: saved by itself, kept when that fails, merged when somebody else
// was faster. Tells the page by events: "change", "state", "conflict", "fresh", "refused".
import { csrfToken, problemOf } from "../http.js";
import { changedKeys, merge, same } from "./merge.js";
import { FIELDS, partsOf, readCells, withStored } from "./model.js";

const REST = 600;
const AGAIN = [2000, 5000, 15000, 30000];
const LOOK = 60000;
// A cell that nobody has entered anything about.
const UNTOUCHED = { position: "unknown" };

export class Store extends EventTarget {
  conflicts = [];
  faults = new Map();
  state = "saved";
  #etag;
  #timer = 0;
  #busy = false;
  #failures = 0;

  constructor({ model, url, etag, canChange, place }) {
    super();
    Object.assign(this, { model, url, canChange, place });
    this.#etag = etag;
    addEventListener("online", () => this.flush());
    addEventListener("beforeunload", (event) => {
      if (this.waiting) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.look());
    setInterval(() => document.visibilityState === "visible" && this.look(), LOOK);
  }

  static async open(url) {
    const response = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!response.ok) throw problemOf(response.status, await response.text());
    return { data: await response.json(), etag: response.headers.get("ETag") };
  }

  get waiting() {
    return [...this.model.pending.values()].reduce((sum, fields) => sum + Object.keys(fields).length, 0);
  }

  // Change fields of cells: [{key, field, value}]. Answers the steps that undo them.
  edit(changes) {
    const steps = [];
    for (const { key, field, value } of changes) {
      const before = this.model.value(key, field);
      if (same(before, value)) continue;
      steps.push({ key, field, before, after: value });
      const fields = { ...this.model.pending.get(key), [field]: value };
      if (same((this.model.base.get(key) ?? UNTOUCHED)[field], value) && !this.#busy) delete fields[field];
      if (Object.keys(fields).length) this.model.pending.set(key, fields);
      else this.model.pending.delete(key);
      this.faults.delete(`${key} ${field}`);
      this.conflicts = this.conflicts.filter((item) => item.key !== key || item.field !== field);
    }
    if (steps.length) {
      this.model.compute();
      this.#remember();
      this.#set(this.waiting ? "waiting" : "saved");
      this.#emit("change", { keys: [...new Set(steps.map((step) => step.key))] });
      this.#later(REST);
    }
    return steps;
  }

  #later(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), pause);
  }

  #held(key, field) {
    return this.faults.has(`${key} ${field}`) || this.conflicts.some((item) => item.key === key && item.field === field);
  }

  #sendable() {
    const cells = [];
    for (const [key, fields] of this.model.pending) {
      const free = Object.entries(fields).filter(([field]) => !this.#held(key, field));
      if (free.length) cells.push({ key, fields: Object.fromEntries(free) });
    }
    return cells;
  }

  async flush() {
    clearTimeout(this.#timer);
    if (this.#busy || !this.canChange) return;
    const sent = this.#sendable();
    if (!sent.length) {
      this.#set(this.conflicts.length ? "conflict" : this.faults.size ? "refused" : "saved");
      return;
    }
    this.#busy = true;
    this.#set("saving");
    try {
      await this.#send(sent);
    } finally {
      this.#busy = false;
    }
    if (this.state === "saving") {
      this.#failures = 0;
      if (this.#sendable().length) this.#later(0);
      else this.#set(this.conflicts.length ? "conflict" : this.faults.size ? "refused" : "saved");
    }
  }

  async #send(sent) {
    const cells = sent.map(({ key, fields }) => {
      const { segment, line } = partsOf(key);
      const values = { ...fields };
      if (values.potential !== undefined && values.potential !== null) values.potential = values.potential.toFixed(4);
      return { segment, product_line: line, ...values };
    });
    let response;
    try {
      response = await fetch(this.url, {
        method: "PATCH",
        credentials: "same-origin",
        // The page works out what follows from its own cells; the whole grid comes only where it cannot.
        headers: { Accept: "application/json", "Content-Type": "application/json", Prefer: "return=minimal", "If-Match": this.#etag, "X-CSRFToken": csrfToken() },
        body: JSON.stringify({ cells }),
      });
    } catch {
      this.#retry("offline");
      return;
    }
    if (response.ok) {
      const data = await response.json();
      this.#etag = response.headers.get("ETag");
      for (const { key, fields } of sent) this.#forget(key, fields);
      const brief = response.headers.get("Preference-Applied") === "return=minimal";
      this.#take(data, { own: new Map(sent.map(({ key, fields }) => [key, fields])), brief });
      return;
    }
    const body = await response.text();
    if (response.status === 412) await this.#reconcile();
    else if (response.status === 400 || response.status === 422) this.#refuse(sent, body);
    else if (response.status === 401 || response.status === 403 || response.status === 404) {
      this.problem = problemOf(response.status, body);
      this.#set("stopped");
    } else this.#retry("failed");
  }

  // Sent and stored: no longer pending, unless it was changed again meanwhile.
  #forget(key, fields) {
    const now = { ...this.model.pending.get(key) };
    for (const [field, value] of Object.entries(fields)) if (same(now[field], value)) delete now[field];
    if (Object.keys(now).length) this.model.pending.set(key, now);
    else this.model.pending.delete(key);
  }

  #retry(state) {
    this.#set(state);
    this.#later(AGAIN[Math.min(this.#failures, AGAIN.length - 1)]);
    this.#failures += 1;
  }

  // The server names the cell and the field that it did not take; the others go again without them.
  #refuse(sent, body) {
    let errors = [];
    try {
      ({ errors = [] } = JSON.parse(body));
    } catch {
      // No problem details: nothing can be named.
    }
    let named = 0;
    for (const { field, message } of errors) {
      const [, at, name] = /^cells\.(\d+)(?:\.(\w+))?/.exec(field ?? "") ?? [];
      const cell = sent[Number(at)];
      if (!cell) continue;
      for (const one of name in cell.fields ? [name] : Object.keys(cell.fields)) this.faults.set(`${cell.key} ${one}`, message);
      named += 1;
    }
    if (!named) {
      this.problem = problemOf(400, body);
      this.#set("stopped");
      return;
    }
    this.#emit("refused", { errors });
  }

  // Somebody else saved first: read what is stored, keep what does not touch theirs, ask about the rest.
  async #reconcile() {
    try {
      const { data, etag } = await Store.open(this.url);
      this.#etag = etag;
      this.#take(data);
    } catch {
      this.#retry("offline");
    }
  }

  // `own`: what of the new reading is this page's own save, which is no other person's change. `brief`: the reading
  // holds only what is stored in the cells of that save; nothing else has changed.
  #take(data, { own = new Map(), brief = false } = {}) {
    const before = this.model.base;
    const mine = new Map([...this.model.pending].filter(([, fields]) => Object.keys(fields).length));
    const stored = brief ? withStored(before, data.cells) : readCells(data.cells);
    const asked = this.conflicts;
    const { keep, conflicts } = merge((key) => ({ ...UNTOUCHED, ...before.get(key), ...own.get(key) }), mine, (key) => stored.get(key) ?? UNTOUCHED);
    this.model.pending = keep;
    const news = conflicts.filter((item) => !asked.some((old) => old.key === item.key && old.field === item.field));
    for (const item of conflicts) {
      this.model.pending.set(item.key, { ...this.model.pending.get(item.key), [item.field]: item.mine });
    }
    // What was already asked stays a question: taking a reading in between decides nothing.
    for (const old of asked) {
      if (!conflicts.some((item) => item.key === old.key && item.field === old.field) && this.model.pending.get(old.key)?.[old.field] !== undefined) {
        const cell = stored.get(old.key);
        conflicts.push({ ...old, theirs: cell?.[old.field] ?? null, who: cell?.changed_by_name ?? old.who, when: cell?.changed_at ?? old.when });
      }
    }
    this.conflicts = conflicts;
    if (brief) this.model.readStored(stored);
    else this.model.read(data);
    this.#remember();
    const keys = changedKeys(before, stored, [...FIELDS, "current", "opportunity"]).filter((key) => !own.has(key));
    this.#emit("fresh", { keys });
    if (news.length) this.#emit("conflict", { conflicts });
  }

  // A person's choice: "mine" is sent on top of theirs, "theirs" drops mine.
  decide(decisions) {
    for (const { key, field, keep } of decisions) {
      this.conflicts = this.conflicts.filter((item) => item.key !== key || item.field !== field);
      if (keep === "theirs") this.#forget(key, { [field]: this.model.pending.get(key)?.[field] });
    }
    this.model.compute();
    this.#remember();
    this.#emit("change", { keys: decisions.map((item) => item.key) });
    this.#set(this.waiting ? "waiting" : "saved");
    this.flush();
  }

  // Has somebody else changed the grid? Cheap: without a change the server answers 304.
  async look() {
    if (this.#busy || this.state === "offline") return;
    try {
      const response = await fetch(this.url, { credentials: "same-origin", headers: { Accept: "application/json", "If-None-Match": this.#etag } });
      if (response.status !== 200 || this.#busy) return;
      this.#etag = response.headers.get("ETag");
      this.#take(await response.json());
    } catch {
      // No connection now; the next save will say so.
    }
  }

  async reload() {
    const { data, etag } = await Store.open(this.url);
    this.#etag = etag;
    this.#take(data);
  }

  #set(state) {
    this.state = state;
    this.#emit("state", { state });
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // Unsaved values outlive the tab, with what they were typed over, so that nothing is overwritten later.
  #remember() {
    try {
      if (!this.model.pending.size) localStorage.removeItem(this.place);
      else {
        const kept = [...this.model.pending].map(([key, fields]) => [key, fields, Object.fromEntries(Object.keys(fields).map((field) => [field, (this.model.base.get(key) ?? UNTOUCHED)[field] ?? null]))]);
        localStorage.setItem(this.place, JSON.stringify(kept));
      }
    } catch {
      // Storage is full or forbidden: the values stay in this tab.
    }
  }

  // What an earlier visit could not save. Answers how many values came back.
  recover() {
    let kept = [];
    try {
      kept = JSON.parse(localStorage.getItem(this.place) ?? "[]");
    } catch {
      localStorage.removeItem(this.place);
    }
    if (!this.canChange || !kept.length) return 0;
    const was = new Map(kept.map(([key, , before]) => [key, before]));
    const mine = new Map(kept.map(([key, fields]) => [key, fields]));
    const { keep, conflicts } = merge((key) => was.get(key), mine, (key) => this.model.base.get(key) ?? UNTOUCHED);
    this.model.pending = keep;
    for (const item of conflicts) this.model.pending.set(item.key, { ...this.model.pending.get(item.key), [item.field]: item.mine });
    this.conflicts = conflicts;
    this.model.compute();
    this.#remember();
    this.#set(this.waiting ? "waiting" : "saved");
    if (conflicts.length) this.#emit("conflict", { conflicts });
    this.#later(0);
    return this.waiting;
  }
}
