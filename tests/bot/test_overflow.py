"""An answer when the bot's month is spent: the act is done, the answer goes another way, and where there is none HR sees it."""

from typing import Any

import httpx
import pytest

from backend import channel_use
from backend.domain.notices import AnswerMoved
from backend.domain.types import Urgency
from backend.models import DeliveryAttempt, OutboxNotice, Person, Task
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.delivering import deliveries
from backend.tasks.schemas import DueDraft, TaskDraft
from bot.channel import SendError, Text
from bot.overflow import elsewhere
from bot.speech import Answer
from bot.words import Voice
from tests.backend.web_browser import Browser, text_of
from tests.bot.bot_room import URL, Wall, link
from tests.bot.test_rationing import use_up
from tests.bot.zalo_room import ZaloOffice, zalo_office
from tests.cast import Cast
from tests.fakes import FakeClock

PROBLEM = "this month's messages are used up"


async def given(office: ZaloOffice, *, secret: bool = False, urgency: Urgency = Urgency.NORMAL) -> Task:
    """A task whose card has been read long ago, and a month that is spent."""
    due = DueDraft(minutes=960)
    draft = TaskDraft(title="Báo cáo PCCC", due=due, leads=["an"], secret=secret, urgency=urgency)
    [made] = (await service.assign(await office.cast.actor("head"), draft)).tasks
    await OutboxNotice.all().delete()
    await use_up(office, 100)
    return await Task.get(id=made.id)


async def answers() -> list[OutboxNotice]:
    return await OutboxNotice.filter(kind=AnswerMoved.__name__).order_by("id")


