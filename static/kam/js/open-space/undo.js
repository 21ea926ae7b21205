// What can be undone: steps of changes, each {key, field, before, after}. Pure.

const DEEPEST = 200;

export class UndoStack {
  #done = [];
  #undone = [];

  // A step is what one act changed: a typed value, a pasted block. It ends what could have been redone.
  push(label, changes) {
    if (!changes.length) return;
    this.#done.push({ label, changes });
    if (this.#done.length > DEEPEST) this.#done.shift();
    this.#undone = [];
  }

  get canUndo() { return this.#done.length > 0; }
  get canRedo() { return this.#undone.length > 0; }
  get next() { return this.#done.at(-1)?.label ?? ""; }

  // The changes to make now, or null.
  undo() {
    const step = this.#done.pop();
    if (!step) return null;
    this.#undone.push(step);
    return { label: step.label, changes: [...step.changes].reverse().map(({ key, field, before }) => ({ key, field, value: before })) };
  }

  redo() {
    const step = this.#undone.pop();
    if (!step) return null;
    this.#done.push(step);
    return { label: step.label, changes: step.changes.map(({ key, field, after }) => ({ key, field, value: after })) };
  }
}
