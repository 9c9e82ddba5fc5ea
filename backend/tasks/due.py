"""A deadline as it was given turned into an instant."""

from datetime import UTC, datetime, timedelta
from typing import Any

from backend.domain.calendar import WorkCalendar
from backend.errors import Invalid, Unprocessable
from backend.tasks.schemas import DueDraft

#: Nobody assigns further ahead; what is, is a slip of the year.
FURTHEST = timedelta(days=3660)


def resolve(due: DueDraft, start: datetime, calendar: WorkCalendar) -> tuple[datetime, dict[str, Any]]:
    """The instant in UTC, and how it was given for the record. Raises Unprocessable unless exactly one way is used and
    the instant lies after ``start`` and within :data:`FURTHEST`."""
    ways = [name for name in ("at", "minutes", "working_days", "calendar_days") if getattr(due, name) is not None]
    if len(ways) != 1:
        raise Unprocessable("due_one_way")
    try:
        at, rule = _count(due, start, calendar)
        at = at.astimezone(UTC)
    except (OverflowError, ValueError):
        raise Unprocessable("due_out_of_range") from None
    if at <= start:
        raise Unprocessable("due_in_the_past", due=at)
    if at - start > FURTHEST:
        raise Unprocessable("due_out_of_range")
    return at, rule


def _count(due: DueDraft, start: datetime, calendar: WorkCalendar) -> tuple[datetime, dict[str, Any]]:
    if due.at is not None:
        if due.at.tzinfo is None:
            raise Invalid("due_needs_zone")
        return due.at, {"rule": "instant"}
    if due.minutes is not None:
        return calendar.add(start, due.minutes), {"rule": "minutes", "amount": due.minutes}
    if due.working_days is not None:
        return calendar.due_in_working_days(start, due.working_days), {
            "rule": "working_days",
            "amount": due.working_days,
        }
    assert due.calendar_days is not None
    return calendar.due_in_calendar_days(start, due.calendar_days), {
        "rule": "calendar_days",
        "amount": due.calendar_days,
    }
