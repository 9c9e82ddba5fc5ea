"""A room for chaos: many people with due tasks, a storm on the fake Telegram, processes that are killed and born again."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from typing import Any

import msgspec

from backend.calendars.default import default_calendar
from backend.domain.calendar import WorkCalendar
from backend.domain.types import Urgency
from backend.kit import clock, state
from backend.kit.db import Sql
from backend.models import ChatLink, Person, Task, TrackRecord, Unit
from backend.settings import Settings
from bot.simulator.faults import Fault
from bot.simulator.telegram import FakeTelegram
from tests import processes
from tests.fakes import VIETNAM

TOKEN = "123456:CHAOS"
#: Lines of one slot for one person, and single words about urgent work for another.
LINES, WORDS = 5, 4
#: Connections of each process; the server has room for two hundred.
POOL = 5
_CHAT = 700_000


class Scale(msgspec.Struct, frozen=True):
    """How large a chaos is."""

    workers: int  #: processes of each kind
    reminders: int
    kills_s: float  #: for how long somebody is killed every now and then
    every_s: float  #: how often, on average
    least: int  #: so many are killed, however long it takes
    share: float  #: of the sends, for each kind of fault
    lease_s: float
    hang_s: float


def live(settings: Settings, roles: tuple[str, ...]) -> None:
    """A process that looks every other second: in production it is every fifteen, and few would live to see it."""
    from reminders import run

    run.JOBS = tuple(msgspec.structs.replace(job, every_s=2) for job in run.JOBS)
    processes._live(settings, roles)


class House(processes.Office):
    """Processes of one role that look every other second."""

    def start(self, settings: Settings | None = None) -> ForkServerProcess:
        process = processes.CONTEXT.Process(target=live, args=(settings or self.settings, self.roles), daemon=True)
        process.start()
        self.running.append(process)
        return process


async def a_slot_ahead(before: timedelta) -> datetime:
    """Domain time moves forward, for this process and those that start later, to a little before 08:00 of a working day;
    returns that slot."""
    calendar = default_calendar()
    on = calendar.next_working_day(clock.real().astimezone(VIETNAM).date())
    slot = datetime(on.year, on.month, on.day, 8, tzinfo=VIETNAM)
    await state.put(clock.OFFSET_KEY, repr((slot - before - clock.real()).total_seconds()))
    await state.sync_clock()
    return slot.astimezone(UTC)


class Crowd(msgspec.Struct):
    """Who is to hear of what: the codes of their tasks by chat, those of slots and those that go by themselves."""

    lines: dict[int, set[str]] = {}
    words: dict[int, set[str]] = {}

    @property
    def codes(self) -> set[str]:
        return set().union(*self.lines.values(), *self.words.values())


async def crowd(fake: FakeTelegram, slot: datetime, reminders: int) -> Crowd:
    """Acknowledged tasks whose word is due: four fifths in messages of five lines at the slot, the rest urgent, half of
    them at the slot and half a minute later. Nobody has been told anything yet."""
    singles = reminders // 5 // WORDS
    people = (reminders - singles * WORDS) // LINES + singles
    unit = await Unit.create(code="p", name="Phường", name_folded="phuong", path="/1/", kind="committee")
    await Unit.filter(id=unit.id).update(path=f"/{unit.id}/")
    ids = await _people(fake, people)
    calendar, made = default_calendar(), Crowd()
    rows: list[Task] = []
    for index, person_id in enumerate(ids):
        alone = index % (people // singles) == 0 and len(made.words) < singles
        codes = (made.words if alone else made.lines).setdefault(_CHAT + person_id, set())
        for number in range(WORDS if alone else LINES):
            code = f"CV26-{len(rows) + 1:06d}"
            codes.add(code)
            due = (
                _urgent(slot + timedelta(minutes=number % 2), calendar) if alone else _ordinary(slot, number, calendar)
            )
            rows.append(_task(code, ids[0], person_id, unit.id, due))
    await Task.bulk_create(rows, batch_size=500)
    return made


async def _people(fake: FakeTelegram, count: int) -> list[int]:
    """Everybody has a phone, a record that nobody would call low-risk, and wants no digests."""
    now = clock.now()
    await Person.bulk_create(
        [
            Person(
                handle=f"p{number}",
                full_name=f"Người {number}",
                name_folded=f"nguoi {number}",
                created_at=now,
                must_change_password=False,
                morning_list=False,
                leader_digest=False,
                weekly_digest=False,
            )
            for number in range(count)
        ],
        batch_size=500,
    )
    ids = [row["id"] for row in await Sql().rows("select id from person order by id")]
    for person_id in ids:
        fake.user(_CHAT + person_id, f"Người {person_id}", started=True)
    links = [ChatLink(person_id=one, channel="telegram", address=str(_CHAT + one), linked_at=now) for one in ids]
    await ChatLink.bulk_create(links, batch_size=500)
    records = [TrackRecord(person_id=one, still_1=9, still_2=9, still_3=9, still_4=9, still_5=9, late=5) for one in ids]
    await TrackRecord.bulk_create(records, batch_size=500)
    return ids


def _ordinary(slot: datetime, number: int, calendar: WorkCalendar) -> dict[str, Any]:
    """Twelve working days, of which two have gone: a sixth of them is over."""
    day = calendar.data.day_minutes
    return {
        "urgency": Urgency.NORMAL,
        "assigned_at": calendar.subtract(slot, 2 * day),
        "due_at": calendar.add(slot, 10 * day - number),
        "look_at": slot,
    }


def _urgent(at: datetime, calendar: WorkCalendar) -> dict[str, Any]:
    """Six working hours, of which four have gone."""
    return {
        "urgency": Urgency.URGENT,
        "assigned_at": calendar.subtract(at, 240),
        "due_at": calendar.add(at, 120),
        "look_at": at,
    }


def _task(code: str, assigner_id: int, lead_id: int, unit_id: int, when: dict[str, Any]) -> Task:
    utc = {name: value.astimezone(UTC) if isinstance(value, datetime) else value for name, value in when.items()}
    return Task(
        code=code,
        title=f"Việc {code[-4:]}",
        status="acknowledged",
        assigner_id=assigner_id,
        lead_id=lead_id,
        unit_id=unit_id,
        acknowledged_at=utc["assigned_at"],
        tapped_at=utc["assigned_at"],
        answer_from_at=utc["assigned_at"],
        charge_at=utc["due_at"],
        due_rule={"rule": "instant"},
        **utc,
    )


class Kills(msgspec.Struct):
    """Who was killed, and which notices were with the network then."""

    count: int = 0
    working: int = 0
    in_flight: set[int] = set()
    sends: int = 0


async def storm(houses: list[processes.Office], scale: Scale, kills: Kills) -> None:
    """For a while, and on a slow machine until enough have died, somebody is killed at random every now and then, and
    somebody new begins at once."""
    dice = random.Random(5)
    loop = asyncio.get_running_loop()
    end = loop.time() + scale.kills_s
    while loop.time() < end or kills.count < scale.least:
        await asyncio.sleep(dice.uniform(0.4, 1.6) * scale.every_s)
        house = dice.choice(houses)
        process = dice.choice(house.running)
        pid = process.pid
        await asyncio.to_thread(house.kill, process)
        house.start()
        await asyncio.sleep(0.1)  # what it had said to the database has arrived
        kills.count += 1
        await tidy()
        await _note_in_flight(pid, kills)


async def tidy() -> None:
    """What autovacuum does on a real server, and tests switch off."""
    for table in ("outbox_notice", "delivery_attempt", "task"):
        await Sql().run(f"vacuum analyze {table}")


async def _note_in_flight(pid: int | None, kills: Kills) -> None:
    sql = Sql()
    rows = await sql.rows(
        "select id, person_id, status from outbox_notice where status in ('claimed', 'sending') "
        f"and lease_owner like {sql.arg(f'%:{pid}:%')}"
    )
    sending = [row for row in rows if row["status"] == "sending"]
    kills.working += bool(rows)
    kills.in_flight |= {row["id"] for row in sending}
    kills.sends += len({row["person_id"] for row in sending})


async def drained(patience_s: float) -> None:
    """Until no task is due and no notice waits. Raises AssertionError when that does not happen."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience_s
    while loop.time() < end:
        sql = Sql()
        [row] = await sql.rows(
            "select (select count(*) from outbox_notice where status in ('pending', 'claimed', 'sending')) as notices, "
            f"(select count(*) from task where look_at <= {sql.arg(clock.now() + timedelta(minutes=2))}) as tasks"
        )
        if not row["notices"] and not row["tasks"]:
            return
        await tidy()
        await asyncio.sleep(1)
    raise AssertionError(f"still waiting after {patience_s} s: {row}")


@asynccontextmanager
async def telegram(settings: Settings, scale: Scale) -> AsyncIterator[tuple[FakeTelegram, Settings, dict[str, Fault]]]:
    """A fake Telegram in a storm, and settings of processes that speak to it. Updates would come by webhook: nobody says
    anything here."""
    async with FakeTelegram(tokens={TOKEN: "giaoviec_bot"}, keep_calls=100) as fake:
        ours = msgspec.structs.replace(
            settings,
            telegram_token=TOKEN,
            telegram_api=fake.base_url,
            telegram_webhook_secret="chaos",
            lease_s=scale.lease_s,
            database_pool=POOL,
            log_level="error",
        )
        yield fake, ours, fake.storm("sendMessage", 5, share=scale.share, hang_s=scale.hang_s)


@asynccontextmanager
async def houses(settings: Settings, workers: int) -> AsyncIterator[list[processes.Office]]:
    """So many engines and so many senders; none is left behind."""
    made: list[processes.Office] = [House(settings, ("reminders",)), House(settings, ("bot",))]
    try:
        for house in made:
            for _ in range(workers):
                house.start()
        yield made
    finally:
        for house in made:
            with suppress(ProcessLookupError):
                house.close()
