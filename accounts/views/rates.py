"""Exchange rates by month and currency (K1)."""

import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import ExchangeRate
from accounts.selectors.catalogue import exchange_rate_list
from accounts.selectors.ledger import rate_gaps
from accounts.services.rates import exchange_rate_create, exchange_rate_update
from kam.common import formatting
from kam.common.errors import ApplicationError, InvalidInputError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import tenant_settings

MONTHS_SHOWN = 36


class MonthRow(NamedTuple):
    """One month of the table: a rate per currency, "" = none; which of them the ledger misses."""

    month: datetime.date
    cells: list[tuple[str, str, bool]]


@requires("rates.view", write="rates.change")
def rates(request: HttpRequest) -> HttpResponse:
    """The table of rates, the newest month first, and adding or changing one."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    typed: dict[str, str] = {}
    fault = ""
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip() for name in ("currency", "month", "rate")}
        try:
            rate = _save(principal, typed)
        except ApplicationError as error:
            fault = error.errors[0].message if error.errors else error.message
        else:
            text = formatting.number(rate.rate, decimals=4)
            messages.success(request, f"1 {rate.currency} is {text} in {formatting.month(rate.month)} now.")
            return redirect("accounts:rates")
    settings = tenant_settings()
    found = list(exchange_rate_list(principal).order_by("-month", "currency"))
    gaps = rate_gaps(base_currency=settings.base_currency)
    context: dict[str, Any] = {
        "base": settings.base_currency,
        "currencies": _currencies(found, gaps),
        "rows": _rows(found, gaps),
        "more": max(0, len({rate.month for rate in found}) - MONTHS_SHOWN),
        "gaps": gaps,
        "finding": rates_finding(len(found), gaps, settings.base_currency),
        "typed": typed,
        "fault": fault,
        "can_import": principal.can("imports.run"),
        "can_change": principal.can("rates.change"),
    }
    return render(request, "accounts/rates.html", context, status=200)


def _save(principal: Principal, typed: dict[str, str]) -> ExchangeRate:
    """Create the rate of a month, or change the one that stands."""
    try:
        month = datetime.date.fromisoformat(f"{typed['month'][:7]}-01")
    except ValueError:
        raise InvalidInputError.of(
            "month", f"Month: “{typed['month'][:20]}” is no month. Expected YYYY-MM."
        ) from None
    try:
        value = Decimal(typed["rate"])
        if not value.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise InvalidInputError.of(
            "rate", f"Rate: “{typed['rate'][:30]}” is no number. Expected one such as 1.0842."
        ) from None
    currency = typed["currency"].upper()
    standing = exchange_rate_list(principal).filter(currency=currency, month=month).first()
    if standing is not None:
        return exchange_rate_update(principal=principal, rate=standing, values={"rate": value})
    return exchange_rate_create(
        principal=principal, values={"currency": currency, "month": month, "rate": value}
    )


def _currencies(found: list[ExchangeRate], gaps: list[tuple[str, datetime.date]]) -> list[str]:
    return sorted({rate.currency for rate in found} | {currency for currency, _ in gaps})


def _rows(found: list[ExchangeRate], gaps: list[tuple[str, datetime.date]]) -> list[MonthRow]:
    table = {(rate.month, rate.currency): rate.rate for rate in found}
    missing = {(month, currency) for currency, month in gaps}
    currencies = _currencies(found, gaps)
    months = sorted({rate.month for rate in found} | {month for _, month in gaps}, reverse=True)
    return [
        MonthRow(
            month,
            [
                (
                    currency,
                    formatting.number(table[month, currency], decimals=4)
                    if (month, currency) in table
                    else "",
                    (month, currency) in missing,
                )
                for currency in currencies
            ],
        )
        for month in months[:MONTHS_SHOWN]
    ]


def rates_finding(count: int, gaps: list[tuple[str, datetime.date]], base: str) -> str:
    """The heading of the page: what the ledger lacks, else how many rates stand."""
    if gaps:
        noun = "rate is" if len(gaps) == 1 else "rates are"
        return f"{len(gaps)} {noun} missing: those amounts cannot be converted to {base}."
    if not count:
        return f"No rates yet: everything is counted in {base}."
    return f"{formatting.number(count)} {'rate' if count == 1 else 'rates'} stand; the ledger lacks none."
