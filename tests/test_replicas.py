"""Several whole servers on one PostgreSQL behind a balancer: each thing is done once, each message said once."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from backend.auth import service as auth
from backend.kit import db as database_kit
from backend.models import ChatLink, DeliveryAttempt, LedgerEntry, OutboxNotice, Task, TaskEvent
from backend.settings import Settings
from bot.simulator.phone import Phone
from bot.simulator.telegram import FakeTelegram
from tests.balancer import Balancer
from tests.cast import Cast, make_cast
from tests.processes import Office, office

TOKEN = "123456:REPLICAS"
REPLICAS = 3
#: What a message says of itself when an earlier attempt may have arrived.
MAYBE = "(có thể gửi lặp)"
#: Who assigns to whom.
PAIRS = (("head", "an"), ("head", "binh"), ("head2", "cuong"), ("chair", "head"), ("vice", "head"))


class City:
    """Replicas behind a balancer, and the phones of the cast."""

    def __init__(self, settings: Settings, cast: Cast, fake: FakeTelegram, front: Balancer, house: Office) -> None:
        self.settings, self.cast, self.fake, self.front, self.house = settings, cast, fake, front, house
        self.phones: dict[str, Phone] = {}

    async def replica(self) -> Any:
        """One more server; returned when it is ready."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = self.house.start(msgspec.structs.replace(self.settings, port=port))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            for _ in range(600):
                try:
                    if (await client.get("/health/ready")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
            else:
                raise AssertionError("a replica did not get ready in 30 s")
        self.front.ports.append(port)
        return process

    async def client(self, handle: str) -> httpx.AsyncClient:
        """The API as this person: every request on a connection of its own, and so at the next replica."""
        token = await auth.access_token_for(self.cast.people[handle].id)
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.front.port}",
            headers={"authorization": f"Bearer {token}", "connection": "close"},
            timeout=60,
        )

    async def phone_of(self, handle: str) -> None:
        person = self.cast.people[handle]
        self.phones[handle] = self.fake.user(5000 + person.id, person.full_name, started=True)
        await ChatLink.create(
            person_id=person.id, channel="telegram", address=str(5000 + person.id), linked_at=datetime.now(UTC)
        )


@asynccontextmanager
async def _city(settings: Settings) -> AsyncIterator[City]:
    async with (
        database_kit.opened(settings.database),
        FakeTelegram(tokens={TOKEN: "giaoviec_bot"}) as fake,
        Balancer() as front,
    ):
        ours = msgspec.structs.replace(
            settings,
            telegram_token=TOKEN,
            telegram_api=fake.base_url,
            telegram_webhook_secret="bi-mat-cua-webhook",
            public_url=f"http://127.0.0.1:{front.port}",
            lease_s=2.0,
        )
        with office(ours, ("web", "bot", "reminders")) as house:
            city = City(ours, await make_cast(), fake, front, house)
            for handle in city.cast.people:
                await city.phone_of(handle)
            await asyncio.gather(*(city.replica() for _ in range(REPLICAS)))
            yield city


async def _assign_all(city: City, tasks: int) -> dict[str, str]:
    """Every task is sent twice at the same time with one key, as a phone does whose answer got lost; code → lead."""
    clients = {by: await city.client(by) for by, _ in PAIRS}

    async def assign(number: int) -> tuple[str, str]:
        by, to = PAIRS[number % len(PAIRS)]
        body = {"title": f"Việc số {number}", "leads": [to], "urgency": "express", "due": {"minutes": 4800}}

        async def once() -> str:
            while True:
                answer = await clients[by].post("/api/tasks", json=body, headers={"Idempotency-Key": f"key-{number}"})
                if answer.status_code != 409:  # the other one is at it just now
                    assert answer.status_code == 201, answer.text
                    code: str = answer.json()["tasks"][0]["code"]
                    return code
                await asyncio.sleep(0.05)

        first, second = await asyncio.gather(once(), once())
        assert first == second
        return first, to

    try:
        return dict(await asyncio.gather(*(assign(number) for number in range(tasks))))
    finally:
        for client in clients.values():
            await client.aclose()


def _cards(phone: Phone, code: str) -> list[Any]:
    """The messages that first told of a task: they are the ones to reply to."""
    return [message for message in phone.received if code in message.text and message.reply_to is None]


async def _settled() -> None:
    for _ in range(1200):
        if not await OutboxNotice.filter(status__in=("pending", "claimed", "sending")).exists():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("notices are still waiting")


async def _reached(probe: Any, timeout_s: float = 60) -> None:
    for _ in range(int(timeout_s / 0.1)):
        if await probe():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it did not come to pass")


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("tasks", [pytest.param(15, marks=pytest.mark.slow), pytest.param(40, marks=pytest.mark.soak)])
async def test_three_replicas_do_and_say_everything_once(settings: Settings, tasks: int) -> None:
    async with _city(settings) as city:
        leads = await _assign_all(city, tasks)
        assert len(leads) == tasks == await Task.all().count()
        await _reached(lambda: _all_on_phones(city, leads))

        # The officers press, each press twice; one replica dies meanwhile, another takes its place.
        doomed = city.house.running[0]
        for number, (code, lead) in enumerate(leads.items()):
            card = _cards(city.phones[lead], code)[0]
            for _ in range(2):
                city.phones[lead].press(card, "Đã nhận")
            if number == tasks // 2:
                city.house.kill(doomed)
        await asyncio.gather(city.replica(), _reached(lambda: _all_acknowledged(len(leads))))
        acknowledged = Counter([event.task_id for event in await TaskEvent.filter(kind="acknowledged")])
        assert set(acknowledged.values()) == {1}
        assert len(acknowledged) == tasks

        # Everything goes late at once, under the eyes of three engines.
        past = datetime.now(UTC) - timedelta(minutes=1)
        await Task.all().update(due_at=past, charge_at=past)
        await _reached(lambda: _all_charged(len(leads)))
        await _settled()
        charged = Counter([(entry.task_id, entry.scope) for entry in await LedgerEntry.all()])
        assert set(charged.values()) == {1}
        assert len(charged) == 2 * tasks
        await _said_once(city, leads)


async def _all_on_phones(city: City, leads: dict[str, str]) -> bool:
    return all(_cards(city.phones[lead], code) for code, lead in leads.items())


async def _all_acknowledged(count: int) -> bool:
    return await Task.filter(status="acknowledged").count() == count


async def _all_charged(count: int) -> bool:
    return await LedgerEntry.all().count() >= 2 * count


async def _said_once(city: City, leads: dict[str, str]) -> None:
    """Every notice was sent by one replica; what is on a phone twice has an attempt that nobody knew the end of."""
    assert not await OutboxNotice.filter(status="dead").exists()
    attempts = await DeliveryAttempt.all()
    unknown = {attempt.notice_id for attempt in attempts if attempt.outcome == "unknown"}
    sent = Counter([attempt.notice_id for attempt in attempts if attempt.outcome == "sent"])
    assert {notice: times for notice, times in sent.items() if times > 1} == {}
    repeats = 0
    for code, lead in leads.items():
        about = [message.text for message in city.phones[lead].received if code in message.text]
        late = [text for text in about if "đã trễ hạn" in text]
        assert late, f"{lead} was not told that {code} is late"
        assert sum(MAYBE not in text for text in late) <= 1, late
        repeats += sum("Việc mới" in text for text in about) - 1 + len(late) - 1
    assert repeats <= len(unknown)
