"""The proof of delivery: what was said about a task, every try, when it was read; on the page, in the API, in a terminal."""

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backend import delivery, outbox
from backend.domain.types import SYSTEM, Urgency
from backend.kit import clock as clocks
from backend.kit import state
from backend.models import DeliveryAttempt, OutboxNotice, Person
from backend.settings import Settings
from backend.tasks import queries, service
from backend.tasks.schemas import DeliveryView, TaskView
from bot.channel import SendError
from bot.queue import Queue, reclaim
from tests import commands
from tests.backend.given import given
from tests.backend.web_browser import Browser, text_of
from tests.bot.bot_room import Wall, link, sender_on
from tests.bot.conftest import Office, fake, office  # noqa: F401
from tests.cast import Cast
from tests.fakes import FakeClock, vn


async def of(task: TaskView, locale: str = "vi") -> list[DeliveryView]:
    return (await queries.deliveries(SYSTEM, task.id, locale=locale)).items


@pytest.fixture
async def told(db: None, cast: Cast, clock: FakeClock) -> tuple[TaskView, Wall]:
    return await tell(cast, clock)


async def tell(cast: Cast, clock: FakeClock, **fields: Any) -> tuple[TaskView, Wall]:
    """A task whose card An has had on Telegram."""
    await link(cast.an, "4711")
    task, wall = await given(cast, **fields), Wall()
    clock.move(minutes=1)
    await sender_on(wall).drain_once()
    return task, wall


async def test_every_try_is_there_with_its_receipt(told: tuple[TaskView, Wall]) -> None:
    [one] = await of(told[0])
    assert (one.notice, one.what, one.to.handle, one.status, one.problem) == (
        "TaskAssigned",
        "Báo giao việc",
        "an",
        "sent",
        "",
    )
    [tried] = one.attempts
    assert (tried.channel, tried.address, tried.outcome, tried.receipt) == ("telegram", "…711", "sent", "1")
    assert tried.finished_at is not None
    assert (one.seen_at, tried.seen_at) == (None, None)


async def test_the_first_sign_of_reading_is_kept(told: tuple[TaskView, Wall], clock: FakeClock) -> None:
    task, _ = told
    assert not await delivery.seen("telegram", "4711", "")
    assert not await delivery.seen("telegram", "4711", "99")
    assert not await delivery.seen("zalo", "4711", "1")
    clock.move(minutes=3)
    assert await delivery.seen("telegram", "4711", "1")
    first = (await of(task))[0].seen_at
    assert first == clock()
    clock.move(minutes=3)
    assert not await delivery.seen("telegram", "4711", "1")
    assert not await delivery.seen_task(1, task.id, "telegram")
    assert (await of(task))[0].seen_at == first


async def test_an_act_on_the_task_is_reading_what_was_told_there_before(
    told: tuple[TaskView, Wall], cast: Cast, clock: FakeClock
) -> None:
    task, _ = told
    assert not await delivery.seen_task(cast.binh.id, task.id, "telegram")
    assert not await delivery.seen_task(cast.an.id, task.id, "zalo")
    assert await delivery.seen_task(cast.an.id, task.id, "telegram")
    assert (await of(task))[0].seen_at == clock()


async def test_what_a_killed_worker_was_sending_is_unknown(db: None, cast: Cast, clock: FakeClock) -> None:
    await link(cast.an, "4711")
    task = await given(cast)
    clock.move(minutes=1)
    queue = Queue()
    [claimed] = await queue.claim(1)
    assert await queue.start(claimed, "telegram", "4711")
    assert (await of(task))[0].problem == "đang gửi"
    clock.move(minutes=2)
    await reclaim()
    [one] = await of(task)
    [lost] = one.attempts
    assert (lost.outcome, lost.problem) == ("unknown", "không rõ: tiến trình dừng trước khi có trả lời")
    assert one.problem == "không rõ lần trước đã tới chưa: sẽ gửi lại một lần, có ghi chú"
    [english] = await of(task, "en")
    assert english.attempts[0].problem == "unknown: the process ended before there was an answer"
    await sender_on(Wall()).drain_once()
    [one] = await of(task)
    assert [tried.outcome for tried in one.attempts] == ["unknown", "sent"]
    assert (one.status, one.problem) == ("sent", "")


