"""One task as the reminder planner sees it: the given facts and what is computed from them once."""

from datetime import datetime, timedelta

from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import History, Policy, better_half
from backend.domain.reminding_slots import Slots
from backend.domain.times import TaskTimes

MINUTE = timedelta(minutes=1)


def given_at(task: TaskTimes) -> datetime:
    """From when the lead has had it: a reassigned or returned task starts anew."""
    return max(task.assigned_at, task.answer_from_at)


def whole(at: datetime) -> datetime:
    """Up to the next whole minute: the calendar counts in whole minutes and would round down into the past."""
    return at if at.second == at.microsecond == 0 else at.replace(second=0, microsecond=0) + MINUTE


class View:
    """One task as the planner sees it: the given facts and what is computed from them once."""

    def __init__(
        self, task: TaskTimes, now: datetime, calendar: WorkCalendar, policy: Policy, history: History | None
    ) -> None:
        self.task = task
        self.now = whole(now)
        self.calendar = calendar
        self.policy = policy
        self.history = history
        self.half = better_half(history)
        self.slots = Slots(calendar, policy.slots)
        self.day = calendar.data.day_minutes
        self.given_at = given_at(task)
        self.total = max(calendar.between(self.given_at, task.due_at), 1)

    @property
    def away_until(self) -> datetime | None:
        """First moment after the holder's leave, when it ends before the deadline."""
        until = self.task.leave_until
        return whole(until) if until is not None and until < self.task.due_at else None

    @property
    def wanted_back_at(self) -> datetime | None:
        """The moment the lead asked to be reminded at, until that was done."""
        until, last = self.task.waiting_until, self.task.reminded_at
        return whole(until) if until is not None and (last is None or until > last) else None

    def on(self, at: datetime) -> str:
        return f"{at.astimezone(self.calendar.zone):%d/%m}"

    def share(self, at: datetime) -> float:
        return self.calendar.between(self.given_at, at) / self.total
