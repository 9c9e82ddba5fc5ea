"""Months counted from year 0: their days, and periods made of them."""

from calendar import monthrange
from datetime import date, timedelta


def in_month(day: int, month: int) -> date:
    """That day, or the last one the month has. ``month`` counts from year 0; raises ValueError outside 1 to 9999."""
    year, number = divmod(month, 12)
    return date(year, number + 1, min(day, monthrange(year, number + 1)[1]))


def month_after(on: date, months: int) -> date:
    """The same day so many months later, the last of the month where it has no such day."""
    return in_month(on.day, on.year * 12 + on.month - 1 + months)


def period(month: int, months: int) -> tuple[date, date]:
    """First and last day of so many months from ``month`` on."""
    return in_month(1, month), in_month(1, month + months) - timedelta(1)


def year_meant(said: int | None, today: date) -> int | None:
    """A year as ``When`` keeps it: the number, or -1 for this year, -2 for the next, 0 for the one before."""
    if said is None or said > 0:
        return said
    return today.year - 1 - said