async def test_every_end_of_a_try_has_its_words(db: None, cast: Cast, clock: FakeClock) -> None:
    await link(cast.an, "4711")
    await link(cast.an, "z-4711", "zalo")
    task, chat, zalo = await given(cast), Wall(), Wall("zalo", edits=False)
    clock.move(minutes=1)
    chat.errors = [
        SendError("temporary", "502"),
        SendError("unknown", "hung up"),
        SendError("address", "4711 blocked us"),
    ]
    zalo.errors = [SendError("message", "bad request")]
    sender = sender_on(chat, zalo)
    await sender.drain_once()
    assert (await of(task))[0].problem == "lần trước chưa tới nơi: sẽ gửi lại"
    for _ in range(4):
        clock.move(minutes=5)
        await sender.drain_once()
    [one] = [one for one in await of(task) if one.notice == "TaskAssigned"]
    assert [(tried.channel, tried.outcome, tried.problem) for tried in one.attempts] == [
        ("telegram", "retry", "lần này chưa tới nơi"),
        ("telegram", "unknown", "không rõ: đường truyền đứt trước khi có trả lời"),
        ("telegram", "failed", "kênh này không nhận"),
        ("zalo", "failed", "kênh này không nhận"),
    ]
    assert one.attempts[2].detail == "…711 blocked us", "what the server said shows no address"
    assert (one.status, one.problem) == ("dead", "kênh không nhận tin này")


async def test_what_was_never_tried_says_why(db: None, cast: Cast, clock: FakeClock) -> None:
    async def why(locale: str = "vi") -> str:
        [one] = [one for one in await of(task, locale) if one.notice == "TaskAssigned"]
        return one.problem

    task = await given(cast)
    assert await why() == "chờ vài giây, để còn rút lại được"
    clock.move(minutes=1)
    assert await why() == "đang chờ đến lượt gửi"
    await OutboxNotice.all().update(not_before=vn("2026-11-23 13:30"), in_slot=True)
    assert await why() == "chờ khung giờ 13:30 thứ Hai 23/11/2026"
    assert await why("en") == "waiting for the slot 13:30 Monday 23/11/2026"
    await OutboxNotice.all().update(in_slot=False)
    assert await why() == "chờ đến 13:30 thứ Hai 23/11/2026"
    await OutboxNotice.all().update(not_before=clock())
    await sender_on(Wall()).drain_once()
    assert await why() == "máy chủ không gửi qua E-mail"
    for problem, said in (
        ("no linked chat and no address", "chưa nối kênh nào"),
        ("the person has left", "người này đã thôi việc"),
        ("not sent from here: email, webpush", "máy chủ không gửi qua E-mail, Thông báo trình duyệt"),
        ("no way left after telegram", "không còn kênh nào sau Telegram"),
        (f"{outbox.ONLY_WAY}zalo", "chỉ có một cách liên lạc: Zalo"),
        ("cannot be put into words: ValidationError: x", "không diễn đạt được thông báo này"),
        ("given up: 502", "đã thử nhiều lần, không tới nơi"),
    ):
        await OutboxNotice.all().update(problem=problem)
        assert await why() == said
    await OutboxNotice.all().update(status="pending")
    await service.cancel(await cast.actor("head"), task.id, "thôi")
    assert await why() == "không gửi nữa: đã có trả lời, hoặc việc đã thay đổi"


async def test_lines_of_one_message_share_their_receipt_and_its_reading(db: None, cast: Cast, clock: FakeClock) -> None:
    await link(cast.an, "4711")
    tasks, wall = [await given(cast, title=f"Việc {number}") for number in (1, 2)], Wall()
    await OutboxNotice.filter(kind="TaskAssigned").update(in_slot=True, ready_at=clock() - timedelta(minutes=6))
    await sender_on(wall).drain_once()
    assert len(wall.said) == 1
    assert [(await of(task))[0].attempts[0].receipt for task in tasks] == ["1", "1"]
    assert await delivery.seen("telegram", "4711", "1")
    assert all([(await of(task))[0].seen_at for task in tasks])


async def test_a_corrected_card_is_no_delivery(told: tuple[TaskView, Wall], cast: Cast) -> None:
    task, wall = told
    await service.acknowledge(await cast.actor("an"), task.id)
    await sender_on(wall).drain_once()
    assert len(wall.edited) == 1
    assert [one.notice for one in await of(task)] == ["TaskAssigned"]
    assert len((await of(task))[0].attempts) == 1


async def test_urgent_work_shows_its_second_way(db: None, cast: Cast, clock: FakeClock) -> None:
    await link(cast.an, "4711")
    task = await given(cast, urgency=Urgency.EXPRESS)
    await sender_on(Wall()).drain_once()
    first, second = await of(task)
    assert [(one.second, one.status) for one in (first, second)] == [(False, "sent"), (True, "muted")]
    assert second.problem == "chỉ có một cách liên lạc: Telegram"


async def test_presses_replies_and_typed_words_are_signs_of_reading(office: Office, clock: FakeClock) -> None:  # noqa: F811
    phone = await office.phone("an")
    tasks = [await office.assign(title=f"Việc {number}", urgency="express") for number in range(4)]
    await office.turn()

    async def read(number: int) -> bool:
        return (await of(tasks[number]))[0].seen_at is not None

    def card(number: int) -> Any:
        return phone.find(f"Việc {number}")

    assert not any([await read(number) for number in range(4)])
    phone.press(card(0), "Chi tiết")
    await office.turn()
    phone.send("đã rõ, cảm ơn anh", reply_to=card(1))
    await office.turn()
    assert [await read(number) for number in range(4)] == [True, True, False, False]
    phone.send(f"{tasks[2].code} nhận")
    await office.turn()
    assert [await read(number) for number in range(4)] == [True, True, True, False]
    phone.send("nhận hết")
    await office.turn()
    assert all([await read(number) for number in range(4)])


