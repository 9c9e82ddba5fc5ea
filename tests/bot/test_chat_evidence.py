"""A report said in several messages: photos, files, voice and words until «xong» or two minutes of quiet."""

import asyncio
from typing import Any

import pytest

from backend.auth import linking
from backend.domain.types import Status
from backend.models import Attachment, ChatReport, InboundUpdate, Person, Report, Task, TaskEvent
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft, TaskView
from bot.channel import Button, Text
from bot.inbox import Inbox
from bot.simulator.phone import Phone
from bot.telegram.updates import read
from tests.bot.conftest import Office
from tests.bot.zalo_room import zalo_office
from tests.cast import Cast
from tests.fakes import FakeClock, vn

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 64 + b"\xff\xd9"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
EXE = b"MZ\x90\x00program"


async def card(office: Office, clock: FakeClock, **more: Any) -> tuple[Phone, TaskView]:
    """A task assigned to An with its card on his phone."""
    phone = await office.phone("an")
    task = await office.assign(**more)
    clock.move(seconds=10)
    await office.turn()
    return phone, task


async def english(office: Office) -> None:
    await Person.filter(id=office.cast.an.id).update(locale="en")


@pytest.mark.parametrize(
    ("locale", "began", "word"),
    [
        (
            "vi",
            "Đã nhận 1 ảnh cho {code}. Gửi tiếp, hoặc nhắn “xong”; sau 2 phút im lặng tôi nộp báo cáo.",
            "xong rồi ạ",
        ),
        ("en", "Got 1 photo for {code}. Send more, or send “done”; after 2 minutes of quiet", "done"),
    ],
)
async def test_several_messages_are_one_report(
    office: Office, clock: FakeClock, locale: str, began: str, word: str
) -> None:
    if locale == "en":
        await english(office)
    phone, task = await card(office, clock)
    start = phone.last
    phone.photo(JPEG, "Đã kiểm tra", reply_to=start)
    await office.turn()
    assert began.format(code=task.code) in phone.last.text
    count = len(phone.received)
    phone.voice()
    phone.send("12 cơ sở đạt")
    phone.document(PDF, "bien-ban.pdf", "application/pdf", reply_to=start)
    phone.send("còn 1 cơ sở hẹn lại", reply_to=phone.last)
    await office.turn()
    assert len(phone.received) == count, "no answer for each"
    assert (await office.see(task)).status is Status.ASSIGNED
    phone.send(word)
    await office.turn()
    seen = await office.see(task)
    [report] = seen.reports
    assert report.text == "Đã kiểm tra\n12 cơ sở đạt\ncòn 1 cơ sở hẹn lại"
    assert [file.media_type for file in report.files] == ["image/jpeg", "audio/ogg", "application/pdf"]
    assert ("chờ duyệt" if locale == "vi" else "waits for acceptance") in phone.last.text
    phone.tap("Hoàn tác" if locale == "vi" else "Undo")
    await office.turn()
    assert (await office.see(task)).status is Status.ASSIGNED


