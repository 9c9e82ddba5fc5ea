"""Zalo on its bad days, in virtual time: two hours of 502, hangs, refusals, a month that is spent; everything arrives, once
and somewhere."""

import pytest

from backend import channel_use
from backend.models import DeliveryAttempt, InboundUpdate, OutboxNotice, Report, TaskEvent
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft
from bot.simulator.zalo import FakeZalo
from tests.bot.bot_room import Wall, assigned, moved, put
from tests.bot.zalo_room import ZaloOffice, zalo_office
from tests.cast import Cast
from tests.fakes import FakeClock

MAYBE = "(có thể gửi lặp)"


async def hours(office: ZaloOffice, clock: FakeClock, count: float, step_min: int = 5) -> None:
    """So many hours in which everything that is due happens every few minutes."""
    for _ in range(round(count * 60 / step_min)):
        await office.turn()
        clock.move(minutes=step_min)
    await office.turn()


def numbers_on(words: list[str], count: int) -> list[int]:
    """How often each of the notices 1..count is there."""
    return [sum(f"CV26-{number:06d}" in text for text in words) for number in range(1, count + 1)]


@pytest.mark.parametrize("by_status", [False, True])
async def test_two_hours_of_502_and_then_everything_once(
    db: None, cast: Cast, settings: Settings, clock: FakeClock, by_status: bool
) -> None:
    async with zalo_office(cast, settings, by_status=by_status) as office:
        phones = [await office.phone(handle) for handle in ("an", "binh", "head")]
        outage = office.fake.fail("sendMessage", 502, times=None)
        for number, handle in enumerate(("an", "binh", "head", "an", "binh", "head"), 1):
            kind = assigned if number == 1 else moved
            await put(kind(number), cast.people[handle], urgent=number == 2)
        await hours(office, clock, 2)
        assert not any(phone.words for phone in phones)
        assert outage.hits > 10
        outage.cancel()
        await hours(office, clock, 0.75)
        assert numbers_on([text for phone in phones for text in phone.words], 6) == [1] * 6
        assert not any(MAYBE in text for phone in phones for text in phone.words)  # Zalo's own no: nothing was in doubt
        assert await OutboxNotice.exclude(status="sent").count() == 0
        [use] = [use for use in await channel_use.uses(settings.zone) if use.bot == "700001"]
        assert use.sent == office.fake.world.bot().used == sum(len(phone.received) for phone in phones)


