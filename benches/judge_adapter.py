"""The production planner as the reminder judge wants it: types are converted here, and nothing is decided.

The judge counts minutes from a Monday 00:00 and works 07:30-11:30 and 13:00-17:00 from Monday to Friday; its dispatcher
reads the attributes of ``plan``: one message per person and slot, its order, its length and what it takes along.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from backend.domain import reminding, reminding_dispatch
from backend.domain.calendar import CalendarData, CalendarVersion, DayOff, WorkCalendar
from backend.domain.calendar_data import week
from backend.domain.reminding import NORMAL, History
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency

MONDAY = datetime(2001, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SHIFTS = (*["07:30-11:30 13:00-17:00"] * 5, "", "")


def plan(now: float, task: Any, officer: Any, history: Any) -> tuple[float, str, str] | None:
    """The judge's question put to ``reminding.plan``: (at, to, reason) or None."""
    found = reminding.plan(
        TaskTimes(
            status=Status.ACKNOWLEDGED,
            urgency=Urgency.NORMAL,
            needs_acceptance=False,
            assigned_at=_at(task.assigned),
            answer_from_at=_at(task.assigned),
            due_at=_at(task.deadline),
            tapped_at=_maybe(task.acked),
            waiting_until=_maybe(task.waiting_until),
            reminded_count=task.sent,
            reminded_at=_maybe(task.last_sent),
            unanswered=task.unanswered,
            leader_told_at=_maybe(task.last_escalated),
            leave_until=_maybe(officer.leave_until),
        ),
        _at(now),
        _calendar(history.cal),
        NORMAL,
        _history(history, task.officer),
        said_today=officer.sent_today,
    )
    return None if found is None else ((found.at - MONDAY) / MINUTE, found.to, found.why)


def order(task: Any, now: float) -> tuple[bool, timedelta]:
    return reminding_dispatch.rank(_at(task.deadline), _at(now))


@lru_cache(maxsize=1 << 16)
def _at(minutes: float) -> datetime:
    return MONDAY + minutes * MINUTE


def _maybe(minutes: float | None) -> datetime | None:
    return None if minutes is None else _at(minutes)


@lru_cache(maxsize=64)
def _calendar(judged: Any) -> WorkCalendar:
    days = (MONDAY.date() + timedelta(number) for number, works in enumerate(judged.open_day) if not works)
    return _working_week(tuple(DayOff(on, "closed") for on in days if SHIFTS[on.weekday()]))


def _working_week(closed: tuple[DayOff, ...] = ()) -> WorkCalendar:
    return WorkCalendar(CalendarData("UTC", (CalendarVersion(MONDAY.date(), week(SHIFTS)),), closed))


def _history(judged: Any, officer: int) -> History:
    """The judge's counts; it keeps the sums of all officers in the last row."""
    (morning, afternoon), everybody = judged.half[officer].tolist(), -1
    return History(
        still=tuple(judged.still[officer].tolist()),
        late=int(judged.late[officer]),
        all_still=tuple(judged.still[everybody].tolist()),
        all_late=int(judged.late[everybody]),
        halves=(tuple(morning), tuple(afternoon)),
    )


plan.coalesce = True  # type: ignore[attr-defined]
plan.order = order  # type: ignore[attr-defined]
plan.max_items = NORMAL.lines  # type: ignore[attr-defined]
plan.pull = reminding_dispatch.along_minutes(_working_week(), NORMAL)  # type: ignore[attr-defined]
