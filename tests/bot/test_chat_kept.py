"""A photo without the name of a task: kept for a day, asked about once, taken by the number or by the report that follows."""

from datetime import timedelta

import pytest

from backend.domain.types import Status
from backend.models import Attachment, ChatPrompt, ChatReport, Person, Report, Task
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft, TaskView
from bot import kept
from bot.inbound import keeping
from tests.bot.bot_room import link
from tests.bot.conftest import Office
from tests.bot.test_chat_evidence import EXE, JPEG, card, english
from tests.bot.zalo_room import ZaloOffice, zalo_office
from tests.cast import Cast
from tests.fakes import FakeClock


async def files_of(office: Office, task: TaskView) -> list[tuple[str, int]]:
    return [(report.text, len(report.files)) for report in (await office.see(task)).reports]


async def still_kept() -> int:
    return await ChatPrompt.filter(act="which", answered_at=None).count()


async def on_zalo(office: ZaloOffice, *titles: str, leads: str = "an") -> list[Task]:
    for title in titles:
        draft = TaskDraft(title=title, due=DueDraft(minutes=960), leads=[leads])
        await service.assign(await office.cast.actor("head"), draft)
    return await Task.all().order_by("id")


@pytest.mark.parametrize(
    ("locale", "asked", "number", "began", "word"),
    [
        ("vi", "Tôi giữ 1 ảnh, chưa biết của việc nào", "2", "Đã nhận 3 ảnh cho", "xong"),
        ("en", "I keep 1 photo and do not know which task", "#2", "Got 3 photos for", "done"),
    ],
)
async def test_on_zalo_the_number_that_follows_takes_the_photos(
    db: None,
    cast: Cast,
    settings: Settings,
    clock: FakeClock,
    locale: str,
    asked: str,
    number: str,
    began: str,
    word: str,
) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        await Person.filter(id=cast.an.id).update(locale=locale)
        _, second = await on_zalo(office, "Báo cáo PCCC", "Kiểm tra chợ")
        phone.photo(JPEG)
        phone.photo(JPEG + b"2", "chợ Mới")
        phone.photo(JPEG + b"3")
        await office.turn()
        [question] = phone.words[-1:]
        assert asked in question
        assert "1. Báo cáo PCCC\n2. Kiểm tra chợ" in question
        assert [words for words in phone.words if asked in words] == [question], "asked once"
        assert (await Task.get(id=second.id)).status == "assigned"
        count = len(phone.words)
        phone.send("việc" if locale == "vi" else "tasks")  # to look the number up
        phone.send(number)
        await office.turn()
        assert began in phone.words[count + 1]
        phone.send(word)
        await office.turn()
        report = await Report.get(task_id=second.id)
        assert report.text == "chợ Mới"
        assert await Attachment.filter(report_id=report.id).count() == 3
        assert await still_kept() == 0


async def test_one_line_reports_with_what_was_kept(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG)
    await office.turn()
    assert "1. " in phone.last.text
    clock.move(hours=20)
    phone.send("1 xong đã kiểm tra")
    await office.turn()
    assert await files_of(office, task) == [("đã kiểm tra", 1)]
    answers = "\n".join(message.text for message in phone.received)
    assert "Kèm 1 tệp" in answers
    assert "Trong đó có 1 ảnh gửi trước, lúc chưa rõ của việc nào." in answers
    # It can be taken back, and what is repeated takes nothing twice.
    phone.send("1 xong đã kiểm tra")
    await office.turn()
    assert await files_of(office, task) == [("đã kiểm tra", 1)]


async def test_after_a_day_nobody_has_it(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG)
    await office.turn()
    assert "Tôi giữ đến 08:00 thứ Ba 24/11/2026" in phone.last.text
    clock.move(hours=24)
    phone.send("1 xong")
    await office.turn()
    assert await files_of(office, task) == [("", 0)]


