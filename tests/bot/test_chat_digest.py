"""A leader's digest in the chat: asking after a task with one tap, and the message says that it was done."""

from datetime import timedelta

import pytest

from backend import outbox
from backend.domain.notices import TaskDueSoon
from backend.models import DeliveryAttempt, OutboxNotice, Task, TaskEvent
from backend.tasks import facts, queries
from backend.tasks.schemas import DueDraft
from bot.simulator.phone import Phone
from reminders import digest
from tests.bot.conftest import Office
from tests.cast import Cast
from tests.fakes import FakeClock, vn

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
async def phone(office: Office, cast: Cast, clock: FakeClock) -> Phone:
    """The head's phone with a digest of two tasks of an."""
    await digest.tick()
    phone = await office.phone("head")
    for title, at in (("Báo cáo PCCC", "2026-11-25 17:00"), ("Kiểm tra chợ", "2026-11-25 16:00")):
        await office.assign(title=title, due=DueDraft(at=vn(at)))
    await OutboxNotice.all().delete()
    clock.set("2026-11-25 08:00")
    await digest.tick()
    await outbox.let_go(clock())
    await office.turn()
    return phone


def labels(phone: Phone) -> list[str]:
    return [button.text for row in phone.last.buttons for button in row]


async def number(title: str, cast: Cast) -> int:
    """What the head calls a task."""
    task = await Task.get(title=title)
    return (await queries.numbers_of(cast.head.id, [task.id]))[task.id]


async def test_one_tap_asks_after_a_task_and_the_message_says_so(office: Office, cast: Cast, phone: Phone) -> None:
    first, second = await number("Kiểm tra chợ", cast), await number("Báo cáo PCCC", cast)
    assert labels(phone) == [f"Nhắc {first}", f"Nhắc {second}"]
    told, count = phone.last, len(phone.messages)
    phone.press(told, f"Nhắc {first}")
    await office.turn()
    assert await TaskEvent.filter(kind="nudged", task__title="Kiểm tra chợ").count() == 1
    assert phone.last.text.startswith("Việc của đơn vị")
    assert labels(phone) == [f"Nhắc {second}"]
    assert phone.last.text.count("(đã nhắc)") == 1
    assert [message for message in phone.messages[count:] if message.from_bot] == []
    phone.press(phone.last, f"Nhắc {second}")
    await office.turn()
    assert labels(phone) == []
    assert await OutboxNotice.filter(kind="TaskNudged", person_id=cast.an.id).count() == 2


async def test_a_second_tap_within_two_hours_is_refused_with_a_reason(office: Office, cast: Cast, phone: Phone) -> None:
    told, first = phone.last, await number("Kiểm tra chợ", cast)
    phone.press(told, f"Nhắc {first}")
    phone.press(told, f"Nhắc {first}")
    await office.turn()
    assert await TaskEvent.filter(kind="nudged").count() == 1
    assert f"Nhắc {first}" not in labels(phone)


async def test_a_digest_beside_lines_keeps_their_buttons(
    office: Office, cast: Cast, phone: Phone, clock: FakeClock
) -> None:
    own = await office.assign(by="chair", to="head", title="Việc của tôi", due=DueDraft(at=vn("2026-12-01 17:00")))
    await DeliveryAttempt.all().delete()
    await OutboxNotice.all().delete()
    await Task.filter(id=own.id).update(look_at=None, answer_at=None)
    clock.set("2026-11-26 08:00")
    await Task.filter(lead_id=cast.an.id).update(due_at=clock() + timedelta(hours=5), late_at=None)
    row = await Task.get(id=own.id)
    await outbox.enqueue(TaskDueSoon(task=facts.ref(row)), cast.head.id, "line", not_before=clock(), in_slot=True)
    await digest.tick()
    await outbox.let_go(clock())
    await office.turn()
    first, mine = await number("Kiểm tra chợ", cast), (await office.see(own, "head")).number
    assert f"{mine} · Đang làm" in labels(phone)
    phone.press(phone.last, f"Nhắc {first}")
    await office.turn()
    assert f"{mine} · Đang làm" in labels(phone)
    assert f"{mine}. Nhắc việc" in phone.last.text
    phone.press(phone.last, f"{mine} · Đang làm")
    await office.turn()
    assert not [label for label in labels(phone) if label.startswith(f"{mine} ·")]
    assert "(đã nhắc)" in phone.last.text
