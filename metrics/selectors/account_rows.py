"""The account list: one page of rows, found through the indexes of the metrics row.

ARCHITECTURE §5: start from the metrics row, inner-join the account, order by an index, `values_list`, numbers
formatted in Python. Accounts that were never computed have no metrics row; they follow after the others, so a
page is read segment by segment: figures known, figures not known, never computed.
"""

import datetime
import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Case, Count, Exists, F, FloatField, OuterRef, Q, QuerySet, When
from django.db.models.functions import Cast

from accounts.models import Account
from kam.tenancy.context import current_tenant_id
from metrics.models import AccountMetrics, StaleAccount
from metrics.selectors.account_filters import (
    CLASS_FIELDS,
    NEVER_NULL,
    NOT_KNOWN,
    AccountFilters,
    AccountScope,
)


class AccountRow(NamedTuple):
    """One account of the list; figures of 12 months in the base currency, None = not known."""

    id: uuid.UUID
    name: str
    external_id: str | None
    country: str
    industry: str
    is_key_account: bool
    owner_id: uuid.UUID | None
    net_sales: Decimal | None
    net_sales_prior: Decimal | None
    contribution: Decimal | None
    ratio: float | None
    clv: Decimal | None
    upv: Decimal | None
    potential_basis: str
    loyalty_class: str
    loyalty_reason: str
    dubinsky_ingram_class: str
    volume_class: str
    margin_estimated: bool
    last_sale: datetime.date | None
    engine_version: str

    @property
    def computed(self) -> bool:
        """Whether a run has filled the row; before that every figure is None."""
        return bool(self.engine_version)

    @property
    def change(self) -> float | None:
        """Change of net sales on the year before, a ratio; None without a positive base."""
        if self.net_sales is None or self.net_sales_prior is None or self.net_sales_prior <= 0:
            return None
        return float((self.net_sales - self.net_sales_prior) / self.net_sales_prior)


_METRIC_COLUMNS: Final = (
    "account_id",
    "account__name",
    "account__external_id",
    "account__country",
    "account__industry",
    "account__is_key_account",
    "account__owner_id",
    "net_sales_12m",
    "net_sales_prior_12m",
    "contribution_12m",
    "contribution_ratio",
    "clv",
    "upv",
    "potential_basis",
    "loyalty_class",
    "loyalty_reason",
    "dubinsky_ingram_class",
    "volume_class",
    "margin_estimated",
    "last_sale",
    "engine_version",
)
_ACCOUNT_COLUMNS: Final = ("id", "name", "external_id", "country", "industry", "is_key_account", "owner_id")
_EMPTY: Final = (None, None, None, None, None, None, "", "", "", "", "", False, None, "")


def _account_q(filters: AccountFilters, scope: AccountScope, prefix: str) -> Q:
    """The filters that stand on the account itself; `prefix` is "" or "account__"."""
    condition = Q(**{f"{prefix}tenant_id": current_tenant_id()})
    if filters.search:
        condition &= Q(**{f"{prefix}name__icontains": filters.search}) | Q(
            **{f"{prefix}external_id__istartswith": filters.search}
        )
    for name in ("country", "industry"):
        if chosen := filters.choices.get(name):
            values = ["" if value == NOT_KNOWN else value for value in chosen]
            condition &= Q(**{f"{prefix}{name}__in": values})
    if chosen := filters.choices.get("owner"):
        owners = [parsed for value in chosen if (parsed := _uuid(value)) is not None]
        owned = Q(**{f"{prefix}owner_id__in": owners})
        if NOT_KNOWN in chosen:
            owned |= Q(**{f"{prefix}owner_id__isnull": True})
        condition &= owned
    if filters.key:
        condition &= Q(**{f"{prefix}is_key_account": True})
    key = f"{prefix}id" if not prefix else "account_id"
    if filters.mine:
        condition &= scope.mine(prefix)
    if filters.stale:
        marks = StaleAccount.objects.filter(tenant_id=current_tenant_id())
        named = Q(**{f"{key}__in": marks.filter(account__isnull=False).values("account_id")})
        condition &= named | Q(Exists(marks.filter(account__isnull=True)))
    return condition & scope.visible(prefix)


