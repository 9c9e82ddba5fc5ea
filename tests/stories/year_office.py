"""The sample office through simulated time: the clock jumps from one due moment to the next, every sweep runs as in
production, everything that is said goes to a wall of phones, and what must always hold is looked at after each jump."""

import random
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from backend.audits import audit
from backend.calendars.default import default_calendar
from backend.domain import reminding
from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import History
from backend.domain.times import TaskTimes
from backend.kit.db import Sql
from backend.models import Leave, Person, Task
from backend.tasks import record
from backend.tasks.change import leads_away, times_of_many
from backend.tasks.clocks import Clocks
from bot.attempts import read_notice
from bot.sender import Sender
from reminders.schedule import run_all_due
from tests.bot.bot_room import Wall, link, sender_on
from tests.fakes import FakeClock
from tests.stories.days import next_moment
from tests.stories.year_life import Life, local, sessions_from

CALENDAR = default_calendar()
REMINDERS = frozenset({"TaskDueSoon", "TaskDueNow", "TaskOverdue"})
_SAID = (
    "select a.id, a.address, a.receipt, n.kind, n.payload, n.person_id, n.task_id, n.in_slot, n.created_at, n.not_before "
    "from delivery_attempt a join outbox_notice n on n.id = a.notice_id where a.outcome = 'sent' and a.id > "
)


class Heard(msgspec.Struct, frozen=True):
    """One notice that somebody heard: when it was written, for when, and when it was there; in which message."""

    kind: str
    person_id: int
    task_id: int | None
    in_slot: bool
    created_at: datetime
    not_before: datetime
    at: datetime
    message: str
    data: dict[str, Any]


