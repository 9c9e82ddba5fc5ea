"""One task as the reminder planner sees it: the given facts and what is computed from them once."""

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import History, Policy, better_half
from backend.domain.reminding_slots import slots_of
from backend.domain.times import TaskTimes

MINUTE = timedelta(minutes=1)


def given_at(task: TaskTimes) -> datetime:
    """From when the lead has had it: a reassigned or returned task starts anew."""
    return max(task.assigned_at, task.answer_from_at)


def whole(at: datetime) -> datetime:
    """Up to the next whole minute: the calendar counts in whole minutes and would round down into the past."""
    return at if at.second == at.microsecond == 0 else at.replace(second=0, microsecond=0) + MINUTE


class Deadline(msgspec.Struct, frozen=True):
    """What follows from a deadline alone."""

    #: The last useful slot before it.
    last: datetime
    #: From here on it is near: either half of the day will do.
    near: datetime


@lru_cache(maxsize=4096)
def _deadline(
    calendar: WorkCalendar, minutes: tuple[int, ...], last_minutes: int, near_days: float, due_at: datetime
) -> Deadline:
    """Most deadlines are ends of days: many tasks share one."""
    end = calendar.position(due_at)
    return Deadline(
        last=slots_of(calendar, minutes).last(_before(calendar, due_at, end, last_minutes)),
        near=_before(calendar, due_at, end, round(near_days * calendar.data.day_minutes)),
    )


def _before(calendar: WorkCalendar, due_at: datetime, end: int, minutes: int) -> datetime:
    return calendar.left(end - minutes) if minutes > 0 else due_at


class View:
    """One task as the planner sees it: the given facts and what is computed from them once."""

    def __init__(
        self,
        task: TaskTimes,
        now: datetime,
        calendar: WorkCalendar,
        policy: Policy,
        history: History | None,
        said_today: int = 0,
    ) -> None:
        self.task = task
        self.now = whole(now)
        #: To the second: short tasks are spoken of then, not at the full minute.
        self.exactly = now
        self.calendar = calendar
        self.policy = policy
        self.history = history
        self.half = better_half(history)
        self.slots = slots_of(calendar, policy.slots)
        self.day = calendar.data.day_minutes
        self.given_at = given_at(task)
        #: Where the task begins and ends in working time (:meth:`WorkCalendar.position`).
        self.start, self.end = calendar.position(self.given_at), calendar.position(task.due_at)
        self.total = max(self.end - self.start, 1)
        #: Reminders without an answer; further taps without a step towards closing count as silence (rule 5).
        self.silences = max(task.unanswered, task.empty_taps - 1)
        #: No slot before this: a person who has had the day's messages hears tomorrow.
        self.earliest = self.now if said_today < policy.a_day else self.slots.tomorrow(self.now)
        #: The moment the lead asked to be reminded at, until that was done.
        self.wanted_back_at = _unless_done(task.waiting_until, task.reminded_at)
        #: Before this nothing more is said of the task: it was spoken of, to the lead or to the leader, just now, or
        #: deliberately not.
        spoken_of = _latest(task.reminded_at, task.leader_told_at, task.held_at)
        self.apart = None if spoken_of is None else whole(spoken_of + timedelta(0, 60 * policy.apart_minutes))

    @property
    def deadline(self) -> Deadline:
        policy = self.policy
        return _deadline(self.calendar, policy.slots, policy.last_minutes, policy.near_days, self.task.due_at)

    @property
    def held_at(self) -> datetime | None:
        """When the last reminder was held back, if none was said since."""
        held, said = self.task.held_at, self.task.reminded_at
        return held if held is not None and (said is None or held > said) else None

    @property
    def away_until(self) -> datetime | None:
        """First moment after the holder's leave, when it ends before the deadline."""
        until = self.task.leave_until
        return whole(until) if until is not None and until < self.task.due_at else None

    def quiet_until(self) -> datetime | None:
        """The least that an answer to a reminder buys, even just before the deadline or after it."""
        tapped_at = self.task.tapped_at
        if tapped_at is None or self.task.reminded_at is None or self.silences or self.wanted_back_at is not None:
            return None
        return self.calendar.add(whole(tapped_at), self.policy.quiet_last_minutes)

    def on(self, at: datetime) -> str:
        return _day_in(self.calendar.zone, at)

    def remaining(self, at: datetime) -> int:
        """Working minutes from an instant to the deadline, 0 after it."""
        return max(self.end - self.calendar.position(at), 0)

    def into(self, minutes: int) -> datetime:
        """So many working minutes after the task was given."""
        return self.calendar.reached(self.start + minutes) if minutes > 0 else self.given_at

    def before_due(self, minutes: int) -> datetime:
        """So many working minutes before the deadline."""
        return _before(self.calendar, self.task.due_at, self.end, minutes)

    def share(self, at: datetime) -> float:
        return (self.calendar.position(at) - self.start) / self.total


@lru_cache(maxsize=4096)
def _day_in(zone: ZoneInfo, at: datetime) -> str:
    """A local day as it is written; the reminders of a slot all lie on the same moment."""
    local = at.astimezone(zone)
    return f"{local.day:02}/{local.month:02}"


def _unless_done(until: datetime | None, last: datetime | None) -> datetime | None:
    return whole(until) if until is not None and (last is None or until > last) else None


def _latest(*moments: datetime | None) -> datetime | None:
    latest = None
    for at in moments:
        if at is not None and (latest is None or at > latest):
            latest = at
    return latest
