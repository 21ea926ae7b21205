"""The home of one account and its economics: what the ledger says, what it is worth, why."""

import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from babel import Locale
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import Account
from accounts.places import account_panels, account_tabs
from accounts.selectors.accounts import account_find
from buying_center.models import SellingCenterMember
from buying_center.selectors.selling_center import selling_center_people
from kam.tenancy.access import Principal
from kam.tenancy.history import history_of
from kam.tenancy.permissions import requires
from metrics.findings import account as findings
from metrics.findings import account_lists
from metrics.findings.account import Facts
from metrics.models import AccountDecision, AccountMetrics
from metrics.selectors.account_detail import (
    Cell,
    Month,
    account_cells,
    account_children,
    account_costs,
    account_metrics,
    account_months,
    growth_sources,
    line_mix,
)
from metrics.selectors.account_metrics import metrics_history
from metrics.selectors.account_rows import stale_account_ids
from metrics.selectors.decisions import decision_latest
from metrics.selectors.freshness import Published, published
from metrics.selectors.potential_lines import PotentialLine, potential_lines, published_line_ratios
from metrics.services.decisions import may_decide
from metrics.suggestions import suggestion_for
from metrics.views import account_cards as cards
from metrics.views import account_value as worth
from metrics.views.account_economics import (
    UPV_LINES,
    clv_table,
    fiscal_years,
    line_rows,
    pnl_years_table,
    upv_groups,
)


def account_or_404(request: HttpRequest, account_id: uuid.UUID) -> Account:
    """The account as its pages need it; 404 for one that the member may not see."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    account = account_find(principal, account_id)
    if account is None:
        raise Http404
    return account


@dataclass
class AccountPage:
    """Everything read for a page of one account, once."""

    account: Account
    principal: Principal
    figures: Published

    @cached_property
    def row(self) -> AccountMetrics | None:
        return account_metrics(account_id=self.account.pk)

    @cached_property
    def months(self) -> list[Month]:
        return account_months(account_id=self.account.pk, reference_date=self.date)

    @cached_property
    def cells(self) -> list[Cell]:
        return account_cells(account_id=self.account.pk, reference_date=self.date)

    @cached_property
    def costs(self) -> dict[datetime.date, dict[str, Decimal]]:
        return account_costs(
            account_id=self.account.pk, reference_date=self.date, base_currency=self.currency
        )

    @property
    def date(self) -> datetime.date:
        return self.row.reference_date if self.row is not None else self.figures.date

    @property
    def currency(self) -> str:
        return self.figures.currency

    @cached_property
    def facts(self) -> Facts | None:
        return cards.facts_of(self.row, self.months, self.currency)

    @cached_property
    def stale(self) -> bool:
        if not self.figures.stale and not self.figures.all_stale:
            return False
        return bool(stale_account_ids([self.account.pk]))

    @cached_property
    def team(self) -> list[SellingCenterMember]:
        return selling_center_people(account_id=self.account.pk)


def page_of(request: HttpRequest, account_id: uuid.UUID) -> AccountPage:
    """Open a page of an account; 404 where the member may not see it."""
    account = account_or_404(request, account_id)
    return AccountPage(account, request.principal, published())  # type: ignore[attr-defined]


def header_context(page: AccountPage, tab: str) -> dict[str, Any]:
    """What the header and the tabs of every account page show."""
    account, row = page.account, page.row
    owner = account.owner
    team = [member for member in page.team if owner is None or member.member_id != owner.pk]
    people = list(dict.fromkeys(member.name for member in team))
    can_change = page.principal.can("accounts.change", account)
    return {
        "account": account,
        "row": row,
        "figures": page.figures,
        "as_of": page.date,
        "stale": page.stale,
        "monogram": cards.monogram(account.name),
        "parents": _parents(account),
        "place": _place(account),
        "team": people[:3],
        "team_more": max(0, len(people) - 3),
        "tabs": account_tabs(principal=page.principal, account_id=account.pk, current=tab),
        "currency": page.currency,
        "can_change": can_change,
        "can_delete": page.principal.can("accounts.delete", account),
        "can_recompute": page.principal.can("recompute.run"),
        "perception_gap": bool(account.ladder_customer and account.ladder_customer != account.ladder_ours),
    }


def _parents(account: Account) -> list[Account]:
    if account.parent_id is None:
        return []
    chain: list[Account] = []
    current = (
        Account.objects.filter(tenant_id=account.tenant_id, pk=account.parent_id)
        .select_related("parent__parent")
        .first()
    )
    account.parent = current
    while current is not None and len(chain) < 3:
        chain.append(current)
        current = current.parent if current.parent_id and len(chain) < 3 else None
    return chain[::-1]


def country_name(code: str) -> str:
    """``Norway`` for ``NO``; the code itself where nobody knows it."""
    return str(Locale("en").territories.get(code, code)) if code else ""


def _place(account: Account) -> list[str]:
    where = ", ".join(part for part in (account.region, country_name(account.country)) if part)
    since = f"customer since {account.customer_since.year}" if account.customer_since else ""
    return [part for part in (where, account.industry, since) if part]


@requires("accounts.view")
def account_detail(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Overview: what is true about this account now, and what needs a person."""
    page = page_of(request, account_id)
    row, facts = page.row, page.facts
    now = cards.pnl_of(page.months[-12:], page.costs)
    before = cards.pnl_of(page.months[-24:-12], page.costs)
    growth = cards.growth_card(row, growth_sources(page.cells), page.currency)
    missing = cards.missing_facts(page.account, row)
    context = header_context(page, "overview") | {
        "finding": findings.account_finding(facts),
        "facts": facts,
        "pnl": cards.pnl_table(now, before, page.currency),
        "profit_finding": findings.profit_finding(facts) if facts else "",
        "growth": growth,
        "growth_finding": findings.growth_finding(growth.values, page.currency),
        "ratio": cards.ratio_line(page.months),
        "value": worth.value_card(row, page.currency) if row else None,
        "value_finding": findings.value_finding(facts, row.potential_basis) if facts and row else "",
        "missing": missing,
        "missing_finding": account_lists.missing_finding(len(missing)),
        "children": account_children(principal=page.principal, account_id=account_id),
        "panels": account_panels(principal=page.principal, account=page.account),
        **_class_context(page),
        **_decision_context(page),
    }
    return render(request, "metrics/account_detail.html", context)


