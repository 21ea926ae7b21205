"""`accounts/{id}/metrics/` and its history: the computed record of one account with what explains it."""

import uuid
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account
from accounts.selectors.accounts import account_find
from buying_center.selectors.connections import structure_now
from kam.common.api.etag import version_tag
from kam.common.api.fields import Day, Flag, Id, Money, Ratio, Text, Whole
from kam.common.api.pagination import PageNumberPagination
from kam.common.api.views import KamApi, ListApi
from kam.tenancy.reference import reference_date
from metrics.models import AccountMetricsHistory, MetricsRow
from metrics.selectors.account_metrics import account_is_stale, metrics_history, metrics_of


class YearOutput(serializers.Serializer[Any]):
    year = Whole()
    margin = Money(allow_null=True)
    retained = Ratio(allow_null=True, help_text="Probability that the customer is still there.")
    present_value = Money(allow_null=True)


class ClvInputsOutput(serializers.Serializer[Any]):
    """What the value stands on (K3)."""

    annual_margin = Money(allow_null=True)
    margin_first_year = Money(allow_null=True)
    retention = Ratio(allow_null=True)
    discount_rate = Ratio(allow_null=True)
    growth = Ratio(allow_null=True)
    horizon_years = Whole(allow_null=True, help_text="null = for ever")
    timing = Text(allow_null=True)
    acquisition_cost = Money(allow_null=True)
    acquisition_cost_entered = Money(allow_null=True)
    multiplier = Ratio(allow_null=True)
    asked_method = Text(allow_null=True)
    note = Text(allow_null=True, help_text="Why another method than the asked one was used.")
    refusal = Text(allow_null=True)


class ClvOutput(serializers.Serializer[Any]):
    value = Money(allow_null=True)
    method = Text(allow_null=True)
    inputs = ClvInputsOutput()
    yearly = YearOutput(many=True)


class UpvOutput(serializers.Serializer[Any]):
    """Unrealised potential (K4). All but `value` are per year."""

    annual = Money(allow_null=True)
    value = Money(allow_null=True)
    expected_annual = Money(allow_null=True)
    up_sell = Money(allow_null=True)
    cross_sell = Money(allow_null=True)
    co_creation = Money(allow_null=True)
    entered = Money(allow_null=True)
    estimated = Money(allow_null=True)
    exceeds_clv = Flag(allow_null=True)


class HealthOutput(serializers.Serializer[Any]):
    score = Ratio(allow_null=True)
    parts = serializers.ListField(child=serializers.DictField())


class MetricsOutput(serializers.Serializer[Any]):
    """Figures as of `reference_date`, in the tenant's base currency; null = not known."""

    account = Id()
    reference_date = Day()
    computed_at = serializers.DateTimeField(allow_null=True)
    engine_version = Text(allow_null=True)
    stale = Flag(help_text="The ledger or an input is newer than these figures.")
    net_sales_12m = Money(allow_null=True)
    net_sales_prior_12m = Money(allow_null=True)
    net_sales_36m = Money(allow_null=True)
    cogs_12m = Money(allow_null=True)
    gross_margin_12m = Money(allow_null=True)
    cost_to_serve_12m = Money(allow_null=True)
    contribution_12m = Money(allow_null=True)
    contribution_ratio = Ratio(allow_null=True)
    margin_known_part = Money(allow_null=True)
    margin_known_share = Ratio(allow_null=True)
    margin_estimated = Flag(allow_null=True)
    clv = ClvOutput()
    upv = UpvOutput()
    loyalty_class = Text(allow_null=True)
    loyalty_reason = Text(allow_null=True)
    fiocca_class = Text(allow_null=True)
    dubinsky_ingram_class = Text(allow_null=True)
    dubinsky_ingram_reason = Text(allow_null=True)
    potential_basis = Text(allow_null=True)
    volume_class = Text(allow_null=True)
    sales_rank = Whole(allow_null=True)
    contact_structure = Text(
        allow_null=True,
        help_text="bow_tie, one_to_many, diamond or mixed, of today's connections (K9); null without any, and in "
        "the history.",
    )
    health = HealthOutput(allow_null=True)
    share_of_wallet = Ratio(allow_null=True)
    growth_split = serializers.DictField(child=Money(allow_null=True), help_text="K5")


