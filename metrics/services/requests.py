"""Asking for a recomputation, and what the asked date does to the tenant (INTERFACE §2)."""

import datetime
import uuid
from collections.abc import Sequence
from enum import Enum
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from kam.common.errors import InvalidInputError, UnprocessableError
from kam.tenancy.access import Principal
from kam.tenancy.context import current_tenant_id
from kam.tenancy.models import Membership, TenantSettings
from kam.tenancy.permissions import authorise
from kam.tenancy.reference import end_of_last_completed_month, end_of_month, reference_date
from metrics.models import Recomputation
from metrics.services.marks import mark_stale

FIRST_DATE, LAST_DATE = datetime.date(1970, 1, 1), datetime.date(2199, 12, 31)
MOST_ACCOUNTS: Final = 10_000


class Keep(Enum):
    """The date is not mentioned: the tenant's reference date stays what it is."""

    DATE = "keep"


@transaction.atomic
def recomputation_create(
    *,
    principal: Principal | None = None,
    date: datetime.date | Keep | None = Keep.DATE,
    account_ids: Sequence[uuid.UUID] | None = None,
    pin: bool = True,
) -> Recomputation:
    """Queue a recomputation; the caller starts it (`metrics.tasks.recompute_start`).

    `date` (any day of the reference month) is pinned as the tenant's reference date, None unpins it, and
    `Keep.DATE` keeps it. `pin` False changes nothing but the history: a record per account at the date.
    `account_ids` limits the run to those accounts. Without a `principal` the operator asks (command line).

    Raises InvalidInputError for an unknown account or a date outside of 1970–2199, UnprocessableError for
    accounts together with a date to pin: a date holds for all accounts.
    """
    if principal is not None:
        authorise(principal, "recompute.run")
    if isinstance(date, datetime.date) and not FIRST_DATE <= date <= LAST_DATE:
        raise InvalidInputError.of(
            "reference_date", f"Expected a date from {FIRST_DATE} to {LAST_DATE}.", "out_of_range"
        )
    if account_ids is not None and date is not Keep.DATE and pin:
        raise UnprocessableError(
            "A reference date holds for every account. Leave out “accounts”, or send “pin”: false to only add "
            "history.",
            code="date_for_some_accounts",
        )
    settings = TenantSettings.objects.select_for_update().get(tenant_id=current_tenant_id())
    reference = _reference(settings, date)
    if pin and date is not Keep.DATE:
        _pin(settings, date)
    return Recomputation.objects.create(
        tenant_id=current_tenant_id(),
        kind=Recomputation.Kind.FULL if account_ids is None else Recomputation.Kind.ACCOUNTS,
        reference_date=reference,
        account_ids=None if account_ids is None else _existing(account_ids),
        publish=pin,
        requested_by=_member(principal),
        accounts_total=(
            Account.objects.filter(tenant_id=current_tenant_id()).count()
            if account_ids is None
            else len(set(account_ids))
        ),
    )


def _reference(settings: TenantSettings, date: datetime.date | Keep | None) -> datetime.date:
    if isinstance(date, datetime.date):
        return end_of_month(date)
    if date is None:
        return end_of_last_completed_month(timezone.localdate())
    return reference_date(settings)


def _pin(settings: TenantSettings, date: datetime.date | Keep | None) -> None:
    """Every screen speaks as of this date from now on; what is not computed for it yet is marked."""
    pinned = end_of_month(date) if isinstance(date, datetime.date) else None
    if settings.pinned_reference_date != pinned:
        settings.pinned_reference_date = pinned
        settings.save(update_fields=["pinned_reference_date", "updated_at"])
        mark_stale(None)


def _existing(account_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    wanted = sorted(set(account_ids))
    if not wanted or len(wanted) > MOST_ACCOUNTS:
        raise InvalidInputError.of("accounts", f"Expected 1 to {MOST_ACCOUNTS} accounts.")
    found = set(
        Account.objects.filter(tenant_id=current_tenant_id(), id__in=wanted).values_list("id", flat=True)
    )
    missing = [account for account in wanted if account not in found]
    if missing:
        raise InvalidInputError.of("accounts", f"There is no account {missing[0]}.", "does_not_exist")
    return wanted


def _member(principal: Principal | None) -> Membership | None:
    return None if principal is None else principal.member
