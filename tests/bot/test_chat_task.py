"""A task in chat: the card, every button, and that repeats change nothing."""

import pytest

from backend.domain.types import Status
from backend.tasks import service
from backend.tasks.schemas import CoordinatorDraft, TaskView
from bot.channel import Button, Text
from bot.simulator.phone import Phone
from tests.bot.conftest import Office
from tests.fakes import FakeClock

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 64 + b"\xff\xd9"


async def card(office: Office, clock: FakeClock, **more: object) -> tuple[Phone, TaskView]:
    """A task assigned to An with its card on his phone."""
    phone = await office.phone("an")
    task = await office.assign(**more)
    clock.move(seconds=10)
    await office.turn()
    return phone, task


async def test_the_card_comes_after_the_grace_and_not_before(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    task = await office.assign()
    clock.move(seconds=9)
    await office.turn()
    assert phone.received == []
    clock.move(seconds=1)
    await office.turn()
    [message] = phone.received
    assert task.code in message.text
    assert "Báo cáo PCCC quý IV" in message.text
    assert [[button.text for button in row] for row in message.buttons] == [
        ["Đã nhận", "Báo cáo xong"],
        ["Xin gia hạn", "Chi tiết"],
    ]
    assert f"/tasks/{task.code}" in message.html


async def test_acknowledging_calls_the_service_and_edits_the_card(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.tap("Đã nhận")
    await office.turn()
    assert (await office.see(task)).status is Status.ACKNOWLEDGED
    assert phone.toasts[-1].text == f"Đã nhận việc {task.code}."
    [message] = phone.received
    assert "Đã nhận lúc 08:00" in message.text
    assert "Đã nhận" not in [button.text for row in message.buttons for button in row]
    assert phone.spinning == []


async def test_pressing_twice_says_what_is_already_so(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.tap("Đã nhận")
    phone.tap("Đã nhận")
    await office.turn()
    assert [toast.text for toast in phone.toasts] == [
        f"Đã nhận việc {task.code}.",
        f"Việc {task.code} đã được nhận lúc 08:00 thứ Hai 23/11/2026.",
    ]
    assert len(phone.received) == 1


async def test_an_update_that_comes_twice_is_handled_once(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    update = phone.send("việc")
    await office.turn()
    office.fake.redeliver(update)
    await office.turn()
    assert len([message for message in phone.received if "việc đang chờ" in message.text]) == 1
    assert task.code in phone.last.text


async def test_a_report_by_reply_with_a_photo_goes_to_the_assigner(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    head = await office.phone("head")
    phone.photo(JPEG, "Đã kiểm tra xong 12 cơ sở", reply_to=phone.last)
    await office.turn()
    assert (await office.see(task)).status is Status.ASSIGNED, "more may follow"
    phone.send("xong")
    await office.turn()
    seen = await office.see(task)
    assert seen.status is Status.REPORTED
    [report] = seen.reports
    assert report.text == "Đã kiểm tra xong 12 cơ sở"
    assert [file.media_type for file in report.files] == ["image/jpeg"]
    assert "chờ duyệt" in phone.last.text
    assert "Đã kiểm tra xong 12 cơ sở" in head.last.text
    assert "Kèm 1 tệp." in head.last.text


async def test_the_report_button_asks_and_the_answer_reports(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.tap("Báo cáo xong")
    await office.turn()
    question = phone.last
    assert question.force_reply
    phone.send("Đã nộp báo cáo số 15", reply_to=question)
    await office.turn()
    seen = await office.see(task)
    assert [report.text for report in seen.reports] == ["Đã nộp báo cáo số 15"]
    assert "Đã báo cáo lúc 08:00" in phone.received[0].text


async def test_an_answer_that_is_not_a_reply_is_understood_too(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.tap("Báo cáo xong")
    await office.turn()
    phone.send("Đã xong cả")
    await office.turn()
    assert [report.text for report in (await office.see(task)).reports] == ["Đã xong cả"]
    phone.send("còn gì nữa không")
    await office.turn()
    assert "chưa hiểu" in phone.last.text


async def test_a_question_can_be_dropped(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.tap("Báo cáo xong")
    await office.turn()
    phone.send("thôi")
    phone.send("mấy giờ họp?")
    phone.send("thoi")
    await office.turn()
    assert [message.text for message in phone.received[-3:]] == [
        "Đã bỏ qua câu hỏi.",
        "Tôi chưa hiểu. Nhắn việc để xem việc đang chờ, giúp để xem cách dùng.",
        "Tôi không đang chờ anh/chị trả lời câu nào.",
    ]
    assert (await office.see(task)).reports == []


async def test_an_album_is_one_report(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.album([JPEG, JPEG + b"2", JPEG + b"3"], "Ảnh hiện trường", reply_to=phone.last)
    await office.turn()
    phone.send("xong")
    await office.turn()
    [report] = (await office.see(task)).reports
    assert (report.text, len(report.files)) == ("Ảnh hiện trường", 3)


async def test_the_assigner_accepts_under_the_report(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    head = await office.phone("head")
    phone.send("Đã nộp", reply_to=phone.last)
    await office.turn()
    head.tap("Duyệt")
    await office.turn()
    assert (await office.see(task)).status is Status.DONE
    assert head.toasts[-1].text == f"Đã duyệt việc {task.code}."
    message = head.find("báo cáo xong")
    assert message is not None
    assert "Đã nộp" in message.text, "the report stays readable"
    assert "Đã hoàn thành, đóng lúc 08:00" in message.text
    assert [button.text for row in message.buttons for button in row] == ["Chi tiết", "Hoàn tác"]
    assert "đã duyệt báo cáo" in phone.last.text
    assert "Đã hoàn thành" in phone.received[0].text


async def test_a_press_on_a_closed_task_tells_the_truth(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    head = await office.phone("head")
    phone.send("Đã nộp", reply_to=phone.last)
    await office.turn()
    stale = [message for message in head.received][-1]
    head.tap("Duyệt")
    head.press(stale, "Duyệt")
    head.press(stale, "Trả lại")
    await office.turn()
    closed = f"Việc {task.code} đã đóng lúc 08:00 thứ Hai 23/11/2026."
    assert [toast.text for toast in head.toasts] == [
        f"Đã duyệt việc {task.code}.",
        f"Việc {task.code} đã được duyệt, đóng lúc 08:00 thứ Hai 23/11/2026.",
        closed,
    ]


@pytest.mark.parametrize(("button", "major"), [("Trả lại", False), ("Trả lại, lỗi nghiêm trọng", True)])
async def test_the_assigner_returns_with_a_reason(office: Office, clock: FakeClock, button: str, major: bool) -> None:
    phone, task = await card(office, clock)
    head = await office.phone("head")
    phone.send("Đã nộp", reply_to=phone.last)
    await office.turn()
    head.tap(button)
    await office.turn()
    assert head.last.force_reply
    head.send("Thiếu phụ lục 2", reply_to=head.last)
    await office.turn()
    seen = await office.see(task)
    assert seen.status is Status.ACKNOWLEDGED
    assert (seen.reports[0].reason, seen.reports[0].major_error) == ("Thiếu phụ lục 2", major)
    assert "Đã trả lại việc" in head.last.text
    assert "Thiếu phụ lục 2" in phone.last.text
    assert ("lỗi nghiêm trọng" in phone.last.text) is major


async def test_more_time_is_asked_in_words_and_granted_by_a_press(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    head = await office.phone("head")
    phone.tap("Xin gia hạn")
    await office.turn()
    phone.send("sớm thôi", reply_to=phone.last)
    await office.turn()
    assert "chưa đọc được hạn mới" in phone.last.text
    phone.send("30/11 17:00")
    await office.turn()
    assert "còn thiếu lý do" in phone.last.text
    phone.send("30/11 17:00 chờ số liệu của tỉnh")
    await office.turn()
    assert "đến 17:00 thứ Hai 30/11/2026" in phone.last.text
    assert "Đang xin gia hạn đến 17:00 thứ Hai 30/11/2026" in phone.received[0].text
    assert "chờ số liệu của tỉnh" in head.last.text
    asked = head.last
    head.tap("Đồng ý")
    head.press(asked, "Từ chối")
    await office.turn()
    seen = await office.see(task)
    assert seen.extensions[0].decision == "approved"
    assert seen.due_at.isoformat().startswith("2026-11-30T10:00")
    assert head.toasts[-1].text == f"Yêu cầu gia hạn việc {task.code} này đã được đồng ý."
    assert "Hạn mới: 17:00 thứ Hai 30/11/2026" in phone.last.text


async def test_more_time_can_be_refused(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    head = await office.phone("head")
    phone.tap("Xin gia hạn")
    await office.turn()
    phone.send("2 ngày chờ văn bản")
    await office.turn()
    head.tap("Từ chối")
    await office.turn()
    assert (await office.see(task)).extensions[0].decision == "refused"
    assert "không đồng ý gia hạn" in phone.last.text


async def test_asking_again_while_a_question_waits_says_so(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    stale = phone.last
    phone.tap("Xin gia hạn")
    await office.turn()
    phone.send("2 ngày chờ văn bản")
    phone.press(stale, "Xin gia hạn")
    await office.turn()
    assert phone.toasts[-1].text == f"Việc {task.code} đang có yêu cầu gia hạn chờ quyết định."
    assert "Đang xin gia hạn" in phone.received[0].text
    assert "Xin gia hạn" not in [button.text for row in phone.received[0].buttons for button in row]


async def test_details_show_the_text_and_stay_true(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock, body="Kiểm tra 12 cơ sở trước ngày 27.")
    phone.tap("Chi tiết")
    await office.turn()
    assert "Kiểm tra 12 cơ sở" in phone.last.text
    phone.tap("Đã nhận")
    await office.turn()
    assert "Đã nhận lúc" in phone.last.text
    assert task.code in phone.last.text


async def test_the_longest_task_still_fits_a_message(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock, title="𝔘<&" * 160, body="dài <b> & " * 1900)
    phone.tap("Chi tiết")
    phone.send("việc")
    await office.turn()
    assert len(phone.received) == 3
    assert all(task.code in message.text for message in phone.received)
    phone.send("kết quả " * 500, reply_to=phone.received[0])
    await office.turn()
    phone.press(phone.received[1], "Chi tiết")
    await office.turn()
    assert "Báo cáo: kết quả" in phone.last.text


async def test_undo_by_button_and_by_word(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.send("Nhầm rồi", reply_to=phone.last)
    await office.turn()
    phone.tap("Hoàn tác")
    await office.turn()
    assert (await office.see(task)).status is Status.ASSIGNED
    assert phone.toasts[-1].text == f"Đã hoàn tác việc {task.code}."
    phone.send("Xong thật", reply_to=phone.received[0])
    phone.send("hoan tac")
    await office.turn()
    assert (await office.see(task)).status is Status.ASSIGNED
    phone.send("undo")
    await office.turn()
    assert phone.last.text == "Không có thao tác nào có thể hoàn tác."


async def test_undo_too_late_says_so(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.send("Đã nộp", reply_to=phone.last)
    await office.turn()
    clock.move(minutes=11)
    phone.tap("Hoàn tác")
    phone.send("hoàn tác")
    phone.send(f"hoàn tác {task.code}")
    await office.turn()
    assert phone.toasts[-1].text == "Đã quá 10 phút, không hoàn tác được nữa."
    assert "không giao, báo cáo hay duyệt việc nào" in phone.received[-2].text
    assert phone.received[-1].text == "Đã quá 10 phút, không hoàn tác được nữa."


async def test_a_comment_on_a_notice_reaches_the_other_side(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    head = await office.phone("head")
    phone.send("Đã nộp", reply_to=phone.last)
    await office.turn()
    head.send("Nộp bản giấy chưa?", reply_to=head.last)
    await office.turn()
    assert "Đã chuyển lời" in head.last.text
    assert "Nộp bản giấy chưa?" in phone.last.text
    phone.send("Nộp rồi ạ", reply_to=phone.last)
    await office.turn()
    assert "Nộp rồi ạ" in head.last.text
    assert len((await office.see(task)).reports) == 1, "an answer to a comment is no report"


async def test_a_nudge_is_answered_by_one_tap(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    head = await office.phone("head")
    await office.channel.send(str(head.id), Text("?", ((Button("Nhắc", f"t:{task.id}:nudge"),),)))
    head.tap("Nhắc")
    head.press(head.received[0], "Nhắc")
    clock.move(minutes=2)  # it waits with the assignment's bundle
    await office.turn()
    assert head.toasts[0].text == f"Đã nhắc người chủ trì việc {task.code}."
    reminder = phone.last
    assert "nhắc anh/chị việc" in reminder.text
    phone.press(reminder, "Đang làm")
    phone.press(reminder, "Đang làm")
    await office.turn()
    assert {toast.text for toast in phone.toasts} == {f"Đã ghi: anh/chị đang làm việc {task.code}."}
    assert (await office.see(task)).status is Status.ACKNOWLEDGED
    phone.press(reminder, "Đã xong")
    await office.turn()
    assert (await office.see(task)).status is Status.REPORTED
    assert "Đã báo cáo lúc" in reminder.text
    assert [button.text for row in reminder.buttons for button in row] == ["Hoàn tác"]
    phone.press(reminder, "Hoàn tác")
    await office.turn()
    assert (await office.see(task)).status is Status.ACKNOWLEDGED


async def test_a_coordinator_acknowledges_their_own_part(office: Office, clock: FakeClock) -> None:
    binh = await office.phone("binh")
    task = await office.assign(coordinators=[CoordinatorDraft("binh")])
    clock.move(seconds=10)
    await office.turn()
    assert "anh/chị phối hợp" in binh.last.text
    binh.tap("Đã nhận")
    await office.turn()
    seen = await office.see(task)
    assert (seen.status, seen.parts[0].acknowledged_at) == (Status.ASSIGNED, clock())
    assert [button.text for row in binh.last.buttons for button in row] == ["Chi tiết"]
    binh.send("Tôi làm phần phụ lục", reply_to=binh.last)
    await office.turn()
    assert "Đã chuyển lời" in binh.last.text


async def test_a_reassigned_task_leaves_a_card_that_says_so(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    stale = phone.last
    await service.reassign(await office.cast.actor("head"), task.id, "binh")
    phone.press(stale, "Đã nhận")
    await office.turn()
    assert phone.toasts[-1].text in ("Không tìm thấy.", "Anh/chị không có quyền làm việc này.")
    assert (await office.see(task, "head")).status is Status.ASSIGNED
    assert "đã chuyển việc" in phone.last.text
