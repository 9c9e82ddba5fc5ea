"""A calendar month of an office on one free Zalo bot: everybody's phone, people who type, the engine, the quota, e-mail
beside it; the clock jumps from one due moment to the next and everything that was said is counted."""

import csv
import random
from collections import Counter
from datetime import date, datetime
from typing import Any

import msgspec

from backend.auth.actors import actor_of
from backend.calendars.default import default_calendar
from backend.channel_use import Bot, Meter, put_bots, uses
from backend.domain.notices import AnswerMoved
from backend.domain.types import Urgency
from backend.kit import clock as times
from backend.kit.db import Sql
from backend.kit.text import fold
from backend.models import Extension, OutboxNotice, Person, Position, Task, Unit
from backend.outbox import ONLY_WAY
from backend.sample import sample_folder
from backend.settings import Settings
from backend.short_numbers import numbers
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft
from bot.attempts import read_notice
from bot.inbound import Inbound
from bot.inbox import Inbox
from bot.sender import Sender
from bot.simulator.zalo import FakeZalo
from bot.simulator.zalo_state import ZaloPhone
from bot.words import Voice
from bot.zalo.channel import ZaloChannel
from bot.zalo.client import Client
from bot.zalo.receiver import Poller
from bot.zalo.updates import read
from reminders.schedule import run_all_due
from tests.bot.bot_room import Wall, link
from tests.fakes import FakeClock
from tests.stories.days import next_moment
from tests.stories.year_life import DEAF, GOOD, SLOPPY, Persona, sessions_from

TOKEN = "700001:FIRST-TOKEN-OF-ZALO"
CALENDAR = default_calendar()
#: A section is a head and so many officers.
TEAM = 6


