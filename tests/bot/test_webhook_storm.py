"""What comes over webhooks may be anything, come twice, and find a process that dies: no 500, nothing lost, nothing done
twice; Telegram and Zalo alike."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from backend.kit import clock as real_clock
from backend.kit import db as database_kit
from backend.models import InboundUpdate, Report, Task, TaskEvent
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft
from bot.hooks import LARGEST
from bot.simulator.faults import Fault
from bot.simulator.telegram import FakeTelegram
from bot.simulator.zalo import FakeZalo
from bot.telegram.updates import read as read_telegram
from bot.zalo.updates import read as read_zalo
from tests.bot.bot_room import link
from tests.bot.conftest import TOKEN as TELEGRAM_TOKEN
from tests.bot.serving import served
from tests.bot.zalo_room import FIRST
from tests.cast import make_cast
from tests.fakes import FakeClock
from tests.processes import Office, office

SECRET = "a-secret-of-the-webhook"
DEEP = b"[" * 100_000 + b"]" * 100_000


class Line:
    """One chat server of either kind, somebody's phone on it, and what it posts, made by hand."""

    def __init__(self, kind: str, fake: Any) -> None:
        self.kind, self.fake, self._serial = kind, fake, 0
        zalo = kind == "zalo"
        self.path = "/hooks/zalo/700001" if zalo else "/hooks/telegram"
        self.header = "x-bot-api-secret-token" if zalo else "x-telegram-bot-api-secret-token"
        self.phone: Any = fake.phone(7, started=True) if zalo else fake.user(7, started=True)
        self.address: str = self.phone.address if zalo else "7"

    @property
    def settings(self) -> dict[str, Any]:
        token = FIRST if self.kind == "zalo" else TELEGRAM_TOKEN
        return {
            f"{self.kind}_token": token,
            f"{self.kind}_api": self.fake.base_url,
            f"{self.kind}_webhook_secret": SECRET,
        }

    def words(self, text: str) -> bytes:
        """Something new that the person typed."""
        self._serial += 1
        if self.kind == "zalo":
            chat = self.phone.chat_id
            message: Any = {"from": {"id": chat}, "chat": {"id": chat, "chat_type": "PRIVATE"}, "text": text}
            event = {"event_name": "message.text.received", "message": {**message, "message_id": f"m{self._serial}"}}
            return msgspec.json.encode({"ok": True, "result": event})
        who = {"id": 7, "is_bot": False, "first_name": "An"}
        message = {"message_id": 9000 + self._serial, "date": 1, "chat": {"id": 7, "type": "private"}, "from": who}
        return msgspec.json.encode({"update_id": self._serial, "message": {**message, "text": text}})

    async def post(self, client: httpx.AsyncClient, body: bytes, **headers: str) -> httpx.Response:
        return await client.post(self.path, content=body, headers={self.header: SECRET, **headers})

    @property
    def heard(self) -> list[str]:
        return [message.text for message in self.phone.received]

    async def answers(self, count: int) -> list[str]:
        """What the phone shows once that many messages are there."""
        for _ in range(1200):
            if len(self.heard) >= count:
                return self.heard
            await asyncio.sleep(0.05)
        raise AssertionError(f"{count} answers were expected: {self.heard}")


