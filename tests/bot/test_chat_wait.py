"""«Đang chờ…» in the chat: a day by a button or in words, kept exactly; and "I know of it" for a leader."""

from datetime import UTC

import pytest

from backend.calendars.default import default_calendar
from backend.kit import clock as clocks
from backend.models import OutboxNotice, Task
from backend.tasks import service
from bot.reading import moment_ahead
from bot.simulator.phone import Phone
from reminders import remind
from reminders.schedule import run_all_due
from tests.bot.conftest import Office
from tests.cast import Cast
from tests.fakes import FakeClock, vn

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
async def phone(office: Office, cast: Cast, clock: FakeClock) -> Phone:
    """An's phone with a reminder of one task, on a Wednesday morning."""
    phone = await office.phone("an")
    await office.assign(title="Xin số liệu")
    await service.acknowledge(await cast.actor("an"), (await Task.get()).id)
    await OutboxNotice.all().delete()
    clock.set("2026-12-02 08:00")
    await Task.all().update(look_at=clock(), due_at=vn("2026-12-18 17:30"))
    await remind.tick()
    await office.turn()
    return phone


def labels(phone: Phone) -> list[str]:
    return [button.text for row in phone.last.buttons for button in row]


async def test_a_day_is_chosen_and_the_next_word_comes_then(office: Office, phone: Phone, clock: FakeClock) -> None:
    reminder = phone.last
    phone.press(reminder, "Đang chờ…")
    await office.turn()
    assert "đang chờ đến khi nào" in phone.last.text
    assert labels(phone) == ["Đến thứ Năm 03/12/2026", "Đến thứ Hai 07/12/2026", "Đến thứ Tư 09/12/2026"]
    phone.press(phone.last, "Đến thứ Hai 07/12/2026")
    await office.turn()
    task = await Task.get()
    assert task.waiting_until == vn("2026-12-07 07:30")
    assert task.look_at == vn("2026-12-07 08:00")
    assert "nhắc lại lúc" in phone.last.text
    assert labels(phone) == []
    clock.set("2026-12-07 08:00")
    await run_all_due()
    await office.turn()
    assert "Xin số liệu" in phone.last.text
    assert "hẹn" in phone.last.text, "why: the lead asked for it"


async def test_a_day_in_words(office: Office, phone: Phone) -> None:
    phone.press(phone.last, "Đang chờ…")
    await office.turn()
    phone.send("khi nào rảnh", reply_to=phone.last)
    await office.turn()
    assert "chưa hiểu" in phone.last.text
    phone.send("14h thứ 6")
    await office.turn()
    assert (await Task.get()).waiting_until == vn("2026-12-04 14:00")
    assert "nhắc lại lúc" in phone.last.text
    phone.send("15h thứ 6")
    await office.turn()
    assert (await Task.get()).waiting_until == vn("2026-12-04 14:00"), "an answered question listens no more"


async def test_what_cannot_wait_says_why(office: Office, phone: Phone, cast: Cast) -> None:
    reminder = phone.last
    phone.press(reminder, "Đang chờ…")
    await office.turn()
    question = phone.last
    await service.report(await cast.actor("an"), (await Task.get()).id, "xong")
    phone.press(question, "Đến thứ Hai 07/12/2026")
    await office.turn()
    assert (await Task.get()).waiting_until is None
    assert "báo cáo" in phone.toasts[-1].text
    phone.send("thứ 6", reply_to=question)
    await office.turn()
    assert (await Task.get()).waiting_until is None
    assert "báo cáo" in phone.last.text


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("thứ 6", "2026-11-27 07:30"),
        ("friday", "2026-11-27 07:30"),
        ("mai", "2026-11-25 07:30"),  # tomorrow is a day off
        ("14h thứ 6", "2026-11-27 14:00"),
        ("27/11", "2026-11-27 07:30"),
        ("đến 28/11", "2026-11-30 07:30"),  # a Saturday
        ("3 ngày", "2026-11-27 10:00"),
        ("hôm nay", None),
        ("22/11", None),
        ("99 giờ tối", None),
        ("thứ 6 nhé", None),
        ("", None),
    ],
)
def test_the_moment_that_is_meant(text: str, at: str | None) -> None:
    found = moment_ahead(text, vn("2026-11-23 10:00"), default_calendar())
    assert (found.astimezone(UTC) if found else None) == (vn(at).astimezone(UTC) if at else None)


async def test_a_leader_says_that_they_know(office: Office, cast: Cast, clock: FakeClock) -> None:
    head = await office.phone("head")
    await office.assign(title="Tổng kết năm")
    task = await Task.get()
    await service.acknowledge(await cast.actor("an"), task.id)
    await OutboxNotice.all().delete()
    clock.set("2026-11-27 08:00")
    await Task.all().update(
        leader_told_at=clocks.now(), answer_line=[cast.vice.id], answer_at=vn("2026-11-30 08:00"), unanswered=2
    )
    from backend import outbox
    from backend.domain.notices import TaskAtRisk
    from backend.tasks import facts

    notice = TaskAtRisk(task=facts.ref(task), lead="An", times=2, gone=80)
    await outbox.enqueue(notice, cast.head.id, "risk:1", not_before=clocks.now())
    await office.turn()
    assert labels(head)[:2] == ["Tôi đã nắm", "Nhắc"]
    head.press(head.last, "Tôi đã nắm")
    await office.turn()
    task = await Task.get()
    assert (task.answer_line, task.answer_at) == ([], None)
    assert labels(head) == ["Nhắc", "Chi tiết"]
