"""Sums with calendar days."""

import calendar
import datetime


def months_after(day: datetime.date, months: int) -> datetime.date:
    """The same day some months later (earlier where negative); the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
