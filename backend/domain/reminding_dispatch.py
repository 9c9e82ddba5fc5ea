"""What one person is told in one slot: which lines, in which order, and which are left for another day (rule 2)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import NORMAL, Policy


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One task that may be spoken of in a slot: ``at`` is when its reminder is planned for."""

    task_id: int
    due_at: datetime
    at: datetime
    reminded_at: datetime | None = None


def choose(
    due: Sequence[Line],
    planned: Sequence[Line],
    now: datetime,
    calendar: WorkCalendar,
    policy: Policy = NORMAL,
) -> tuple[Line, ...]:
    """The lines of one person's message in the slot ``now``, top to bottom; none if nothing is ``due``.

    What can still be saved comes first. A message with room takes along those of ``planned`` that would come within
    ``policy.along_days`` and were not spoken of in the last half-day. Lines of ``due`` that are not in the answer are
    not sent: they are planned again. ``planned`` holds the same person's lines only, and none for a leader's message.
    """
    chosen = _first(due, now, policy.lines)
    if chosen and len(chosen) < policy.lines:
        along = _along({line.task_id for line in chosen}, planned, now, calendar, policy)
        chosen = _first(chosen + _first(along, now, policy.lines - len(chosen)), now, policy.lines)
    return tuple(chosen)


def rank(due_at: datetime, now: datetime) -> tuple[bool, timedelta]:
    """The place of a line in a message, smaller first: deadlines still ahead by deadline, then overdue, youngest first."""
    return due_at <= now, abs(due_at - now)


def along_minutes(calendar: WorkCalendar, policy: Policy = NORMAL) -> int:
    """How far ahead a message looks for lines to take along, in working minutes."""
    return round(policy.along_days * calendar.data.day_minutes)


def _first(lines: Sequence[Line], now: datetime, room: int) -> list[Line]:
    return sorted(lines, key=lambda line: (rank(line.due_at, now), line.task_id))[:room]


def _along(
    here: set[int], planned: Sequence[Line], now: datetime, calendar: WorkCalendar, policy: Policy
) -> list[Line]:
    until = calendar.add(now, along_minutes(calendar, policy) + 1)
    since = calendar.subtract(now, calendar.data.day_minutes // 2)
    return [
        line
        for line in planned
        if line.at < until and (line.reminded_at is None or line.reminded_at <= since) and line.task_id not in here
    ]