async def test_the_act_is_done_and_the_answer_goes_the_next_way(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        phone, mail = await office.phone("an"), Wall("email", edits=False)
        office.sender.open(mail)
        task = await given(office)
        phone.send("1 nhận")
        phone.send("1?")
        await office.turn()
        assert (await Task.get(id=task.id)).status == "acknowledged"
        assert phone.words == []
        assert len(mail.words) == 2
        assert task.code in mail.words[0]
        assert mail.words[0].endswith("Việc anh/chị nhắn ở đó vẫn được làm.)")
        # What follows is typed in the chat: the mail says what can be.
        assert "1 xong" in mail.words[1]
        notice = (await answers())[0]
        assert (notice.status, notice.task_id, notice.attempts) == ("sent", task.id, 2)
        tried = await DeliveryAttempt.filter(notice_id=notice.id).order_by("id")
        assert [(one.channel, one.outcome, one.problem) for one in tried] == [
            ("zalo", "failed", PROBLEM),
            ("email", "sent", ""),
        ]
        assert await channel_use.unanswered(settings.zone) == []


async def test_it_goes_at_once_whatever_the_hour_and_in_the_language_of_its_reader(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        phone, mail = await office.phone("an"), Wall("email", edits=False)
        office.sender.open(mail)
        await given(office)
        await Person.filter(id=cast.an.id).update(locale="en")
        clock.set("2026-11-23 22:00")
        phone.send("1 done finished")
        await office.turn()
        assert len(mail.words) == 1
        assert "because Zalo has used up its messages of the month" in mail.words[0]
        assert "undo" in mail.words[0]


async def test_urgent_work_is_answered_on_the_chat_that_is_left(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        phone, telegram = await office.phone("an"), Wall("telegram", edits=True)
        office.sender.open(telegram)
        await link(cast.an, "77")
        await given(office, urgency=Urgency.VERY_URGENT)
        phone.send("1 nhận")
        await office.turn()
        assert (phone.words, len(telegram.words)) == ([], 1)
        assert (await Task.get()).status == "acknowledged"


async def test_without_another_way_it_is_on_record_and_hr_sees_it(
    app: Any, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        phone = await office.phone("an")
        office.sender.open(Wall("email", edits=False))
        await Person.filter(id=cast.an.id).update(email=None)
        task = await given(office)
        phone.send("1 nhận")
        phone.send("1 ghi chú đang chờ số liệu")
        await office.turn()
        assert (await Task.get(id=task.id)).status == "acknowledged"
        first, _ = await answers()
        assert (first.status, first.problem) == ("muted", "no way left after zalo")
        page = await deliveries(await cast.actor("an"), task.id)
        [shown] = [item for item in page.items if item.notice == "AnswerMoved"]
        assert (shown.what, shown.status) == ("Câu trả lời của bot", "muted")
        assert "Zalo" in shown.problem
        [attempt] = shown.attempts
        assert (attempt.channel, attempt.outcome, attempt.problem, attempt.detail) == (
            "zalo", "failed", "bot đã hết lượt tin của tháng", PROBLEM,
        )  # fmt: skip
        page = await deliveries(await cast.actor("an"), task.id, locale="en")
        [shown] = [item for item in page.items if item.notice == "AnswerMoved"]
        assert shown.attempts[0].problem == "the bot has used up its messages of the month"
        async with await Browser(app).sign_in(cast, "hr") as browser:
            said = text_of(await browser.get("/channels"))
            assert "Chưa trả lời được trong tháng" in said
            assert f"{cast.an.full_name}: 2 câu trả lời" in said
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 1)), base_url="http://test"
        ) as here:
            assert "giaoviec_channel_unanswered 2.0" in (await here.get("/metrics")).text
        # Last month's are history.
        clock.set("2026-12-01 08:00")
        assert await channel_use.unanswered(settings.zone) == []


async def test_what_zalo_itself_refuses_goes_elsewhere_as_well(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phone, mail = await office.phone("an"), Wall("email", edits=False)
        office.sender.open(mail)
        office.fake.fail("sendMessage", 429, times=None)
        phone.send("việc")
        await office.turn()
        assert "Không có việc nào" in mail.words[0]
        [attempt] = await DeliveryAttempt.filter(channel="zalo")
        assert attempt.problem.startswith(f"{PROBLEM}: 429")


async def test_a_secret_task_says_no_more_there_than_in_chat(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        phone, mail = await office.phone("an"), Wall("email", edits=False)
        office.sender.open(mail)
        task = await given(office, secret=True)
        phone.send("1?\nviệc\n1 xong đã nộp PCCC")
        await office.turn()
        assert sum(task.code in words for words in mail.words) == 3
        assert not any("PCCC" in words for words in mail.words)
        assert not any("PCCC" in str(one.payload) for one in await answers())


async def test_a_question_that_went_by_mail_is_answered_in_the_chat(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        phone, mail = await office.phone("an"), Wall("email", edits=False)
        office.sender.open(mail)
        task = await given(office)
        phone.send("1 từ chối")
        await office.turn()
        phone.send("không thuộc phòng tôi")
        await office.turn()
        assert [address for address, _ in mail.said].count(cast.an.email) == 2
        assert (await Task.get(id=task.id)).status == "declined"


async def test_a_question_nobody_could_read_waits_for_no_answer(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        phone = await office.phone("an")
        task = await given(office)
        await Person.filter(id=cast.an.id).update(email=None)
        phone.send("1 từ chối")
        phone.send("không thuộc phòng tôi")
        await office.turn()
        assert (await Task.get(id=task.id)).status == "assigned"


async def test_a_stranger_is_kept_nowhere_and_a_repeat_is_kept_once(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings, monthly=100) as office:
        stranger, phone = await office.phone("binh", linked=False), await office.phone("an")
        await use_up(office, 100)
        stranger.send("xin chào")
        await office.turn()
        assert await OutboxNotice.all().count() == 0
        spent, voice = SendError("temporary", PROBLEM, spent=True), Voice("vi", URL)
        for key in ("7:0", "7:0", "7:1"):
            await elsewhere(office.channel, phone.address, Answer(Text("Đã nhận")), key, spent, voice)
        assert len(await answers()) == 2
        assert await DeliveryAttempt.all().count() == 2


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_a_very_long_answer_stays_readable(locale: str) -> None:
    from bot.render import render

    notice = AnswerMoved(channel="zalo", html="<b>Danh sách</b>\n" + '<a href="http://x/1">CV</a> &lt;a&gt;\n' * 300)
    text = render(notice, Voice(locale, URL))
    assert len(text.html) < 4096
    assert "&lt;a&gt;" in text.html
    assert "<b>" not in text.html
