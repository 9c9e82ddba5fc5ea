"""Lateness: rows whose ``charge_at`` has passed are charged, officer and unit at once, exactly once (domain.md §4)."""

from datetime import datetime

from backend.domain.calendar import WorkCalendar
from backend.models import Task
from backend.tasks.late import settle
from reminders.sweep import Sweep


async def handle(task: Task, now: datetime, calendar: WorkCalendar) -> None:
    """Write every instance that the task owes by now and say so; the task knows when the next one comes."""
    await settle(task, now, calendar)


#: At the due time itself nothing is late: a report at that very instant is in time.
PENALISE = Sweep("penalise", "charge_at", handle, after=True)
tick = PENALISE.tick