class Office:
    """The office while time passes. It keeps nothing that the rows do not hold but what a judge must remember."""

    def __init__(self, clock: FakeClock, life: Life) -> None:
        self.clock, self.life = clock, life
        self.wall = Wall()
        self.heard: list[Heard] = []
        self.jumps = self.audits = self.replans = 0
        self.histories: dict[int, set[History]] = defaultdict(set)
        self._last_attempt = 0
        self._slots: Counter[tuple[int, date]] = Counter()
        self._sender: Sender | None = None
        self._month = 0

    async def open(self) -> None:
        """Everybody gets a phone."""
        for person in await Person.filter(left_at=None):
            await link(person, str(person.id))
        await self.life.begin()

    async def live(self, end: datetime) -> None:
        """Let time pass until ``end``, as one life of a process: a sender of its own, nothing carried over."""
        self._sender = sender_on(self.wall)
        looks = sessions_from(self.clock.at)
        while True:
            if not looks:
                looks = sessions_from(self.clock.at)
            moment = await next_moment(self.clock.at)
            at = looks[0] if moment is None else min(looks[0], moment)
            if at >= end:
                self.clock.set(end)
                await self._happen()
                return
            self.clock.set(at)
            await self._happen()
            if at == looks[0]:
                looks.pop(0)
                await self._remember()
                await self.life.look()
                await self._happen()
                await self._remember()

    async def _happen(self) -> None:
        """Everything that is due now, and what was said; then the laws."""
        self.jumps += 1
        await run_all_due()
        assert self._sender is not None
        while await self._sender.drain_once():
            pass
        await self._listen()
        await self._nothing_is_left_behind()
        if (month := local(self.clock.at).month) != self._month:
            self._month = month
            await self._audit()

    async def _audit(self) -> None:
        found = await audit()
        self.audits += 1
        assert not found.problems, found.problems[:5]
        assert found.compared > 100

    async def _nothing_is_left_behind(self) -> None:
        sql = Sql()
        now = sql.arg(self.clock.at)
        rows = await sql.rows(
            "select id, code, look_at, answer_at, charge_at from task "
            f"where look_at <= {now} or answer_at <= {now} or charge_at < {now}"
        )
        assert not rows, f"{self.clock.at}: {rows}"

    # What was heard.

    async def _listen(self) -> None:
        sql = Sql()
        rows = await sql.rows(f"{_SAID}{sql.arg(self._last_attempt)} order by a.id")
        if not rows:
            return
        self._last_attempt = rows[-1]["id"]
        messages: dict[str, list[Heard]] = defaultdict(list)
        for row in rows:
            if row["kind"] != "CardChanged":  # a card that is edited says nothing
                one = self._one(row)
                messages[one.message].append(one)
        away = {leave.person_id: leave for leave in await self._leaves()}
        for lines in messages.values():
            self._judge(lines, away)
            self.heard += lines
        await self._no_word_about_closed_tasks(messages)

    def _one(self, row: dict[str, Any]) -> Heard:
        return Heard(
            kind=row["kind"],
            person_id=row["person_id"],
            task_id=row["task_id"],
            in_slot=bool(row["in_slot"]),
            created_at=datetime.fromisoformat(row["created_at"]),
            not_before=datetime.fromisoformat(row["not_before"]),
            at=self.clock.at,
            message=row["receipt"],
            data=msgspec.to_builtins(read_notice(row["payload"])),
        )

    async def _leaves(self) -> list[Any]:
        today = local(self.clock.at).date()
        return list(await Leave.filter(cancelled_at=None, from_on__lte=today, until_on__gte=today))

    def _judge(self, lines: list[Heard], away: dict[int, Any]) -> None:
        first = lines[0]
        where = f"{local(self.clock.at)}: {[(line.kind, line.task_id) for line in lines]} to {first.person_id}"
        express = all(line.data.get("task", {}).get("urgency") == "express" for line in lines)
        assert express or CALENDAR.is_working(self.clock.at), f"outside working time: {where}"
        reminders = [line for line in lines if line.kind in REMINDERS]
        assert len([line for line in reminders if line.in_slot]) <= 5, f"more than five lines: {where}"
        assert len([line for line in lines if line.kind == "TaskAtRisk"]) <= 5, f"more than five lines: {where}"
        if any(line.in_slot for line in lines):
            day = (first.person_id, local(self.clock.at).date())
            self._slots[day] += 1
            assert self._slots[day] <= 2, f"more than two messages of slots in a day: {where}"
        for line in [*reminders, *[one for one in lines if one.kind == "TaskAtRisk"]]:
            leave = away.get(line.person_id)
            # Nobody stands in, and the leave lasts to the deadline: then the word goes to whoever is away.
            assert leave is None or leave.substitute_id is None, f"on leave: {where}"

    async def _no_word_about_closed_tasks(self, messages: dict[str, list[Heard]]) -> None:
        spoken = [line for lines in messages.values() for line in lines if line.kind in REMINDERS]
        states = await Task.filter(id__in=[line.task_id for line in spoken]).values_list("id", "status")
        for task_id, status in states:
            assert status in ("assigned", "acknowledged"), f"a reminder of task {task_id}, which is {status}"

    # Restarting.

    async def plans(self) -> dict[str, datetime | None]:
        """What the planner says of every open task, from the rows alone."""
        return {task.code: at for task, _, _, at in await self._planned()}

    async def strays(self) -> list[str]:
        """Open tasks whose stored moment is not the one that follows from their row and from what was known of their
        holder at some time since it was planned; holders with leave are left out, whose plans change with the day."""
        away = {
            leave.person_id
            for leave in await Leave.filter(cancelled_at=None, until_on__gte=local(self.clock.at).date())
        }
        found = []
        for task, times, calendar, at in await self._planned():
            if task.lead_id in away:
                continue
            self.replans += 1
            if task.look_at != at and task.look_at not in {
                _at(times, self.clock.at, calendar, history) for history in self.histories[task.lead_id]
            }:
                found.append(f"{task.code}: {task.look_at}, planned again {at}")
        return found

    async def _planned(self) -> list[tuple[Task, TaskTimes, WorkCalendar, datetime | None]]:
        tasks = await Task.filter(status__in=("assigned", "acknowledged")).order_by("id")
        clocks = await Clocks.of(tasks)
        times = await times_of_many(tasks, clocks, await leads_away(tasks, self.clock.at))
        known = await record.histories({task.lead_id for task in tasks})
        now = self.clock.at
        rows = [(task, times[task.id], clocks.calendar(task)) for task in tasks]
        return [(task, of, calendar, _at(of, now, calendar, known[task.lead_id])) for task, of, calendar in rows]

    async def _remember(self) -> None:
        """What is known of each person now: rows are planned by what was known then."""
        for person, history in (await record.histories(self.life.personas)).items():
            self.histories[person].add(history)


def _at(times: TaskTimes, now: datetime, calendar: WorkCalendar, history: History) -> datetime | None:
    plan = reminding.plan(times, now, calendar, history=history)
    return plan.at if plan else None


def restarts(seed: int, start: datetime, end: datetime, often_days: float) -> list[datetime]:
    """Random moments at which the process ends, and the end itself."""
    dice = random.Random(seed)
    found, at = [], start
    while at < end:
        at += timedelta(days=dice.uniform(0.3, 1.7) * often_days)
        found.append(min(at, end))
    return found
