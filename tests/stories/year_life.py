"""How people of the sample office behave in a simulated year: some in time, some late, some deaf; leaders who decide soon
or not at all. Everything they do goes through the services, by dice with a seed."""

import random
from collections import Counter
from collections.abc import Coroutine
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from backend.auth.actors import actor_of
from backend.calendars.default import default_calendar
from backend.domain.recurring import Every
from backend.domain.types import Actor, Urgency
from backend.errors import AppError
from backend.kit import clock
from backend.kit.db import Sql
from backend.models import Extension, Leave, Person, Task
from backend.org.absences import record_leave
from backend.tasks import service
from backend.tasks.schemas import DueDraft, RecurrenceDraft, TaskDraft, TaskWords
from tests.fakes import VIETNAM

CALENDAR = default_calendar()
#: When people look at their work, local; in the evening only on Wednesdays.
SESSIONS = ("08:25", "10:40", "14:05", "16:10")
EVENING = "20:15"
_TITLES = (
    "Báo cáo",
    "Kiểm tra",
    "Tổng hợp số liệu",
    "Dự thảo tờ trình",
    "Trả lời đơn",
    "Rà soát hồ sơ",
    "Lập danh sách",
)


class Persona(msgspec.Struct, frozen=True):
    """Chances: to take a task up at a look, to answer a reminder, to end late, to decide at a look."""

    takes_up: float
    answers: float
    late: float
    decides: float


GOOD = Persona(0.6, 0.7, 0.05, 0.35)
SLOPPY = Persona(0.25, 0.4, 0.35, 0.12)
DEAF = Persona(0.06, 0.15, 0.6, 0.03)


def local(at: datetime) -> datetime:
    return at.astimezone(VIETNAM)


def sessions_from(at: datetime) -> list[datetime]:
    """The looks of the next month, from an instant on."""
    found: list[datetime] = []
    day = local(at).date()
    for on in (day + timedelta(days=number) for number in range(40)):
        if CALENDAR.is_working_day(on):
            times = (*SESSIONS, EVENING) if on.isoweekday() == 3 else SESSIONS
            found += [datetime.fromisoformat(f"{on} {time}").replace(tzinfo=VIETNAM) for time in times]
    return [one for one in found if one > at]