async def test_after_two_minutes_of_quiet_it_is_handed_in(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    head = await office.phone("head")
    phone.photo(JPEG, reply_to=phone.last)
    await office.turn()
    clock.move(seconds=100)
    phone.photo(JPEG + b"2")
    await office.turn()
    clock.move(seconds=119)
    await office.turn()
    assert (await office.see(task)).status is Status.ASSIGNED, "the two minutes begin with the last message"
    clock.move(seconds=1)
    await office.turn()
    [report] = (await office.see(task)).reports
    assert len(report.files) == 2
    assert "Đã gửi" in phone.last.text
    assert "Kèm 2 tệp." in head.last.text
    phone.tap("Hoàn tác")
    await office.turn()
    assert (await office.see(task)).status is Status.ASSIGNED
    assert await ChatReport.filter(ended_at=None).count() == 0


async def test_the_answer_to_the_question_may_be_files(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    asked = phone.last
    phone.tap("Báo cáo xong")
    await office.turn()
    phone.photo(JPEG)
    phone.send("kèm ảnh")
    phone.send("xong")
    await office.turn()
    [report] = (await office.see(task)).reports
    assert (report.text, len(report.files)) == ("kèm ảnh", 1)
    assert "Đã báo cáo lúc" in asked.text, "the card tells the truth"


@pytest.mark.parametrize(("caption", "text"), [("1", ""), ("số 1", ""), ("1: ảnh hiện trường", "ảnh hiện trường")])
async def test_the_number_under_a_photo_names_the_task(
    office: Office, clock: FakeClock, caption: str, text: str
) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG, caption)
    phone.send("1 xong đã nộp bản giấy")
    await office.turn()
    [report] = (await office.see(task)).reports
    assert (report.text, len(report.files)) == ("\n".join(filter(None, [text, "đã nộp bản giấy"])), 1)


async def test_a_number_that_names_nothing_opens_nothing(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    start = phone.last
    other = await office.assign(title="Khác")
    phone.photo(JPEG, "9")
    phone.photo(JPEG, "3 cơ sở chưa đạt")
    phone.photo(JPEG, "2", reply_to=start)
    await office.turn()
    answers = "\n".join(message.text for message in phone.received)
    assert "không có việc số 9" in answers
    assert "Xin nhắn số của việc" in answers
    assert "Tôi chưa làm gì" in answers
    assert await ChatReport.all().count() == 0
    assert {(await office.see(one)).status for one in (task, other)} == {Status.ASSIGNED}


async def test_other_commands_go_on_meanwhile(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    other = await office.assign(title="Khác")
    phone.photo(JPEG, "1")
    phone.send("2 nhận")
    phone.send("việc")
    phone.send("2 gia hạn")
    await office.turn()
    phone.send("2 ngày chờ số liệu")
    phone.send("đủ cả rồi")
    await office.turn()
    seen = await office.see(other)
    assert (seen.status, seen.open_extension is not None) == (Status.ACKNOWLEDGED, True)
    assert (await office.see(task)).status is Status.ASSIGNED
    phone.send("2 xong nộp luôn")
    phone.send("xong")
    await office.turn()
    assert [report.text for report in (await office.see(other)).reports] == ["nộp luôn"]
    [report] = (await office.see(task)).reports
    assert (report.text, len(report.files)) == ("đủ cả rồi", 1)


async def test_going_on_to_another_task_hands_in_the_first(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    other = await office.assign(title="Khác")
    phone.photo(JPEG, "1")
    phone.photo(JPEG + b"2", "2")
    await office.turn()
    assert ((await office.see(task)).status, (await office.see(other)).status) == (Status.REPORTED, Status.ASSIGNED)
    phone.photo(JPEG + b"3", "xong")
    await office.turn()
    assert len((await office.see(other)).reports[0].files) == 2


async def test_what_is_not_taken_is_told_and_the_rest_stays(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    start = phone.last
    phone.document(EXE, "virus.exe", reply_to=start)
    await office.turn()
    assert "Loại tệp của virus.exe không được nhận" in phone.last.text
    assert await ChatReport.all().count() == 0
    phone.photo(JPEG, reply_to=start)
    phone.document(b"<html><script>1</script>", "trang.html", "text/html")
    await office.turn()
    assert "trang.html không được nhận" in phone.last.text
    assert "vẫn được giữ" in phone.last.text
    phone.document(b"%PDF-1.4" + b"0" * (21 * 1024 * 1024), "to.pdf", "application/pdf")
    phone.sticker()
    await office.turn()
    assert "to.pdf quá lớn" in phone.received[-2].text
    assert "nhãn dán" in phone.received[-1].text
    await english(office)
    phone.document(EXE, "setup.exe")
    await office.turn()
    assert "setup.exe are not taken" in phone.last.text
    phone.send("xong")
    await office.turn()
    [report] = (await office.see(task)).reports
    assert [file.media_type for file in report.files] == ["image/jpeg"]


async def test_a_bad_file_in_an_album_leaves_the_others(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.album([JPEG, EXE, JPEG + b"2"], "Ba ảnh", reply_to=phone.last)
    await office.turn()
    assert "không được nhận" in phone.last.text
    assert f"Đã nhận 2 ảnh cho {task.code}" in phone.last.text, "one message says both"
    phone.send("xong")
    await office.turn()
    assert len((await office.see(task)).reports[0].files) == 2


async def test_more_files_than_a_report_holds_are_refused(
    office: Office, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbound.evidence.MAX_FILES", 2)
    phone, task = await card(office, clock)
    phone.album([JPEG, JPEG + b"2", JPEG + b"3"], reply_to=phone.last)
    await office.turn()
    assert "nhiều nhất 2 tệp" in phone.last.text
    phone.send("xong")
    await office.turn()
    assert len((await office.see(task)).reports[0].files) == 2


@pytest.mark.parametrize(("locale", "word"), [("vi", "hủy"), ("vi", "huỷ"), ("vi", "thôi"), ("en", "cancel")])
async def test_it_can_be_dropped(office: Office, clock: FakeClock, locale: str, word: str) -> None:
    if locale == "en":
        await english(office)
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1")
    phone.send(word)
    await office.turn()
    assert ("1 ảnh không được nộp" if locale == "vi" else "1 photo not handed in") in phone.last.text
    clock.move(minutes=5)
    await office.turn()
    assert (await office.see(task)).reports == []
    assert (await ChatReport.get()).problem == "dropped by the person"


async def test_a_crash_between_messages_loses_nothing(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    first = phone.photo(JPEG, "1")
    await office.turn()
    office.inbox = Inbox(office.channel, read, office.inbound, office.voice, album_wait_s=0, rests_s=())
    office.fake.redeliver(first)
    phone.photo(JPEG + b"2", "ảnh hai")
    await office.poller.fetch_once()  # stored, not handled: the process dies again
    office.inbox = Inbox(office.channel, read, office.inbound, office.voice, album_wait_s=0, rests_s=())
    clock.move(minutes=3)
    await office.inbox.hand_in_quiet()
    assert (await office.see(task)).reports == [], "what waits is heard before anything is handed in"
    await office.turn()
    assert (await office.see(task)).reports == []
    clock.move(minutes=2)
    await office.turn()
    [report] = (await office.see(task)).reports
    assert (report.text, len(report.files)) == ("ảnh hai", 2)


async def test_a_message_handled_twice_is_in_it_once(office: Office, clock: FakeClock) -> None:
    """The process died after the file was added and before that was on record."""
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1")
    phone.photo(JPEG + b"2", "ảnh hai")
    await office.turn()
    await InboundUpdate.all().update(handled_at=None, attempts=0)
    await office.turn()
    assert phone.received[-1].text.startswith("Đã nhận 1 ảnh")
    phone.send("xong")
    await office.turn()
    [report] = (await office.see(task)).reports
    assert (report.text, len(report.files)) == ("ảnh hai", 2)


async def test_two_replicas_hand_it_in_once(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1")
    await office.turn()
    others = [Inbox(office.channel, read, office.inbound, office.voice, album_wait_s=0, rests_s=()) for _ in range(3)]
    await asyncio.gather(*(inbox.hand_in_quiet() for inbox in others))
    clock.move(minutes=2)
    count = len(phone.received)
    await asyncio.gather(office.inbox.hand_in_quiet(), *(inbox.hand_in_quiet() for inbox in others))
    assert await Report.filter(task_id=task.id).count() == 1
    assert len(phone.received) == count + 1


async def test_a_failure_of_ours_loses_nothing(
    office: Office, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays open, rests, and is handed in when we are well again."""
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1")
    await office.turn()
    clock.move(minutes=2)
    with monkeypatch.context() as broken:
        broken.delattr("backend.tasks.service.report")
        assert await office.inbox.hand_in_quiet() == 0
    assert await office.inbox.hand_in_quiet() == 0, "it rests"
    assert await ChatReport.filter(ended_at=None).count() == 1
    other = Inbox(office.channel, read, office.inbound, office.voice, album_wait_s=0, rests_s=())
    await other.hand_in_quiet()
    clock.move(minutes=2)
    assert await other.hand_in_quiet() == 1
    assert (await office.see(task)).status is Status.REPORTED


async def test_while_much_waits_nobody_counts_as_quiet(
    office: Office, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1")
    await office.turn()
    clock.move(minutes=2)
    (await office.phone("binh")).send("việc")
    await office.poller.fetch_once()
    monkeypatch.setattr("bot.heard.LOOK_AT", 1)
    assert await office.inbox.hand_in_quiet() == 0
    await office.turn()
    assert (await office.see(task)).status is Status.REPORTED


async def test_the_running_bot_hands_in_by_itself(
    office: Office, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.quiet._POLL_S", 0.02)
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1")
    await office.turn()
    running = asyncio.get_running_loop().create_task(office.inbox.run())
    clock.move(minutes=2)
    await phone.wait_for("chờ duyệt", 30)
    assert (await office.see(task)).status is Status.REPORTED
    await office.inbox.close()
    await running


async def test_the_deadline_is_not_missed_by_waiting(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock, due=DueDraft(at=vn("2026-11-23 16:00")))
    clock.set("2026-11-23 15:59")
    phone.photo(JPEG, "1")
    await office.turn()
    clock.move(seconds=50)
    await office.turn()
    seen = await office.see(task)
    assert (seen.status, seen.late) == (Status.REPORTED, False)
    later = await office.assign(title="Nữa", due=DueDraft(at=vn("2026-11-23 17:00")))
    clock.set("2026-11-23 16:59")
    clock.move(seconds=55)
    phone.photo(JPEG, later.code)
    await office.hear()
    assert (await office.see(later)).status is Status.REPORTED, "there is no time to wait in"


async def test_a_task_closed_meanwhile_keeps_the_files_as_a_comment(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1: ảnh hiện trường")
    await office.turn()
    await service.cancel(await office.cast.actor("head"), task.id, "Không cần nữa")
    await office.turn()
    phone.send("xong")
    await office.turn()
    said = phone.find("phần trao đổi")
    assert said is not None
    assert "1 ảnh" in said.text
    seen = await office.see(task)
    assert (seen.status, seen.reports) == (Status.CANCELLED, [])
    assert [file.name.endswith(".jpg") for file in seen.files] == [True]
    comment = await TaskEvent.get(task_id=task.id, kind="commented")
    assert "ảnh hiện trường" in str(comment.data)


async def test_reported_on_the_page_meanwhile_the_files_follow(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1")
    await office.turn()
    await service.report(await office.cast.actor("an"), task.id, "Nộp tại trang")
    clock.move(minutes=2)
    await office.turn()
    assert any("phần trao đổi" in message.text for message in phone.received)
    seen = await office.see(task)
    assert (len(seen.reports), len(seen.files)) == (1, 1)


async def test_a_task_that_went_to_somebody_else_is_told(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1")
    await office.turn()
    await service.reassign(await office.cast.actor("head"), task.id, "binh")
    clock.move(minutes=2)
    await office.turn()
    assert any("1 ảnh" in message.text and "Vì vậy" in message.text for message in phone.received)
    assert await Report.all().count() == 0
    assert await ChatReport.filter(ended_at=None).count() == 0


@pytest.mark.parametrize("how", ["unlinked", "left"])
async def test_whoever_is_gone_hands_in_nothing(office: Office, clock: FakeClock, how: str) -> None:
    phone, _ = await card(office, clock)
    phone.photo(JPEG, "1")
    await office.turn()
    if how == "left":
        await Person.filter(id=office.cast.an.id).update(left_at=clock())
    else:
        await linking.end_link("telegram", str(phone.id), "unlinked")
    count = len(phone.received)
    clock.move(minutes=2)
    await office.inbox.hand_in_quiet()
    assert (len(phone.received), await Report.all().count()) == (count, 0)
    assert (await ChatReport.get()).problem == "the person is no longer in this chat"


async def test_a_chat_that_changed_hands_starts_anew(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1")
    await office.turn()
    code, _ = await linking.make_code(await office.cast.actor("binh"))
    phone.start(code)
    phone.send("lời của người khác")
    phone.send("xong")
    clock.move(minutes=3)
    await office.turn()
    assert (await office.see(task)).reports == []
    assert (await ChatReport.get()).ended_at is not None


async def test_the_button_hands_in_what_was_sent(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG, "1")
    await office.turn()
    await office.channel.send(str(phone.id), Text("?", ((Button("Đã xong", f"n:{task.id}:done"),),)))
    phone.tap("Đã xong")
    await office.turn()
    assert len((await office.see(task)).reports[0].files) == 1
    assert phone.spinning == []


async def test_nothing_is_kept_of_a_secret_task(office: Office, clock: FakeClock) -> None:
    phone, _ = await card(office, clock, title="Tuyệt mật", secret=True)
    start = phone.last
    phone.photo(JPEG, "1")
    phone.photo(JPEG, reply_to=start)
    await office.turn()
    assert all("không được ghi nhận" in message.text for message in phone.received[-2:])
    assert (await ChatReport.all().count(), await Attachment.all().count()) == (0, 0)


async def test_a_reported_task_takes_no_more(office: Office, clock: FakeClock) -> None:
    phone, _ = await card(office, clock)
    phone.send("1 xong")
    phone.photo(JPEG, "1")
    await office.turn()
    assert "đã báo cáo" in phone.last.text or "chờ duyệt" in phone.last.text
    assert await ChatReport.all().count() == 0


async def test_on_zalo_the_same_with_few_words(db: None, cast: Cast, settings: Settings, clock: FakeClock) -> None:
    """Every message counts there: one answer at the beginning, one at the end."""
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        task = (await service.assign(await cast.actor("head"), _draft())).tasks[0]
        clock.move(seconds=10)
        await office.turn()
        phone.photo(JPEG, "1")
        await office.turn()
        assert f"Đã nhận 1 ảnh cho {task.code}" in phone.words[-1]
        count = len(phone.received)
        phone.photo(JPEG + b"2")
        phone.send("đã kiểm tra")
        phone.document()
        await office.turn()
        assert "ảnh, tệp hoặc ghi âm" in phone.words[-1], "what Zalo does not hand over is told"
        assert len(phone.received) == count + 1
        clock.move(minutes=2)
        await office.turn()
        assert len(phone.received) == count + 2
        assert "1 hoàn tác" in phone.words[-1]
        [report] = await Report.filter(task_id=task.id)
        assert (report.text, await Attachment.filter(report_id=report.id).count()) == ("đã kiểm tra", 2)
        assert (await Task.get()).status == "reported"


def _draft() -> TaskDraft:
    return TaskDraft(title="Báo cáo PCCC", due=DueDraft(minutes=960), leads=["an"])