def _uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


def _computed(filters: AccountFilters, scope: AccountScope) -> "QuerySet[AccountMetrics]":
    """Metrics rows of the accounts that match."""
    rows = AccountMetrics.objects.filter(
        _account_q(filters, scope, "account__"), tenant_id=current_tenant_id()
    )
    for name, column in CLASS_FIELDS.items():
        if chosen := filters.choices.get(name):
            rows = rows.filter(**{f"{column}__in": ["" if value == NOT_KNOWN else value for value in chosen]})
    return rows


def _not_computed(filters: AccountFilters, scope: AccountScope) -> "QuerySet[Account]":
    """Accounts that match and have no metrics row."""
    if filters.needs_metrics:
        return Account.objects.none()
    own = AccountMetrics.objects.filter(tenant_id=current_tenant_id(), account_id=OuterRef("pk"))
    return Account.objects.filter(_account_q(filters, scope, "")).filter(~Exists(own)).order_by("name", "id")


def _segments(filters: AccountFilters, scope: AccountScope) -> list[tuple["QuerySet[Any]", tuple[str, ...]]]:
    """The list as parts that follow one another: value known, value not known, never computed."""
    rows = _computed(filters, scope)
    column = filters.field_name
    if column == "change":
        now, before = Cast("net_sales_12m", FloatField()), Cast("net_sales_prior_12m", FloatField())
        rows = rows.annotate(change=Case(When(net_sales_prior_12m__gt=0, then=(now - before) / before)))
    if column == "account__name":
        order = F(column).desc() if filters.descending else F(column).asc()
        return [
            (rows.order_by(order, "account_id"), _METRIC_COLUMNS),
            (_not_computed(filters, scope), _ACCOUNT_COLUMNS),
        ]
    never = (_not_computed(filters, scope), _ACCOUNT_COLUMNS)
    if filters.descending:
        return [(rows.order_by(F(column).desc(nulls_last=True), "account_id"), _METRIC_COLUMNS), never]
    # The indexes run "largest first, not known last"; read backwards they begin with the nulls, so that the
    # known values are asked for apart and the unknown ones follow as a segment of their own.
    smallest_first = rows.order_by(F(column).asc(nulls_first=True), F("account_id").desc())
    if column in NEVER_NULL:
        return [(smallest_first, _METRIC_COLUMNS), never]
    has = Q(**{f"{column}__isnull": False})
    return [
        (smallest_first.filter(has), _METRIC_COLUMNS),
        (rows.filter(~has).order_by("account__name", "account_id"), _METRIC_COLUMNS),
        never,
    ]


def account_rows(
    *,
    filters: AccountFilters,
    scope: AccountScope,
    offset: int = 0,
    limit: int = 50,
    without_row: bool = True,
) -> list[AccountRow]:
    """One page of the list, in order. Reads no more segments than it needs.

    `without_row` False: the counts said that every matching account has a metrics row.
    """
    found: list[AccountRow] = []
    skip = offset
    for rows, columns in _segments(filters, scope):
        if columns is _ACCOUNT_COLUMNS and not without_row:
            break
        wanted = limit - len(found)
        if wanted <= 0:
            break
        part = [_row(values, columns) for values in rows.values_list(*columns)[skip : skip + wanted]]
        found += part
        # How long a segment is only matters when the page begins behind its end.
        skip = 0 if part or not skip else max(0, skip - rows.count())
    return found


def account_rows_all(*, filters: AccountFilters, scope: AccountScope) -> Iterator[AccountRow]:
    """Every row of the filtered list, for exports, streamed by the cursor."""
    for rows, columns in _segments(filters, scope):
        for values in rows.values_list(*columns).iterator(chunk_size=2000):
            yield _row(values, columns)


def _row(values: tuple[Any, ...], columns: tuple[str, ...]) -> AccountRow:
    row = AccountRow._make(values if columns is _METRIC_COLUMNS else (*values, *_EMPTY))
    # Sums of a row that no run has filled yet are zeros that nobody computed.
    return row if row.computed else row._replace(net_sales=None, net_sales_prior=None, contribution=None)


