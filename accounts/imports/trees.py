"""Parents named in a file: they must exist, and nobody may be their own ancestor."""

from collections.abc import Mapping
from typing import Any

from psycopg2 import sql

from kam.common.imports.problems import Problem, row_problem
from kam.common.imports.staging import STAGE, stage_problems

_MAX_SHOWN = 5


def reject_rows(cursor: Any, problems: list[Problem]) -> None:
    """Report faults found after staging, and mark their rows."""
    if not problems:
        return
    stage_problems(cursor, problems)
    cursor.execute(
        sql.SQL("UPDATE pg_temp.{} SET bad = true WHERE row = ANY(%s)").format(sql.Identifier(STAGE)),
        [[problem.row for problem in problems]],
    )


def cycles(parents: Mapping[str, str]) -> dict[str, list[str]]:
    """Every member of a cycle in child → parent, with the way around it; linear in the number of links."""
    state: dict[str, int] = {}
    found: dict[str, list[str]] = {}
    for start in parents:
        path: list[str] = []
        node: str | None = start
        while node is not None and node not in state:
            state[node] = 1
            path.append(node)
            node = parents.get(node)
        if node is not None and state[node] == 1:
            ring = path[path.index(node) :]
            for place, member in enumerate(ring):
                found[member] = [*ring[place:], *ring[:place], member]
        for member in path:
            state[member] = 2
    return found


def reject_missing_parents(cursor: Any, *, stored: sql.Composable, tenant_id: Any, what: str) -> bool:
    """Reject rows whose parent is neither a good row of the file nor stored; `stored` is a condition on
    `r.parent_external_id`. Returns whether any row was rejected (its own children then have to be asked again)."""
    cursor.execute(
        sql.SQL(
            "SELECT r.row, r.parent_external_id FROM pg_temp.{stage} r "
            "WHERE NOT r.bad AND r.parent_external_id IS NOT NULL AND NOT {stored} AND NOT EXISTS ("
            "SELECT 1 FROM pg_temp.{stage} p WHERE NOT p.bad AND p.external_id = r.parent_external_id)"
        ).format(stage=sql.Identifier(STAGE), stored=stored),
        {"tenant": tenant_id},
    )
    problems = [
        row_problem(
            row,
            "parent_external_id",
            "unknown_parent",
            parent,
            f"there is no {what} “{parent}”, stored or in this file. Expected the external_id of one.",
        )
        for row, parent in cursor.fetchall()
    ]
    reject_rows(cursor, problems)
    return bool(problems)


def reject_cycles(cursor: Any, *, links: sql.Composable, tenant_id: Any) -> bool:
    """Reject the file's rows that close a ring of parents; `links` selects stored (external_id, parent's)."""
    cursor.execute(links, {"tenant": tenant_id})
    parents = dict(cursor.fetchall())
    cursor.execute(
        sql.SQL("SELECT external_id, parent_external_id, row FROM pg_temp.{} WHERE NOT bad").format(
            sql.Identifier(STAGE)
        )
    )
    rows: dict[str, int] = {}
    for external_id, parent, row in cursor.fetchall():
        rows[external_id] = row
        if parent is None:
            parents.pop(external_id, None)
        else:
            parents[external_id] = parent
    rings = cycles(parents)
    problems = []
    for member, ring in rings.items():
        if member not in rows:
            continue
        way = " → ".join(ring if len(ring) <= _MAX_SHOWN else [*ring[: _MAX_SHOWN - 1], "…", ring[-1]])
        sentence = f"“{member}” is its own ancestor: {way}. Expected parents without a ring."
        problems.append(
            row_problem(rows[member], "parent_external_id", "parent_cycle", parents[member], sentence)
        )
    reject_rows(cursor, problems)
    return bool(problems)
