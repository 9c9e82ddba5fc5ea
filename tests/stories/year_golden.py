"""What ought to have been said and charged in a simulated year, counted from the timelines alone: the engine's columns,
planner and sweeps are not asked."""

from calendar import monthrange
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import msgspec

from backend.calendars.default import default_calendar
from backend.models import Recurrence, Task, TaskEvent
from tests.fakes import VIETNAM

CALENDAR = default_calendar()
DAY = 480
#: domain.md §2: working minutes until an acknowledgement is owed (express: by the clock), at most a third of the time.
LIMITS = {"normal": 480, "urgent": 120, "very_urgent": 60, "express": 15}
#: A further instance for each five working days.
FURTHER = 2400
_ENDS_SILENCE = {"acknowledged", "declined", "reported", "waiting", "extension_asked", "reassigned", "cancelled"}
#: Lines of the timeline that change nothing about when a task is spoken of.
_IDLE = {"late", "nudged", "commented"}


class Delay(msgspec.Struct, frozen=True):
    """An instance of delay: whose it is, its number for them, when it came to be, whether it is a further one."""

    task_id: int
    holder: int
    instance: int
    at: datetime
    further: bool


class Silence(msgspec.Struct, frozen=True):
    """A stretch in which a task waited for its acknowledgement, and every moment at which silence goes a step further."""

    task_id: int
    began: datetime
    ended: datetime
    steps: tuple[datetime, ...]


class Wait(msgspec.Struct, frozen=True):
    """A moment that a holder named; ``word`` is when the next word must come, ``ended`` when something else happened."""

    task_id: int
    person_id: int
    asked: datetime
    word: datetime
    ended: datetime


class Golden(msgspec.Struct):
    delays: list[Delay] = []
    silences: list[Silence] = []
    waits: list[Wait] = []
    #: Deadlines that passed with the task open: (task, holder, deadline, when it was open no more).
    overdue: list[tuple[int, int, datetime, datetime]] = []


async def golden(end: datetime) -> Golden:
    """Everything that ought to have happened up to ``end`` in tasks that were assigned in the simulation."""
    found = Golden()
    events: dict[int, list[TaskEvent]] = defaultdict(list)
    for event in await TaskEvent.all().order_by("task_id", "id"):
        events[event.task_id].append(event)
    for task in await Task.filter(external_id=None).order_by("id"):
        told = [event for event in events[task.id] if event.kind not in _IDLE]
        _Replay(task, found, end).run(told)
    return found


def slot_from(at: datetime) -> datetime:
    """The first 08:00 or 13:30 of a working day from an instant on."""
    on = at.astimezone(VIETNAM).date()
    while True:
        for clock in (time(8), time(13, 30)):
            slot = datetime.combine(on, clock, VIETNAM)
            if slot >= at and CALENDAR.is_working_day(on):
                return slot.astimezone(UTC)
        on += timedelta(days=1)