_PLAIN = (
    "net_sales_12m",
    "net_sales_prior_12m",
    "net_sales_36m",
    "cogs_12m",
    "gross_margin_12m",
    "cost_to_serve_12m",
    "contribution_12m",
    "contribution_ratio",
    "margin_known_part",
    "margin_known_share",
    "margin_estimated",
    "share_of_wallet",
    "sales_rank",
)
_WORDS = (
    "engine_version",
    "loyalty_class",
    "loyalty_reason",
    "dubinsky_ingram_class",
    "dubinsky_ingram_reason",
    "potential_basis",
    "volume_class",
)
_UPV = {
    "annual": "upv_annual",
    "value": "upv",
    "expected_annual": "upv_expected_annual",
    "up_sell": "upv_up_sell",
    "cross_sell": "upv_cross_sell",
    "co_creation": "upv_co_creation",
    "entered": "upv_entered",
    "estimated": "upv_estimated",
    "exceeds_clv": "upv_exceeds_clv",
}
_INPUTS = tuple(ClvInputsOutput().get_fields())
_INPUT_MONEY = ("annual_margin", "margin_first_year", "acquisition_cost", "acquisition_cost_entered")


def money(value: float | None) -> str | None:
    """A number kept in JSON as the decimal string that money is answered as."""
    return None if value is None else f"{Decimal(repr(value)):.4f}"


def metrics_body(
    account: Account, row: MetricsRow | None, *, stale: bool, contact_structure: str | None = None
) -> dict[str, Any]:
    """A metrics record as the API answers it; nulls where nothing was ever computed for the account.

    The contact structure is of today: no record of the past holds it.
    """
    computed = row is not None and row.engine_version != ""
    inputs: dict[str, Any] = row.clv_inputs if computed and row is not None else {}
    yearly: dict[str, Any] = row.clv_yearly if computed and row is not None else {}

    def of(name: str) -> Any:
        return getattr(row, name) if computed else None

    return {
        "account": account.pk,
        "reference_date": row.reference_date if computed and row is not None else reference_date(),
        "computed_at": of("computed_at"),
        "stale": stale or not computed,
        **{name: of(name) for name in _PLAIN},
        **{name: of(name) or None for name in _WORDS},
        "clv": {
            "value": of("clv"),
            "method": of("clv_method") or None,
            "inputs": {
                name: money(inputs.get(name)) if name in _INPUT_MONEY else inputs.get(name)
                for name in _INPUTS
            },
            "yearly": [
                {"year": year, "margin": money(margin), "retained": retained, "present_value": money(present)}
                for year, (margin, retained, present) in enumerate(
                    zip(
                        *(yearly.get(name, []) for name in ("margin", "retained", "present_value")),
                        strict=True,
                    ),
                    start=1,
                )
            ],
        },
        "upv": {name: of(column) for name, column in _UPV.items()},
        "fiocca_class": None,
        "contact_structure": contact_structure,
        "health": None,
        "growth_split": {name: money(value) for name, value in (of("growth_split") or {}).items()},
    }


class AccountMetricsApi(KamApi):
    """The latest published record."""

    permissions = {"GET": "accounts.view"}
    Output = MetricsOutput
    tagged_object = True
    errors = (404,)

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account = _visible(self, pk)
        row = metrics_of(account.pk)
        stale = account_is_stale(account.pk, row)
        structure = structure_now(account.pk, timezone.localdate()).kind
        computed = row.computed_at.timestamp() if row else 0
        tag = version_tag(account.pk, f"{computed:.6f}-{stale:d}-{structure or ''}")
        body = metrics_body(account, row, stale=stale, contact_structure=structure)
        return self.tagged(request, body, tag)


class AccountMetricsHistoryApi(ListApi):
    """One record per reference date, the newest first."""

    permissions = {"GET": "accounts.view"}
    Output = MetricsOutput
    tagged_object = False
    pagination_class = PageNumberPagination

    @cached_property
    def account(self) -> Account:
        return _visible(self, self.kwargs["pk"])

    def rows(self) -> "QuerySet[AccountMetricsHistory, AccountMetricsHistory]":
        return metrics_history(self.account.pk)

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account = self.account
        current = metrics_of(account.pk)
        stale = account_is_stale(account.pk, current)

        def read(rows: Any) -> list[dict[str, Any]]:
            return [
                metrics_body(
                    account,
                    row,
                    stale=stale and current is not None and row.reference_date == current.reference_date,
                )
                for row in rows
            ]

        return Response(self.pagination_class().page_of(request, self.rows(), read))


def _visible(view: KamApi, pk: uuid.UUID) -> Account:
    account = account_find(view.principal, pk)
    if account is None:
        raise Http404
    return account
