"""As of when the published figures speak, how fresh they are, and whether a run is on its way."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date
from metrics.models import PortfolioSnapshot, Recomputation, StaleAccount


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
    tenant_id = current_tenant_id()
    own = {"tenant_id": OuterRef("tenant_id")}
    snapshot = PortfolioSnapshot.objects.filter(**own, current=True)
    running = Recomputation.objects.filter(
        **own, status__in=[Recomputation.Status.QUEUED, Recomputation.Status.RUNNING]
    ).order_by("-created_at")
    marks = StaleAccount.objects.filter(**own).order_by().values("tenant_id")
    settings = (
        TenantSettings.objects.filter(tenant_id=tenant_id)
        .annotate(
            snapshot_date=Subquery(snapshot.values("reference_date")[:1]),
            snapshot_computed=Subquery(snapshot.values("computed_at")[:1]),
            snapshot_cuts=Subquery(snapshot.values("cuts")[:1]),
            run=Subquery(running.values("id")[:1]),
            stale_accounts=Coalesce(Subquery(marks.annotate(n=Count("account_id")).values("n")), 0),
            stale_all=Coalesce(
                Subquery(marks.annotate(n=Count("id", filter=Q(account__isnull=True))).values("n")), 0
            ),
        )
        .get()
    )
    return Published(
        settings=settings,
        date=settings.snapshot_date or reference_date(settings),
        computed_at=settings.snapshot_computed,
        stale=settings.stale_accounts,
        all_stale=bool(settings.stale_all),
        running=settings.run,
        cuts=settings.snapshot_cuts or {},
    )
