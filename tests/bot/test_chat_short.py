"""Every typed command in the chat, in both languages: the same acts as the buttons, and a true answer to all else."""

import json
from datetime import timedelta

import pytest

from backend.domain.types import Status
from backend.kit import clock as times
from backend.models import Extension, OutboxNotice, Person, Report, Task, TaskEvent, TaskNumber, WaiverRequest
from backend.tasks import numbers, service
from backend.tasks.schemas import CoordinatorDraft, DueDraft, TaskView
from bot.channel import Button, Text
from bot.telegram.updates import read
from reminders import penalise, remind
from tests.bot.conftest import Office
from tests.fakes import FakeClock, vn

pytestmark = pytest.mark.usefixtures("clock")


async def say(office: Office, *messages: str, who: str = "an") -> str:
    """What the bot answers to the last of some messages: everything it said to it."""
    phone = await office.phone(who)
    for message in messages:
        await office.turn()
        before = len(phone.received)
        phone.send(message)
        await office.hear()
    return "\n".join(message.text for message in phone.received[before:])


async def english(office: Office, *people: str) -> None:
    for handle in people:
        await Person.filter(id=office.cast.people[handle].id).update(locale="en")


async def reported(office: Office, text: str = "Đã nộp") -> TaskView:
    task = await office.assign()
    return (await service.report(await office.cast.actor("an"), task.id, text)).task


async def asked(office: Office) -> TaskView:
    """A task whose lead asks for two more days."""
    task = await office.assign()
    due = DueDraft(at=task.due_at + timedelta(days=2))
    return (await service.ask_extension(await office.cast.actor("an"), task.id, due, "chờ số liệu")).task


@pytest.mark.parametrize(
    ("locale", "words", "answer"),
    [
        ("vi", "1 nhận", "Đã nhận việc {code}."),
        ("vi", "so 1 nhan", "Đã nhận việc {code}."),
        ("en", "1 ack", "Task {code} ack"),
    ],
)
async def test_acknowledged_by_a_word(office: Office, locale: str, words: str, answer: str) -> None:
    await Person.filter(id=office.cast.an.id).update(locale=locale)
    task = await office.assign()
    assert answer.format(code=task.code) in await say(office, words)
    assert (await office.see(task)).status is Status.ACKNOWLEDGED
    again = await say(office, words)
    assert "08:00" in again, "it says since when it is so"
    assert await TaskEvent.filter(task_id=task.id, kind="acknowledged").count() == 1


@pytest.mark.parametrize(
    ("locale", "words"), [("vi", "1 xong đã nộp, số 15\n12 cơ sở"), ("en", "1 done đã nộp, số 15\n12 cơ sở")]
)
async def test_reported_by_a_word_with_the_text_and_undone(office: Office, locale: str, words: str) -> None:
    await english(office, *(["an"] if locale == "en" else []))
    task = await office.assign()
    said = await say(office, words)
    assert ("chờ duyệt" if locale == "vi" else "waits for acceptance") in said
    seen = await office.see(task)
    assert (seen.status, [report.text for report in seen.reports]) == (Status.REPORTED, ["đã nộp, số 15\n12 cơ sở"])
    again = await say(office, words)
    assert task.code in again
    assert await Report.filter(task_id=task.id).count() == 1
    assert task.code in await say(office, "hoàn tác 1" if locale == "vi" else "undo 1")
    assert (await office.see(task)).status is Status.ASSIGNED


async def test_a_code_does_where_a_number_does(office: Office) -> None:
    await office.assign()
    task = await office.assign(title="Khai sinh")
    await say(office, f"{task.code.lower()} xong đã nộp")
    assert [one.status for one in await Task.all().order_by("id")] == ["assigned", "reported"]


async def test_a_photo_with_the_command_under_it_is_the_report(office: Office) -> None:
    jpeg = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 64 + b"\xff\xd9"
    phone = await office.phone("an")
    task = await office.assign()
    phone.photo(jpeg, "1 xong đã kiểm tra")
    await office.turn()
    [report] = (await office.see(task)).reports
    assert (report.text, len(report.files)) == ("đã kiểm tra", 1)


