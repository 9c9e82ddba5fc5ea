"""SIGKILL at random moments loses nothing: every notice is on the phone, and one that is there twice says so.

SQLite: one server process, with a command writing beside it. PostgreSQL: three worker processes.
"""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from backend.domain.notices import DueMoved, TaskRef
from backend.kit import clock as real_clock
from backend.kit import db as database_kit
from backend.kit.db import Sql
from backend.models import ChatLink, OutboxNotice, Person
from backend.settings import Settings
from bot.simulator.telegram import FakeTelegram
from tests.cast import make_cast
from tests.processes import Office, office

TOKEN = "123456:CRASH"
PEOPLE = 50


@asynccontextmanager
async def _telegram(settings: Settings) -> AsyncIterator[tuple[FakeTelegram, Settings]]:
    async with FakeTelegram(tokens={TOKEN: "giaoviec_bot"}) as fake:
        yield fake, msgspec.structs.replace(settings, telegram_token=TOKEN, telegram_api=fake.base_url, lease_s=2.0)


async def _due_notices(fake: FakeTelegram, count: int) -> set[str]:
    """``count`` notices for people with linked phones, each with a word that only it has."""
    await make_cast()
    now = real_clock.now()
    people = [
        await Person.create(
            handle=f"p{number}",
            full_name=f"Người {number}",
            name_folded=f"nguoi {number}",
            created_at=now,
            must_change_password=False,
        )
        for number in range(PEOPLE)
    ]
    for person in people:
        fake.user(900_000 + person.id, person.full_name, started=True)
        await ChatLink.create(person_id=person.id, channel="telegram", address=str(900_000 + person.id), linked_at=now)
    words, rows = set(), []
    for number in range(count):
        word = f"CV26-{number:06d}"
        words.add(word)
        notice = DueMoved(task=TaskRef(number + 1, word, f"Việc {number}", now), by="Chủ tịch", before=now)
        rows.append(
            OutboxNotice(
                dedup_key=f"crash:{number}",
                kind=notice.kind,
                payload=msgspec.to_builtins(notice),
                person_id=people[number % PEOPLE].id,
                created_at=now,
                not_before=now,
                ready_at=now,
            )
        )
    await OutboxNotice.bulk_create(rows)
    return words


def _on_phones(fake: FakeTelegram) -> Counter[str]:
    """How often each notice is on its phone, by its word."""
    found: Counter[str] = Counter()
    for phone in fake.phones:
        for message in phone.messages:
            if message.from_bot:
                found[message.text[message.text.index("CV26-") :][:11]] += 1
    return found


async def _writes_beside(settings: Settings) -> None:
    """A command of the command line that writes to the same database."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "backend",
        "link",
        "chair",
        env={"DATABASE_URL": settings.database_url, "VAR_DIR": settings.var_dir, "PATH": "", "LOG_LEVEL": "error"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert b"/link?token=" in out


async def _kill_in_flight(fake: FakeTelegram, house: Office, workers: int, seed: int) -> int:
    """Kill a process while its send hangs between "the server has it" and "the sender knows"; returns how many sends
    were in flight."""
    with fake.hold("sendMessage") as gate:
        while len(house.running) < workers:
            house.start()
        await gate.reached(random.Random(seed).randint(1, 3), timeout_s=30)
        house.kill(house.running[seed % len(house.running)])
        return int(gate.waiting)


async def _drained(settings: Settings) -> None:
    for _ in range(1800):
        if not await OutboxNotice.filter(status__in=("pending", "claimed", "sending")).exists():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("notices are still waiting")


@pytest.mark.parametrize(
    ("notices", "kills"), [pytest.param(300, 5, marks=pytest.mark.slow), pytest.param(1500, 10, marks=pytest.mark.soak)]
)
async def test_kills_lose_nothing_and_repeats_are_flagged(settings: Settings, notices: int, kills: int) -> None:
    workers = 3 if settings.database.startswith("postgres") else 1
    async with database_kit.opened(settings.database), _telegram(settings) as (fake, ours):
        words = await _due_notices(fake, notices)
        with office(ours, ("bot",)) as house:
            in_flight = [await _kill_in_flight(fake, house, workers, seed) for seed in range(kills)]
            assert all(in_flight)
            if workers == 1:
                await _writes_beside(ours)
            for seed in range(4):
                while len(house.running) < workers:
                    house.start()
                await asyncio.sleep(random.Random(seed).uniform(0.2, 0.8))
                house.kill(random.Random(seed).choice(house.running))
            while len(house.running) < workers:
                house.start()
            await _drained(ours)
        seen = _on_phones(fake)
        assert set(seen) == words, f"lost: {sorted(words - set(seen))[:5]}"
        sql = Sql()
        flagged = {
            row["payload"]
            for row in await sql.rows(
                "select distinct cast(n.payload as text) as payload from outbox_notice n join delivery_attempt a "
                "on a.notice_id = n.id where a.outcome = 'unknown'"
            )
        }
        unknown = {text[text.index("CV26-") :][:11] for text in flagged}
        twice = {word for word, times in seen.items() if times > 1}
        assert twice <= unknown, f"doubled without a flag: {sorted(twice - unknown)[:5]}"
        assert twice, "the kills in flight must have doubled something, or the test proves nothing"
        assert await OutboxNotice.filter(status="sent").count() == notices
