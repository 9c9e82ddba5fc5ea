"""Every way a call to Telegram can end, on a real server: what it means for the notice and for the link."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from backend.kit import clock as times
from backend.models import ChatLink, DeliveryAttempt
from bot.channel import File, Receipt, SendError, Text
from bot.simulator.telegram import FakeTelegram
from tests.bot.bot_room import link, moved, put, row, sender_on
from tests.bot.conftest import Office, on_telegram
from tests.cast import Cast
from tests.fakes import FakeClock

HELLO = Text("Xin <b>chào</b>")


@pytest.fixture
async def channel(fake: FakeTelegram) -> AsyncIterator[Any]:
    """The channel: an answer may take its time on a busy machine."""
    async with on_telegram(fake, timeout_s=60) as channel:
        yield channel


@pytest.fixture
async def hasty(fake: FakeTelegram) -> AsyncIterator[Any]:
    """The same, impatient: for calls that hang."""
    async with on_telegram(fake, timeout_s=1) as channel:
        yield channel


async def failure(channel: Any, chat: str = "7") -> SendError:
    with pytest.raises(SendError) as caught:
        await channel.send(chat, HELLO)
    return caught.value


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (403, "Forbidden: bot was blocked by the user", "address"),
        (403, "Forbidden: user is deactivated", "address"),
        (403, "Forbidden: bot was kicked from the group chat", "address"),
        (400, "Bad Request: chat not found", "address"),
        (400, "Bad Request: PEER_ID_INVALID", "address"),
        (400, "Bad Request: message is too long", "message"),
        (400, "Bad Request: can't parse entities: unclosed start tag", "message"),
        (400, "Bad Request: BUTTON_DATA_INVALID", "message"),
        (413, "Request Entity Too Large", "message"),
        (401, "Unauthorized", "temporary"),
        (404, "Not Found", "temporary"),
        (409, "Conflict: terminated by other getUpdates request", "temporary"),
        (500, "Internal Server Error", "temporary"),
        (500, "Internal Server Error: restart", "temporary"),
        (502, "Bad Gateway", "temporary"),
    ],
)
async def test_a_refusal_by_its_words(fake: FakeTelegram, channel: Any, status: int, words: str, kind: str) -> None:
    fake.user(7, started=True)
    fake.fail("sendMessage", status, description=words)
    assert (await failure(channel)).kind == kind


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("status", "kind"),
    [(502, "unknown"), (504, "unknown"), (503, "temporary"), (403, "temporary"), (413, "message"), (200, "unknown")],
)
async def test_an_answer_of_somebody_between_us_and_telegram(
    fake: FakeTelegram, channel: Any, status: int, kind: str
) -> None:
    fake.user(7, started=True)
    fake.fail("sendMessage", status, body="<html>a proxy speaks</html>")
    assert (await failure(channel)).kind == kind


@pytest.mark.one_database
async def test_a_flood_names_its_wait(fake: FakeTelegram, channel: Any) -> None:
    fake.user(7, started=True)
    fake.fail("sendMessage", 429, retry_after=7)
    error = await failure(channel)
    assert (error.kind, error.retry_after_s) == ("temporary", 7.0)


@pytest.mark.one_database
async def test_a_group_that_became_a_supergroup_names_its_address(fake: FakeTelegram, channel: Any) -> None:
    group = fake.group("Phòng")
    new = fake.migrate(group)
    error = await failure(channel, str(group.id))
    assert (error.kind, error.moved_to) == ("temporary", str(new.id))


@pytest.mark.one_database
async def test_a_connection_that_was_never_made_is_temporary(fake: FakeTelegram, channel: Any) -> None:
    fake.user(7, started=True)
    await fake.stop()
    assert (await failure(channel)).kind == "temporary"


@pytest.mark.one_database
@pytest.mark.parametrize("after_effect", [False, True])
async def test_a_dropped_or_hanging_call_is_unknown(fake: FakeTelegram, hasty: Any, after_effect: bool) -> None:
    phone = fake.user(7, started=True)
    fake.drop("sendMessage", after_effect=after_effect)
    assert (await failure(hasty)).kind == "unknown"
    fake.hang("sendMessage", 3, after_effect=after_effect)
    assert (await failure(hasty)).kind == "unknown"
    assert len(phone.received) >= 2 * after_effect


@pytest.mark.one_database
async def test_no_error_tells_the_token(fake: FakeTelegram, channel: Any) -> None:
    fake.user(7, started=True)
    details = []
    fake.drop("*", times=None)
    details.append((await failure(channel)).detail)
    with pytest.raises(SendError) as caught:
        await channel.fetch(File("x", "x.pdf"))
    details.append(str(caught.value))
    await fake.stop()
    details.append((await failure(channel)).detail)
    assert all("TEST" not in detail and "123456" not in detail for detail in details)


@pytest.mark.one_database
async def test_an_edit_that_is_needless_is_no_error(fake: FakeTelegram, channel: Any) -> None:
    phone = fake.user(7, started=True)
    receipt = await channel.send("7", HELLO)
    await channel.edit("7", receipt, HELLO)
    await channel.edit("7", Receipt("999"), HELLO)
    await channel.edit("7", receipt, Text("Khác"))
    assert phone.last.text == "Khác"
    phone.block()
    with pytest.raises(SendError) as caught:
        await channel.edit("7", receipt, HELLO)
    assert caught.value.kind == "address"


@pytest.mark.one_database
async def test_a_toast_that_comes_too_late_is_no_error(fake: FakeTelegram, channel: Any) -> None:
    await channel.toast("no-such-press", "Xong")
    fake.fail("answerCallbackQuery", 502)
    with pytest.raises(SendError) as caught:
        await channel.toast("no-such-press", "Xong")
    assert caught.value.kind == "temporary"


@pytest.mark.one_database
async def test_a_file_that_cannot_be_had_now_can_be_had_later(fake: FakeTelegram, hasty: Any) -> None:
    phone = fake.user(7, started=True)
    sent = phone.document(b"%PDF-1.4 ...", "bao-cao.pdf")
    assert sent.message is not None
    assert sent.message.file is not None
    file = File(sent.message.file.id, "bao-cao.pdf")
    for order in (
        lambda: fake.drop("download", times=2),  # the client itself asks a second time
        lambda: fake.hang("getFile", 3),
        lambda: fake.fail("download", 502),
    ):
        order()
        with pytest.raises(SendError) as caught:
            await hasty.fetch(file)
        assert caught.value.kind == "temporary"
    assert await hasty.fetch(file) == b"%PDF-1.4 ..."
    with pytest.raises(SendError) as caught:
        await hasty.fetch(File("no-such-file", "x"))
    assert caught.value.kind == "message"


@pytest.mark.one_database
async def test_a_reply_goes_under_its_message(fake: FakeTelegram, channel: Any) -> None:
    phone = fake.user(7, started=True)
    first = await channel.send("7", HELLO)
    await channel.send("7", Text("trả lời"), reply_to=first)
    assert phone.last.reply_to is phone.received[0]
    await channel.send("7", Text("trả lời"), reply_to=Receipt("999"))
    assert phone.last.reply_to is None


async def test_a_message_that_arrived_unseen_is_on_the_phone_twice_and_flagged(
    db: None, cast: Cast, fake: FakeTelegram, channel: Any, clock: FakeClock
) -> None:
    phone = fake.user(7, started=True)
    await link(cast.an, "7")
    notice_id = await put(moved(), cast.an)
    fake.drop("sendMessage", after_effect=True)
    sender = sender_on(channel)
    assert await sender.drain_once() == {"unknown": 1}
    clock.move(minutes=1)
    assert await sender.drain_once() == {"sent": 1}
    first, second = phone.received
    assert "có thể gửi lặp" not in first.text
    assert second.text == f"{first.text}\n\n(có thể gửi lặp)"
    kept = await DeliveryAttempt.filter(notice_id=notice_id).order_by("id")
    assert [(attempt.outcome, attempt.receipt) for attempt in kept] == [("unknown", ""), ("sent", str(second.id))]


async def test_somebody_who_blocked_the_bot_is_not_written_to_again(
    db: None, cast: Cast, fake: FakeTelegram, channel: Any
) -> None:
    phone = fake.user(7, started=True)
    kept = await link(cast.an, "7")
    phone.block()
    notice_id = await put(moved(), cast.an)
    assert await sender_on(channel).drain_once() == {"failed": 1, "muted": 3}  # it, and that the chat is lost
    assert (await ChatLink.get(id=kept.id)).ended_at is not None
    assert (await row(notice_id)).status == "muted"


async def test_a_flood_postpones_the_chat_and_not_the_others(
    db: None, cast: Cast, fake: FakeTelegram, channel: Any, clock: FakeClock
) -> None:
    an, binh = fake.user(7, started=True), fake.user(8, started=True)
    await link(cast.an, "7")
    await link(cast.binh, "8")
    fake.fail("sendMessage", 429, retry_after=30, chat_id=7)
    notice_id = await put(moved(1), cast.an)
    await put(moved(2), cast.an)
    await put(moved(3), cast.binh)
    sender = sender_on(channel)
    assert await sender.drain_once() == {"retry": 1, "sent": 1}
    assert (len(an.received), len(binh.received)) == (0, 1)
    assert (await row(notice_id)).ready_at == times.real() + timedelta(seconds=30)


async def test_a_press_is_answered_although_its_edit_fails(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    task = await office.assign()
    clock.move(seconds=10)
    await office.turn()
    office.fake.fail("editMessageText", 502)
    phone.tap("Đã nhận")
    await office.hear()
    assert phone.toasts[-1].text == f"Đã nhận việc {task.code}."
    await office.turn()
    assert "Đã nhận lúc" in phone.last.text, "the changed card mends what the press could not"
