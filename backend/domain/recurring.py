"""On which days something that recurs is due: every working day, week, month or quarter (domain.md §2)."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from backend.domain.calendar import WorkCalendar


class Every(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


def highest_day(every: Every) -> int:
    """ISO weekdays run to 7, days of a month (or of a quarter's last month) to 31, which is the last one there is; every
    day needs no number and has 1."""
    if every is Every.DAILY:
        return 1
    return 7 if every is Every.WEEKLY else 31


def next_on(every: Every, day: int, after: date) -> date:
    """The first day of the rule strictly after ``after``, whether anybody works on it or not."""
    if every is Every.DAILY:
        return after + timedelta(days=1)
    if every is Every.WEEKLY:
        return after + timedelta(days=(day - after.isoweekday()) % 7 or 7)
    months = _months_from(every, after)
    return next(on for on in (_in_month(day, month) for month in months) if on > after)


def previous_on(every: Every, day: int, before: date) -> date:
    """The last day of the rule strictly before ``before``."""
    if every is Every.DAILY:
        return before - timedelta(days=1)
    if every is Every.WEEKLY:
        return before - timedelta(days=(before.isoweekday() - day) % 7 or 7)
    step = 1 if every is Every.MONTHLY else 3
    months = _months_from(every, before)
    return next(on for on in (_in_month(day, month) for month in (months[0], months[0] - step)) if on < before)


def _months_from(every: Every, on: date) -> tuple[int, int]:
    """The month (counted from year 0) that the rule names in the period of ``on``, and that of the next period."""
    month = on.year * 12 + on.month - 1
    if every is Every.MONTHLY:
        return month, month + 1
    last = month - month % 3 + 2
    return last, last + 3


def _in_month(day: int, month: int) -> date:
    year, number = divmod(month, 12)
    return date(year, number + 1, min(day, monthrange(year, number + 1)[1]))


def following(every: Every, day: int, after: date, calendar: WorkCalendar) -> date:
    """The day of the rule whose task comes next. What is daily skips days off: otherwise the tasks of a whole weekend
    would be due on Monday together."""
    if every is Every.DAILY:
        return calendar.next_working_day(after)
    return next_on(every, day, after)


def first_from(every: Every, day: int, on: date, calendar: WorkCalendar) -> date:
    """The first day of the rule that is ``on`` or later, daily as in ``following``."""
    return following(every, day, on - timedelta(days=1), calendar)


def due_at(on: date, at_minute: int | None, calendar: WorkCalendar) -> datetime:
    """When the period of ``on`` is due, in UTC: that day, or the next working day if it is off, at a local minute of the
    day; None = the end of its last shift."""
    worked = calendar.working_day_from(on)
    if at_minute is None:
        return calendar.day_end(worked).astimezone(UTC)
    return datetime.combine(worked, time(*divmod(at_minute, 60)), calendar.zone).astimezone(UTC)


def make_at(every: Every, day: int, on: date, calendar: WorkCalendar) -> datetime:
    """When the task of ``on`` is made, in UTC: one period ahead, when work begins on the day of the rule before it."""
    if every is Every.DAILY:
        return calendar.day_start(calendar.nth_working_day(on, -1)).astimezone(UTC)
    return calendar.day_start(calendar.working_day_from(previous_on(every, day, on))).astimezone(UTC)
