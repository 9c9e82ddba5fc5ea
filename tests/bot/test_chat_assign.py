"""Assigning in one message: certain lines are carried out, others are asked about, nothing is ever done twice."""

from backend.kit.text import fold
from backend.models import InboundUpdate, OutboxNotice, Person, Position, Recurrence, Task
from backend.org.service import PersonPatch, change_person
from backend.tasks.phrasing import understand
from tests.bot.conftest import Office
from tests.fakes import FakeClock, vn

LINE = "giao @an Báo cáo PCCC hạn 17h thứ 6"


async def say(office: Office, text: str, who: str = "head") -> str:
    """What the bot answers to a message."""
    phone = await office.phone(who)
    phone.send(text)
    await office.turn()
    return phone.received[-1].text


async def press(office: Office, label: str, who: str = "head") -> str:
    """What the bot says after a press on its newest message that has this button."""
    phone = await office.phone(who)
    message = next(m for m in reversed(phone.received) if any(label in b.text for row in m.buttons for b in row))
    wanted = next(button.text for row in message.buttons for button in row if label in button.text)
    phone.press(message, wanted)
    await office.turn()
    return phone.received[-1].text


async def namesake() -> Person:
    """A second An, in the other section."""
    person = await Person.create(
        handle="an.lv", full_name="Lê Văn An", name_folded=fold("Lê Văn An"), created_at=vn("2026-01-01 08:00")
    )
    section = (await Position.get(person__handle="binh")).unit_id  # type: ignore[attr-defined]
    await Position.create(
        person=person,
        unit_id=section,
        title="Chuyên viên",
        title_folded="chuyen vien",
        role="officer",
        from_on="2025-07-01",
    )
    return person


async def test_a_certain_line_is_assigned_at_once_and_can_be_taken_back(office: Office, clock: FakeClock) -> None:
    an = await office.phone("an")
    said = await say(office, LINE)
    assert "Đã giao cho Nguyễn Văn An" in said
    assert "17:00 thứ Sáu 27/11/2026" in said
    task = await Task.get()
    assert (task.title, task.due_at, task.needs_acceptance) == ("Báo cáo PCCC", vn("2026-11-27 17:00"), False)
    assert task.code in said
    assert not an.received  # the undo grace
    await press(office, "Hoàn tác")
    assert (await Task.get()).status == "cancelled"
    clock.move(seconds=30)
    await office.turn()
    assert not an.received


async def test_the_same_message_delivered_twice_assigns_once(office: Office) -> None:
    phone = await office.phone("head")
    update = phone.send(LINE)
    await office.turn()
    office.fake.redeliver(update)
    await office.turn()
    assert await Task.all().count() == 1


async def test_a_line_handled_again_after_a_crash_assigns_once(office: Office) -> None:
    """The process dies between the change and noting that the update was handled."""
    phone = await office.phone("head")
    phone.send(LINE)
    await office.turn()
    await InboundUpdate.all().update(handled_at=None, attempts=0)
    await office.inbox.drain_once()
    assert await Task.all().count() == 1
    assert "Tin này đã được giao rồi: CV26-000001" in phone.received[-1].text


async def test_without_a_deadline_the_bot_offers_some(office: Office) -> None:
    said = await say(office, "giao @an Báo cáo PCCC")
    assert "Hạn đến khi nào?" in said
    assert not await Task.all().exists()
    said = await press(office, "thứ Sáu 27/11")
    assert "Đã giao cho Nguyễn Văn An" in said
    assert (await Task.get()).due_at == vn("2026-11-27 17:30")


async def test_the_missing_piece_may_be_typed(office: Office) -> None:
    await say(office, "giao @an Báo cáo PCCC")
    said = await say(office, "hạn 9h thứ 5")
    assert "Đã giao cho Nguyễn Văn An" in said
    task = await Task.get()
    assert (task.title, task.due_at) == ("Báo cáo PCCC", vn("2026-11-26 09:00"))


