"""Hearing: nothing is confirmed before it is stored, nothing is handled twice, nothing malformed stops the rest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from backend.kit import sentences
from backend.models import InboundUpdate
from backend.settings import Settings
from bot.simulator.telegram import FakeTelegram
from bot.telegram.receiver import Poller
from bot.telegram.updates import read
from bot.telegram.webhook import webhook_routes
from tests.apps import own_app
from tests.bot.conftest import Office
from tests.cast import Cast
from tests.fakes import FakeClock

SECRET = "a-secret-of-the-webhook"


async def test_updates_are_stored_before_they_are_confirmed(office: Office) -> None:
    phone = await office.phone("an")
    phone.send("việc")
    await office.poller.fetch_once()
    assert office.fake.pending() == 1, "not confirmed yet"
    [kept] = await InboundUpdate.all()
    assert kept.handled_at is None
    await office.poller.fetch_once()
    assert office.fake.pending() == 0


async def test_a_crash_after_storing_loses_no_report(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    task = await office.assign()
    clock.move(seconds=10)
    await office.turn()
    phone.send("Đã nộp", reply_to=phone.last)
    await office.poller.fetch_once()
    await InboundUpdate.all().update(attempts=1)  # begun by a process that was killed
    assert await office.inbox.drain_once() == 0
    clock.move(seconds=91)
    assert await office.inbox.drain_once() == 1
    assert [report.text for report in (await office.see(task)).reports] == ["Đã nộp"]


async def test_a_new_poller_starts_where_the_old_one_confirmed(office: Office) -> None:
    phone = await office.phone("an")
    phone.send("việc")
    await office.poller.fetch_once()
    again = Poller(office.channel, office.inbox.kick, wait_s=0)
    await again.fetch_once()
    assert await office.inbox.drain_once() == 1
    assert len(phone.received) == 1


async def test_a_file_that_cannot_be_fetched_now_is_fetched_later(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    task = await office.assign()
    clock.move(seconds=10)
    await office.turn()
    office.fake.drop("download", times=2)  # the client itself asks a second time
    phone.document(b"%PDF-1.4 ket qua", "ket-qua.pdf", "application/pdf", "Kết quả", reply_to=phone.last)
    await office.hear()
    assert (await office.see(task)).reports == []
    office.inbox._intake._rest.clear()  # the rest of some seconds is over
    clock.move(seconds=91)
    assert await office.inbox.drain_once() == 1
    phone.send("xong")
    await office.hear()
    [report] = (await office.see(task)).reports
    assert (report.text, [file.name for file in report.files]) == ("Kết quả", ["ket-qua.pdf"])


async def test_what_fails_for_ever_is_given_up_with_an_apology(
    office: Office, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await office.phone("an")

    async def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(office.inbound, "handle", broken)
    phone.send("việc")
    for _ in range(6):
        await office.hear()
        office.inbox._intake._rest.clear()
        clock.move(hours=1)
    [kept] = await InboundUpdate.all()
    assert kept.handled_at is not None
    assert (kept.attempts, kept.problem) == (5, "a fault of ours")
    assert [message.text for message in phone.received] == [sentences.say("vi", "internal", {})]


async def test_the_poller_goes_on_after_any_failure(office: Office) -> None:
    rests: list[float] = []
    phone = await office.phone("an")

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    office.fake.fail("deleteWebhook", 502)
    office.fake.fail("getUpdates", 409)
    office.fake.fail("getUpdates", 429, retry_after=9)
    office.fake.fail("getUpdates", 502, body="<html>")
    office.fake.drop("getUpdates")
    heard = asyncio.Event()
    running = asyncio.ensure_future(Poller(office.channel, heard.set, wait_s=1, sleep=rest).run())
    phone.send("việc")
    async with asyncio.timeout(60):
        await heard.wait()
    running.cancel()
    assert len(rests) == 5
    assert 9.0 in rests
    assert await InboundUpdate.all().count() == 1


async def test_answers_that_do_not_go_out_are_tried_again(office: Office) -> None:
    phone = await office.phone("an")
    office.inbox._rests_s = (0.01,)
    office.fake.fail("sendMessage", 502)
    phone.send("việc")
    await office.hear()
    assert len(phone.received) == 1
    office.fake.fail("sendMessage", 502, times=2)
    phone.send("việc")
    await office.hear()
    assert len(phone.received) == 1
    assert await InboundUpdate.filter(handled_at=None).count() == 0


@pytest.mark.one_database
@pytest.mark.parametrize(
    "body", ["", "nonsense", "[]", '{"update_id": 1, "message": {"message_id": "x"}}', '{"update_id": 1, "poll": {}}']
)
def test_an_update_that_says_nothing_to_us_is_let_go(body: str) -> None:
    assert read(body) is None


@pytest.mark.one_database
def test_a_press_whose_message_is_gone_is_in_the_persons_own_chat() -> None:
    heard = read('{"update_id": 1, "callback_query": {"id": "9", "from": {"id": 7}, "data": "t:1:ack"}}')
    assert heard is not None
    assert (heard.address, heard.said.press, heard.said.private) == ("7", "9", True)


@asynccontextmanager
async def webhook(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The application with the webhook, and a client for it."""
    ours = msgspec.structs.replace(settings, telegram_webhook_secret=SECRET)
    app: Litestar = own_app(ours, routes=webhook_routes(ours))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_the_webhook_stores_and_answers_at_once(settings: Settings, clock: FakeClock) -> None:
    headers = {"x-telegram-bot-api-secret-token": SECRET}
    async with webhook(settings) as web:
        for _ in range(2):
            answer = await web.post("/hooks/telegram", json={"update_id": 5, "message": {}}, headers=headers)
            assert (answer.status_code, answer.text) == (200, "")
        [kept] = await InboundUpdate.all()
    assert (kept.channel, kept.update_key, kept.handled_at) == ("telegram", "5", None)