def _decision_context(page: AccountPage) -> dict[str, Any]:
    """What needs a decision; a decision made on the same classes stands."""
    row = page.row
    if row is None:
        return {}
    due = suggestion_for(row, is_key=page.account.is_key_account, currency=page.currency)
    if due is None:
        return {}
    last = decision_latest(account_id=page.account.pk)
    stands = last is not None and (last.loyalty_class, last.dubinsky_ingram_class) == (
        row.loyalty_class,
        row.dubinsky_ingram_class,
    )
    return {
        "suggestion": due,
        "decided": last if stands else None,
        "can_decide": may_decide(page.principal, page.account),
        "verdicts": AccountDecision.Verdict.choices,
    }


def _class_context(page: AccountPage) -> dict[str, Any]:
    """Loyalty strip and matrix positions with their reasons; nothing without figures."""
    row = page.row
    if row is None:
        return {}
    evidence = row.loyalty_evidence or {}
    settings = page.figures.settings
    return {
        "strip": worth.loyalty_strip(row, page.currency, settings.loyalty_quarters),
        "loyalty_finding": findings.loyalty_finding(
            loyalty_class=row.loyalty_class,
            reason=row.loyalty_reason,
            active=int(evidence.get("active") or 0),
            quarters=int(evidence.get("quarters") or 0),
            tenure_months=row.tenure_months,
        ),
        "matrix_finding": findings.matrix_finding(
            row.contribution_12m, row.potential_contribution, page.currency, row.potential_basis
        ),
        "positions": worth.positions(row, settings, page.figures.cuts, page.currency),
    }


@requires("accounts.view")
def account_economics(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Economics: every figure of the account with its explanation, and the what-if of its lifetime value."""
    page = page_of(request, account_id)
    row, facts = page.row, page.facts
    settings = page.figures.settings
    years = fiscal_years(page.months, page.costs, settings.fiscal_year_start)
    mix = line_mix(page.cells)
    growth = cards.growth_card(row, growth_sources(page.cells), page.currency)
    lines = upv_lines(page)
    every_line = request.GET.get("potential") == "all"
    context = header_context(page, "economics") | {
        "finding": findings.account_finding(facts),
        "facts": facts,
        "kpis": worth.kpis(row, page.months, page.currency) if row else [],
        "years": pnl_years_table(years, page.currency),
        "months_finding": findings.months_finding(
            [month.contribution for month in page.months[-36:]],
            [month.net_sales for month in page.months[-36:]],
        ),
        "mix_finding": findings.mix_finding([(line.line, line.current) for line in mix]),
        "lines": line_rows(mix, page.currency),
        "growth": growth,
        "growth_finding": findings.growth_finding(growth.values, page.currency),
        "ratio": cards.ratio_line(page.months),
        "value": worth.value_card(row, page.currency) if row else None,
        "value_finding": findings.value_finding(facts, row.potential_basis) if facts and row else "",
        "profit_finding": findings.profit_finding(facts) if facts else "",
        "clv_finding": findings.clv_finding(
            facts, (row.clv_inputs or {}).get("horizon_years"), row.clv_method
        )
        if facts and row
        else "",
        "upv_finding": findings.potential_finding(
            [(line.growth_type, line.line, line.worth) for line in lines if line.worth], row.upv_annual
        )
        if row
        else "",
        "clv": clv_table(row, page.currency, settings, page.account) if row else None,
        "upv": upv_groups(row, lines, page.currency, None if every_line else UPV_LINES) if row else None,
        "upv_few": UPV_LINES,
        "every_line": every_line,
        **_class_context(page),
    }
    return render(request, "metrics/account_economics.html", context)


def upv_lines(page: AccountPage) -> list[PotentialLine]:
    """The account's Open Space line by line, as its potential adds it up."""
    return potential_lines(
        account=page.account,
        settings=page.figures.settings,
        cells=page.cells,
        line_ratios=published_line_ratios(),
    )


@requires("accounts.view")
def account_history_page(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """History: figures per reference date, and every change of the account with who and when."""
    page = page_of(request, account_id)
    records = list(metrics_history(account_id)[:60])
    context = header_context(page, "history") | {
        "finding": account_lists.history_finding(
            [(record.reference_date, record.clv) for record in records], page.currency
        ),
        "records": records,
        "entries": history_of(page.account, limit=60),
    }
    return render(request, "metrics/account_history.html", context)


@requires("accounts.view")
def account_header(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The header alone, for pages of apps below this one (`?tab=` names the open tab)."""
    page = page_of(request, account_id)
    return render(
        request, "metrics/partials/account_header.html", header_context(page, request.GET.get("tab", ""))
    )