@pytest.mark.parametrize(
    ("locale", "words"), [("vi", "1 chờ đến thứ 6"), ("vi", "1 cho den thu 6"), ("en", "1 wait until friday")]
)
async def test_waiting_until_a_day(office: Office, locale: str, words: str) -> None:
    await Person.filter(id=office.cast.an.id).update(locale=locale)
    await office.assign()
    assert "27/11/2026" in await say(office, words)
    assert (await Task.get()).waiting_until == vn("2026-11-27 07:30")


async def test_a_day_that_is_missing_or_not_understood_is_asked_for(office: Office) -> None:
    await office.assign()
    assert "đang chờ đến khi nào" in await say(office, "1 chờ")
    assert "nhắc lại lúc" in await say(office, "thứ 6")
    assert "chưa hiểu ngày giờ" in await say(office, "1 chờ văn bản của tỉnh")
    assert (await Task.get()).waiting_until == vn("2026-11-27 07:30"), "nothing is guessed"
    assert "nhắc lại lúc" in await say(office, "3 ngày")
    assert (await Task.get()).waiting_until != vn("2026-11-27 07:30")


@pytest.mark.parametrize(
    ("locale", "messages", "reason"),
    [
        ("vi", ["1 gia hạn 2 ngày chờ số liệu"], "chờ số liệu"),
        ("vi", ["1 gia hạn 2 ngày", "chờ số liệu"], "chờ số liệu"),
        ("vi", ["1 gia hạn", "2 ngày", "chờ số liệu"], "chờ số liệu"),
        ("vi", ["1 gia hạn sớm thôi", "2 ngày chờ số liệu"], "chờ số liệu"),
        ("en", ["1 extend 2 days waiting for data"], "waiting for data"),
        ("en", ["1 extend", "2 days because of data"], "of data"),
    ],
)
async def test_more_time_is_asked_for_in_one_line_or_piece_by_piece(
    office: Office, locale: str, messages: list[str], reason: str
) -> None:
    await Person.filter(id=office.cast.an.id).update(locale=locale)
    task = await office.assign()
    for message in messages[:-1]:
        await say(office, message)
        assert await Extension.all().count() == 0
    said = await say(office, messages[-1])
    [extension] = await Extension.all()
    assert extension.reason == reason
    assert extension.due_asked > task.due_at
    assert ("yêu cầu gia hạn" if locale == "vi" else "more time") in said
    again = await say(office, "1 gia hạn 3 ngày lý do khác")
    assert ("đang có yêu cầu gia hạn" if locale == "vi" else "request for more time") in again
    assert await Extension.all().count() == 1


@pytest.mark.parametrize(
    ("locale", "words"),
    [("vi", "1 trả lại không phải việc của tôi"), ("vi", "1 từ chối bận"), ("en", "1 decline busy")],
)
async def test_the_lead_gives_a_task_back(office: Office, locale: str, words: str) -> None:
    await Person.filter(id=office.cast.an.id).update(locale=locale)
    task = await office.assign()
    assert ("chờ quyết định" if locale == "vi" else "who decides") in await say(office, words)
    assert (await office.see(task)).status is Status.DECLINED
    assert ("đã được trả lại" if locale == "vi" else "was returned") in await say(office, words)
    assert await TaskEvent.filter(kind="declined").count() == 1


async def test_giving_back_without_a_reason_asks_for_it(office: Office) -> None:
    task = await office.assign()
    assert "bằng lý do" in await say(office, "1 trả lại")
    assert (await office.see(task)).status is Status.ASSIGNED
    await say(office, "không đúng chức năng")
    assert (await office.see(task)).status is Status.DECLINED


@pytest.mark.parametrize(
    ("locale", "words"), [("vi", "1 duyệt"), ("vi", "1 dong y"), ("en", "1 approve"), ("en", "1 accept")]
)
async def test_the_assigner_accepts(office: Office, locale: str, words: str) -> None:
    await Person.filter(id=office.cast.head.id).update(locale=locale)
    task = await reported(office)
    assert task.code in await say(office, words, who="head")
    assert (await office.see(task)).status is Status.DONE
    again = await say(office, words, who="head")
    assert ("đóng lúc 08:00" if locale == "vi" else "closed at 08:00") in again
    assert await TaskEvent.filter(kind="accepted").count() == 1


