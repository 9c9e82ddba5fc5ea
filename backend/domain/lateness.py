"""When a task is late, by how much, and when the next instance of delay is reached (domain.md §2, §4)."""

from datetime import datetime

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.times import TaskTimes

#: A further instance for each five working days past the due time in force.
FURTHER_EVERY_MINUTES = 2400


class Charge(msgspec.Struct, frozen=True):
    """An instance of delay: its number for this holder (1, 2, …), when it came to be, whether it is a further one."""

    instance: int
    at: datetime
    further: bool


def is_late(due_at: datetime, reported_at: datetime) -> bool:
    """Late = reported after due, compared as instants; the working minutes late may be 0."""
    return reported_at > due_at


def next_charge(task: TaskTimes, calendar: WorkCalendar) -> Charge | None:
    """The next instance of delay that this task meets or has met uncharged; None = none as things stand.

    The clock of a task stops at its report (waiting for a decision is never charged), while it is declined, and at its
    end. An extension asked before due and undecided holds the first instance of the due time in force.
    """
    number = task.late_count - task.late_base + 1
    base = task.late_from_at or task.due_at
    at = base if number <= 1 else calendar.add(base, FURTHER_EVERY_MINUTES * (number - 1))
    if task.extension_asked_at is not None and number <= 1 and task.extension_asked_at <= task.due_at:
        return None
    stopped_at = _stopped_at(task)
    if stopped_at is not None and stopped_at <= at:
        return None
    return Charge(instance=task.late_count + 1, at=at, further=number > 1)


def _stopped_at(task: TaskTimes) -> datetime | None:
    # A report under review that is called off stopped its clock when it was made, not when it was called off.
    stops = [at for at in (task.reported_at, task.declined_at, task.closed_at) if at is not None]
    return min(stops, default=None)


def due_after_return(
    due_at: datetime, reported_at: datetime, returned_at: datetime, calendar: WorkCalendar, least_minutes: int = 240
) -> datetime:
    """The due time after a report came back: what remained when it was made, counted from the return.

    At least ``least_minutes`` if the report was in time. A late report stays as late as it was: the due time moves by
    the working time it spent waiting.
    """
    if is_late(due_at, reported_at):
        return calendar.add(due_at, calendar.between(reported_at, returned_at))
    remaining = calendar.between(reported_at, due_at)
    return calendar.add(returned_at, max(remaining, least_minutes))


def due_after_pause(due_at: datetime, paused_at: datetime, resumed_at: datetime, calendar: WorkCalendar) -> datetime:
    """The due time moved by the working time of a pause (a declined task that waited for its assigner)."""
    return calendar.add(due_at, calendar.between(paused_at, resumed_at))
