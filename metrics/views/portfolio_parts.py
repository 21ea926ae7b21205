"""Parts of the portfolio page that come after it: key accounts against the rest, and how far a run is."""

import math
import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from kam.common import formatting
from kam.tenancy.permissions import requires
from metrics.findings.portfolio_cards import KeyFacts, key_doubt, key_finding
from metrics.models import Recomputation
from metrics.selectors.freshness import published
from metrics.selectors.portfolio_key import key_growth
from metrics.views.recompute import run_or_404


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


@require_safe
@requires("portfolio.view")
def portfolio_key(request: HttpRequest) -> HttpResponse:
    """Whether key accounts grow faster than the rest, with how sure that is (K31)."""
    figures = published()
    found = key_growth(figures.date)
    facts = KeyFacts(
        key=found.key.accounts,
        rest=found.rest.accounts,
        key_growth=_known(found.key.growth),
        rest_growth=_known(found.rest.growth),
        low=_known(found.interval[0]),
        high=_known(found.interval[1]),
    )
    ratio = _known(found.ratio)
    rows = [
        ("Key accounts", found.key),
        ("Joined since", found.late_joiners),
        ("The rest", found.rest),
    ]
    context = {
        "heading": key_finding(facts),
        "doubt": key_doubt(facts) if facts.key else "",
        "ratio": ""
        if ratio is None or ratio <= 0
        else f"{formatting.number(ratio, decimals=1)} times the growth of the rest",
        "rows": [
            {
                "label": label,
                "accounts": formatting.number(group.accounts),
                "before": formatting.money(group.before, figures.currency),
                "after": formatting.money(group.after, figures.currency),
                "growth": formatting.percent(_known(group.growth), signed=True),
            }
            for label, group in rows
            if group.accounts
        ],
        "figures": figures,
    }
    name = "metrics/portfolio_key.html"
    return render(request, f"{name}#card" if request.htmx else name, context)  # type: ignore[attr-defined]


@require_safe
@requires("recompute.view")
def portfolio_progress(request: HttpRequest, run_id: uuid.UUID) -> HttpResponse:
    """The progress bar of a run; when the run has ended, the page fetches its new figures."""
    run = run_or_404(request, run_id)
    response = render(request, "metrics/portfolio_progress.html", progress_context(run))
    if run.status in (Recomputation.Status.SUCCEEDED, Recomputation.Status.FAILED):
        response["HX-Refresh"] = "true"
    return response


def progress_context(run: Recomputation) -> dict[str, object]:
    """What the bar says: n of N and, once a tenth is done, about how long it takes still."""
    left = ""
    if run.started_at is not None and run.accounts_total and run.accounts_done >= run.accounts_total / 10:
        passed = (timezone.now() - run.started_at).total_seconds()
        seconds = passed * (run.accounts_total - run.accounts_done) / run.accounts_done
        left = "almost done" if seconds < 1 else f"{formatting.number(seconds)} s left"
    waiting = run.status == Recomputation.Status.QUEUED
    return {
        "title": "Waiting for a worker"
        if waiting
        else f"Recomputing {formatting.plural(run.accounts_total, 'account')}",
        "done": run.accounts_done,
        "total": 0 if waiting else run.accounts_total,
        "left": left,
        "url": reverse("metrics:portfolio_progress", args=[run.pk]),
    }