class Life:
    """Everybody of the office. :meth:`look` is one look of all of them at their work."""

    def __init__(self, seed: int, tasks_a_look: float) -> None:
        self.dice = random.Random(seed)
        self.tasks_a_look = tasks_a_look
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.personas: dict[int, Persona] = {}
        #: When a holder of a task means to be finished, by task, holder and return.
        self.aims: dict[tuple[int, int, int], datetime] = {}
        self.pairs: list[tuple[int, int]] = []
        self._week = 0

    async def begin(self) -> None:
        """Who is who, who gives work to whom, and what comes again."""
        for person in await Person.filter(left_at=None).order_by("id"):
            self.personas[person.id] = self.dice.choices((GOOD, SLOPPY, DEAF), (60, 25, 15))[0]
        rows = await Sql().rows(
            "select distinct assigner_id, lead_id from task where assigner_id <> lead_id order by 1, 2"
        )
        self.pairs = [(row["assigner_id"], row["lead_id"]) for row in rows]
        for every, day in (
            (Every.WEEKLY, 1),
            (Every.WEEKLY, 5),
            (Every.MONTHLY, 25),
            (Every.QUARTERLY, 10),
            (Every.DAILY, 1),
        ):
            by, to = self.dice.choice(self.pairs)
            until = local(clock.now()).date() + timedelta(days=20) if every is Every.DAILY else None
            words = TaskWords(title=f"Việc định kỳ {every}", leads=[str(to)])
            draft = RecurrenceDraft(task=words, every=every, day=day, until_on=until)
            await self._do("recur", service.recur(await actor_of(by), draft))

    async def look(self) -> None:
        """Everybody who is there looks at their work and does something about it, or not."""
        now = clock.now()
        away = await self._away(local(now).date())
        await self._take_leave(now)
        for task in await Task.filter(status__not_in=("done", "cancelled")).order_by("id"):
            if task.status in ("assigned", "acknowledged") and task.lead_id not in away:
                await self._work(task, now)
            elif task.status in ("reported", "declined") and task.assigner_id not in away:
                await self._decide(task)
        for asked in await Extension.filter(decision="").select_related("task"):
            await self._answer(asked, away)
        for _ in range(int(self.tasks_a_look) + (self.dice.random() < self.tasks_a_look % 1)):
            await self._assign(now, away)

    async def _do(self, what: str, work: Coroutine[Any, Any, Any]) -> Any:
        """What the house refuses is counted: people try things."""
        try:
            result = await work
        except AppError as error:
            self.refused[f"{what}: {error.code}"] += 1
            return None
        self.done[what] += 1
        return result

    def _chance(self, share: float) -> bool:
        return self.dice.random() < share

    # What officers do.

    async def _work(self, task: Task, now: datetime) -> None:
        persona = self.personas.get(task.lead_id, GOOD)
        actor = await actor_of(task.lead_id)
        if task.status == "assigned":
            if self._chance(persona.takes_up):
                await self._take_up(actor, task)
        elif now >= self._aim(task, persona):
            if self._chance(0.8):
                await self._do("report", service.report(actor, task.id, "Đã xong"))
        elif task.reminded_at is not None and (task.tapped_at is None or task.tapped_at < task.reminded_at):
            if self._chance(persona.answers):
                await self._answer_reminder(actor, task, now)
        elif self._chance(0.003):
            await self._do("comment", service.comment(actor, task.id, "Đang chờ số liệu của phòng bên"))

    async def _take_up(self, actor: Actor, task: Task) -> None:
        if task.assigner_id != task.lead_id and self._chance(0.04):
            await self._do("decline", service.decline(actor, task.id, "Không thuộc chức năng"))
        else:
            await self._do("acknowledge", service.acknowledge(actor, task.id))

    async def _answer_reminder(self, actor: Actor, task: Task, now: datetime) -> None:
        way = self.dice.random()
        if way < 0.45:
            await self._do("working", service.acknowledge(actor, task.id))
        elif way < 0.85 or task.due_at <= now:
            until = CALENDAR.add(now, self.dice.randrange(60, 2400))
            await self._do("wait", service.wait(actor, task.id, until))
        else:
            due = DueDraft(at=CALENDAR.add(task.due_at, 480 * self.dice.randrange(1, 6)))
            await self._do("ask more time", service.ask_extension(actor, task.id, due, "Chờ văn bản của cấp trên"))

    def _aim(self, task: Task, persona: Persona) -> datetime:
        key = (task.id, task.holder_no, task.return_count)
        if key not in self.aims:
            given = max(task.assigned_at, task.answer_from_at)
            if self._chance(persona.late):
                minutes = self.dice.choice((30, 240, 960, 1500, 3000, 6000))
                self.aims[key] = CALENDAR.add(task.due_at, round(minutes * self.dice.uniform(0.5, 1.5)))
            else:
                self.aims[key] = given + (task.due_at - given) * self.dice.uniform(0.15, 0.97)
        return self.aims[key]

    # What leaders do.

    async def _decide(self, task: Task) -> None:
        if not self._chance(self.personas.get(task.assigner_id, GOOD).decides):
            return
        actor = await actor_of(task.assigner_id)
        if task.status == "declined":
            others = [lead for by, lead in self.pairs if by == task.assigner_id and lead != task.lead_id]
            if others and self._chance(0.8):
                await self._do("reassign", service.reassign(actor, task.id, str(self.dice.choice(others))))
            else:
                await self._do("cancel", service.cancel(actor, task.id, "Không cần nữa"))
        elif task.return_count < 2 and self._chance(0.1):
            await self._do("return", service.return_(actor, task.id, "Thiếu biểu số 2"))
        else:
            await self._do("accept", service.accept(actor, task.id))

    async def _answer(self, asked: Extension, away: set[int]) -> None:
        task: Any = asked.task
        if task.assigner_id in away or not self._chance(self.personas.get(task.assigner_id, GOOD).decides):
            return
        approve = self._chance(0.6)
        what = "grant" if approve else "refuse"
        await self._do(what, service.decide_extension(await actor_of(task.assigner_id), task.id, approve, "Đã xem"))

    async def _assign(self, now: datetime, away: set[int]) -> None:
        by, to = self.dice.choice([pair for pair in self.pairs if pair[0] not in away])
        title = f"{self.dice.choice(_TITLES)} số {self.done['assign'] + 1}"
        kind = self.dice.random()
        if kind < 0.04:
            own = TaskDraft(title=title, due=DueDraft(working_days=self.dice.randrange(2, 12)))
            await self._do("own task", service.assign(await actor_of(to), own))
            return
        if kind < 0.14 and (parent := await self._parent(now, away)):
            by, to, due = parent
            draft = TaskDraft(title=title, leads=[str(to)], due=due[0], parent=due[1])
            await self._do("part", service.assign(await actor_of(by), draft))
            return
        night = not CALENDAR.is_working(now)
        levels, odds = tuple(Urgency), (80, 9, 6, 5)
        urgency = Urgency.EXPRESS if night else self.dice.choices(levels, odds)[0]
        draft = TaskDraft(
            title=title, leads=[str(to)], due=self._due(urgency, now), urgency=urgency, secret=self._chance(0.05)
        )
        await self._do("assign", service.assign(await actor_of(by), draft))

    def _due(self, urgency: Urgency, now: datetime) -> DueDraft:
        if urgency is Urgency.EXPRESS:
            return DueDraft(at=now + timedelta(minutes=self.dice.randrange(60, 600)))
        if urgency is not Urgency.NORMAL:
            return DueDraft(minutes=self.dice.randrange(180, 1900))
        if self._chance(0.08):
            return DueDraft(minutes=self.dice.randrange(90, 470))
        return DueDraft(working_days=self.dice.choice((1, 2, 3, 4, 5, 5, 7, 10, 10, 15, 20, 30)))

    async def _parent(self, now: datetime, away: set[int]) -> tuple[int, int, tuple[DueDraft, str]] | None:
        """A task that its lead splits: who gives a part to whom, when it is due, and the code of the whole."""
        whole = await Task.filter(status="acknowledged", due_at__gt=now + timedelta(days=4)).order_by("id")
        ways = [(task, pair) for task in whole for pair in self.pairs if pair[0] == task.lead_id not in away]
        if not ways:
            return None
        task, (by, to) = self.dice.choice(ways)
        return by, to, (DueDraft(at=CALENDAR.subtract(task.due_at, 480)), task.code)

    # Leave.

    async def _away(self, on: date) -> set[int]:
        return {leave.person_id for leave in await self._leaves(on, on)}

    async def _leaves(self, first: date, last: date) -> list[Any]:
        return list(await Leave.filter(cancelled_at=None, from_on__lte=last, until_on__gte=first))

    async def _take_leave(self, now: datetime) -> None:
        """Once a week somebody plans a few days off; most name somebody of their unit who will be there."""
        today = local(now).date()
        if self._week == today.isocalendar().week:
            return
        self._week = today.isocalendar().week
        first = today + timedelta(days=self.dice.randrange(2, 12))
        last = first + timedelta(days=self.dice.randrange(1, 9))
        busy = await self._leaves(first - timedelta(days=1), last + timedelta(days=1))
        taken = {leave.person_id for leave in busy} | {leave.substitute_id for leave in busy}
        free = [lead for lead in sorted({lead for _, lead in self.pairs}) if lead not in taken]
        who = self.dice.choice(free)
        heads = [by for by, lead in self.pairs if lead == who]
        mates = [lead for by, lead in self.pairs if by in heads and lead in free and lead != who]
        stand_in = str(self.dice.choice(mates)) if mates and self._chance(0.8) else None
        actor = await actor_of(who)
        await self._do("leave", record_leave(actor, str(who), first, last, substitute=stand_in, reason="Nghỉ phép"))
