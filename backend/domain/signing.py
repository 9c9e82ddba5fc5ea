"""Sign-off of a period: its steps, until when each is to be taken, and when whoever holds it up is told (domain.md §4)."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal

from backend.domain import reminding
from backend.domain.calendar import WorkCalendar

#: self-assessment, the head of the person's unit, the leader above the head.
Step = Literal["self", "head", "leader"]
STEPS: tuple[Step, ...] = ("self", "head", "leader")

#: Working days that each step has: the self-assessment from the end of the period, each other from the end of the one
#: before. Whoever comes late to their turn has these days from that turn. This is the one place that says so.
LIMIT_DAYS: Mapping[Step, int] = {"self": 5, "head": 3, "leader": 3}
#: A reminder comes this many working days before the limit, one when it has passed …
REMIND_DAYS_BEFORE = 1
#: … and this many after it one more goes to the next one up the line as well.
ESCALATE_DAYS_AFTER = 2

#: Working days in which an officer may appeal, the day of the notice not counted.
APPEAL_DAYS = 7


def due_at(step: Step, period_end: datetime, turn_at: datetime | None, calendar: WorkCalendar) -> datetime:
    """Until when a step is to be taken: the end of its last working day by the period's plan, or of the step's own
    days from the moment its turn came, whichever is later. ``period_end`` is the first instant after the period."""
    days = sum(LIMIT_DAYS[one] for one in STEPS[: STEPS.index(step) + 1])
    planned = calendar.due_in_working_days(period_end - timedelta(minutes=1), days)
    return planned if turn_at is None else max(planned, calendar.due_in_working_days(turn_at, LIMIT_DAYS[step]))


def current(steps: Collection[Step], taken: Collection[str]) -> Step | None:
    """The step whose turn it is: the first that is wanted and not taken; None when all are."""
    return next((step for step in STEPS if step in steps and step not in taken), None)


def reminders(due: datetime, calendar: WorkCalendar) -> tuple[datetime, datetime, datetime]:
    """When whoever holds up a step due at ``due`` is reminded, and, last, the next one up the line: all in slots."""
    on = due.astimezone(calendar.zone).date()
    before = calendar.day_start(calendar.nth_working_day(on, -REMIND_DAYS_BEFORE))
    after = calendar.day_start(calendar.nth_working_day(on, ESCALATE_DAYS_AFTER))
    return (
        reminding.next_slot(before, calendar),
        reminding.next_slot(due, calendar),
        reminding.next_slot(after, calendar),
    )


def appeal_until(told_at: datetime, calendar: WorkCalendar) -> datetime:
    """The end of the last working day on which a score that was told at ``told_at`` may be appealed against."""
    return calendar.due_in_working_days(calendar.next_working(told_at), APPEAL_DAYS)
