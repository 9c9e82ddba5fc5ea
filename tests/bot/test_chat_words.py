"""Linking a chat, the typed commands in both languages, and what a stranger and a secret task get."""

import pytest

from backend.auth import linking
from backend.domain.types import Status
from backend.models import ChatLink, Leave, Person
from tests.bot.conftest import Office
from tests.fakes import FakeClock


async def test_a_code_links_the_chat_and_shows_what_waits(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an", linked=False)
    task = await office.assign()
    code, _ = await linking.make_code(await office.cast.actor("an"))
    phone.start(code)
    await office.turn()
    assert await linking.person_of("telegram", str(phone.id)) == office.cast.an.id
    assert "chào Nguyễn Văn An" in phone.received[0].text
    assert task.code in phone.received[1].text
    assert "vừa được liên kết với Telegram" in phone.received[2].text


async def test_a_code_may_be_typed_with_blanks_and_small_letters(office: Office) -> None:
    phone = await office.phone("an", linked=False)
    code, _ = await linking.make_code(await office.cast.actor("an"))
    phone.send(f"{code[:4]} {code[4:]}".lower())
    await office.turn()
    assert await linking.person_of("telegram", str(phone.id)) == office.cast.an.id


async def test_a_wrong_code_is_refused_and_after_some_tries_nobody_may_guess(office: Office) -> None:
    phone = await office.phone("an", linked=False)
    for number in range(7):
        phone.send(f"/start WRONG{number:03d}")
    await office.turn()
    answers = [message.text for message in phone.received]
    assert len(answers) == 7
    assert answers[0] != answers[-1]
    assert await ChatLink.all().count() == 0


async def test_a_chat_nobody_linked_gets_told_how_in_the_phones_language(office: Office) -> None:
    phone = office.fake.user(7, "Khách", language_code="en")
    phone.send("what is this?")
    phone.start()
    await office.turn()
    assert len(phone.received) == 2
    assert all("8-character linking code" in message.text for message in phone.received)


async def test_another_code_moves_the_chat_to_its_maker(office: Office) -> None:
    phone = await office.phone("an")
    code, _ = await linking.make_code(await office.cast.actor("binh"))
    phone.start(code)
    await office.turn()
    assert await linking.person_of("telegram", str(phone.id)) == office.cast.binh.id
    assert "Nguyễn Thị Bình" in phone.find("Đã liên kết").text


async def test_somebody_who_left_is_a_stranger(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    await Person.filter(id=office.cast.an.id).update(left_at=clock())
    phone.send("việc")
    await office.turn()
    assert "chưa liên kết" in phone.last.text


async def test_blocking_the_bot_ends_the_link(office: Office) -> None:
    phone = await office.phone("an")
    phone.send("giúp")
    await office.turn()
    phone.block()
    await office.turn()
    [ended] = await ChatLink.all()
    assert ended.end_reason == "blocked"
    phone.start()
    await office.turn()
    assert "chưa liên kết" in phone.last.text


@pytest.mark.parametrize("words", ["việc", "viec", "/viec", "VIỆC?", "/viec@giaoviec_bot", "tasks", "my tasks"])
async def test_the_list_shows_what_waits_and_opens_cards(office: Office, clock: FakeClock, words: str) -> None:
    phone = await office.phone("an")
    task = await office.assign()
    other = await office.assign(title="Khai tử <gấp> & khai sinh")
    phone.send(words)
    await office.turn()
    shown = phone.last
    assert task.code in shown.text
    assert "Khai tử <gấp> & khai sinh" in shown.text
    assert [button.text for row in shown.buttons for button in row] == ["1", "2"]
    phone.press(shown, "2")
    await office.turn()
    assert other.code in phone.last.text
    phone.tap("Đã nhận")
    await office.turn()
    assert (await office.see(other)).status is Status.ACKNOWLEDGED


async def test_a_long_list_shows_the_nearest_and_names_the_page(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    for number in range(10):
        await office.assign(title=f"Việc số {number}")
    phone.send("việc")
    await office.turn()
    assert len([button for row in phone.last.buttons for button in row]) == 8
    assert "Còn việc khác" in phone.last.text


async def test_an_empty_list_says_so(office: Office) -> None:
    phone = await office.phone("an")
    phone.send("việc")
    await office.turn()
    assert phone.last.text == "Không có việc nào đang chờ anh/chị."


@pytest.mark.parametrize("words", ["giúp", "tro giup", "/start", "/giup", "help"])
async def test_help_is_always_there(office: Office, words: str) -> None:
    phone = await office.phone("an")
    phone.send(words)
    await office.turn()
    assert "hoàn tác" in phone.last.text


async def test_an_english_reader_is_answered_in_english(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    await Person.filter(id=office.cast.an.id).update(locale="en")
    task = await office.assign(title="Fire report")
    clock.move(seconds=10)
    await office.turn()
    phone.tap("Acknowledge")
    phone.send("tasks")
    phone.send("what?")
    await office.turn()
    assert phone.toasts[-1].text == f"Task {task.code} acknowledged."
    assert "did not understand" in phone.last.text


async def test_leave_is_entered_with_a_substitute(office: Office) -> None:
    phone = await office.phone("an")
    binh = await office.phone("binh")
    phone.send("nghỉ 1/12-3/12 @binh đi tập huấn")
    await office.turn()
    [leave] = await Leave.all()
    assert (str(leave.from_on), str(leave.until_on), leave.reason) == ("2026-12-01", "2026-12-03", "đi tập huấn")
    assert leave.substitute_id == office.cast.binh.id
    assert "người thay: Nguyễn Thị Bình" in phone.last.text
    assert "nhờ anh/chị làm thay" in binh.last.text


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("nghỉ", "Xin nhắn theo mẫu"),
        ("nghi 3/12-1/12", "Xin nhắn theo mẫu"),
        ("nghỉ 1/12 @khongcoai", None),
    ],
)
async def test_leave_that_cannot_be_entered_says_why(office: Office, words: str, answer: str | None) -> None:
    phone = await office.phone("an")
    phone.send(words)
    await office.turn()
    assert await Leave.all().count() == 0
    assert (answer or "") in phone.last.text
    assert "chưa hiểu" not in phone.last.text


async def test_words_nobody_understands_get_an_answer(office: Office) -> None:
    phone = await office.phone("an")
    phone.send("trời hôm nay đẹp <b>quá</b>")
    phone.sticker()
    phone.photo(b"\xff\xd8\xff\xe0photo")
    await office.turn()
    assert len(phone.received) == 3
    assert "chưa hiểu" in phone.received[1].text
    assert "trả lời (reply) đúng thẻ công việc" in phone.received[2].text


async def test_a_sticker_on_a_card_is_no_report(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    task = await office.assign()
    clock.move(seconds=10)
    await office.turn()
    phone.sticker(reply_to=phone.last)
    await office.turn()
    assert (await office.see(task)).reports == []


async def test_a_group_is_sent_away(office: Office) -> None:
    phone = await office.phone("an")
    group = office.fake.group("Phòng Tư pháp")
    there = phone.in_group(group)
    there.send("/viec")
    await office.turn()
    assert "nhắn riêng" in there.last.text


async def test_a_button_we_never_made_says_so(office: Office) -> None:
    from bot.channel import Button, Text

    phone = await office.phone("an")
    for data in ("t:1:fly", "x", "t:abc:ack", "t:999999999999999999999:ack"):
        await office.channel.send(str(phone.id), Text("cũ", ((Button("Nút", data),),)))
        phone.tap("Nút")
    await office.channel.send(str(phone.id), Text("cũ", ((Button("Không có", "t:99999:ack"),),)))
    phone.tap("Không có")
    await office.turn()
    assert len(phone.toasts) == 5
    assert {toast.text for toast in phone.toasts[:4]} == {
        "Nút này không còn dùng được. Nhắn “việc” để xem việc hiện nay."
    }
    assert phone.toasts[4].text == "Không tìm thấy."


async def test_a_stranger_learns_nothing_of_a_task_by_its_number(office: Office, clock: FakeClock) -> None:
    from bot.channel import Button, Text

    task = await office.assign()
    stranger = await office.phone("stranger")
    await office.channel.send(str(stranger.id), Text("?", ((Button("Xem", f"t:{task.id}:details"),),)))
    stranger.tap("Xem")
    stranger.send(f"hoàn tác {task.code}")
    await office.turn()
    assert stranger.toasts[-1].text == "Không tìm thấy."
    assert all("Báo cáo PCCC" not in message.text for message in stranger.received)


async def test_a_secret_task_never_shows_its_words(office: Office, clock: FakeClock) -> None:
    phone, head = await office.phone("an"), await office.phone("head")
    task = await office.assign(title="Hồ sơ tuyệt mật", body="Nội dung tuyệt mật", secret=True)
    clock.move(seconds=10)
    await office.turn()
    card = phone.last
    phone.tap("Đã nhận")
    phone.send("việc")
    phone.send("Báo cáo tuyệt mật của tôi", reply_to=card)
    await office.turn()
    seen = await office.see(task)
    assert seen.status is Status.ACKNOWLEDGED
    assert seen.reports == [], "what must not be in chat is not taken from chat"
    assert task.code in card.text
    for message in [*phone.received, *head.received]:
        assert "tuyệt mật" not in message.text.lower()


async def test_a_file_that_is_not_taken_says_so(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    task = await office.assign()
    clock.move(seconds=10)
    await office.turn()
    phone.document(b"MZ\x90\x00program", "virus.exe", reply_to=phone.last)
    await office.turn()
    assert "virus.exe" in phone.last.text
    big = b"%PDF-1.4" + b"0" * (21 * 1024 * 1024)
    phone.document(big, "to.pdf", "application/pdf", reply_to=phone.received[0])
    await office.turn()
    assert "to.pdf quá lớn" in phone.last.text
    assert (await office.see(task)).reports == []
