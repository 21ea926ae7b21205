"""The reference date (K1): the day as of which every figure of a tenant speaks.

It always is the last day of its month, because windows are whole calendar months.
"""

import datetime

from django.utils import timezone

from kam.tenancy.models import TenantSettings
from kam.tenancy.selectors import tenant_settings


def end_of_month(day: datetime.date) -> datetime.date:
    """The last day of the month of `day`: what a person's date means as a reference date (K1).

    Raises OverflowError for a day in the last month that a date can hold.
    """
    first_of_next = (day.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)
    return first_of_next - datetime.timedelta(days=1)


def end_of_last_completed_month(today: datetime.date) -> datetime.date:
    """The last day of the month before `today`'s. The last day of a month is not over while it lasts."""
    return today.replace(day=1) - datetime.timedelta(days=1)


def reference_date(settings: TenantSettings | None = None) -> datetime.date:
    """The current tenant's reference date: the pinned one, else the end of the last completed month (K1).

    Needs a tenant context unless `settings` are given.
    """
    chosen = settings or tenant_settings()
    if chosen.pinned_reference_date is not None:
        return end_of_month(chosen.pinned_reference_date)
    return end_of_last_completed_month(timezone.localdate())
