"""As of when the published figures speak, how fresh they are, and whether a run is on its way."""

import datetime
import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg2 import sql

from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date

_SETTINGS = [field.attname for field in TenantSettings._meta.concrete_fields]
# Every page asks this: the ORM would spend longer on writing it than the database on answering.
_PUBLISHED = sql.SQL(
    """
    SELECT {settings}, p.reference_date, p.computed_at, p.cuts::text, r.id, m.accounts, m.everything
    FROM tenancy_tenantsettings s
    LEFT JOIN metrics_portfoliosnapshot p ON p.tenant_id = s.tenant_id AND p.current
    LEFT JOIN LATERAL (
        SELECT id FROM metrics_recomputation
        WHERE tenant_id = s.tenant_id AND status IN ('queued', 'running') ORDER BY created_at DESC LIMIT 1
    ) r ON true
    CROSS JOIN LATERAL (
        SELECT count(account_id) AS accounts, count(*) FILTER (WHERE account_id IS NULL) AS everything
        FROM metrics_staleaccount WHERE tenant_id = s.tenant_id
    ) m
    WHERE s.tenant_id = %s
    """
).format(settings=sql.SQL(", ").join(sql.Identifier("s", name) for name in _SETTINGS))


@dataclass(frozen=True)
class Published:
    """The published snapshot and what is newer than it.

    `date`: as of when figures speak (the published one, else the date a run would use). `stale`: how many
    accounts have newer data (`all_stale`: every one). `running`: the run under way.
    """

    settings: TenantSettings
    date: datetime.date
    computed_at: datetime.datetime | None
    stale: int
    all_stale: bool
    running: uuid.UUID | None
    cuts: dict[str, Any]

    @property
    def pinned(self) -> bool:
        return self.settings.pinned_reference_date is not None

    @property
    def currency(self) -> str:
        return self.settings.base_currency


def published() -> Published:
    """What every page with figures says about their freshness, together with the settings; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_PUBLISHED, [current_tenant_id()])
        row = cursor.fetchone()
    if row is None:
        raise TenantSettings.DoesNotExist
    *values, snapshot_date, computed_at, cuts, running, stale, everything = row
    settings = TenantSettings.from_db("default", _SETTINGS, values)
    return Published(
        settings=settings,
        date=snapshot_date or reference_date(settings),
        computed_at=computed_at,
        stale=stale,
        all_stale=bool(everything),
        running=running,
        cuts=json.loads(cuts) if cuts else {},
    )