async def test_who_sees_what(app: Any, cast: Cast, clock: FakeClock) -> None:
    task = await given(cast, watchers=["binh"])
    async with cast.client(app, "binh") as binh, cast.client(app, "head") as head:
        own = (await binh.get(f"/api/tasks/{task.code}/deliveries")).json()
        assert [one["to"]["handle"] for one in own] == ["binh"]
        all_ = (await head.get(f"/api/tasks/{task.code}/deliveries")).json()
        assert [one["to"]["handle"] for one in all_] == ["an", "binh"]
        # Page by page.
        first = await head.get(f"/api/tasks/{task.code}/deliveries?limit=1")
        assert [one["to"]["handle"] for one in first.json()] == ["an"]
        second = await head.get(httpx.URL(first.links["next"]["url"]))
        assert [one["to"]["handle"] for one in second.json()] == ["binh"]
        assert "next" not in second.links
        assert (await head.get(f"/api/tasks/{task.code}/deliveries?after=x")).status_code == 400
    async with cast.client(app, "stranger") as stranger:
        assert (await stranger.get(f"/api/tasks/{task.code}/deliveries")).status_code == 404


async def test_of_a_secret_task_no_word_is_shown(app: Any, cast: Cast, clock: FakeClock) -> None:
    task, _ = await tell(cast, clock, title="Thanh tra đất đai", secret=True)
    async with cast.client(app, "head") as head:
        shown = (await head.get(f"/api/tasks/{task.code}/deliveries")).text
        assert "Thanh tra" not in shown
        assert "sent" in shown
    async with cast.client(app, "hr") as hr:
        assert (await hr.get(f"/api/tasks/{task.code}/deliveries")).status_code == 404


async def test_on_the_page_in_both_languages(app: Any, cast: Cast, clock: FakeClock) -> None:
    task, _ = await tell(cast, clock)
    await delivery.seen("telegram", "4711", "1")
    attempt = await DeliveryAttempt.get()
    await DeliveryAttempt.create(
        notice_id=attempt.notice_id,  # type: ignore[attr-defined]
        channel="telegram",
        address="4711",
        started_at=clock(),
        outcome="unknown",
        problem="the worker ended before the answer",
    )
    for locale, words in (
        ("vi", ["Đã gửi hôm nay 08:01 qua Telegram (có thể gửi lặp), đã đọc hôm nay 08:01", "không rõ: tiến trình"]),
        ("en", ["Sent today 08:01 by Telegram (perhaps twice), read today 08:01", "unknown: the process ended"]),
    ):
        await Person.filter(id=cast.head.id).update(locale=locale)
        async with Browser(app) as head:
            await head.sign_in(cast, "head")
            page = text_of(await head.get(f"/tasks/{task.code}"))
            for said in words:
                assert said in page
            assert "4711" not in page
    async with Browser(app) as binh:
        await service.comment(await cast.actor("head"), task.id, "x")
        await binh.sign_in(cast, "an")
        assert "Đã gửi hôm nay 08:01 qua Telegram" in text_of(await binh.get(f"/tasks/{task.code}"))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_on_the_command_line(
    told: tuple[TaskView, Wall], cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    task, _ = told
    await delivery.seen("telegram", "4711", "1")
    await given(cast, to="binh")
    await state.put(clocks.OFFSET_KEY, repr((clock() - datetime.now(UTC)).total_seconds()))

    def giaoviec(*arguments: str) -> commands.Done:
        environment = {**os.environ, "DATABASE_URL": settings.database, "VAR_DIR": str(settings.var), "LANG": "vi"}
        return commands.giaoviec("delivery", *arguments, environment=environment)

    shown = giaoviec(task.code)
    assert shown.returncode == 0, shown.stderr
    assert "Báo giao việc → Nguyễn Văn An" in shown.stdout
    assert "23/11 08:01  Telegram …711  đã gửi · mã tin 1 · đã đọc 23/11 08:01" in shown.stdout
    english = giaoviec(task.code, "--locale", "en").stdout
    assert "Telegram …711  sent · message 1 · read 23/11 08:01" in english
    [listed] = json.loads(giaoviec(task.code, "--json").stdout)
    assert (listed["status"], listed["attempts"][0]["receipt"]) == ("sent", "1")
    await OutboxNotice.all().delete()
    assert giaoviec(task.code).stdout == "Chưa có thông báo nào về việc này.\n"
    unknown = giaoviec("CV26-999999")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "giaoviec: " in unknown.stderr
    assert giaoviec(task.code, "--locale", "fr").returncode == 1
