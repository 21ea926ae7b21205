"""A few changed accounts, from their marks to what people see: one transaction of as few statements as it takes.

An edit should show in the figures at once, so this way has no queue, no shards and no temporary table, and no
statement is made by the ORM. What makes it safe is that all of it is one transaction:

- Killed anywhere, nothing of it is there and the marks still are; whoever is asked next does it all again.
- The lock of the tenant's runs is held, so two deliveries follow one another, and the second finds no marks.
- A mark is not claimed but remembered by its row's version (`xmin`). Only marks that still are what they were when
  the ledger had not been read yet are deleted: a change that comes later writes its mark anew, and it stays.
"""

import datetime
import time
import uuid
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from kam.common.ids import uuid7
from kam.tenancy.context import tenant_context
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date
from metrics.engine import ENGINE_VERSION
from metrics.models import Recomputation
from metrics.selectors.reading import Scope
from metrics.services import runs
from metrics.services.gathering import gather
from metrics.services.parameters import ENGINE_SETTINGS, Parameters, settings_as_json
from metrics.services.potentials import add_potentials, stored_potentials
from metrics.services.ranking import Standing, matrix_columns
from metrics.services.snapshot import movers_of
from metrics.services.storing import RunStamp, store_few

# More accounts than these wait for a run whose progress can be seen.
FEW = 100
_SETTINGS = sorted(ENGINE_SETTINGS | {"pinned_reference_date"})

# Row by row through the indexes is right for a few, whatever the planner thinks of the tables.
_LOOK = f"""
SELECT pg_advisory_xact_lock(hashtextextended('kam.recompute:' || %(tenant)s, 0)),
    set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true);
SELECT p.id, p.reference_date, p.engine_version, p.computed_at, p.line_ratios, p.cuts, p.movers,
    (SELECT json_agg(json_build_array(account_id, seen)) FROM (
        SELECT account_id, xmin::text AS seen FROM metrics_staleaccount
        WHERE tenant_id = %(tenant)s AND claimed_by IS NULL ORDER BY since LIMIT %(most)s) m)::text,
    EXISTS (SELECT FROM metrics_recomputation
            WHERE tenant_id = %(tenant)s AND status IN ('queued', 'running')),
    (p.summary ->> 'accounts')::int,
    (SELECT coalesce(json_agg(id ORDER BY id), '[]') FROM accounts_productline
     WHERE tenant_id = %(tenant)s AND account_id IS NULL)::text,
    (SELECT coalesce(json_agg(json_build_array(id, product_line_id, co_created)), '[]')
     FROM accounts_product WHERE tenant_id = %(tenant)s)::text,
    (SELECT coalesce(json_agg(json_build_array(industry, product_line_id, potential::float8, buyers)
                              ORDER BY industry, product_line_id), '[]')
     FROM planning_peerpotential WHERE tenant_id = %(tenant)s)::text,
    {", ".join(f"s.{name}" for name in _SETTINGS)}
FROM metrics_portfoliosnapshot p JOIN tenancy_tenantsettings s ON s.tenant_id = p.tenant_id
WHERE p.tenant_id = %(tenant)s AND s.tenant_id = %(tenant)s AND p.current
FOR NO KEY UPDATE OF p
"""  # noqa: S608 - names of columns

_CLOSE = """
DELETE FROM metrics_staleaccount m USING unnest(%(accounts)s::uuid[], %(seen)s::text[]) AS g(account, seen)
WHERE m.tenant_id = %(tenant)s AND m.account_id = g.account AND m.xmin::text = g.seen;
UPDATE metrics_portfoliosnapshot
SET movers = %(movers)s::jsonb, computed_at = %(now)s, recomputation = %(run)s,
    ranks_stale_since = coalesce(ranks_stale_since, %(now)s)
WHERE tenant_id = %(tenant)s AND id = %(snapshot)s;
INSERT INTO metrics_recomputation (
    id, tenant_id, kind, status, reference_date, publish, accounts_total, accounts_done, seconds, engine_version,
    timing, context, failure, started_at, finished_at)
VALUES (%(run)s, %(tenant)s, %(kind)s, %(status)s, %(reference)s, true, %(written)s, %(written)s,
        extract(epoch FROM clock_timestamp() - %(now)s), %(version)s, %(timing)s::jsonb, %(context)s::jsonb, '',
        %(now)s, clock_timestamp())
"""


