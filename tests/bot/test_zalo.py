"""Zalo from end to end: heard, answered, sent, counted; webhooks that repeat, come out of order or are rubbish."""

import asyncio
from contextlib import AbstractAsyncContextManager

import httpx
import msgspec
import pytest

from backend import channel_use
from backend.auth import linking
from backend.channel_use import Level, Meter, Use
from backend.domain.notices import HeldTask, LeaderDigest, MorningList
from backend.models import ChatLink, DeliveryAttempt, InboundUpdate, OutboxNotice, Person, Task, TaskEvent
from backend.settings import BadSettings, Settings, load
from backend.tasks import facts, service
from backend.tasks.schemas import DueDraft, TaskDraft
from bot.channel import Button, Text
from bot.run import run
from bot.simulator.telegram import FakeTelegram
from bot.simulator.zalo import FakeZalo
from bot.zalo.updates import read
from tests.bot.bot_room import link, moved, put, row
from tests.bot.conftest import TOKEN as TELEGRAM_TOKEN
from tests.bot.serving import served
from tests.bot.zalo_room import FIRST, SECOND, TOKENS, zalo_office
from tests.cast import Cast, make_cast
from tests.fakes import FakeClock, vn

SECRET = "a-secret-of-zalo"
HEADER = "x-bot-api-secret-token"


async def used(settings: Settings, bot: str = "700001") -> tuple[int, int]:
    [found] = [use for use in await channel_use.uses(settings.zone) if use.bot == bot]
    return found.sent, found.received


async def test_a_code_links_a_chat_and_words_are_answered(db: None, cast: Cast, settings: Settings) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an", linked=False)
        phone.send("xin chào")
        await office.turn()
        assert settings.url in phone.words[-1]
        code, _ = await linking.make_code(await cast.actor("an"))
        phone.send(code)
        await office.turn()
        assert await linking.person_of("zalo", phone.address) == cast.an.id
        phone.send("việc")
        await office.turn()
        assert "Không có việc nào" in phone.words[-1]
        assert await used(settings) == (len(phone.received), 3)