async def test_a_number_after_half_an_hour_shows_the_task(office: Office, clock: FakeClock) -> None:
    phone, _ = await card(office, clock)
    phone.photo(JPEG)
    await office.turn()
    phone.send("1?")
    await office.turn()
    assert await ChatReport.all().count() == 0, "it was asked for"
    clock.move(minutes=31)
    phone.send("1")
    await office.turn()
    assert await ChatReport.all().count() == 0
    assert "Báo cáo PCCC quý IV" in phone.last.text
    # The next photo asks anew, and tells of both.
    phone.photo(JPEG + b"2")
    await office.turn()
    assert "Tôi giữ 2 ảnh" in phone.last.text


async def test_a_reply_to_the_card_takes_what_came_lately(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    start = phone.last
    phone.photo(JPEG)
    await office.turn()
    phone.send("đã kiểm tra đủ", reply_to=start)
    await office.turn()
    assert await files_of(office, task) == [("đã kiểm tra đủ", 1)]


async def test_a_reply_much_later_has_its_own_words_only(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    start = phone.last
    phone.photo(JPEG)
    await office.turn()
    clock.move(minutes=31)
    phone.send("đã kiểm tra đủ", reply_to=start)
    await office.turn()
    assert await files_of(office, task) == [("đã kiểm tra đủ", 0)]
    assert await still_kept() == 1


async def test_words_with_the_number_are_words_of_the_report(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG)
    phone.send("1: cổng sau")
    phone.send("xong")
    await office.turn()
    assert await files_of(office, task) == [("cổng sau", 1)]


@pytest.mark.parametrize("words", ["1: xong", "1 xong", "1. Xong rồi ạ"])
async def test_a_command_stays_a_command(office: Office, clock: FakeClock, words: str) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG)
    phone.send(words)
    await office.turn()
    assert [count for _, count in await files_of(office, task)] == [1]
    assert await ChatReport.all().count() == 0


async def test_a_wrong_number_under_a_photo_keeps_it(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG, "9")
    await office.turn()
    assert "không có việc số 9" in phone.last.text
    assert "Tôi giữ 1 ảnh" in phone.last.text
    phone.send("9")
    phone.send("1 xong")
    await office.turn()
    assert await files_of(office, task) == [("", 1)]


async def test_what_is_kept_joins_the_report_that_is_being_said(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG)
    phone.photo(JPEG + b"2", "1")
    await office.turn()
    assert "Đã nhận 1 ảnh cho" in phone.last.text, "its number stands under the second only"
    phone.send("1")
    await office.turn()
    assert "Đã thêm 1 ảnh vào báo cáo việc" in phone.last.text
    phone.send("xong")
    await office.turn()
    assert await files_of(office, task) == [("", 2)]


async def test_finishing_by_number_takes_both(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG)
    phone.photo(JPEG + b"2", "1")
    phone.send("1 xong đủ cả")
    await office.turn()
    assert await files_of(office, task) == [("đủ cả", 2)]
    assert "Trong đó có 1 ảnh gửi trước" in "\n".join(message.text for message in phone.received)


async def test_the_number_of_another_task_hands_in_the_one_before(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    other = await office.assign(title="Khác")
    phone.photo(JPEG)
    phone.photo(JPEG + b"2", "1")
    phone.send("2")
    phone.send("xong")
    await office.turn()
    assert await files_of(office, task) == [("", 1)]
    assert await files_of(office, other) == [("", 1)]


@pytest.mark.parametrize(
    ("locale", "word", "said"), [("vi", "hủy", "Đã bỏ 1 ảnh"), ("en", "cancel", "Dropped 1 photo")]
)
async def test_it_can_be_dropped(office: Office, clock: FakeClock, locale: str, word: str, said: str) -> None:
    if locale == "en":
        await english(office)
    phone, task = await card(office, clock)
    phone.photo(JPEG)
    phone.send(word)
    await office.turn()
    assert said in phone.last.text
    phone.send("1 xong")
    phone.send(word)
    await office.turn()
    assert await files_of(office, task) == [("", 0)]


async def test_other_words_are_asked_again(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    phone.photo(JPEG)
    phone.send("ảnh chụp ở chợ đấy")
    await office.turn()
    assert phone.last.text.startswith("Tôi giữ 1 ảnh")
    assert (await office.see(task)).status is Status.ASSIGNED


async def test_what_is_not_taken_is_told_and_nothing_is_kept(office: Office, clock: FakeClock) -> None:
    phone, _ = await card(office, clock)
    phone.document(EXE, "virus.exe")
    await office.turn()
    assert "virus.exe" in phone.last.text
    assert await still_kept() == 0
    phone.photo(JPEG)
    phone.document(EXE, "virus.exe")
    await office.turn()
    assert "virus.exe" in phone.last.text
    assert await still_kept() == 1


async def test_whoever_has_nothing_to_report_is_told_how(office: Office, clock: FakeClock) -> None:
    phone = await office.phone("an")
    await office.assign(secret=True)
    clock.move(seconds=10)
    await office.turn()
    phone.photo(JPEG)
    phone.photo(JPEG, "9")
    await office.turn()
    assert "trả lời (reply) đúng thẻ công việc" in phone.received[-2].text
    assert "không có việc số 9" in phone.received[-1].text
    assert await Attachment.all().count() == 0


async def test_a_secret_or_a_closed_task_takes_none_of_it(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    await office.assign(secret=True)
    done = await office.assign(title="Xong rồi")
    await service.report(await office.cast.actor("an"), done.id)
    phone.photo(JPEG)
    phone.send("2")
    phone.send("3")
    await office.turn()
    answers = "\n".join(message.text for message in phone.received)
    assert "xin không trao đổi qua tin nhắn" in answers
    assert await ChatReport.all().count() == 0
    phone.send("1 xong")
    await office.turn()
    assert await files_of(office, task) == [("", 1)]


async def test_many_tasks_are_not_all_named(office: Office, clock: FakeClock) -> None:
    phone, _ = await card(office, clock)
    for number in range(6):
        await office.assign(title=f"Việc thứ {number}")
    clock.move(minutes=5)
    await office.turn()
    phone.photo(JPEG)
    await office.turn()
    assert phone.last.text.count("\n") == 6
    assert "Nhắn việc để xem đủ các số." in phone.last.text


async def test_a_chat_that_changes_hands_keeps_nothing_for_its_new_owner(office: Office, clock: FakeClock) -> None:
    phone, _ = await card(office, clock)
    phone.photo(JPEG)
    await office.turn()
    found = await kept.waiting("telegram", str(phone.id), office.cast.an.id)
    assert found is not None
    assert found.until - found.last_at == timedelta(days=1)
    assert await kept.waiting("telegram", str(phone.id), office.cast.binh.id) is None
    assert await kept.take("telegram", str(phone.id), office.cast.binh.id) is None


async def test_two_processes_never_take_the_same(office: Office, clock: FakeClock) -> None:
    """Between looking and taking somebody else was quicker: the message is handled again, and nothing is done twice."""
    from bot.channel import SendError
    from bot.inbound.talk import Talk
    from bot.speech import Incoming
    from bot.words import Voice

    phone, task = await card(office, clock)
    phone.photo(JPEG)
    await office.turn()
    actor = await office.cast.actor("an")
    voice = Voice("vi", office.settings.url)
    talk = Talk(office.channel, str(phone.id), Incoming(kind="text", text="1 xong"), actor, voice, office.settings)
    found = await keeping.for_report(talk)
    assert found is not None
    await kept.take("telegram", str(phone.id), actor.person_id or 0)
    with pytest.raises(SendError):
        await keeping.reported(talk, task.id, "", [], found)
    assert (await office.see(task)).status is Status.ASSIGNED


async def test_another_chat_of_the_same_person_has_nothing(office: Office, clock: FakeClock) -> None:
    phone, task = await card(office, clock)
    async with zalo_office(office.cast, office.settings) as other:
        zalo = other.fake.phone(7, started=True)
        await link(office.cast.an, zalo.address, "zalo")
        phone.photo(JPEG)
        await office.turn()
        zalo.send("1 xong qua Zalo")
        await other.turn()
        assert await files_of(office, task) == [("qua Zalo", 0)]