@pytest.mark.parametrize(
    ("messages", "major"),
    [
        (["1 trả lại thiếu phụ lục"], False),
        (["1 trả lại", "thiếu phụ lục"], False),
        (["1 return thiếu phụ lục"], False),
        (["1 trả lại lỗi nặng: thiếu phụ lục"], True),
    ],
)
async def test_the_assigner_returns(office: Office, messages: list[str], major: bool) -> None:
    task = await reported(office)
    assert "Đã trả lại việc" in await say(office, *messages, who="head")
    [report] = (await office.see(task)).reports
    assert (report.decision, report.reason, report.major_error) == ("returned", "thiếu phụ lục", major)


@pytest.mark.parametrize(
    ("words", "decision", "note"),
    [
        ("1 duyệt", "approved", ""),
        ("1 đồng ý gia hạn", "approved", ""),
        ("1 từ chối", "refused", ""),
        ("1 từ chối đủ thời gian rồi", "refused", "đủ thời gian rồi"),
        ("1 refuse enough time", "refused", "enough time"),
    ],
)
async def test_the_assigner_decides_on_more_time(office: Office, words: str, decision: str, note: str) -> None:
    task = await asked(office)
    assert "gia hạn" in await say(office, words, who="head")
    [extension] = (await office.see(task)).extensions
    assert (extension.decision, extension.note) == (decision, note)
    assert "Yêu cầu gia hạn" in await say(office, words, who="head"), "how it was decided"
    assert (await office.see(task)).status is Status.ACKNOWLEDGED


async def test_a_report_and_a_question_for_time_are_told_apart(office: Office, clock: FakeClock) -> None:
    task = await asked(office)
    clock.set("2026-12-01 09:00")
    await service.report(await office.cast.actor("an"), task.id, "Đã nộp")
    for words in ("1 duyệt", "1 từ chối"):
        assert "Xin nhắn: 1 " in await say(office, words, who="head")
        assert (await office.see(task)).status is Status.REPORTED
    await say(office, "1 duyệt báo cáo", who="head")
    seen = await office.see(task)
    assert (seen.status, seen.open_extension is not None) == (Status.DONE, True)
    assert "đóng lúc" in await say(office, "1 duyệt", who="head"), "a repeat decides nothing else"
    assert (await office.see(task)).open_extension is not None
    await say(office, "1 duyệt gia hạn", who="head")
    assert (await office.see(task)).extensions[0].decision == "approved"


async def test_refusing_a_report_names_the_word_for_it(office: Office) -> None:
    task = await reported(office)
    assert "1 trả lại …" in await say(office, "1 từ chối", who="head")
    assert (await office.see(task)).status is Status.REPORTED


@pytest.mark.parametrize("words", ["nhắc 1", "1 nhắc", "nudge 1"])
async def test_a_leader_asks_after_a_task(office: Office, words: str) -> None:
    await office.assign()
    assert "Đã nhắc" in await say(office, words, who="head")
    assert await OutboxNotice.filter(kind="TaskNudged").count() == 1
    assert "Đã nhắc" not in await say(office, words, who="head")
    assert await OutboxNotice.filter(kind="TaskNudged").count() == 1


async def test_a_leader_without_a_part_uses_the_code(office: Office) -> None:
    task = await office.assign()
    assert "không có việc số 1" in await say(office, "nhắc 1", who="chair")
    assert "Đã nhắc" in await say(office, f"nhắc {task.code}", who="chair")


async def test_words_on_a_task(office: Office) -> None:
    task = await office.assign()
    assert "Đã chuyển lời" in await say(office, "1 ghi chú đang gọi tỉnh")
    assert "ghi chú" in await say(office, "1 ghi chú")
    assert await TaskEvent.filter(task_id=task.id, kind="commented").count() == 1


@pytest.mark.parametrize("words", ["1?", "1", "xem 1", "1 details", "số 1?"])
async def test_details(office: Office, words: str) -> None:
    task = await office.assign(body="Nội dung dài")
    said = await say(office, words)
    assert task.code in said
    assert "Nội dung dài" in said
    assert "Số việc khi nhắn tin: 1" in said