@pytest.fixture(params=["telegram", "zalo"])
async def line(request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        made: Any = FakeZalo({FIRST: "Giao việc"}, courier=False) if request.param == "zalo" else FakeTelegram()
        yield Line(request.param, await stack.enter_async_context(made))


def rubbish(line: Line) -> dict[str, bytes]:
    """Bodies that say nothing, by what is wrong with them."""
    good = line.words("việc")
    return {
        "empty": b"",
        "no JSON": b"xin chao",
        "a list": b"[]",
        "null": b"null",
        "cut off": good[:-7],
        "wrong types": b'{"update_id": "x", "event_name": 5, "message": []}',
        "no UTF-8": b"\xff\xfe" + good,
        "a NUL": good.replace(b"vi", b"v\x00"),
        "half a character": good.replace("ệ".encode(), b"\xe1\xbb"),
        "half a pair": good.replace(b"vi", b"\\ud800"),
        "a number without an end": b'{"update_id": ' + b"9" * 5000 + b"}",
        "deep": DEEP,
        "deep inside": good[:-1] + b', "more": ' + DEEP + b"}",
        "deep in the envelope": b'{"update_id": 77, "ok": true, "result": {"event_name": "x", "message": '
        + DEEP
        + b"}}",
    }


async def test_rubbish_is_answered_and_stops_nothing(settings: Settings, clock: FakeClock, line: Line) -> None:
    async with served(settings, 120, **line.settings) as client:
        cast = await make_cast()
        await link(cast.an, line.address, line.kind)
        for count, (what, body) in enumerate(rubbish(line).items(), 1):
            answer = await line.post(client, body)
            assert (answer.status_code, answer.text) == (200, ""), what
            assert (await line.post(client, line.words("việc"))).status_code == 200
            assert "Không có việc nào" in (await line.answers(count))[-1], f"after {what}"
        # More than anybody says is not even read; the next one is.
        assert (await line.post(client, b" " * (LARGEST + 1))).status_code == 413
        # Whatever a body calls itself, it is read as what it is.
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "%%%"):
            heard = len(line.heard)
            assert (await line.post(client, line.words("việc"), **{"content-type": kind})).status_code == 200
            await line.answers(heard + 1)
        assert await InboundUpdate.exclude(problem="").filter(problem__not="says nothing to us").count() == 0


async def test_a_character_no_database_keeps_is_no_reason_to_lose_a_report(
    settings: Settings, clock: FakeClock, line: Line
) -> None:
    async with served(settings, 60, **line.settings) as client:
        cast = await make_cast()
        await link(cast.an, line.address, line.kind)
        draft = TaskDraft(title="Báo cáo", due=DueDraft(minutes=960), leads=["an"])
        [task] = (await service.assign(await cast.actor("head"), draft)).tasks
        body = line.words(f"{task.code} xong Đã\0 gửi").replace(b"\\u0000", b"\\u0000")
        assert (await line.post(client, body)).status_code == 200
        await line.answers(1)
        assert "gửi" in (await Report.get(task_id=task.id)).text


async def test_a_storm_of_repeats_is_one_message(settings: Settings, clock: FakeClock, line: Line) -> None:
    async with served(settings, 60, **line.settings) as client:
        cast = await make_cast()
        await link(cast.an, line.address, line.kind)
        first, second = line.words("việc"), line.words("giúp")
        answers = await asyncio.gather(*(line.post(client, body) for body in [second, first] * 10))
        assert {answer.status_code for answer in answers} == {200}
        await line.answers(2)
        await line.post(client, first)
        assert await InboundUpdate.all().count() == 2
        assert await InboundUpdate.filter(handled_at=None).count() == 0 or len(line.heard) == 2
        assert len(line.heard) == 2


@pytest.mark.one_database
@pytest.mark.parametrize("depth", [10, 300, 900, 950, 980, 990, 1000, 5000])
def test_reading_what_is_stored_never_fails(depth: int) -> None:
    """One that could be stored and not be read would stand before all others for ever."""
    nest = "[" * depth + "]" * depth
    assert read_telegram(f'{{"update_id": 1, "more": {nest}}}') is None
    assert read_zalo(f'{{"bot": "1", "event": {{"event_name": "x", "message": {nest}}}}}') is None
    assert read_zalo(f'{{"bot": "1", "more": {nest}, "event": 1}}') is None


# Processes that die.