async def test_a_proxy_that_fails_for_two_hours_leaves_doubt_and_loses_nothing(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    """Whether a proxy that says 502 passed the message on is not known: the next one says so."""
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        outage = office.fake.fail("sendMessage", 502, times=None, body="<html>bad gateway</html>")
        for number in (1, 2, 3):
            await put(moved(number), cast.an)
        await hours(office, clock, 2)
        outage.cancel()
        await hours(office, clock, 0.75)
        assert numbers_on(phone.words, 3) == [1, 1, 1]
        assert MAYBE in phone.words[0]
        assert await OutboxNotice.exclude(status="sent").count() == 0


async def test_failures_that_last_fall_to_the_mailbox_once(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phone, mail = await office.phone("an"), Wall("email", edits=False)
        office.sender.open(mail)
        outage = office.fake.fail("sendMessage", 502, times=None)
        for number in (1, 2):
            await put(moved(number), cast.an, urgent=number == 2)
        await hours(office, clock, 0.75)
        assert mail.words == []
        # The first is tried for an hour; for the other it is known by then that nothing arrives.
        await hours(office, clock, 0.75)
        assert numbers_on(mail.words, 2) == [1, 1]
        outage.cancel()
        await hours(office, clock, 2, step_min=30)
        assert (phone.words, len(mail.words)) == ([], 2)
        # What comes later is Zalo's again.
        await put(moved(3), cast.an)
        await hours(office, clock, 0.25)
        assert (len(phone.words), len(mail.words)) == (1, 2)
        ends = [attempt.outcome for attempt in await DeliveryAttempt.filter(channel="zalo")]
        assert (ends.count("failed"), ends.count("sent"), set(ends)) == (2, 1, {"retry", "failed", "sent"})
        assert await OutboxNotice.exclude(status="sent").count() == 0


async def test_a_spent_month_goes_by_mail_and_comes_back_with_the_next(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    """The server counts too, and its 429 is heeded; with the new month Zalo carries again."""
    async with zalo_office(cast, settings, monthly=0) as office:
        office.fake.world.monthly = 2
        phone, mail = await office.phone("an"), Wall("email", edits=False)
        office.sender.open(mail)
        for number in (1, 2, 3, 4):
            await put(moved(number), cast.an)
            await office.turn()
            clock.move(minutes=3)
        assert (len(phone.words), len(mail.words)) == (2, 2)
        clock.set("2026-12-01 08:00")
        office.fake.new_month()
        await put(moved(5), cast.an)
        await office.turn()
        assert numbers_on(phone.words, 5) == [1, 1, 0, 0, 1]


async def test_a_report_is_taken_while_zalo_takes_no_answer(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    """The act is done whatever becomes of its answer; asking again says what is so."""
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        draft = TaskDraft(title="Báo cáo", due=DueDraft(minutes=960), leads=["an"])
        [task] = (await service.assign(await cast.actor("head"), draft)).tasks
        outage = office.fake.fail("sendMessage", 502, times=None)
        phone.send(f"{task.code} xong Đã gửi")
        await office.turn()
        assert await Report.filter(task_id=task.id).count() == 1
        clock.move(hours=2)
        outage.cancel()
        phone.send(f"{task.code} xong Đã gửi")
        await office.turn()
        assert any(task.code in text for text in phone.words)
        assert await TaskEvent.filter(task_id=task.id, kind="reported").count() == 1
        assert await InboundUpdate.filter(handled_at=None).count() == 0


async def test_posted_twice_in_any_order_and_late_it_is_handled_once(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        draft = TaskDraft(title="Báo cáo", due=DueDraft(minutes=960), leads=["an"])
        [task] = (await service.assign(await cast.actor("head"), draft)).tasks
        events = [phone.send(f"{task.code} {words}") for words in ("nhận", "xong Đã gửi")]
        bot = office.fake.world.bot()
        bot.queue = [events[1], events[0], events[1], events[0]]
        await office.turn()
        clock.move(hours=1)
        await office.turn()
        said = list(phone.words)
        clock.move(minutes=10)
        bot.queue = [events[0], events[1]]
        await office.turn()
        assert await Report.filter(task_id=task.id).count() == 1
        assert await InboundUpdate.all().count() == 2
        assert sum("Đã gửi Hoàng Minh Tuấn báo cáo" in text for text in phone.words) == 1
        assert phone.words == said


async def test_a_call_that_hangs_is_in_doubt_and_said_again_once(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    async with zalo_office(cast, settings) as office:
        phone = await office.phone("an")
        office.clients[0]._timeout_s = 2
        office.fake.hang("sendMessage", 5.0, after_effect=True)
        await put(moved(1), cast.an)
        await hours(office, clock, 0.5)
        assert [MAYBE in text for text in phone.words] == [False, True]
        outcomes = [attempt.outcome for attempt in await DeliveryAttempt.all().order_by("id")]
        assert outcomes == ["unknown", "sent"]


@pytest.mark.one_database
async def test_the_fake_answers_empty_polls_and_closed_ones_like_the_real_one() -> None:
    """408, in the envelope or as a status; a second poll ends the first."""
    for by_status in (False, True):
        async with FakeZalo(by_status=by_status) as fake:
            from bot.zalo.client import Client

            client = Client(next(iter(fake.world.bots)), fake.base_url, timeout_s=60)
            try:
                assert await client.update(0) is None
                said = fake.phone("x").send("xin chào")
                assert await client.update(1) == said
                assert await client.update(0) is None
            finally:
                await client.close()