async def test_lists_show_the_readers_numbers(office: Office) -> None:
    first = await office.assign(title="Việc một")
    await office.assign(title="Việc hai")
    third = await office.assign(title="Việc ba", due=DueDraft(at=vn("2026-11-23 16:00")))
    await service.report(await office.cast.actor("an"), first.id, "xong")
    said = await say(office, "việc")
    assert "2. Việc hai" in said
    assert f"3. [Gấp] Việc ba ({third.code}" in said or "3. Việc ba" in said
    today = await say(office, "việc hôm nay")
    assert "Việc ba" in today
    assert "Việc hai" not in today
    await english(office, "an")
    assert "1 task due today" in await say(office, "tasks today")


async def test_nothing_for_today_and_nothing_late(office: Office) -> None:
    assert "Hôm nay không có việc" in await say(office, "việc hôm nay")
    assert "Không có việc nào quá hạn" in await say(office, "trễ")
    await english(office, "an")
    assert "Nothing is overdue" in await say(office, "what is late?")


async def test_what_is_late_of_a_unit_with_one_tap_to_ask(office: Office, clock: FakeClock) -> None:
    task = await office.assign(title="Việc trễ")
    await office.assign(to="binh", title="Chưa đến hạn", due=DueDraft(working_days=20))
    clock.set("2026-12-01 09:00")
    said = await say(office, "trễ", who="head")
    assert "1. Việc trễ" in said
    assert "chủ trì: Nguyễn Văn An" in said
    assert "Chưa đến hạn" not in said
    head = await office.phone("head")
    await OutboxNotice.all().delete()
    head.press(head.last, "Nhắc 1")
    await office.hear()
    assert head.toasts[-1].text == f"Đã nhắc người chủ trì việc {task.code}."
    assert "Việc trễ" in head.last.text, "the list stays"
    assert "Nguyễn Văn An" not in await say(office, "trễ", who="cuong")
    assert "Việc trễ" in await say(office, "trễ", who="an")


@pytest.mark.parametrize("words", ["nhận hết", "nhan het", "ack all"])
async def test_everything_is_acknowledged_and_named(office: Office, words: str) -> None:
    tasks = [await office.assign(title=f"Việc {number}") for number in range(3)]
    helped = await office.assign(to="binh", coordinators=[CoordinatorDraft("an")], title="Phối hợp")
    secret = await office.assign(title="Tuyệt mật", secret=True)
    said = await say(office, words)
    assert "Đã nhận 5 việc" in said
    assert all(task.code in said for task in [*tasks, helped, secret])
    assert "Tuyệt mật" not in said
    assert {one.status for one in await Task.filter(lead_id=office.cast.an.id)} == {"acknowledged"}
    assert (await office.see(helped)).parts[0].acknowledged_at is not None
    assert (await office.see(helped)).status is Status.ASSIGNED, "its lead has not"
    assert "Không có việc nào đang chờ anh/chị nhận" in await say(office, words)


async def test_a_long_list_of_acknowledged_tasks_is_counted(office: Office) -> None:
    await office.assign()
    task = await Task.get()
    for number in range(17):
        await office.assign(title=f"Việc {number}")
    assert "… và 3 việc khác." in await say(office, "nhận hết")
    assert task.code


async def test_several_commands_each_with_its_answer(office: Office) -> None:
    tasks = [await office.assign(title=f"Việc {number}") for number in range(3)]
    said = await say(office, "1 nhận\n2 xong đã nộp; bản cứng gửi sau\n9 nhận\nmấy giờ họp\n3?")
    statuses = [(await office.see(task)).status for task in tasks]
    assert statuses == [Status.ACKNOWLEDGED, Status.REPORTED, Status.ASSIGNED]
    assert (await office.see(tasks[1])).reports[0].text == "đã nộp; bản cứng gửi sau"
    assert "không có việc số 9" in said
    assert "chưa hiểu dòng “mấy giờ họp”" in said
    assert "Việc 2" in said


async def test_too_many_commands_say_where_it_stopped(office: Office) -> None:
    await office.assign()
    assert "20 lệnh đầu" in await say(office, "\n".join(["1 nhận"] * 21))


