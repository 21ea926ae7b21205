"""Home: my accounts, the weakest first; what is newer than its figures; how to begin where nothing is loaded."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import ImportJob
from accounts.views.import_words import job_finding
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.home import home_cards
from kam.tenancy.models import Role
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_names
from metrics.findings.account_lists import home_finding
from metrics.selectors.account_filters import AccountFilters, AccountScope
from metrics.selectors.account_rows import AccountRow, account_counts, account_rows, stale_account_ids
from metrics.selectors.freshness import published
from metrics.views.account_list import list_rows

SHOWN = 12


@requires("accounts.view")
def home(request: HttpRequest) -> HttpResponse:
    """The first page after signing in."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    scope = AccountScope.of(principal)
    figures = published()
    # Whoever runs the data sees the whole company here; who manages accounts sees their own.
    everything = principal.role in (Role.ADMIN, Role.EXECUTIVE)
    mine = AccountFilters(mine=not everything, ordering="contribution")
    counts = account_counts(filters=mine, scope=scope)
    rows = account_rows(filters=mine, scope=scope, limit=SHOWN)
    everywhere = counts.total if everything else account_counts(filters=AccountFilters(), scope=scope).total
    stale = _stale(rows, figures.all_stale, bool(figures.stale))
    owners = member_names()
    stale_total = (
        account_counts(filters=AccountFilters(mine=not everything, stale=True), scope=scope).total
        if figures.stale or figures.all_stale
        else 0
    )
    context: dict[str, Any] = {
        "figures": figures,
        "everything": everything,
        "finding": home_finding(
            mine=counts.total,
            known=counts.selling - counts.unknown,
            losing=counts.negative,
            stale=stale_total,
            everywhere=everywhere,
            everything=everything,
        ),
        "counts": counts,
        "everywhere": everywhere,
        "rows": list_rows(rows, stale=stale, owners=owners),
        "stale_total": stale_total,
        "imports": [(job, job_finding(job)) for job in _imports()] if principal.can("imports.run") else [],
        "can_import": principal.can("imports.run"),
        "can_add": principal.can("accounts.add"),
        "can_recompute": principal.can("recompute.run"),
        "cards": home_cards(principal),
        "can_see_portfolio": principal.can("portfolio.view"),
    }
    return render(request, "metrics/home.html", context)


def _stale(rows: list[AccountRow], all_stale: bool, any_stale: bool) -> set[Any]:
    if all_stale:
        return {row.id for row in rows}
    return stale_account_ids([row.id for row in rows]) if any_stale else set()


def _imports() -> list[ImportJob]:
    """The last five files that were loaded, newest first."""
    return list(
        ImportJob.objects.select_related("member__user")
        .filter(tenant_id=current_tenant_id())
        .order_by("-created_at")[:5]
    )
