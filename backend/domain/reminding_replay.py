"""A stretch of the past lived again under another policy: what would have been said, had everybody done what they did.

Pure. People act when they really acted, whatever is said to them; what is said follows from the planner and the choice of
lines exactly as in the engine (``reminders/remind.py``), which this module must follow when that changes.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from operator import itemgetter

import msgspec

from backend.domain import reminding
from backend.domain.reminding import History, Plan, Policy
from backend.domain.reminding_dispatch import Line, along_minutes, choose, rank
from backend.domain.reminding_lives import Stint
from backend.domain.reminding_view import given_at
from backend.domain.times import TaskTimes

_MINUTE = timedelta(minutes=1)


class Away(msgspec.Struct, frozen=True):
    """Days off, both included; leaves that follow day on day are one."""

    from_on: date
    until_on: date


class Told(msgspec.Struct):
    """What was said of one stint: lines of slots, words of short and urgent tasks, and to the leader."""

    lines: list[datetime] = []
    words: list[datetime] = []
    leader: list[datetime] = []


class Said(msgspec.Struct):
    """What one person was told: per stint, in its order, and the slots that had a message for them."""

    stints: list[Told]
    slots: list[datetime] = []


#: Lines in leaders' messages so far, by leader and slot: shared by everybody below them.
Room = Counter[tuple[int, datetime]]


class _Row:
    """One stint on the way through time."""

    def __init__(self, stint: Stint, policy: Policy, told: Told) -> None:
        self.stint = stint
        self.policy = policy
        self.told = told
        self.times = stint.given
        self.look_at: datetime | None = None
        self.plan: Plan | None = None
        #: The time that it was given for, when last asked about; whether that is short, and when so much of it has gone
        #: that a leader may hear.
        self._span: tuple[datetime, datetime] | None = None
        self.short = False
        self._lead_from = stint.given.assigned_at

    def must_be_asked(self, now: datetime) -> bool:
        """It may be spoken of though the message is full: to the leader, or outside of slots."""
        times = self.times
        if times.leader_told_at is not None or times.tapped_at is None or now < self._lead_from:
            return self.short
        return self.short or max(times.unanswered, times.empty_taps - 1) >= self.policy.lead_after

    def become(self, times: TaskTimes) -> None:
        """Something happened to the task."""
        self.times = times
        self._measure()

    def _measure(self) -> None:
        given, due = given_at(self.times), self.times.due_at
        if self._span == (given, due):
            return
        calendar = self.stint.calendar
        gone = max(int(self.policy.lead_share * calendar.between(given, due)), 0)
        self._span, self.short = (given, due), reminding.is_short(self.times, calendar)
        self._lead_from = calendar.add(given, gone)

    def line(self, at: datetime) -> Line:
        return Line(task_id=self.stint.task_id, due_at=self.times.due_at, at=at, reminded_at=self.times.reminded_at)


def replay(
    stints: Sequence[Stint],
    policies: Sequence[Policy],
    history: History,
    away: Sequence[Away],
    start: datetime,
    end: datetime,
    room: Room,
) -> Said:
    """One person's ``stints`` from ``start`` until ``end``, each under its policy.

    What was really said before ``start`` is what it begins with; from then on nothing that was really said counts.
    ``history``: what is known of them, the same all the time. ``room`` is filled with the leaders' lines.
    """
    desk = _Desk(stints, policies, history, away, room)
    desk.begin(start, end)
    desk.live(start, end)
    return desk.said


class _Desk:
    """One person: the rows, what comes next, and what was said today."""

    def __init__(
        self,
        stints: Sequence[Stint],
        policies: Sequence[Policy],
        history: History,
        away: Sequence[Away],
        room: Room,
    ) -> None:
        self.said = Said([Told([], [], []) for _ in stints])
        self.rows = [_Row(*each) for each in zip(stints, policies, self.said.stints, strict=True)]
        self.history = history
        self.away = away
        self.room = room
        #: When to look at which row; an entry whose moment is not the row's any more is passed over. -1: a slot that may
        #: have room for who is left.
        self.heap: list[tuple[datetime, int]] = []
        #: Rows that were due when a message was full.
        self.left: set[int] = set()
        self.acts: list[tuple[datetime, int, int]] = []
        self.today: tuple[date | None, int] = (None, 0)

    def begin(self, start: datetime, end: datetime) -> None:
        """Every row as it really was at ``start``, and what is to happen after it."""
        for index, row in enumerate(self.rows):
            stint = row.stint
            row.become(_as_of(stint, start))
            given = stint.given.answer_from_at
            if given <= start:
                self._plan(index, start)
            elif given < end:
                self.acts.append((given, index, -1))
            self.acts += [(act.at, index, number) for number, act in enumerate(stint.acts) if start < act.at < end]
        self.acts.sort(reverse=True)

    def live(self, start: datetime, end: datetime) -> None:
        """Acts and moments to speak, in their order; who acts at the very moment of a slot was faster."""
        while True:
            speak_at = self.heap[0][0] if self.heap else end
            if self.acts and self.acts[-1][0] <= speak_at:
                self._live_through(*self.acts.pop())
            elif speak_at < end:
                self._speak(speak_at)
            else:
                return

    def _live_through(self, at: datetime, index: int, number: int) -> None:
        row = self.rows[index]
        if number >= 0:
            row.become(row.stint.acts[number].on(row.times))
        following = row.stint.acts[number + 1 : number + 2]
        # Most of what happens comes together, and a plan that nothing is said by is not missed.
        if not following or row.short or following[0].at > reminding.next_slot(at, row.stint.calendar, row.policy):
            self._plan(index, at)

    # --- planning -----------------------------------------------------------------------------------------------------

    def _plan(self, index: int, now: datetime) -> None:
        row = self.rows[index]
        times, said = self._with_leave(row, now), self._had(row, now)
        calendar, policy = row.stint.calendar, row.policy
        self._look(index, reminding.plan(times, now, calendar, policy, self.history, said_today=said))

    def _look(self, index: int, plan: Plan | None) -> None:
        row = self.rows[index]
        self.left.discard(index)
        row.plan, row.look_at = plan, plan.at if plan else None
        if plan is not None:
            heapq.heappush(self.heap, (plan.at, index))

    def _with_leave(self, row: _Row, now: datetime) -> TaskTimes:
        """Leave is known on its days, as the engine knows it."""
        until = self._back(row, now) if self.away else None
        return row.times if until == row.times.leave_until else msgspec.structs.replace(row.times, leave_until=until)

    def _back(self, row: _Row, now: datetime) -> datetime | None:
        calendar = row.stint.calendar
        today = now.astimezone(calendar.zone).date()
        for one in self.away:
            if one.from_on <= today <= one.until_on:
                return calendar.day_start(calendar.working_day_from(one.until_on + timedelta(days=1)))
        return None

    def _had(self, row: _Row, now: datetime) -> int:
        """Messages of slots on the local day of a moment."""
        on, n = self.today
        return n if n and now.astimezone(row.stint.calendar.zone).date() == on else 0

    # --- speaking -----------------------------------------------------------------------------------------------------

    def _speak(self, now: datetime) -> None:
        due: list[int] = []
        ready = self._ready(now)
        for index in ready:
            row = self.rows[index]
            if len(due) >= row.policy.lines and not row.must_be_asked(now):
                self.left.add(index)
                continue
            plan = self._still(index, now)
            if plan is None or plan.at > now:
                self._look(index, plan)
            elif plan.kind != "overdue" and row.short:
                row.told.words.append(now)
                self._count(index, now)
            elif plan.to == "leader":
                self._tell_leader(index, now)
            elif len(due) < row.policy.lines:
                row.plan = plan
                due.append(index)
            else:
                self.left.add(index)
        if due:
            self._message(due, set(ready), now)
        # Who was left out is looked at again in the next slot, which is found without planning each of them anew.
        for calendar, policy in {(self.rows[index].stint.calendar, self.rows[index].policy) for index in self.left}:
            heapq.heappush(self.heap, (reminding.next_slot(now + _MINUTE, calendar, policy), -1))

    def _ready(self, now: datetime) -> list[int]:
        """Rows to look at now, in the order in which they would be said: the first of a message need no others."""
        found: set[int] = set()
        while self.heap and self.heap[0][0] <= now:
            at, index = heapq.heappop(self.heap)
            if index < 0:
                found |= self.left
            elif self.rows[index].look_at == at:
                found.add(index)
        self.left -= found
        return sorted(found, key=lambda i: (rank(self.rows[i].times.due_at, now), self.rows[i].stint.task_id))

    def _still(self, index: int, now: datetime) -> Plan | None:
        row = self.rows[index]
        assert row.look_at is not None
        if row.look_at == now and not self.away and self._had(row, now) < row.policy.a_day:
            # Planning again up to the planned moment gives the same plan: nothing has changed, or it would be another.
            return row.plan
        times, said = self._with_leave(row, now), self._had(row, now)
        calendar = row.stint.calendar
        return reminding.still_due(times, row.look_at, now, calendar, row.policy, self.history, said_today=said)

    def _message(self, due: list[int], ready: set[int], now: datetime) -> None:
        first = self.rows[due[0]]
        calendar, policy = first.stint.calendar, first.policy
        planned = {} if len(due) >= policy.lines else self._soon(now, ready, first)
        by_task = {self.rows[index].stint.task_id: index for index in (*planned, *due)}
        lines = choose(
            [self.rows[index].line(now) for index in due],
            [self.rows[index].line(at) for index, at in planned.items()],
            now,
            calendar,
            policy,
        )
        self.said.slots.append(now)
        self.today = (now.astimezone(calendar.zone).date(), self._had(first, now) + 1)
        for line in lines:
            index = by_task[line.task_id]
            self.rows[index].told.lines.append(now)
            self._count(index, now)

    def _soon(self, now: datetime, ready: set[int], first: _Row) -> dict[int, datetime]:
        """What may come along, and when it is planned for; nothing that was looked at just now."""
        until = first.stint.calendar.add(now, along_minutes(first.stint.calendar, first.policy) + 1)
        found: dict[int, datetime] = {}
        for index, row in enumerate(self.rows):
            if row.look_at is None or index in ready or not now < row.look_at < until or row.short:
                continue
            plan = row.plan
            if plan is None or plan.to != "officer" or plan.why == "waiting" or plan.kind == "overdue":
                continue
            if not self._moved_by_leave(row, now):
                found[index] = row.look_at
        return found

    def _moved_by_leave(self, row: _Row, now: datetime) -> bool:
        """Whether the holder went away after it was planned, so that it is for later now."""
        times = self._with_leave(row, now) if self.away else row.times
        if times.leave_until is None or row.look_at is None:
            return False
        said = self._had(row, now)
        plan = reminding.plan(times, now, row.stint.calendar, row.policy, self.history, said_today=said)
        return plan is None or plan.at > row.look_at

    def _count(self, index: int, now: datetime) -> None:
        row = self.rows[index]
        row.times = _said(row.times, now)
        self._plan(index, now)

    def _tell_leader(self, index: int, now: datetime) -> None:
        """In the leader's own message, when there is room; nobody above is nobody to tell, and that is that."""
        row = self.rows[index]
        boss_id = row.stint.boss_id
        if boss_id is not None:
            if self.room[boss_id, now] >= row.policy.lines:
                self.left.add(index)
                return
            self.room[boss_id, now] += 1
            row.told.leader.append(now)
        row.times = _told(row.times, now)
        self._plan(index, now + _MINUTE)


def _as_of(stint: Stint, start: datetime) -> TaskTimes:
    """A task as it really was at ``start``, what was said of it among it."""
    steps: list[tuple[datetime, int, Callable[[TaskTimes], TaskTimes]]] = []
    steps += [(act.at, 0, act.on) for act in stint.acts if act.at <= start]
    steps += [(at, 1, partial(_said, at=at)) for at in stint.said if at < start]
    steps += [(at, 2, partial(_told, at=at)) for at in stint.told if at < start]
    times = stint.given
    for _, _, step in sorted(steps, key=itemgetter(0, 1)):
        times = step(times)
    return times


def _told(times: TaskTimes, at: datetime) -> TaskTimes:
    return msgspec.structs.replace(times, leader_told_at=at)


def _said(times: TaskTimes, at: datetime) -> TaskTimes:
    return msgspec.structs.replace(
        times, reminded_count=times.reminded_count + 1, reminded_at=at, unanswered=times.unanswered + 1
    )
