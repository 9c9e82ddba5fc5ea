"""What a moment means on a given day in a given calendar: the rules of "Deadlines", one function a way of saying it.

Every answer says how sure it is: a moment that is past, a week nobody works in, a day of the lunar calendar give
reasons to ask, with the next such moment as the proposal where there is one.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import ceil

from msgspec import Struct

from backend.domain.calendar import WorkCalendar
from backend.domain.phrases.hours import moment
from backend.domain.phrases.moment import When
from backend.domain.phrases.months import in_month, month_after, period, year_meant
from backend.domain.phrases.reasons import Ask

#: Nobody gives work for longer; it is a slip of the keyboard.
_FAR = timedelta(3_660)


class Due(Struct, gc=False):
    """A deadline worked out: ``at`` None when there is nothing to propose; ``asks`` empty = certain."""

    at: datetime | None
    rule: str | None
    asks: list[Ask]
    day_off: bool = False


def resolve(when: When, now: datetime, calendar: WorkCalendar) -> Due:
    """The first moment after ``now`` (in the calendar's zone) that fits. Never raises for years a calendar knows."""
    try:
        due = _resolve(when, now, calendar)
        due.day_off = due.at is not None and not calendar.is_working_day(due.at.date())
    except (ValueError, OverflowError):
        return Due(None, None, ["no_working_day"])
    if due.at is not None and due.at <= now:
        return Due(None, None, [*due.asks, "past"])
    if due.at is not None and due.at - now > _FAR:
        due.asks.append("too_far")
    return due


def _resolve(when: When, now: datetime, calendar: WorkCalendar) -> Due:
    if when.lunar:
        return Due(None, None, ["lunar"])
    asks: list[Ask] = [when.odd] if when.odd and when.odd != "weak_date" else []
    if when.amount is not None:
        due = _from_now(when, now, calendar)
        due.asks += asks
        return due
    for day, reasons in _days(when, now.date(), calendar):
        if day is None:
            return Due(None, None, asks + reasons)
        at, doubts = moment(when, day, calendar)
        if at > now:
            return Due(at, "instant", asks + reasons + doubts)
    return Due(None, None, [*asks, "past"])


_Days = Iterator[tuple[date | None, list[Ask]]]


def _days(when: When, today: date, calendar: WorkCalendar) -> _Days:
    """The days it may be, nearest first, each with the reasons to ask if it has to be that one."""
    if when.offset is not None:
        day = today + timedelta(when.offset)
        same = when.weekday in (None, day.weekday()) and when.day in (None, day.day) and when.month in (None, day.month)
        yield day, [] if same else ["weekday_differs"]
        yield day + timedelta(1), ["past"]
    elif when.day is not None:
        for day, reasons in _dates(when, today):
            doubt: list[Ask] = ["weekday_differs"] if when.weekday not in (None, day.weekday()) else []
            yield day, reasons + doubt
    elif when.weekday is not None:
        yield from _weekdays(when, today)
    elif when.span is not None and when.span != "week":
        yield from _spans(when, today, calendar)
    elif when.span is not None or when.week is not None:
        yield from _weeks(when, today, calendar)
    else:
        yield today, []
        yield today + timedelta(1), ["past"]


def _weekdays(when: When, today: date) -> _Days:
    assert when.weekday is not None
    monday = today - timedelta(today.weekday())
    if when.week is None:
        day = today + timedelta((when.weekday - today.weekday()) % 7)
        yield day, []
        yield day + timedelta(7), []
    else:
        day = monday + timedelta(7 * when.week + when.weekday)
        yield day, []
        if when.week == 0:
            yield day + timedelta(7), ["past"]


def _weeks(when: When, today: date, calendar: WorkCalendar) -> _Days:
    """A week by itself is its last working day; its start the first one, its middle the Wednesday."""
    ref = when.span_ref if when.span is not None else when.week
    monday = today - timedelta(today.weekday())
    edge = when.span_edge or "cuoi"
    explicit: list[Ask] = ["past"] if ref == 0 else []
    for ahead in range(3) if ref in (None, 0) else (ref or 0,):
        days = [monday + timedelta(7 * ahead + i) for i in range(7)]
        working = [day for day in days if calendar.is_working_day(day)]
        if not working:
            yield None, ["no_working_day"]
            return
        day = {"dau": working[0], "giua": days[2], "cuoi": working[-1]}[edge]
        yield day, explicit if ahead else []


def _spans(when: When, today: date, calendar: WorkCalendar) -> _Days:
    """Start, middle or end of a month, quarter or year."""
    assert when.span is not None
    months = {"month": 1, "quarter": 3, "year": 12}[when.span]
    here = today.year * 12 + today.month - 1
    here -= here % months
    year = year_meant(when.year, today)
    no_doubt: list[Ask] = []
    later: list[tuple[int, list[Ask]]] = []
    if when.span_no is not None:
        first = (year if year is not None else today.year) * 12 + (when.span_no - 1) * months
        later = [] if year is not None else [(first + 12, [])]
    elif when.span == "year" and year is not None:
        first = year * 12
    elif when.span_ref:
        first = here + when.span_ref * months
    else:
        first, later = here, [(here + months, [] if when.span_ref is None else ["past"])]
    for month, reasons in [(first, no_doubt), *later]:
        day = _in_span(month, months, when.span_edge or "cuoi", calendar)
        unsaid: list[Ask] = ["middle"] if when.span_edge == "giua" and months > 1 else []
        yield day, reasons + unsaid if day is not None else ["no_working_day"]


def _in_span(month: int, months: int, edge: str, calendar: WorkCalendar) -> date | None:
    first, last = period(month, months)
    if edge == "giua":
        # The 15th of a month; what the middle of a quarter or a year is, nobody has said: it is asked.
        return in_month(15, month + months // 2)
    day = calendar.working_day_from(first) if edge == "dau" else calendar.nth_working_day(last + timedelta(1), -1)
    return day if first <= day <= last else None


def _dates(when: When, today: date) -> Iterator[tuple[date, list[Ask]]]:
    """A day of a month. One that the month lacks is its last, and asked about if the month was named."""
    assert when.day is not None
    here = today.year * 12 + today.month - 1
    if when.month is None:
        if when.month_ref:
            yield in_month(when.day, here + when.month_ref), _overflow(when.day, here + when.month_ref)
            return
        yield in_month(when.day, here), _overflow(when.day, here)
        yield in_month(when.day, here + 1), ["past"] if when.month_ref == 0 else []
        return
    year = year_meant(when.year, today)
    month = (today.year if year is None else year) * 12 + when.month - 1
    yield in_month(when.day, month), _overflow(when.day, month)
    if year is None:
        yield in_month(when.day, month + 12), ["next_year"]


def _overflow(day: int, month: int) -> list[Ask]:
    return ["no_such_day"] if in_month(day, month).day != day else []


def _from_now(when: When, now: datetime, calendar: WorkCalendar) -> Due:
    """So much time from now: by the clock, in working time, or in days, weeks and months of the calendar."""
    assert when.amount is not None
    amount = Fraction(when.amount)
    if when.unit in ("minute", "hour"):
        minutes = ceil(amount * (60 if when.unit == "hour" else 1))
        return Due((now.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(now.tzinfo), "instant", [])
    if when.unit in ("work_hour", "work_minute"):
        minutes = ceil(amount * (60 if when.unit == "work_hour" else 1))
        return Due(calendar.add(now, minutes), "minutes", [])
    if when.unit == "work_day" and amount.denominator != 1:
        return Due(calendar.add(now, ceil(amount * calendar.data.day_minutes)), "minutes", ["part_of_day"])
    asks: list[Ask] = ["part_of_day"] if amount.denominator != 1 or when.unit in ("half_day", "quarter") else []
    day, rule = _day_from_now(when.unit or "day", ceil(amount), amount, now, calendar)
    at, doubts = moment(when, day, calendar)
    return Due(at, rule if when.minute is None and when.part is None else "instant", asks + doubts)


def _day_from_now(unit: str, n: int, amount: Fraction, now: datetime, calendar: WorkCalendar) -> tuple[date, str]:
    today = now.date()
    if unit == "work_day":
        return calendar.due_in_working_days(now, n).date(), "working_days"
    if unit == "day":
        return today + timedelta(n), "calendar_days"
    if unit in ("week", "half_day"):
        return today + timedelta(ceil(7 * amount) if unit == "week" else n), "instant"
    if unit == "month" and amount.denominator != 1:
        return month_after(today, int(amount)) + timedelta(15), "instant"
    return month_after(today, n * {"month": 1, "quarter": 3}.get(unit, 12)), "instant"