async def test_the_webhook_takes_nothing_without_the_secret(settings: Settings, clock: FakeClock) -> None:
    async with webhook(settings) as web:
        for secret in ("", "wrong", "mật khẩu", SECRET + "x"):
            headers = {"x-telegram-bot-api-secret-token": secret.encode()}
            answer = await web.post("/hooks/telegram", json={"update_id": 5}, headers=headers)
            assert answer.status_code == 401
        assert await InboundUpdate.all().count() == 0


async def test_a_malformed_update_is_logged_and_not_sent_again(settings: Settings, clock: FakeClock) -> None:
    headers = {"x-telegram-bot-api-secret-token": SECRET}
    async with webhook(settings) as web:
        for body in (b"", b"{", b"\xff\xfe", b'{"update_id": "x"}', b"[1]"):
            answer = await web.post("/hooks/telegram", content=body, headers=headers)
            assert answer.status_code == 200
        assert await InboundUpdate.all().count() == 0


@pytest.mark.one_database
def test_without_a_secret_there_is_no_webhook() -> None:
    assert webhook_routes(Settings()) == []


async def test_a_replica_hears_what_another_stored(office: Office, cast: Cast, fake: FakeTelegram) -> None:
    """Two replicas look at the same update: one handles it."""
    from bot.inbox import Inbox

    phone = await office.phone("an")
    other = Inbox(office.channel, read, office.inbound, office.voice, album_wait_s=0)
    phone.send("việc")
    await office.poller.fetch_once()
    done = await asyncio.gather(office.inbox.drain_once(), other.drain_once())
    assert sorted(done) == [0, 1]
    assert len(phone.received) == 1


async def test_what_is_claimed_when_the_bot_stops_is_handled(
    office: Office, cast: Cast, fake: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One lane and several chats: the others' messages are claimed and wait for it when the bot is told to stop."""
    monkeypatch.setattr("bot.inbox.LANES", 1)
    office.inbox._intake._lanes = 1
    phones = [await office.phone(who) for who in ("an", "binh", "head")]
    for phone in phones:
        phone.send("việc")
    await office.poller.fetch_once()
    begun, let = asyncio.Event(), asyncio.Event()
    handle = office.inbound.handle

    async def slowly(*args: Any) -> Any:
        begun.set()
        await let.wait()
        return await handle(*args)

    monkeypatch.setattr(office.inbound, "handle", slowly)
    running = asyncio.create_task(office.inbox.run())
    await begun.wait()
    await office.inbox.close()
    let.set()
    await running
    assert [len(phone.received) for phone in phones] == [1, 1, 1]
    assert await InboundUpdate.filter(handled_at=None).count() == 0
