"""What the ledger already knows about a question of strategic reflection (K17), in words with its window.

All of it speaks of whole months: the 12 up to the reference date against the 12 before (K1). Money is in the
base currency.
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Max, Sum

from accounts.models import Account, AccountMonth, CellMonth, ExchangeRate, SalesLine
from kam.common import formatting
from kam.tenancy.models import TenantSettings
from kam.tenancy.reference import reference_date
from kam.tenancy.selectors import tenant_settings
from planning.selectors.open_space import twelve_months

VOLUME, RHYTHM, SHARE, STANDING = "ABS-6", "ABS-7", "REL-5", "SIX-1"
CODES = frozenset({VOLUME, RHYTHM, SHARE, STANDING})


@dataclass(frozen=True)
class LedgerAnswer:
    """A proposal: its words and the window it speaks of."""

    text: str
    since: datetime.date
    until: datetime.date

    @property
    def source(self) -> str:
        return f"Ledger, {formatting.date(self.since)} to {formatting.date(self.until)}"


@dataclass
class _Year:
    """Twelve months of one account."""

    net_sales: Decimal = Decimal(0)
    lines: int = 0
    months: int = 0
    buying_days: int = 0
    last_sale: datetime.date | None = None


def ledger_answers(*, account: Account, codes: Collection[str] = CODES) -> dict[str, LedgerAnswer]:
    """Proposals by question code, only for `codes`, only where the ledger knows. At most five queries.

    Volume: net sales, units and the strongest product lines. Rhythm: last sale, buying days, buying months.
    Share: net sales / the customer's spend in our categories (entered on the account). Standing: net sales and
    their growth on the year before. Nothing for an account without a sales line in the 24 months.
    """
    wanted = CODES & set(codes)
    if not wanted:
        return {}
    settings = tenant_settings()
    until = reference_date(settings)
    first, last = twelve_months(until)
    before_first = first.replace(year=first.year - 1)
    year, before = _years(account, first, last, before_first)
    if not year.lines and not before.lines:
        return {}
    found: dict[str, str | None] = {}
    if VOLUME in wanted:
        found[VOLUME] = _volume(account, settings, year, first, until)
    if RHYTHM in wanted:
        found[RHYTHM] = _rhythm(account, year, until)
    if SHARE in wanted:
        found[SHARE] = _share(account, settings, year, until)
    if STANDING in wanted:
        found[STANDING] = _standing(settings, year, before)
    return {code: LedgerAnswer(text, first, until) for code, text in found.items() if text}


def _years(
    account: Account, first: datetime.date, last: datetime.date, before_first: datetime.date
) -> tuple[_Year, _Year]:
    year, before = _Year(), _Year()
    rows = AccountMonth.objects.filter(
        tenant_id=account.tenant_id, account_id=account.pk, month__gte=before_first, month__lte=last
    ).values_list("month", "net_sales", "lines", "positive_days", "last_sale")
    for month, net_sales, lines, days, last_sale in rows:
        part = year if month >= first else before
        part.net_sales += net_sales
        part.lines += lines
        part.buying_days += days
        part.months += days > 0
        if last_sale and (part.last_sale is None or last_sale > part.last_sale):
            part.last_sale = last_sale
    return year, before


def _volume(
    account: Account, settings: TenantSettings, year: _Year, first: datetime.date, until: datetime.date
) -> str:
    if not year.lines:
        return "Nothing in the last 12 months."
    units = SalesLine.objects.filter(
        tenant_id=account.tenant_id, account_id=account.pk, date__gte=first, date__lte=until
    ).aggregate(units=Sum("quantity"))["units"]
    lines = (
        CellMonth.objects.filter(
            tenant_id=account.tenant_id,
            account_id=account.pk,
            month__gte=first,
            month__lte=until,
            product__tenant_id=account.tenant_id,
            product__product_line__tenant_id=account.tenant_id,
        )
        .values_list("product__product_line__name")
        .annotate(sales=Sum("net_sales"))
        .filter(sales__gt=0)
        .order_by("-sales")[:3]
    )
    strongest = ", ".join(
        f"{name} {formatting.money(sales, settings.base_currency)}" for name, sales in lines
    )
    parts = [f"{formatting.money(year.net_sales, settings.base_currency)} net sales in the last 12 months"]
    if units is not None:
        parts.append(f"{formatting.number(units)} units")
    text = ", ".join(parts) + "."
    return f"{text} Most of it: {strongest}." if strongest else text


def _rhythm(account: Account, year: _Year, until: datetime.date) -> str | None:
    if not year.buying_days:
        last = AccountMonth.objects.filter(
            tenant_id=account.tenant_id, account_id=account.pk, month__lte=until, positive_days__gt=0
        ).aggregate(last=Max("last_sale"))["last"]
        if last is None:
            return None
        return f"Last bought on {formatting.date(last)}; nothing in the last 12 months."
    days = formatting.plural(year.buying_days, "day")
    return (
        f"Last bought on {formatting.date(year.last_sale)}. Bought on {days} of the last 12 months, "
        f"in {year.months} of 12 months, about every {formatting.plural(round(365 / year.buying_days), 'day')}."
    )


def _share(account: Account, settings: TenantSettings, year: _Year, until: datetime.date) -> str | None:
    spend = account.category_spend
    if not spend:
        return None
    if account.currency and account.currency != settings.base_currency:
        rate = (
            ExchangeRate.objects.filter(
                tenant_id=account.tenant_id, currency=account.currency, month__lte=until
            )
            .order_by("-month")
            .values_list("rate", flat=True)
            .first()
        )
        if rate is None:
            return None
        spend *= rate
    if year.net_sales > spend:  # what was entered cannot be all they spend
        return None
    share = formatting.percent(year.net_sales / spend, decimals=0)
    return (
        f"{share} of what they spend in our categories: {formatting.money(year.net_sales, settings.base_currency)} "
        f"of {formatting.money(spend, settings.base_currency)} a year."
    )


def _standing(settings: TenantSettings, year: _Year, before: _Year) -> str:
    now = formatting.money(year.net_sales, settings.base_currency)
    then = formatting.money(before.net_sales, settings.base_currency)
    if before.net_sales <= 0:
        return f"{now} net sales in the last 12 months; {then} in the 12 before."
    change = formatting.percent(year.net_sales / before.net_sales - 1, decimals=0, signed=True)
    return f"{now} net sales in the last 12 months, {change} on the 12 before ({then})."