async def test_a_wrong_number_a_foreign_code_and_a_task_given_to_somebody_else(office: Office) -> None:
    task = await office.assign()
    assert "không có việc số 7" in await say(office, "7 nhận")
    assert "không có việc số 1" in await say(office, "1 nhận", who="stranger")
    foreign = await say(office, f"{task.code} nhận", who="stranger")
    assert "Báo cáo PCCC" not in foreign
    assert "trong phần việc của anh/chị" in foreign
    await service.reassign(await office.cast.actor("head"), task.id, "binh", "đổi người")
    gone = await say(office, "1 nhận")
    assert "không còn là phần việc" in gone or "không làm được" in gone
    assert (await office.see(task, "head")).status is Status.ASSIGNED


async def test_a_closed_task_tells_when_and_never_acts_on_another(office: Office, clock: FakeClock) -> None:
    task = await reported(office)
    await service.accept(await office.cast.actor("head"), task.id)
    other = await office.assign(title="Việc khác")
    for words in ("1 nhận", "1 xong", "1 chờ đến thứ 6", "1 gia hạn 2 ngày x", "1 trả lại x"):
        assert "đã đóng lúc 08:00 thứ Hai 23/11/2026" in await say(office, words), words
    assert (await office.see(other)).status is Status.ASSIGNED
    await Task.filter(id=other.id).update(closed_at=times.now(), status="cancelled")
    clock.move(days=61)
    over = await say(office, "1 nhận")
    assert f"từng là việc {task.code}, đã đóng lúc" in over
    fresh = await office.assign(title="Việc mới")
    assert await numbers.numbers_of(office.cast.an.id, [fresh.id]) == {fresh.id: 1}
    await say(office, "1 nhận")
    assert (await office.see(fresh)).status is Status.ACKNOWLEDGED


async def test_what_is_not_allowed_says_what_is(office: Office) -> None:
    task = await office.assign()
    said = await say(office, "1 nhận", who="head")
    assert f"không làm được thao tác này với việc {task.code}" in said
    assert "1 nhắc" in said
    said = await say(office, "1 duyệt", who="an")
    assert "không có báo cáo hay đề nghị gia hạn" in said
    assert "1 nhận · 1 xong …" in said
    await english(office, "an")
    assert "you can send: 1 ack · 1 done" in await say(office, "1 approve")
    assert (await office.see(task)).status is Status.ASSIGNED


async def test_more_time_after_the_deadline_says_so(office: Office, clock: FakeClock) -> None:
    await office.assign()
    clock.set("2026-12-01 09:00")
    assert "phải xin trước hạn" in await say(office, "1 gia hạn 2 ngày bận")


async def test_of_a_secret_task_only_code_and_link(office: Office) -> None:
    task = await office.assign(title="Hồ sơ tuyệt mật", body="Nội dung tuyệt mật", secret=True)
    for words in (
        "1?",
        "1 xong nội dung tuyệt mật",
        "1 gia hạn 2 ngày tuyệt mật",
        "1 chờ thứ 6",
        "1 ghi chú tuyệt mật",
    ):
        said = await say(office, words)
        assert task.code in said
        assert "tuyệt mật" not in said.lower()
    assert (await office.see(task)).status is Status.ASSIGNED
    await say(office, "1 nhận")
    assert (await office.see(task)).status is Status.ACKNOWLEDGED


@pytest.mark.parametrize(
    "words", ["1 nhắn", "1 xong chưa?", "1 nhận được văn bản rồi", "1, 2 nhận", "xong 1", "hoàn tác cái đó"]
)
async def test_what_may_be_meant_is_asked_about_and_not_done(office: Office, words: str) -> None:
    await office.assign()
    await office.assign()
    said = await say(office, words)
    assert "chưa làm gì" in said
    assert {task.status for task in await Task.all()} == {"assigned"}


@pytest.mark.parametrize(
    "words", ["2 ngày nữa em nộp", "1 việc chưa xong", "nhận 1 việc", "17h nhận", "Chào anh\n1 nhận"]
)
async def test_what_merely_looks_like_a_command_does_nothing(office: Office, words: str) -> None:
    await office.assign()
    await office.assign()
    assert "chưa hiểu" in await say(office, words)
    assert {task.status for task in await Task.all()} == {"assigned"}
    assert await Report.all().count() == 0


