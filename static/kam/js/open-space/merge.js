// Bringing two people's edits together, cell by cell and field by field. Pure.

export function same(a, b) {
  if (Array.isArray(a) || Array.isArray(b)) {
    const left = [...(a ?? [])].sort(), right = [...(b ?? [])].sort();
    return left.length === right.length && left.every((value, at) => value === right[at]);
  }
  return (a ?? null) === (b ?? null);
}

// `base`: what I saw when I began; `mine`: Map key → {field: value}; `theirs`: what is stored now (both
// `(key) → cell or undefined`). Answers what may be sent as it is, and what a person must decide. A field that
// nobody else touched, or that both set to the same value, is no conflict.
export function merge(base, mine, theirs) {
  const keep = new Map();
  const conflicts = [];
  for (const [key, fields] of mine) {
    for (const [field, value] of Object.entries(fields)) {
      const stored = theirs(key)?.[field] ?? null;
      if (same(stored, value)) continue;
      if (same(stored, base(key)?.[field])) {
        keep.set(key, { ...keep.get(key), [field]: value });
      } else {
        const cell = theirs(key);
        conflicts.push({ key, field, mine: value, theirs: stored, who: cell?.changed_by_name ?? null, when: cell?.changed_at ?? null });
      }
    }
  }
  return { keep, conflicts };
}

// Keys of the cells that differ between two readings of the grid, to show what somebody else changed.
export function changedKeys(before, after, fields) {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => fields.some((field) => !same(before.get(key)?.[field], after.get(key)?.[field])));
}
