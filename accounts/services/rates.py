"""Exchange rates by month (K1)."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import CostEntry, ExchangeRate, SalesLine
from accounts.services.rollups import rollups_refresh_currency
from kam.common.api.etag import IfMatch
from kam.common.errors import ConflictError, FieldError, InvalidInputError
from kam.common.saving import lock_row, save_changes, set_values
from kam.tenancy.access import Principal
from kam.tenancy.permissions import authorise
from kam.tenancy.selectors import tenant_settings


@transaction.atomic
def exchange_rate_create(*, principal: Principal, values: Mapping[str, Any]) -> ExchangeRate:
    """Create a rate: base currency units for one unit of `currency` in the month that `month` begins.

    What the ledger holds in that currency and month is converted anew. Raises InvalidInputError naming the
    field, ConflictError when the month has a rate.
    """
    authorise(principal, "rates.change")
    rate = ExchangeRate(tenant_id=principal.tenant.id)
    for name in ("currency", "month", "rate"):
        if values.get(name) is None:
            raise InvalidInputError.of(name, "This field is required.", "required")
    _set(rate, values)
    rate.save(force_insert=True)
    rollups_refresh_currency(currency=rate.currency, months=[rate.month])
    return rate


@transaction.atomic
def exchange_rate_update(
    *, principal: Principal, rate: ExchangeRate, values: Mapping[str, Any], if_match: IfMatch | None = None
) -> ExchangeRate:
    """Change the rate of a month; currency and month stay. The ledger's month is converted anew.

    Raises as `exchange_rate_create`, and StaleWriteError (412).
    """
    authorise(principal, "rates.change")
    row = lock_row(ExchangeRate.objects.filter(tenant_id=principal.tenant.id), rate.pk, if_match)
    for name in ("currency", "month"):
        if values.get(name, getattr(row, name)) != getattr(row, name):
            raise InvalidInputError.of(name, "A rate stays with its currency and month.", "fixed")
    changed = _set(row, values)
    save_changes(row, changed)
    if changed:
        rollups_refresh_currency(currency=row.currency, months=[row.month])
    return row


@transaction.atomic
def exchange_rate_delete(
    *, principal: Principal, rate: ExchangeRate, if_match: IfMatch | None = None
) -> None:
    """Delete a rate. Raises ConflictError while ledger rows of that month are converted with it."""
    authorise(principal, "rates.change")
    row = lock_row(ExchangeRate.objects.filter(tenant_id=principal.tenant.id), rate.pk, if_match)
    if exchange_rate_in_use(row):
        raise ConflictError(f"The ledger of {row.month:%Y-%m} has amounts in {row.currency}.", code="in_use")
    row.delete()


def exchange_rate_in_use(rate: ExchangeRate) -> bool:
    """Whether a ledger row of that month is in that currency."""
    first = rate.month
    last = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return any(
        model.objects.filter(
            tenant_id=rate.tenant_id, date__gte=first, date__lt=last, currency=rate.currency
        ).exists()
        for model in (SalesLine, CostEntry)
    )


def _set(rate: ExchangeRate, values: Mapping[str, Any]) -> set[str]:
    if values.get("currency") == tenant_settings().base_currency:
        raise InvalidInputError.of("currency", "This is the base currency; its rate is 1.", "base_currency")
    if values.get("month") is not None and values["month"].day != 1:
        raise InvalidInputError.of("month", "Expected the first day of a month.", "first_of_month")
    if "rate" in values and (values["rate"] is None or values["rate"] <= 0):
        raise InvalidInputError.of("rate", "Expected a rate above 0.", "min_value")
    changed = set_values(rate, values)
    others = ExchangeRate.objects.filter(tenant_id=rate.tenant_id).exclude(pk=rate.pk)
    if changed & {"currency", "month"} and others.filter(currency=rate.currency, month=rate.month).exists():
        message = f"There is a rate of {rate.currency} for {rate.month:%Y-%m} already."
        faults = [FieldError(name, message, "unique") for name in ("currency", "month")]
        raise ConflictError(message, code="unique", errors=faults)
    return changed
