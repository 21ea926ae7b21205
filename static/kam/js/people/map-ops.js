// What can be done on the map and taken back: a step knows how to change the model, and its own opposite. Pure.
// An act (a drag, a re-hanging) is {label, steps}; a step one of
//   fields {id, before, after} · places {items: [{id, before, after}]} · add / remove {ref, values}
//   link-fields {id, before, after} · link-add / link-remove {ref, values}

const OPPOSITE = { add: "remove", remove: "add", "link-add": "link-remove", "link-remove": "link-add" };
const DEEPEST = 200;

export function invert({ label, steps }) {
  return {
    label,
    steps: [...steps].reverse().map((step) => {
      if (OPPOSITE[step.type]) return { ...step, type: OPPOSITE[step.type] };
      if (step.type === "places") return { ...step, items: step.items.map(({ id, before, after }) => ({ id, before: after, after: before })) };
      return { ...step, before: step.after, after: step.before };
    }),
  };
}

export function same(one, other) {
  if (Array.isArray(one) && Array.isArray(other)) return one.length === other.length && one.every((value) => other.includes(value));
  return (one ?? null) === (other ?? null);
}

function holds(target, values) {
  return Boolean(target) && Object.entries(values).every(([name, value]) => same(target[name], value));
}

// Whether the model still stands as the step would change it; else somebody else was there first.
export function applies(model, step, ref = (id) => id) {
  switch (step.type) {
    case "fields": return holds(model.people.get(ref(step.id)), step.before);
    case "places": return step.items.every(({ id, before }) => holds(model.people.get(ref(id)), before));
    case "link-fields": return holds(model.links.get(ref(step.id)), step.before);
    case "remove": return model.people.has(ref(step.ref));
    case "link-remove": return model.links.has(ref(step.ref));
    case "link-add": return model.people.has(ref(step.values.from)) && model.people.has(ref(step.values.to));
    default: return true;
  }
}

// Change the model as the server is about to be changed. What the server has to name first (add) comes later.
export function apply(model, step, ref = (id) => id) {
  switch (step.type) {
    case "fields":
      Object.assign(model.people.get(ref(step.id)) ?? {}, step.after);
      break;
    case "places":
      for (const { id, after } of step.items) Object.assign(model.people.get(ref(id)) ?? {}, after);
      break;
    case "link-fields":
      Object.assign(model.links.get(ref(step.id)) ?? {}, step.after);
      break;
    case "remove": {
      const id = ref(step.ref);
      model.people.delete(id);
      for (const node of model.people.values()) if (node.reports_to === id) node.reports_to = null;
      for (const link of model.linksOf(id)) model.links.delete(link.id);
      break;
    }
    case "link-remove":
      model.links.delete(ref(step.ref));
      break;
    default:
  }
}

// What an edit elsewhere (the side panel) changed of one person, as a step that can be taken back; null for nothing.
export function difference(before, after, names) {
  const changed = names.filter((name) => !same(before[name], after[name]));
  if (!changed.length) return null;
  const pick = (node) => Object.fromEntries(changed.map((name) => [name, node[name]]));
  return { type: "fields", id: after.id, before: pick(before), after: pick(after) };
}

export class ActStack {
  #done = [];
  #undone = [];

  push(act) {
    if (!act.steps.length) return;
    this.#done.push(act);
    if (this.#done.length > DEEPEST) this.#done.shift();
    this.#undone = [];
  }

  get canUndo() { return this.#done.length > 0; }
  get canRedo() { return this.#undone.length > 0; }

  undo() {
    const act = this.#done.pop();
    if (act) this.#undone.push(act);
    return act ?? null;
  }

  redo() {
    const act = this.#undone.pop();
    if (act) this.#done.push(act);
    return act ?? null;
  }

  // The server did not take it: it can neither be taken back nor made again.
  forget(act) {
    this.#done = this.#done.filter((one) => one !== act);
    this.#undone = this.#undone.filter((one) => one !== act);
  }
}