@dataclass(frozen=True)
class _Look:
    """What stands when the transaction begins: the published snapshot, the marks with the version of their row."""

    snapshot: uuid.UUID
    reference_date: datetime.date
    engine_version: str
    computed_at: datetime.datetime
    line_ratios: dict[str, Any]
    cuts: dict[str, Any]
    movers: dict[str, Any]
    marks: list[tuple[str | None, str]]
    busy: bool
    accounts: int
    catalogue: list[str]
    products: list[tuple[str, str, bool]]
    peers: list[tuple[str, str, float, int]]
    settings: TenantSettings

    def allows(self, reference: datetime.date) -> bool:
        """Whether what is marked can be measured against the snapshot at once, and is few."""
        return (
            not self.busy
            and self.reference_date == reference
            and self.engine_version == ENGINE_VERSION
            and 0 < len(self.marks) <= FEW
            and all(account is not None for account, _ in self.marks)
            and self.accounts > runs.INLINE_BELOW
            and len(self.marks) * 4 <= self.accounts
        )


def few_publish(*, tenant_id: uuid.UUID) -> uuid.UUID | None:
    """Compute and publish the marked accounts now; returns the run, which is over.

    None when nothing is marked, or when it takes a run of its own: many accounts, a tenant so small that all
    its accounts are computed at once, nothing published yet, another reference date, or another run at work.
    """
    with tenant_context(tenant_id, via="task"):
        look = _look(tenant_id)
        if look is None:
            return None
        parameters = Parameters(reference_date(look.settings), look.settings)
        if not look.allows(parameters.reference):
            return None
        run, now, started = uuid7(), timezone.now(), time.perf_counter()
        stamp = RunStamp(run, parameters.reference, now)
        figures = gather(
            Scope(ids=[uuid.UUID(account) for account, _ in look.marks]),
            parameters,
            {"lines": look.catalogue, "purchase_model": look.cuts.get("purchase_model")},
            products=look.products,
        )
        moved: list[tuple[Any, ...]] = []
        if figures.n:
            potentials = stored_potentials(look.line_ratios, look.catalogue, look.peers)
            add_potentials(figures.columns, figures.cells, figures.industries, potentials, parameters)
            cut = parameters.fixed_cuts or (look.cuts["present"], look.cuts["potential"])
            moved = store_few(
                figures.columns | matrix_columns(Standing.of(figures.columns), cut), stamp=stamp
            )
        movers = movers_of(moved, look.movers, look.computed_at, look.reference_date, parameters.reference)
        with connection.cursor() as cursor:
            cursor.execute(
                _CLOSE,
                {
                    "tenant": str(tenant_id),
                    "run": str(run),
                    "snapshot": look.snapshot,
                    "accounts": [account for account, _ in look.marks],
                    "seen": [seen for _, seen in look.marks],
                    "now": now,
                    "movers": orjson.dumps(movers).decode(),
                    "kind": Recomputation.Kind.STALE.value,
                    "status": Recomputation.Status.SUCCEEDED.value,
                    "reference": parameters.reference,
                    "written": figures.n,
                    "version": ENGINE_VERSION,
                    "timing": orjson.dumps(
                        {
                            "publish": round(time.perf_counter() - started, 4),
                            "shards": [],
                            "rows": figures.n,
                        }
                    ).decode(),
                    "context": orjson.dumps({"settings": settings_as_json(look.settings)}).decode(),
                },
            )
    return run


def _look(tenant_id: uuid.UUID) -> _Look | None:
    with connection.cursor() as cursor:
        cursor.execute(
            _LOOK,
            {"tenant": str(tenant_id), "most": FEW + 1},
        )
        row = cursor.fetchone()
    if row is None or row[7] is None:
        return None
    fixed = 13
    return _Look(  # type: ignore[call-arg]  # mypy cannot count what a star brings
        *row[:4],
        *(orjson.loads(document) for document in row[4:8]),
        *row[8:10],
        *(orjson.loads(document) for document in row[10:fixed]),
        TenantSettings(tenant_id=tenant_id, **dict(zip(_SETTINGS, row[fixed:], strict=True))),
    )