class Wanted(msgspec.Struct, frozen=True):
    """What the sample office's own month says of a usual one: tasks for each lead, and shares of urgency and secrecy."""

    tasks_each: float
    urgencies: dict[str, float]
    secret: float

    @classmethod
    def of_sample(cls) -> "Wanted":
        with (sample_folder() / "tasks.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        month = [row for row in rows if row["assigned"].startswith("prev:")]
        urgencies = Counter(row["urgency"] or "normal" for row in rows)
        return cls(
            len(month) / len({row["lead"] for row in month}),
            {name: count / len(rows) for name, count in urgencies.items()},
            sum(row["secret"] == "yes" for row in rows) / len(rows),
        )


class Said(msgspec.Struct, frozen=True):
    """One notice that went out: on which channel, in which message, when."""

    notice_id: int
    kind: str
    channel: str
    message: str
    urgent: bool
    at: datetime


class ZaloMonth:
    """The office while its month passes."""

    def __init__(
        self,
        clock: FakeClock,
        settings: Settings,
        fake: FakeZalo,
        *,
        people: int,
        monthly: int,
        work: float = 1,
        seed: int = 6,
    ) -> None:
        """``work``: so many times as much as in a usual month."""
        self.clock, self.settings, self.fake, self.people, self.monthly = clock, settings, fake, people, monthly
        self.work, self.dice = work, random.Random(seed)
        self.meter = Meter("zalo", settings.zone, monthly)
        self.client = Client(TOKEN, fake.base_url, timeout_s=20.0)
        self.channel = ZaloChannel([self.client], self.meter, settings.url)
        self.mail = Wall("email", edits=False)
        self.inbox = Inbox(self.channel, read, Inbound(settings), Voice("vi", settings.url), rests_s=())
        self.poller = Poller(self.client, self.meter, self.inbox.kick, wait_s=0)
        self.sender = Sender(settings.url)
        self.sender.open(self.channel)
        self.sender.open(self.mail)
        self.phones: dict[int, ZaloPhone] = {}
        self.personas: dict[int, Persona] = {}
        self.heads: list[int] = []
        self.teams: dict[int, list[int]] = {}
        self.aims: dict[int, datetime] = {}
        self.asked: set[int] = set()
        self.said: list[Said] = []
        self.typed: Counter[str] = Counter()
        self._last_attempt = 0

    async def close(self) -> None:
        await self.channel.close()

    # The office.

    async def open(self) -> None:
        """A chair, sections of a head and officers, a linked phone and a mailbox for everybody."""
        await self.meter.open([self.client.id])
        await put_bots("zalo", [Bot(self.client.id, "Giao việc", 50)])
        root = await self._unit("ubnd", None)
        chair = await self._person("chair", root, "leader")
        self.teams[chair] = self.heads
        made = 1
        while made < self.people:
            section = await self._unit(f"p{len(self.heads)}", root)
            head = await self._person(f"head{len(self.heads)}", section, "leader")
            self.heads.append(head)
            size = min(TEAM, self.people - made - 1)
            self.teams[head] = [await self._person(f"o{made + n}", section, "officer") for n in range(size)]
            made += 1 + size

    async def _unit(self, code: str, above: Unit | None) -> Unit:
        kind = "section" if above else "committee"
        unit = await Unit.create(code=code, name=code, name_folded=code, kind=kind, path="", parent=above)
        unit.path = f"{above.path if above else '/'}{unit.id}/"
        await Unit.filter(id=unit.id).update(path=unit.path)
        return unit

    async def _person(self, handle: str, unit: Unit, role: str) -> int:
        name = f"Nguyễn Văn {handle}"
        person = await Person.create(
            handle=handle,
            full_name=name,
            name_folded=fold(name),
            email=f"{handle}@phuong.example.vn",
            must_change_password=False,
            locale="vi",
            created_at=times.now(),
        )
        await Position.create(
            person=person, unit=unit, title=role, title_folded=role, role=role, rank=1, from_on=date(2025, 7, 1)
        )
        phone = self.fake.phone(person.id, name, started=True)
        await link(person, phone.address, "zalo")
        self.phones[person.id] = phone
        self.personas[person.id] = self.dice.choices((GOOD, SLOPPY, DEAF), (60, 25, 15))[0]
        return int(person.id)

    # Time.

    async def live(self, end: datetime) -> None:
        """Let time pass; a month's work of a usual office is given evenly over the looks until then."""
        wanted = Wanted.of_sample()
        looks = [at for at in sessions_from(self.clock.at) if at < end]
        a_look = self.work * wanted.tasks_each * sum(len(team) for team in self.teams.values()) / len(looks)
        while True:
            moment = await next_moment(self.clock.at)
            at = min([end, *looks[:1], *([moment] if moment else [])])
            self.clock.set(at)
            await self._happen()
            if at == end:
                return
            if looks and at == looks[0]:
                looks.pop(0)
                await self._look()
                for _ in range(int(a_look) + (self.dice.random() < a_look % 1)):
                    await self._assign(wanted)
                await self._happen()

    async def _happen(self) -> None:
        """Everything that is due now, said and heard, until nothing moves."""
        await run_all_due()
        for _ in range(20):
            fetched = 0
            while self.fake.world.bot().queue:
                fetched += await self.poller.fetch_once()
            heard = await self.inbox.drain_once()
            if not (sum((await self.sender.drain_once()).values()) or fetched or heard):
                break
        await self._listen()
        now = self.clock.at
        waits = await OutboxNotice.filter(urgent=True, status="pending", not_before__lte=now, ready_at__lte=now)
        assert not waits, f"{now}: urgent and not said: {[(one.kind, one.problem) for one in waits]}"

    async def _listen(self) -> None:
        sql = Sql()
        rows = await sql.rows(
            "select a.id, a.notice_id, a.channel, a.receipt, n.kind, n.urgent, n.payload from delivery_attempt a "
            "join outbox_notice n on n.id = a.notice_id where a.outcome = 'sent' and n.kind <> 'CardChanged' "
            f"and a.id > {sql.arg(self._last_attempt)} order by a.id"
        )
        for row in rows:
            self._last_attempt = row["id"]
            urgent = bool(row["urgent"])
            self.said.append(Said(row["notice_id"], row["kind"], row["channel"], row["receipt"], urgent, self.clock.at))
            # An answer comes when somebody has asked, whatever way it takes.
            if not CALENDAR.is_working(self.clock.at) and row["kind"] != AnswerMoved.__name__:
                data: dict[str, Any] = msgspec.to_builtins(read_notice(row["payload"]))
                assert data.get("task", {}).get("urgency") == "express", f"{self.clock.at}: {row['kind']}"

    # What people do.

    async def _assign(self, wanted: Wanted) -> None:
        """A leader gives somebody work, at a computer."""
        by = self.dice.choice([person for person, team in self.teams.items() if team])
        names, shares = list(wanted.urgencies), list(wanted.urgencies.values())
        urgency = Urgency(self.dice.choices(names, shares)[0])
        due = DueDraft(working_days=self.dice.choice((2, 3, 4, 5, 5, 7, 10, 15)))
        if urgency is not Urgency.NORMAL:
            due = DueDraft(minutes=self.dice.randrange(180, 1900))
        draft = TaskDraft(
            title=f"Báo cáo số {await Task.all().count() + 1}",
            leads=[str(self.dice.choice(self.teams[by]))],
            due=due,
            urgency=urgency,
            secret=self.dice.random() < wanted.secret,
        )
        await service.assign(await actor_of(by), draft)

    async def _look(self) -> None:
        """Everybody looks at their phone and types, all about what they mean to say in one message."""
        lines: dict[int, list[str]] = {}
        for task in await Task.filter(status__in=("assigned", "acknowledged")).order_by("id"):
            if words := self._about(task):
                await self._add(lines, task.lead_id, task.id, words)
        for task in await Task.filter(status="reported").order_by("id"):
            if self.dice.random() < self.personas[task.assigner_id].decides:
                if self.dice.random() < 0.5:
                    await service.accept(await actor_of(task.assigner_id), task.id)  # at the computer
                else:
                    await self._add(lines, task.assigner_id, task.id, "duyệt")
        await self._answer_wishes(lines)
        for person in self.phones:
            if self.dice.random() < 0.05:
                lines.setdefault(person, []).append("việc")
                self.typed["việc"] += 1
        for person, said in lines.items():
            self.phones[person].send("\n".join(said))
        await self._happen()

    async def _answer_wishes(self, lines: dict[int, list[str]]) -> None:
        for asked in await Extension.filter(decision="").select_related("task"):
            task: Any = asked.task
            if self.dice.random() < self.personas[task.assigner_id].decides:
                await self._add(lines, task.assigner_id, task.id, "đồng ý")

    async def _add(self, lines: dict[int, list[str]], person: int, task: int, words: str) -> None:
        called = (await numbers({person: [task]})).get(person, {})
        if task in called:
            lines.setdefault(person, []).append(f"{called[task]} {words}")
            self.typed[words.split(maxsplit=1)[0]] += 1

    def _about(self, task: Task) -> str:
        """What its lead says about a task at this look, if anything."""
        persona = self.personas[task.lead_id]
        if task.status == "assigned":
            return "nhận" if self.dice.random() < persona.takes_up else ""
        if self.clock.at >= self._aim(task, persona):
            return "xong Đã gửi báo cáo kèm biểu số 2" if self.dice.random() < 0.8 else ""
        if task.id not in self.asked and self.dice.random() < 0.01:
            self.asked.add(task.id)
            return "gia hạn 2 ngày chờ số liệu của phòng bên"
        return "?" if self.dice.random() < 0.01 else ""

    def _aim(self, task: Task, persona: Persona) -> datetime:
        if task.id not in self.aims:
            share = self.dice.uniform(1.05, 1.6) if self.dice.random() < persona.late else self.dice.uniform(0.2, 0.95)
            self.aims[task.id] = task.assigned_at + (task.due_at - task.assigned_at) * share
        return self.aims[task.id]

    # What came of it.

    async def judge(self) -> dict[str, Any]:
        """Every law of the month; returns the figures."""
        bot = self.fake.world.bot()
        received = sum(not message.from_bot for phone in self.phones.values() for message in phone.messages)
        sent = sum(len(phone.received) for phone in self.phones.values())
        [use] = [use for use in await uses(self.settings.zone) if use.bot == bot.id]
        assert (use.sent, use.received) == (sent, received), (use, sent, received)
        # Nobody can keep people from typing: what was said to us when nothing was left is counted and not answered.
        assert sent + received == bot.used
        assert not [call for call in self.fake.calls_of("sendMessage") if call.error], "the quota was run into"
        twice = [notice for notice, count in Counter(one.notice_id for one in self.said).items() if count > 1]
        assert not twice, f"said twice: {twice[:5]}"
        unsaid = await OutboxNotice.filter(status__in=("dead", "muted"), twin_of_id=None).exclude(kind="CardChanged")
        # Urgent work whose first message met the end of the month while the second was on its way by mail was told by that.
        told = {one.twin_of_id for one in await OutboxNotice.filter(status="sent", twin_of_id__not_isnull=True)}
        lost = [one for one in unsaid if not (one.problem.startswith(ONLY_WAY) and one.id in told)]
        assert not lost, [(one.kind, one.status, one.problem) for one in lost]
        delivered = {one.notice_id for one in self.said}
        unsaid = await OutboxNotice.filter(
            kind="TaskAssigned", twin_of_id=None, status__not_in=("cancelled",), not_before__lte=self.clock.at
        )
        # What is urgent goes two ways, and one of them is enough.
        twins = await OutboxNotice.filter(kind="TaskAssigned", twin_of_id__isnull=False, id__in=sorted(delivered))
        delivered |= {twin.twin_of_id for twin in twins}  # type: ignore[attr-defined]
        assert not [one.id for one in unsaid if one.id not in delivered], "a task that nobody was told of"
        zalo = [one for one in self.said if one.channel == "zalo"]
        mail = [one for one in self.said if one.channel == "email"]
        return {
            "people": len(self.phones),
            "tasks": await Task.all().count(),
            "of": self.monthly,
            "both ways": bot.used,
            "heard": received,
            "sent": sent,
            "answers": sent - len({one.message for one in zalo}),
            "messages of notices": len({one.message for one in zalo}),
            "urgent": sum(one.urgent for one in self.said),
            "on Zalo": dict(Counter(one.kind for one in zalo).most_common()),
            # What is urgent goes there too, whatever is left.
            "by e-mail": dict(Counter(one.kind for one in mail if not one.urgent).most_common()),
            "urgent by e-mail": dict(Counter(one.kind for one in mail if one.urgent).most_common()),
            "typed": dict(self.typed),
            "still waits": await OutboxNotice.filter(status="pending", not_before__lte=self.clock.at).count(),
        }