class _Replay:
    """One task, line by line."""

    def __init__(self, task: Task, found: Golden, end: datetime) -> None:
        self.task, self.found, self.end = task, found, end
        self.holder, self.count, self.lead_id = 1, 0, task.lead_id
        self.due = self.base = task.due_at
        #: How many instances this due time has had, and since when nothing counts.
        self.number = 0
        self.stopped: datetime | None = None
        self.held = False

    def run(self, events: list[TaskEvent]) -> None:
        self.due = self.base = datetime.fromisoformat(events[0].data["due"])
        self.lead_id = int(events[0].data["lead"])
        for event, following in zip(events, [*events[1:], None], strict=True):
            ended = following.at if following else self.end
            self._owed(event.at)
            getattr(self, f"_{event.kind}", self._nothing)(event)
            if event.kind in ("assigned", "reassigned") and self.task.assigner_id != self.lead_id:
                until = next((one.at for one in events if one.id > event.id and one.kind in _ENDS_SILENCE), self.end)
                self.found.silences.append(self._silence(event.at, until))
            if event.kind == "waiting":
                self._wait(event, ended)
        self._owed(self.end)

    def _nothing(self, event: TaskEvent) -> None: ...

    def _owed(self, now: datetime) -> None:
        """Every instance before ``now``: at the due time itself nothing is late."""
        until = min(now, self.stopped) if self.stopped else now
        while not (self.held and self.number == 0):
            at = self.base if self.number == 0 else CALENDAR.add(self.base, FURTHER * self.number)
            if at >= until:
                return
            self.number += 1
            self.count += 1
            further = self.number > 1
            self.found.delays.append(Delay(self.task.id, self.holder, self.count, at.astimezone(UTC), further))

    def _due_is(self, event: TaskEvent, *, again: bool) -> None:
        self.due = self.base = datetime.fromisoformat(event.data["due"])
        if again:
            self.number = 0

    def _reported(self, event: TaskEvent) -> None:
        self.stopped = event.at

    def _declined(self, event: TaskEvent) -> None:
        self.stopped = event.at

    def _cancelled(self, event: TaskEvent) -> None:
        self.stopped = self.stopped or event.at

    def _extension_asked(self, event: TaskEvent) -> None:
        self.held = event.at <= self.due

    def _extension_approved(self, event: TaskEvent) -> None:
        self.held = False
        self._due_is(event, again=True)

    def _extension_refused(self, event: TaskEvent) -> None:
        self.held = False

    def _returned(self, event: TaskEvent) -> None:
        moved = self.base != self.due
        waited = CALENDAR.between(self.stopped or event.at, event.at)
        base = CALENDAR.add(self.base, waited)
        self.stopped = None
        self._due_is(event, again=False)
        if moved:
            self.base = base  # taken over late: it counts from the taking over

    def _accepted(self, event: TaskEvent) -> None:
        if self.stopped and self.stopped <= self.due:
            self.held = False

    def _reassigned(self, event: TaskEvent) -> None:
        self.stopped, self.held = None, False
        self.holder += 1
        self.count = 0
        self.lead_id = int(event.data["lead"])
        self._due_is(event, again=True)
        if self.due < event.at:
            self.base, self.number = event.at, 1

    def _silence(self, began: datetime, ended: datetime) -> Silence:
        express = self.task.urgency == "express"
        total = int((self.due - began).total_seconds() // 60) if express else CALENDAR.between(began, self.due)
        limit = max(1, min(LIMITS[self.task.urgency], total // 3))
        steps: list[datetime] = []
        while True:
            minutes = limit * (len(steps) + 1)
            at = began + timedelta(minutes=minutes) if express else CALENDAR.add(began, minutes)
            if at > ended or len(steps) > 30:
                return Silence(self.task.id, began, ended, tuple(steps))
            steps.append(at.astimezone(UTC))

    def _wait(self, event: TaskEvent, ended: datetime) -> None:
        """Ordinary tasks only, while a working day and more is left: there the word must come exactly then."""
        given = max(self.task.assigned_at, self.task.answer_from_at)
        short = self.task.urgency != "normal" or CALENDAR.between(given, self.due) < DAY
        latest = CALENDAR.subtract(self.due, DAY)
        if short or latest <= event.at:
            return
        word = slot_from(min(datetime.fromisoformat(event.data["until"]), latest))
        if word < ended and word < CALENDAR.subtract(self.due, 90):
            self.found.waits.append(Wait(self.task.id, self.lead_id, event.at, word, ended))


def periods(row: Recurrence, end: datetime) -> set[date]:
    """The days of a recurrence whose tasks ought to have been made by ``end``: its first, and every one whose day of the
    rule before it has begun."""
    first = row.created_at.astimezone(VIETNAM).date()
    days = [first + timedelta(days=number) for number in range((end.date() - first).days + 200)]
    rule = [on for on in days if _of_rule(row, on) and (row.until_on is None or on <= row.until_on)]
    rule = [on for on in rule if CALENDAR.day_end(CALENDAR.working_day_from(on)) > row.created_at]
    made = {rule[0]}
    for before, on in pairwise(rule):
        if CALENDAR.day_start(CALENDAR.working_day_from(before)) <= end:
            made.add(on)
    return made


def _of_rule(row: Recurrence, on: date) -> bool:
    if row.every == "daily":
        return bool(CALENDAR.is_working_day(on))
    if row.every == "weekly":
        return on.isoweekday() == row.day
    if row.every == "quarterly" and on.month % 3:
        return False
    return on.day == min(row.day, monthrange(on.year, on.month)[1])
