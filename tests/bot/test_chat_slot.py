"""A message of several lines in the chat: each line has its own buttons, and what was answered says so."""

import pytest

from backend.models import DeliveryAttempt, OutboxNotice, Task
from backend.tasks import service
from bot.simulator.phone import Phone
from reminders import remind
from tests.bot.conftest import Office
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
async def phone(office: Office, cast: Cast, clock: FakeClock) -> Phone:
    """An's phone with one message about three tasks, the third of them secret."""
    phone = await office.phone("an")
    for title in ("Báo cáo <PCCC>", "Kiểm tra chợ"):
        await office.assign(title=title)
    await office.assign(title="Đơn thư", secret=True)
    for task in await Task.all():
        await service.acknowledge(await cast.actor("an"), task.id)
    await OutboxNotice.all().delete()
    clock.set("2026-11-25 08:00")
    await Task.all().update(look_at=clock())
    await remind.tick()
    await office.turn()
    return phone


def labels(phone: Phone) -> list[str]:
    return [button.text for row in phone.last.buttons for button in row]


async def test_one_message_says_all_and_every_line_can_be_answered(office: Office, phone: Phone) -> None:
    assert phone.last.text.startswith("3 việc cần để mắt:")
    assert "1. " in phone.last.text
    assert "Báo cáo <PCCC>" in phone.last.text
    assert "Đơn thư" not in phone.last.text
    assert labels(phone) == [
        "1 · Đang làm",
        "1 · Đã xong",
        "1 · Đang chờ…",
        "2 · Đang làm",
        "2 · Đã xong",
        "2 · Đang chờ…",
    ]
    assert len({attempt.receipt for attempt in await DeliveryAttempt.filter(outcome="sent")}) == 1
    told, count = phone.last, len(phone.messages)
    phone.press(told, "2 · Đã xong")
    await office.turn()
    assert (await Task.get(title="Kiểm tra chợ")).status == "reported"
    assert phone.last.text.startswith("3 việc cần để mắt:"), "the message stays what it is"
    assert "Đã báo cáo" in phone.last.text
    assert labels(phone) == ["1 · Đang làm", "1 · Đã xong", "1 · Đang chờ…"]
    phone.press(phone.last, "1 · Đang làm")
    await office.turn()
    assert labels(phone) == []
    assert phone.last.text.count("Đã nhận") == 1
    assert [message for message in phone.messages[count:] if message.from_bot] == []


async def test_a_reply_to_several_lines_is_asked_about(office: Office, phone: Phone) -> None:
    phone.send("Đã gửi rồi", reply_to=phone.last)
    await office.turn()
    assert "Tin này nói về nhiều việc" in phone.last.text
    assert await Task.filter(status="acknowledged").count() == 3


async def test_a_task_that_went_to_somebody_else_has_no_buttons_any_more(
    office: Office, cast: Cast, phone: Phone
) -> None:
    [task] = await Task.filter(title="Kiểm tra chợ")
    told = phone.last
    await service.reassign(await cast.actor("head"), task.id, "binh")
    phone.press(told, "1 · Đang làm")
    await office.turn()
    assert "1 · Đang làm" not in labels(phone)


async def test_what_may_have_arrived_is_sent_once_more_and_says_so(office: Office, cast: Cast, phone: Phone) -> None:
    await OutboxNotice.all().update(status="pending", maybe_sent=True)
    await office.turn()
    assert phone.last.text.startswith("3 việc cần để mắt:")
    assert "có thể gửi lặp" in phone.last.text