class AccountListCounts(NamedTuple):
    """How many accounts match, and of those with figures how many sell, lose money, or earn an unknown.

    `rows`: how many have a metrics row, filled (`computed`) or not."""

    total: int
    rows: int
    computed: int
    selling: int
    negative: int
    unknown: int


def account_counts(*, filters: AccountFilters, scope: AccountScope) -> AccountListCounts:
    """Counts behind the heading and the pager of the list."""
    figures = _computed(filters, scope).aggregate(
        rows=Count("id"),
        computed=Count("id", filter=~Q(engine_version="")),
        selling=Count("id", filter=Q(sold_12m=True)),
        negative=Count("id", filter=Q(sold_12m=True, contribution_12m__lt=0)),
        unknown=Count("id", filter=Q(sold_12m=True, contribution_12m__isnull=True)),
    )
    total = (
        figures["rows"]
        if filters.needs_metrics
        else Account.objects.filter(_account_q(filters, scope, "")).count()
    )
    return AccountListCounts(total=total, **figures)


class Summary(NamedTuple):
    """What stands around the rows of the list."""

    counts: AccountListCounts
    facets: "Facets"


def account_summary(*, filters: AccountFilters, scope: AccountScope) -> Summary:
    """Counts and facets. The whole, unfiltered list takes them from the published snapshot, as long as nobody
    has created, changed or deleted an account since."""
    if scope.sees_all and not filters.active and (known := _published_summary()) is not None:
        return known
    return Summary(account_counts(filters=filters, scope=scope), account_facets(scope=scope))


_PUBLISHED_FACETS: Final = """
    SELECT p.facets::text, p.computed_at, a.total, a.changed
    FROM metrics_portfoliosnapshot p
    CROSS JOIN LATERAL (
        SELECT count(*) AS total, max(updated_at) AS changed FROM accounts_account WHERE tenant_id = p.tenant_id
    ) a
    WHERE p.tenant_id = %s AND p.current AND p.ranks_stale_since IS NULL
"""


def _published_summary() -> Summary | None:
    with connection.cursor() as cursor:
        cursor.execute(_PUBLISHED_FACETS, [current_tenant_id()])
        row = cursor.fetchone()
    if row is None:
        return None
    facets, computed_at, total, changed = row
    found = json.loads(facets)
    if "sold" not in found or total != found["all"][""] or (total and changed >= computed_at):
        return None
    owners = {uuid.UUID(owner) if owner else None: count for owner, count in found["owner"].items()}
    return Summary(
        AccountListCounts(total=total, rows=total, computed=total, **found["sold"]),
        Facets(_ranked(found["country"]), _ranked(found["industry"]), owners),
    )


class Facets(NamedTuple):
    """Values that can be filtered by, with how many visible accounts have each."""

    country: list[tuple[str, int]]
    industry: list[tuple[str, int]]
    owner: dict[uuid.UUID | None, int]


def account_facets(*, scope: AccountScope) -> Facets:
    """Countries, industries and owners of the visible accounts, the most frequent first."""
    accounts = Account.objects.filter(scope.visible(), tenant_id=current_tenant_id())
    grouped = accounts.values_list("country", "industry", "owner_id").annotate(n=Count("id")).order_by()
    countries: dict[str, int] = {}
    industries: dict[str, int] = {}
    owners: dict[uuid.UUID | None, int] = {}
    for country, industry, owner_id, count in grouped:
        countries[country] = countries.get(country, 0) + count
        industries[industry] = industries.get(industry, 0) + count
        owners[owner_id] = owners.get(owner_id, 0) + count
    return Facets(_ranked(countries), _ranked(industries), owners)


def _ranked(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (item[0] == "", -item[1], item[0]))


def stale_account_ids(account_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these accounts have newer data than their figures; a mark without an account means all."""
    marks = set(
        StaleAccount.objects.filter(
            Q(account_id__in=account_ids) | Q(account__isnull=True), tenant_id=current_tenant_id()
        ).values_list("account_id", flat=True)
    )
    return set(account_ids) if None in marks else marks