@asynccontextmanager
async def _served_by(house: Office, *roles: str) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    """A process with these roles, and a client of it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    house.roles = roles
    process = house.start(msgspec.structs.replace(house.settings, port=port))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for _ in range(1200):
            try:
                if (await client.get("/health/ready")).status_code == 200:
                    break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
        else:
            raise AssertionError("a process did not get ready in a minute")
        yield client, process


async def _someone_with_a_task(line: Line) -> Any:
    cast = await make_cast()
    await link(cast.an, line.address, line.kind)
    draft = TaskDraft(title="Báo cáo PCCC", due=DueDraft(minutes=4800), leads=["an"])
    return (await service.assign(await cast.actor("head"), draft)).tasks[0]


async def _reported_once(task: Any) -> None:
    assert (await Task.get(id=task.id)).status == "reported"
    assert await Report.filter(task_id=task.id).count() == 1
    assert await TaskEvent.filter(task_id=task.id, kind="reported").count() == 1


def _about(line: Line, task: Any) -> list[str]:
    """What was answered; the card of the new task is no answer."""
    return [words for words in line.heard if task.code in words and "Việc mới" not in words]


async def _answered(line: Line, task: Any) -> None:
    for _ in range(1200):
        if _about(line, task):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"no answer came: {line.heard}")


async def _stuck(fault: Fault) -> None:
    """The report is written and its answer is on its way."""
    for _ in range(1200):
        if fault.hits and await Report.all().count():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nobody answers the report")


@pytest.mark.slow
@pytest.mark.small("sqlite-telegram", "postgres-zalo")
async def test_killed_before_it_was_handled(settings: Settings, line: Line) -> None:
    """Stored, and then no more power: whoever starts next does it, once, and answers."""
    ours = msgspec.structs.replace(settings, **line.settings, lease_s=2.0)
    async with database_kit.opened(settings.database, 2):
        task = await _someone_with_a_task(line)
        with office(ours) as house:
            async with _served_by(house, "web") as (client, process):
                assert (await line.post(client, line.words(f"{task.code} xong Đã gửi"))).status_code == 200
                house.kill(process)
            assert await Report.all().count() == 0
            async with _served_by(house, "web", "bot"):
                await _answered(line, task)
        await _reported_once(task)


@pytest.mark.slow
@pytest.mark.small("sqlite-zalo", "postgres-telegram")
async def test_killed_after_the_act_and_before_the_answer(settings: Settings, line: Line) -> None:
    """The report is written, its answer is not out: it is answered later, and is there once."""
    ours = msgspec.structs.replace(settings, **line.settings, lease_s=2.0)
    async with database_kit.opened(settings.database, 2):
        task = await _someone_with_a_task(line)
        with office(ours) as house:
            async with _served_by(house, "web", "bot") as (client, process):
                stuck = line.fake.hang("sendMessage", 600, times=None)
                assert (await line.post(client, line.words(f"{task.code} xong Đã gửi"))).status_code == 200
                await _stuck(stuck)
                house.kill(process)
                stuck.cancel()
            # Somebody might be at it still; after a minute and a half nobody is.
            [kept] = await InboundUpdate.all()
            assert kept.handled_at is None
            await InboundUpdate.all().update(received_at=real_clock.real() - timedelta(minutes=3))
            async with _served_by(house, "web", "bot"):
                await _answered(line, task)
        await _reported_once(task)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_two_replicas_take_a_repeat_once(settings: Settings, line: Line) -> None:
    ours = msgspec.structs.replace(settings, **line.settings, lease_s=2.0)
    async with database_kit.opened(settings.database, 2):
        task = await _someone_with_a_task(line)
        with office(ours) as house:
            async with (
                _served_by(house, "web", "bot") as (first, _),
                _served_by(house, "web", "bot") as (second, _),
            ):
                body = line.words(f"{task.code} xong Đã gửi")
                posts = [line.post(client, body) for client in (first, second) * 8]
                assert {answer.status_code for answer in await asyncio.gather(*posts)} == {200}
                await _answered(line, task)
                assert await InboundUpdate.all().count() == 1
        await _reported_once(task)
        assert len(_about(line, task)) == 1
