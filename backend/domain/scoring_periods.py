"""Months and quarters, and which of them a product belongs to (domain.md §4, the default rule)."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

_KEY = re.compile(r"(20\d\d)-(?:(0[1-9]|1[0-2])|Q([1-4]))")


class PeriodSpan(msgspec.Struct, frozen=True):
    """A month ``2026-10`` or a quarter ``2026-Q4``: days, both included, and instants [start, end) in
    UTC: they are compared a million times, and comparing within one zone is several times faster."""

    key: str
    kind: Literal["month", "quarter"]
    from_on: date
    until_on: date
    start: datetime
    end: datetime


class Placed(msgspec.Struct, frozen=True):
    """A product's place in a period; ``carried`` = it was already open when an earlier one closed."""

    completed: bool
    carried: bool


#: There are only four, and they are asked for a million times.
_PLACED = {(done, carried): Placed(done, carried) for done in (True, False) for carried in (True, False)}


def span(key: str, zone: ZoneInfo) -> PeriodSpan:
    """The period of a key. Raises ValueError for anything but ``YYYY-MM`` and ``YYYY-Qn``."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError(f"not a period: {key!r}")
    year, month, quarter = found.groups()
    first = int(month) if month else int(quarter) * 3 - 2
    from_on = date(int(year), first, 1)
    after = _months_later(from_on, 1 if month else 3)
    return PeriodSpan(
        key=key,
        kind="month" if month else "quarter",
        from_on=from_on,
        until_on=after - timedelta(days=1),
        start=datetime.combine(from_on, time(), zone).astimezone(UTC),
        end=datetime.combine(after, time(), zone).astimezone(UTC),
    )


def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The key of the month an instant lies in."""
    return f"{at.astimezone(zone):%Y-%m}"


def month_before(key: str) -> str:
    """The key of the month before a month."""
    year, month = (int(part) for part in key.split("-"))
    return f"{_months_later(date(year, month, 1), -1):%Y-%m}"


def place(
    due_at: datetime,
    reported_at: datetime | None,
    period: PeriodSpan,
    now: datetime,
    *,
    by_report: bool = True,
    carry: bool = True,
) -> Placed | None:
    """Where a product stands in a period, seen at ``now``; None = it is not of this period.

    It belongs to the period of its due time in force, or (``by_report``) of its report if earlier. Open when that one
    closes, it counts as not completed there and (``carry``) in each later one until the one in which it is reported,
    where it is completed. Not yet due and not reported: in none yet.
    """
    home = min(due_at, reported_at) if by_report and reported_at is not None else due_at
    if home >= period.end:
        return None
    carried = home < period.start
    if carried and not carry:
        return None
    if reported_at is not None and reported_at < period.end:
        # Reported before its month began and placed by its due time alone, it is completed in that month.
        inside = reported_at >= period.start or not carried
        return _PLACED[True, carried] if inside else None
    return None if due_at > now else _PLACED[False, carried]


def _months_later(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
