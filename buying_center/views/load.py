"""How many key accounts each KAM carries, for executives and administrators; KAMs read it too (K10)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.selectors.accounts import sees_all_accounts
from buying_center.selectors.team import workload_of
from buying_center.team.load import IDEAL, bars_title, load_finding, load_lede
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires

VERDICTS = {
    "over": ("cut", "alert-octagon", "Over the limit"),
    "ideal": ("keep", "circle-check", "Ideal"),
    "within": ("none", "minus", "Within the limit"),
    "free": ("accent", "circle-plus", "Has room"),
}


@requires("portfolio.view")
def load(request: HttpRequest) -> HttpResponse:
    """One bar per KAM against limit and ideal; accounts that lack somebody; rivals in one hand."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    work = workload_of(principal)
    context = {
        "work": work,
        "finding": load_finding(work),
        "lede": load_lede(work),
        "bars_title": bars_title(work),
        "rows": [
            {
                "load": row,
                "verdict": VERDICTS[row.verdict],
                "blocks": blocks(row.count, work.limit, work.scale),
            }
            for row in work.loads
        ],
        "limit_at": round(100 * work.limit / work.scale, 2),
        "ideal_at": round(100 * IDEAL / work.scale, 2),
        "sees_all": sees_all_accounts(principal),
        "settings": principal.can("settings.change"),
    }
    return render(request, "buying_center/load.html", context)


def blocks(count: int, limit: int, scale: int) -> list[dict[str, float | bool]]:
    """One block per account, in percent of the bar's room; those beyond the limit are marked."""
    step = 100 / scale
    gap = min(0.8, step / 8)
    return [
        {"x": round(number * step, 3), "width": round(step - gap, 3), "over": number >= limit}
        for number in range(count)
    ]