async def test_a_long_card_keeps_what_can_be_typed_in_one_message(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        draft = TaskDraft(title="Dài", body="Nội dung rất dài. " * 150, due=DueDraft(minutes=960), leads=["an"])
        await service.assign(await cast.actor("head"), draft)
        clock.move(seconds=30)
        await office.turn()
        count = len(phone.words)
        phone.send("1?")
        await office.turn()
        [card] = phone.words[count:]
        assert len(card) <= 2000
        assert "➜ http" in card
        assert "1 nhận · 1 xong …" in card.splitlines()[-1]


async def test_a_digest_by_itself_names_tasks_by_the_readers_numbers(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phone, head = await office.phone("an"), await office.phone("head")
        due = DueDraft(at=vn("2026-11-23 16:00"))
        for title in ("Báo cáo PCCC", "Kiểm tra chợ"):
            await service.assign(await cast.actor("head"), TaskDraft(title=title, due=due, leads=["an"]))
        await OutboxNotice.all().delete()
        tasks = tuple([facts.ref(task) for task in await Task.all().order_by("id")])
        await put(MorningList(on=clock().date(), tasks=tasks, count=2), cast.an)
        month = {"period": "2026-11", "done_on_time": 0, "done_late": 0, "open_in_time": 2, "open_late": 0}
        held = tuple(HeldTask(task, "An") for task in tasks)
        await put(LeaderDigest(at=clock(), tasks=held, ahead=2, overdue=0, **month), cast.head)
        await office.turn()
        assert "\n1. 16:00 CV26-000001" in phone.words[-1]
        assert "\n2. 16:00 CV26-000002" in phone.words[-1]
        assert "\n1. hạn 23/11 16:00, An, CV26-000001" in head.words[-1]
        assert "1 nhắc · 2 nhắc" in head.words[-1]
        head.send("2 nhắc")
        phone.send("2 nhận")
        await office.turn()
        assert await TaskEvent.filter(kind="nudged", task__title="Kiểm tra chợ").exists()
        assert (await Task.get(title="Kiểm tra chợ")).status == "acknowledged"


async def test_each_is_answered_by_the_bot_they_wrote_to(db: None, cast: Cast, settings: Settings) -> None:
    async with zalo_office(cast, settings) as office:
        an, binh = await office.phone("an"), await office.phone("binh", bot="700002")
        binh.send("việc")
        await put(moved(), cast.an)
        await office.turn()
        assert "CV26-000001" in an.words[0]
        assert "<" not in an.words[0]
        assert "Không có việc nào" in binh.words[0]
        assert (await used(settings), await used(settings, "700002")) == ((1, 0), (1, 1))
        tokens = [call.token for call in office.fake.calls_of("sendMessage")]
        assert sorted(tokens) == sorted([FIRST, SECOND])
        attempt = await DeliveryAttempt.get()
        assert (attempt.channel, attempt.address, attempt.receipt) == ("zalo", an.address, an.received[0].id)


async def test_who_blocked_the_bot_is_reached_on_another_channel(db: None, cast: Cast, settings: Settings) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        phone.block()
        notice = await put(moved(), cast.an)
        await office.turn()
        assert (await ChatLink.get(channel="zalo")).ended_at is not None
        assert (await row(notice)).status in ("muted", "pending")
        assert await used(settings) == (0, 0)  # what surely did not leave is not counted


async def test_an_outage_delays_and_loses_nothing(db: None, cast: Cast, settings: Settings, clock: FakeClock) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        notice = await put(moved(), cast.an)
        outage = office.fake.fail("sendMessage", 502, times=None)
        for _ in range(12):  # two hours
            await office.turn()
            clock.move(minutes=10)
        assert (await row(notice)).status == "pending"
        assert outage.hits > 3
        outage.cancel()
        clock.move(minutes=31)
        await office.turn()
        assert len(phone.received) == 1
        assert await used(settings) == (1, 0)


async def test_what_may_have_arrived_is_sent_once_more_and_says_so(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        await put(moved(), cast.an)
        office.fake.drop("sendMessage", after_effect=True)
        await office.turn()
        clock.move(minutes=1)
        await office.turn()
        assert len(phone.received) == 2
        assert phone.words[0] != phone.words[1]
        assert await used(settings) == (2, 0)


async def test_a_long_list_arrives_as_one_message(db: None, cast: Cast, settings: Settings) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        await office.channel.send(phone.address, Text("<b>Việc</b>\n" * 700))
        assert len(phone.received) == 1
        assert phone.words[0].endswith(f"➜ {settings.url}")


async def test_stickers_groups_and_bots_do_no_harm(db: None, cast: Cast, settings: Settings) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        phone.sticker()
        phone.document()
        await office.turn()
        assert len(phone.received) == 2
        phone.say_in_group("mọi người ăn trưa chưa")
        await office.turn()
        assert len(phone.received) == 2
        rows = await InboundUpdate.filter(problem="").count()
        assert rows == 2


# The webhook of a whole server.


def server(settings: Settings, fake: FakeZalo, **more: object) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """The service behind Zalo's webhooks."""
    chosen = {"zalo_token": ",".join(TOKENS), "zalo_api": fake.base_url, "zalo_webhook_secret": SECRET}
    return served(settings, 60, **chosen, **more)


async def test_what_zalo_posts_is_heard_once_and_nobody_else_is(settings: Settings, clock: FakeClock) -> None:
    async with FakeZalo(TOKENS, courier=False) as fake, server(settings, fake) as anybody:
        await fake.until(lambda: all(bot.webhook for bot in fake.world.bots.values()))
        cast = await make_cast()
        bot, phone = fake.world.bot("700002"), fake.phone(7, bot="700002")
        await link(cast.an, phone.address, "zalo")
        event = phone.send("việc")
        body = {"ok": True, "result": event}
        for headers in ({}, {HEADER: ""}, {HEADER: "wrong"}, {HEADER: SECRET[:-1]}, {HEADER: SECRET + "x"}):
            answer = await anybody.post("/hooks/zalo/700002", json=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
        answer = await anybody.post("/hooks/zalo/700003", json=body, headers={HEADER: SECRET})
        assert answer.status_code == 404
        assert await InboundUpdate.all().count() == 0

        # What cannot be read is answered and forgotten; it must not stop what comes behind it.
        for rubbish in (b"", b"[]", b"{", b'{"ok": true}', b"\xff\xfe", b'{"result": {"event_name": 1}}'):
            answer = await anybody.post("/hooks/zalo/700002", content=rubbish, headers={HEADER: SECRET})
            assert (answer.status_code, answer.text) == (200, "")
        assert await InboundUpdate.all().count() == 0

        # Posted three times and behind a later one: handled once each.
        later = phone.send("giúp")
        for one in (later, event, event, later, event):
            assert await fake.post(bot, one) == 200
        await fake.until(lambda: len(phone.received) == 2)
        await fake.heard(phone, "Không có việc nào")
        assert await InboundUpdate.all().count() == 2
        assert await used(settings, "700002") == (2, 2)


async def test_a_whole_conversation_over_webhooks(settings: Settings, clock: FakeClock) -> None:
    async with FakeZalo(TOKENS) as fake, server(settings, fake):
        await fake.until(lambda: fake.world.bot().webhook)
        cast = await make_cast()
        phone = fake.phone(7)
        code, _ = await linking.make_code(await cast.actor("an"))
        phone.send(code)
        await fake.heard(phone, "Đã liên kết")
        assert [bot.name for bot in await channel_use.bots_of("zalo")] == list(TOKENS.values())
        assert fake.calls_of("getUpdates") == []


# The bot as it runs.


async def test_it_polls_beside_telegram_and_tells_of_a_bad_token(
    db: None, cast: Cast, settings: Settings, fake: FakeTelegram
) -> None:
    async with FakeZalo({FIRST: "Giao việc 1"}) as zalo:
        ours = msgspec.structs.replace(
            settings,
            telegram_token=TELEGRAM_TOKEN,
            telegram_api=fake.base_url,
            zalo_token=f"{FIRST},700009:NOT-KNOWN",
            zalo_api=zalo.base_url,
        )
        an, binh = zalo.phone(7, started=True), fake.user(8, started=True)
        await link(cast.an, an.address, "zalo")
        await link(cast.binh, "8")
        async with run(ours) as bot:
            assert bot.chats == ("telegram", "zalo")
            an.send("việc")
            binh.send("việc")
            await zalo.heard(an, "Không có việc nào")
            await binh.wait_for("Không có việc nào")
            await zalo.until(lambda: [call for call in zalo.calls_of("getMe") if call.status == 401])
            bad = await _in_trouble(settings)
            await bot.start("zalo", zalo_token=FIRST)
            an.send("giúp")
            await zalo.until(lambda: len(an.received) == 2)
        assert [(use.bot, use.problem) for use in bad] == [("700009", "getMe: 401 Unauthorized")]


async def _in_trouble(settings: Settings) -> list[Use]:
    """The bots that have a problem, as soon as one has."""
    for _ in range(200):
        if bad := [use for use in await channel_use.uses(settings.zone) if use.problem]:
            return bad
        await asyncio.sleep(0.05)
    raise AssertionError("no bot has a problem")


# Counting.


async def test_the_last_message_of_a_month_goes_to_one_of_many(db: None, settings: Settings, clock: FakeClock) -> None:
    meter = Meter("zalo", settings.zone, 10)
    await meter.heard("b", 4)
    taken = await asyncio.gather(*(meter.take("b") for _ in range(20)))
    assert sum(taken) == 6
    await meter.give_back("b")
    assert await meter.take("b")
    assert not await meter.take("b")
    clock.set("2026-12-01 00:00")
    assert await meter.take("b")
    assert await used(settings, "b") == (1, 0)


def test_how_careful_to_be() -> None:
    now = vn("2026-12-31 09:00")
    levels = [Use("zalo", "b", "2026-12", sent=n, most=1000).level(now) for n in (0, 799, 800, 949, 950, 999, 1000)]
    assert levels == [0, 0, 1, 1, 2, 2, 3]
    assert Use("zalo", "b", "2026-12", sent=10**6).level(now) is Level.PLENTY
    refused = Use("zalo", "b", "2026-12", full_until=vn("2026-12-31 10:00"))
    assert (refused.level(now), refused.level(vn("2026-12-31 10:00"))) == (Level.FULL, Level.PLENTY)
    assert refused.free_at(now, "Asia/Ho_Chi_Minh") == vn("2026-12-31 10:00")
    spent = Use("zalo", "b", "2026-12", sent=1000, most=1000)
    assert spent.free_at(now, "Asia/Ho_Chi_Minh") == vn("2027-01-01 00:00")
    assert (spent.left, Use("zalo", "b", "2026-12").left) == (0, None)


@pytest.mark.parametrize("token", ["no-secret", ":x", "1:", "1:a,1:b", "a b:c"])
def test_a_token_that_is_none_stops_the_start_and_is_not_repeated(token: str) -> None:
    with pytest.raises(BadSettings) as caught:
        load({"ZALO_TOKEN": token})
    assert "ZALO_TOKEN" in str(caught.value)
    assert load({"ZALO_TOKEN": " 1:a , 2:b"}).zalo_tokens == ("1:a", "2:b")
    with pytest.raises(BadSettings, match="ZALO_WEBHOOK_SECRET"):
        load({"ZALO_WEBHOOK_SECRET": "short"})


async def test_what_could_be_pressed_is_typed_in_the_language_of_its_reader(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        draft = TaskDraft(title="Báo cáo PCCC quý IV", due=DueDraft(minutes=960), leads=["an"])
        made = await service.assign(await cast.actor("head"), draft)
        clock.move(seconds=10)
        await office.turn()
        assert "1 nhận" in phone.words[0]
        phone.send("1 nhận")
        await office.turn()
        assert (await Task.get(id=made.tasks[0].id)).status == "acknowledged"
        await Person.filter(id=cast.an.id).update(locale="en")
        phone.send("1?")
        await office.turn()
        assert "1 done" in phone.words[-1]
        # A stranger's buttons are left out: there is nobody whose numbers they could be.
        await office.channel.send(
            office.fake.phone("x", started=True).address, Text("Hai", ((Button("Nhận", "n:1:ack"),),))
        )
        assert office.fake.phone("x").words == ["Hai"]


async def test_a_photo_is_heard_and_fetched(db: None, cast: Cast, settings: Settings) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        phone.photo(b"\xff\xd8\xff" + bytes(10), "ảnh hiện trường")
        assert await office.pollers[0].fetch_once() == 1
        heard = read((await InboundUpdate.get()).body)
        assert heard is not None
        assert (heard.address, heard.said.kind, heard.said.text) == (phone.address, "file", "ảnh hiện trường")
        [file] = heard.said.files
        assert file.name.endswith(".jpg")
        assert await office.channel.fetch(file) == b"\xff\xd8\xff" + bytes(10)
