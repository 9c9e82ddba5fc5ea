"""«Xin xác nhận khách quan» under a late notice: the cause in words or a photo, one request, refusals in words."""

from typing import Any

import pytest

from backend.models import Evidence, OutboxNotice, Period, Person, Task, WaiverRequest
from backend.scores import service as scores
from backend.scores.schemas_signing import DecideRequest
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskView
from bot.channel import Button, Text
from bot.simulator.phone import Phone
from reminders import penalise
from tests.bot.conftest import Office
from tests.fakes import FakeClock, vn

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 64 + b"\xff\xd9"
BUTTON = "Xin xác nhận khách quan"


async def late(office: Office, clock: FakeClock, **more: Any) -> tuple[Phone, TaskView]:
    """A task of An's that went late, with the notice of it on his phone."""
    phone = await office.phone("an")
    task = await office.assign(title="Báo cáo lũ", due=DueDraft(at=vn("2026-11-23 16:00")), **more)
    clock.move(seconds=10)
    await office.turn()
    clock.set("2026-11-24 09:00")
    await penalise.tick()
    clock.set("2026-11-25 08:00")
    await office.turn()
    return phone, task


async def test_the_cause_in_words_makes_the_request(office: Office, clock: FakeClock) -> None:
    phone, task = await late(office, clock)
    phone.tap(BUTTON)
    await office.turn()
    assert f"Xin xác nhận nguyên nhân khách quan cho việc {task.code}" in phone.last.text
    phone.send("Lũ cuốn đường, mất điện cả ngày", reply_to=phone.last)
    await office.turn()
    made = await WaiverRequest.get()
    assert (made.cause, made.person_id) == ("Lũ cuốn đường, mất điện cả ngày", office.cast.an.id)  # type: ignore[attr-defined]
    assert any("Đã gửi đề nghị xác nhận" in message.text for message in phone.received)
    assert (await OutboxNotice.get(kind="WaiverAsked")).person_id == office.cast.head.id  # type: ignore[attr-defined]


async def test_a_photo_alone_is_a_cause(office: Office, clock: FakeClock) -> None:
    phone, _ = await late(office, clock)
    phone.tap(BUTTON)
    await office.turn()
    phone.photo(JPEG, reply_to=phone.last)
    await office.turn()
    made = await WaiverRequest.get()
    assert made.cause == "Xem ảnh, tệp kèm theo."
    assert await Evidence.filter(request_id=made.id).count() == 1


async def test_twice_is_one_request_and_says_so(office: Office, clock: FakeClock) -> None:
    phone, task = await late(office, clock)
    notice = phone.last
    phone.tap(BUTTON)
    await office.turn()
    question = phone.last
    update = phone.send("Mất điện", reply_to=question)
    await office.turn()
    office.fake.redeliver(update)
    phone.send("Mất điện nữa", reply_to=question)
    await office.turn()
    waits = f"Đề nghị xác nhận nguyên nhân khách quan của việc {task.code} đã gửi, đang chờ quyết định."
    assert phone.last.text == waits
    phone.press(notice, BUTTON)
    await office.turn()
    assert phone.toasts[-1].text == waits
    assert await WaiverRequest.all().count() == 1


async def test_an_answer_that_is_not_a_reply_counts_and_can_be_dropped(office: Office, clock: FakeClock) -> None:
    phone, _ = await late(office, clock)
    notice = phone.last
    phone.tap(BUTTON)
    await office.turn()
    phone.send("thôi")
    await office.turn()
    assert phone.last.text == "Đã bỏ qua câu hỏi."
    assert await WaiverRequest.all().count() == 0
    phone.press(notice, BUTTON)
    await office.turn()
    phone.send("Mất điện toàn phường")
    await office.turn()
    assert (await WaiverRequest.get()).cause == "Mất điện toàn phường"


async def test_refusals_in_words(office: Office, clock: FakeClock) -> None:
    phone, task = await late(office, clock)
    notice = phone.last
    phone.tap(BUTTON)
    await office.turn()
    question = phone.last
    phone.send("Mất điện", reply_to=question)
    await office.turn()
    made = await WaiverRequest.get()
    await scores.decide_waiver(await office.cast.actor("head"), made.id, DecideRequest(grant=True, reason="Đúng"))
    granted = f"Lần này của việc {task.code} đã được xác nhận nguyên nhân khách quan, không bị trừ điểm."
    phone.press(notice, BUTTON)
    phone.send("Lại mất điện", reply_to=question)
    await office.turn()
    assert phone.toasts[-1].text == granted
    assert any(message.text == granted for message in phone.received)
    assert await WaiverRequest.all().count() == 1


async def test_a_closed_period_says_so(office: Office, clock: FakeClock) -> None:
    phone, task = await late(office, clock)
    notice = phone.last
    await service.report(await office.cast.actor("an"), task.id, "Xong")
    await service.accept(await office.cast.actor("head"), task.id)
    phone.press(notice, BUTTON)
    await office.turn()
    question = next(message for message in phone.received if "trả lời tin này bằng lý do" in message.text)
    await Period.create(key="2026-11", kind="month", from_on="2026-11-01", until_on="2026-11-30", status="closed")
    phone.press(notice, BUTTON)
    phone.send("Mất điện", reply_to=question)
    await office.turn()
    assert "đã chốt nên không xin xác nhận được nữa" in phone.toasts[-1].text
    assert any("đã chốt nên không xin xác nhận được nữa" in message.text for message in phone.received)
    assert await WaiverRequest.all().count() == 0


async def test_in_english(office: Office, clock: FakeClock) -> None:
    await Person.filter(id=office.cast.an.id).update(locale="en")
    phone, task = await late(office, clock)
    phone.tap("Ask for a waiver")
    await office.turn()
    assert f"Waiver of {task.code} for an objective cause" in phone.last.text
    phone.send("Power cut", reply_to=phone.last)
    await office.turn()
    assert any("The request to waive the delay" in message.text for message in phone.received)


async def test_of_a_secret_task_nothing_is_asked_in_chat(office: Office, clock: FakeClock) -> None:
    phone, task = await late(office, clock)
    notice = phone.last
    await Task.filter(id=task.id).update(secret=True)
    phone.press(notice, BUTTON)
    await office.turn()
    assert phone.toasts[-1].text == f"Việc mật {task.code}: xin làm tại trang."


async def test_a_button_for_a_delay_that_is_not_theirs(office: Office, clock: FakeClock) -> None:
    _, task = await late(office, clock)
    head = await office.phone("head")
    for number in ("1", "7", "x"):
        row = ((Button(BUTTON, f"n:{task.id}:waive:{number}"),),)
        await office.channel.send(str(head.id), Text("?", row))
        await office.turn()
        head.tap(BUTTON)
        await office.turn()
        assert head.toasts[-1].text == f"Việc {task.code} không có lần trễ này của anh/chị."
    assert await WaiverRequest.all().count() == 0


@pytest.mark.parametrize("instance", [1, 2])
async def test_the_notice_names_its_own_instance(office: Office, clock: FakeClock, instance: int) -> None:
    phone, _ = await late(office, clock)
    if instance == 2:
        clock.set("2026-12-02 09:00")
        await penalise.tick()
        clock.set("2026-12-04 08:00")
        await office.turn()
    shown = [button for message in phone.received for row in message.buttons for button in row]
    numbers = [button.data.rpartition(":")[2] for button in shown if button.text == BUTTON]
    assert numbers == [str(number) for number in range(1, instance + 1)]