@pytest.mark.parametrize("words", ["nhận", "xong", "duyệt", "nhắc"])
async def test_a_verb_alone_asks_of_which_task(office: Office, words: str) -> None:
    await office.assign()
    assert "Việc nào ạ?" in await say(office, words)
    assert (await Task.get()).status == "assigned"


async def test_a_verb_in_reply_is_about_the_message(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    task, other = await office.assign(), await office.assign(title="Khác")
    clock.move(seconds=10)
    await office.turn()
    card = phone.find(task.code)
    assert card is not None
    phone.send("nhận", reply_to=card)
    await office.hear()
    assert (await office.see(task)).status is Status.ACKNOWLEDGED
    phone.send("2 xong rồi", reply_to=card)
    await office.hear()
    assert "Tôi chưa làm gì" in phone.last.text, "the reply says one task, the number another"
    assert {(await office.see(one)).status for one in (task, other)} == {Status.ACKNOWLEDGED, Status.ASSIGNED}
    phone.send("1 xong đã nộp", reply_to=card)
    await office.hear()
    assert [report.text for report in (await office.see(task)).reports] == ["đã nộp"]


async def test_an_answer_to_a_question_is_no_command(office: Office) -> None:
    first, second = await office.assign(), await office.assign()
    await say(office, "1 gia hạn", "2 ngày chờ văn bản")
    assert (await office.see(first)).open_extension is not None
    assert (await office.see(second)).status is Status.ASSIGNED
    await say(office, "2 trả lại")
    assert "chưa làm gì" in await say(office, "1. xong hồ sơ\n2. xong giấy tờ")
    await say(office, "nhận")
    assert (await office.see(second)).status is Status.DECLINED, "the word was the reason asked for"


async def test_a_message_handled_twice_changes_nothing_more(office: Office) -> None:
    phone = await office.phone("an")
    task = await office.assign()
    update = phone.send("1 nhận\n1 gia hạn 2 ngày chờ số liệu")
    await office.turn()
    office.fake.redeliver(update)
    await office.turn()
    assert await TaskEvent.filter(task_id=task.id, kind="extension_asked").count() == 1


async def test_two_orders_in_one_message_are_two_tasks(office: Office) -> None:
    said = await say(office, "giao @an Việc A hạn 17h thứ 6\ngiao @binh Việc B hạn 17h thứ 6", who="head")
    assert said.count("Đã giao cho") == 2
    assert sorted(one.title for one in await Task.all()) == ["Việc A", "Việc B"]
    assert await TaskNumber.filter(person_id=office.cast.head.id).count() == 2


async def test_help_names_the_commands(office: Office) -> None:
    said = await say(office, "giúp")
    assert all(words in said for words in ("nhận hết", "1 xong", "1 gia hạn 2 ngày", "1?", "nhắc 1", "trễ"))
    await english(office, "an")
    said = await say(office, "help")
    assert all(words in said for words in ("ack all", "1 done", "1 extend 2 days", "nudge 1", "late"))


async def test_a_group_learns_nothing(office: Office) -> None:
    """Commands, mentions and replies are sent to the private chat; everything else in the group is not heard."""
    task = await office.assign()
    phone = await office.phone("an")
    there = phone.in_group(office.fake.group("Phòng Tư pháp"))
    spoken = ["/viec", "/diem", "/nhanhet", "/tre", "@giaoviec_bot việc", "1 nhận @giaoviec_bot", "@giaoviec_bot điểm"]
    for words in spoken:
        there.send(words)
        await office.turn()
        assert "nhắn riêng" in there.last.text, words
    there.send("1 nhận", reply_to=there.last)
    await office.turn()
    assert "nhắn riêng" in there.last.text
    count = len(there.received)
    for words in ("1 nhận", "việc", "nhận hết", "điểm", "giao @an việc gì hạn thứ 6"):
        there.send(words)
    await office.turn()
    assert len(there.received) == count, "nobody spoke to the bot"
    await office.channel.send(str(there.chat.id), Text("cũ", ((Button("Đã nhận", f"t:{task.id}:ack"),),)))
    there.tap("Đã nhận")
    await office.turn()
    assert "nhắn riêng" in there.toasts[-1].text
    assert (await office.see(task)).status is Status.ASSIGNED
    assert await Task.all().count() == 1
    assert all(task.code not in message.text and "100" not in message.text for message in there.received)


def test_a_group_message_of_other_people_is_not_for_us() -> None:
    chat = {"id": -5, "type": "group"}
    said = {"message_id": 2, "chat": chat, "from": {"id": 7, "is_bot": False}, "text": "1 nhận"}
    for more, heard in (
        ({}, False),
        ({"reply_to_message": {"message_id": 1, "chat": chat, "from": {"id": 8, "is_bot": False}}}, False),
        ({"reply_to_message": {"message_id": 1, "chat": chat, "from": {"id": 9, "is_bot": True}}}, True),
        ({"text": "1 nhận @binh"}, False),
        ({"text": "@giaoviec_bot 1 nhận"}, True),
    ):
        update = json.dumps({"update_id": 1, "message": {**said, **more}})
        assert (read(update) is not None) is heard, more


@pytest.mark.parametrize(
    "messages", [["1 khách quan lũ cuốn đường"], ["1 khách quan", "lũ cuốn đường"], ["1 waive lũ cuốn đường"]]
)
async def test_a_waiver_is_asked_for_by_words(office: Office, clock: FakeClock, messages: list[str]) -> None:
    task = await office.assign(due=DueDraft(at=vn("2026-11-23 16:00")))
    assert "không có lần trễ này" in await say(office, "1 khách quan mưa")
    clock.set("2026-11-25 09:00")
    await penalise.tick()
    assert "Đã gửi đề nghị xác nhận" in await say(office, *messages)
    assert (await WaiverRequest.get()).cause == "lũ cuốn đường"
    assert f"của việc {task.code} đã gửi" in await say(office, "1 khách quan mưa")
    assert await WaiverRequest.all().count() == 1


@pytest.mark.parametrize("words", ["1 đã nắm", "1 heed"])
async def test_a_leader_says_that_they_know(office: Office, words: str) -> None:
    task = await office.assign()
    await service.acknowledge(await office.cast.actor("an"), task.id)
    assert "không còn gì phải báo lên" in await say(office, words, who="head")
    await Task.all().update(leader_told_at=times.now(), answer_line=[office.cast.vice.id], answer_at=times.now())
    assert "đã nắm việc" in await say(office, words, who="head")
    assert (await Task.get()).answer_line == []


async def test_a_choice_of_an_order_is_typed_as_a_letter(office: Office) -> None:
    assert "Hạn đến khi nào?" in await say(office, "giao @an Báo cáo PCCC", who="head")
    assert "Đã giao cho Nguyễn Văn An" in await say(office, "b", who="head")
    assert (await Task.get()).title == "Báo cáo PCCC"


async def test_the_lines_of_a_slot_bear_the_numbers_that_are_typed(office: Office, clock: FakeClock) -> None:
    """What stands before a line is what its task is called: nobody may answer for another task by it."""
    phone = await office.phone("an")
    tasks = [await office.assign(title=title) for title in ("Một", "Hai", "Ba", "Bốn")]
    for task in tasks:
        await service.acknowledge(await office.cast.actor("an"), task.id)
    await service.report(await office.cast.actor("an"), tasks[0].id)
    await OutboxNotice.all().delete()
    clock.set("2026-11-25 08:00")
    await Task.filter(status="acknowledged").update(look_at=clock())
    await remind.tick()
    await office.turn()
    told = phone.last
    assert told.text.startswith("3 việc cần để mắt:")
    assert {button.text.split(" · ")[0] for row in told.buttons for button in row} == {"2", "3", "4"}
    lines = {line[:2]: line for line in told.text.split("\n") if line[1:2] == "."}
    assert set(lines) == {"2.", "3.", "4."}
    assert tasks[2].code in lines["3."]
    phone.press(told, "3 · Đang làm")
    await office.turn()
    assert {button.text.split(" · ")[0] for row in phone.last.buttons for button in row} == {"2", "4"}
    await say(office, "4 xong đã nộp")
    assert [(await office.see(task)).status for task in tasks[1:]] == ["acknowledged", "acknowledged", "reported"]