async def test_namesakes_are_offered_with_unit_and_position(office: Office) -> None:
    other = await namesake()
    said = await say(office, "giao anh An rà soát hồ sơ hạn thứ 6")
    assert "khớp với tên" in said
    said = await press(office, "Lê Văn An")
    assert "Đã giao cho Lê Văn An" in said
    assert (await Task.get()).lead_id == other.id


async def test_what_must_be_confirmed_waits_for_a_yes(office: Office, clock: FakeClock) -> None:
    clock.set("2026-11-23 16:00")
    said = await say(office, "giao @an Báo cáo PCCC hạn 9h hôm nay")
    assert "Thời điểm đó đã qua" in said
    assert not await Task.all().exists()
    said = await press(office, "Đúng, giao đi")
    assert "Đã giao cho Nguyễn Văn An" in said
    phone = await office.phone("head")
    question = next(m for m in phone.received if "Thời điểm đó đã qua" in m.text)
    phone.press(question, "Đúng, giao đi")
    await office.turn()
    assert "Tin này đã được giao rồi" in phone.received[-1].text
    assert await Task.all().count() == 1


async def test_a_question_dropped_is_over(office: Office) -> None:
    await say(office, "giao @an Báo cáo PCCC hạn 15/3")
    phone = await office.phone("head")
    question = phone.received[-1]
    assert "Đã bỏ qua" in await press(office, "Thôi")
    phone.press(question, "Đúng, giao đi")
    await office.turn()
    assert phone.toasts[-1].text == "Câu hỏi này đã được trả lời rồi."
    assert not await Task.all().exists()
    for word in ("ok", "đúng"):
        await say(office, "giao @an Báo cáo PCCC hạn 15/3")
        await say(office, word)
    assert await Task.all().count() == 2


async def test_who_may_not_assign_is_told_so(office: Office) -> None:
    said = await say(office, "giao @head Báo cáo PCCC hạn thứ 6", "an")
    assert "Hoàng Minh Tuấn" in said
    assert not await Task.all().exists()
    assert not await OutboxNotice.filter(kind="TaskAssigned").exists()


async def test_a_stranger_is_nobody(office: Office) -> None:
    said = await say(office, "giao @stranger Báo cáo PCCC hạn thứ 6")
    assert "không tìm thấy" in said.lower()
    assert "Mai Xa Lạ" not in said


async def test_a_recurring_line_sets_up_the_recurrence(office: Office) -> None:
    said = await say(office, "giao @an Báo cáo tuần hạn 16h thứ 6 hằng tuần")
    assert "định kỳ" in said
    row = await Recurrence.get()
    assert (row.every, row.day, row.at_minute) == ("weekly", 5, 960)


async def test_each_of_several(office: Office) -> None:
    said = await say(office, "giao mỗi @an @binh nộp bản tự đánh giá hạn thứ 6")
    assert "Nguyễn Văn An, Nguyễn Thị Bình" in said
    assert await Task.all().count() == 2


async def test_a_reply_to_a_card_is_no_order(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    await office.assign()
    clock.move(seconds=30)
    await office.turn()
    phone.send("giao lại cho tôi hạn thứ 6", reply_to=phone.received[-1])
    await office.turn()
    assert await Task.all().count() == 1


async def test_a_line_too_long_is_refused(office: Office) -> None:
    assert "Dòng này dài quá 2000 ký tự." in await say(office, "giao @an " + "dài " * 600)
    assert not await Task.all().exists()


async def test_new_names_are_known_with_the_next_line(office: Office) -> None:
    """The index of people is kept while the office stays as it is, and no longer."""
    head = await office.cast.actor("head")
    assert (await understand(head, LINE)).leads[0].name == "Nguyễn Văn An"
    await change_person(await office.cast.actor("hr"), "an", PersonPatch(full_name="Nguyễn Hoài An"))
    assert (await understand(head, LINE)).leads[0].name == "Nguyễn Hoài An"
