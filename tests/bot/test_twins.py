"""Urgent work goes to two channels at once: never to one twice, and the first answer settles both."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from backend.audits_frame import EVERYTHING, Tally
from backend.audits_reminding import proofs, reminders
from backend.domain.notices import TaskAcknowledged
from backend.domain.types import Urgency
from backend.kit import clock as times
from backend.models import DeliveryAttempt, OutboxNotice
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskView
from bot.channel import SendError
from bot.outlet import Job, Message, Outlet
from bot.pacing import UNLIMITED
from bot.preparing import Prepared
from bot.queue import Queue, reclaim
from bot.sender import Sender
from bot.simulator.phone import Phone
from bot.simulator.zalo_state import ZaloPhone
from tests.bot.bot_room import URL, Wall, assigned, link, moved, put, ref, sender_on
from tests.bot.conftest import Office
from tests.bot.zalo_room import ZaloOffice, zalo_office
from tests.cast import Cast
from tests.fakes import FakeClock

REFUSED = SendError("address", "blocked by the user")
DOWN = SendError("temporary", "502")


class Both:
    """An office with both chat channels, and An with a phone on each."""

    def __init__(self, telegram: Office, zalo: ZaloOffice, phones: tuple[Phone, ZaloPhone]) -> None:
        self.telegram, self.zalo = telegram, zalo
        self.chat, self.other = phones
        telegram.sender.open(zalo.channel)
        zalo.sender = telegram.sender

    async def turn(self) -> None:
        for _ in range(3):
            await self.telegram.turn()
            await self.zalo.turn()

    async def urgent(self, **more: object) -> TaskView:
        return await self.telegram.assign(urgency="express", due=DueDraft(minutes=240), **more)  # type: ignore[arg-type]


@pytest.fixture
async def both(office: Office, cast: Cast, settings: Settings) -> AsyncIterator[Both]:
    async with zalo_office(cast, settings) as zalo:
        yield Both(office, zalo, (await office.phone("an"), await zalo.phone("an")))


async def ends(**of: object) -> dict[bool, str]:
    """How the first message (False) and the second one (True) of the only notice stand."""
    found = await OutboxNotice.filter(**(of or {"kind": "TaskAssigned"}))
    return {one.twin_of_id is not None: one.status for one in found}


async def tried() -> list[tuple[bool, str, str]]:
    found = await DeliveryAttempt.all().order_by("id").prefetch_related("notice")
    return [(one.notice.twin_of_id is not None, one.channel, one.outcome) for one in found]


async def drain(sender: Sender, clock: FakeClock, *, seconds: int = 10, times_: int = 1) -> None:
    for _ in range(times_):
        await sender.drain_once()
        clock.at += timedelta(seconds=seconds)


# With both fakes.


async def test_urgent_work_arrives_on_both_and_one_answer_settles_both(both: Both) -> None:
    task = await both.urgent()
    await both.turn()
    assert await ends() == {False: "sent", True: "sent"}
    assert (len(both.chat.messages), len(both.other.words)) == (1, 1)
    assert task.code in both.chat.messages[0].text
    assert task.code in both.other.words[0]
    # Said on Zalo, true on Telegram: the card there is edited, nothing new is said.
    both.other.send(f"{task.code} nhận")
    await both.turn()
    assert (await both.telegram.see(task)).status == "acknowledged"
    assert len([message for message in both.chat.messages if message.from_bot]) == 1
    assert "Đã nhận" in both.chat.messages[0].text
    assert len(both.other.words) == 2  # the answer to what was typed


async def test_an_answer_on_telegram_leaves_zalo_quiet(both: Both) -> None:
    task = await both.urgent()
    await both.turn()
    both.chat.press(both.chat.messages[0], "Đã nhận")
    await both.turn()
    assert (await both.telegram.see(task)).status == "acknowledged"
    assert len(both.other.words) == 1
    tally = Tally()
    await proofs(tally, times.now(), EVERYTHING)
    await reminders(tally, times.now(), EVERYTHING)
    assert tally.all_is_well


async def test_ordinary_work_goes_once(both: Both, clock: FakeClock) -> None:
    await both.telegram.assign()
    clock.move(minutes=1)
    await both.turn()
    assert await ends() == {False: "sent"}
    assert both.other.words == []


async def test_what_has_not_left_is_taken_back_by_the_first_answer(both: Both, clock: FakeClock, cast: Cast) -> None:
    both.telegram.sender.shut("zalo")
    wall = Wall("zalo", edits=False)
    wall.errors = [DOWN] * 3
    both.telegram.sender.open(wall)
    task = await both.urgent()
    await both.telegram.turn()
    assert await ends() == {False: "sent", True: "pending"}
    await service.acknowledge(await cast.actor("an"), task.id)  # on the page
    assert await ends() == {False: "sent", True: "cancelled"}
    clock.move(hours=1)
    await both.telegram.turn()
    assert wall.said == []


async def test_reassigning_takes_back_both_and_the_former_lead_hears_on_both(both: Both, cast: Cast) -> None:
    task = await both.urgent()
    await both.turn()
    await service.reassign(await cast.actor("head"), task.id, "binh")
    await both.turn()
    assert await ends(kind="TaskReassigned") == {False: "sent", True: "sent"}
    assert "Bình" in both.other.words[-1]
    assert "Bình" in both.chat.messages[-1].text


# With walls, which fail as they are told.


@pytest.fixture
async def an(db: None, cast: Cast) -> Cast:
    """An with two chats."""
    await link(cast.an, "7")
    await link(cast.an, "z7", "zalo")
    return cast


def walls(*names: str) -> list[Wall]:
    return [Wall(name, edits=name == "telegram") for name in names or ("telegram", "zalo")]


def about_work(wall: Wall) -> int:
    """How often a wall was told of the work (a chat that is lost is told of elsewhere, too)."""
    return sum("CV26-000001" in words for words in wall.words)


async def urgent(cast: Cast, number: int = 1) -> int:
    return await put(assigned(number, Urgency.EXPRESS), cast.an, urgent=True)


async def test_the_two_say_the_same_on_different_channels(an: Cast) -> None:
    chat, other = walls()
    await urgent(an)
    await sender_on(chat, other).drain_once()
    assert chat.words == other.words
    assert len(chat.words) == 1
    assert await tried() == [(False, "telegram", "sent"), (True, "zalo", "sent")]


async def test_who_has_one_way_gets_one_message_and_it_says_so(db: None, cast: Cast) -> None:
    await link(cast.an, "7")
    chat, other = walls()
    notice = await urgent(cast)
    await sender_on(chat, other).drain_once()
    assert (len(chat.said), other.said) == (1, [])
    twin = await OutboxNotice.get(twin_of_id=notice)
    assert (twin.status, twin.problem) == ("muted", "only one way: telegram")


async def test_the_first_does_not_follow_its_twin_when_its_channel_fails_for_good(an: Cast, clock: FakeClock) -> None:
    chat, other = walls()
    chat.errors = [REFUSED]
    await urgent(an)
    await drain(sender_on(chat, other), clock, times_=3)
    assert (about_work(chat), about_work(other)) == (0, 1)
    # Whichever of the two was the faster has it; the other says why it went nowhere.
    assert sorted((await ends()).values()) == ["muted", "sent"]
    assert [one.problem for one in await OutboxNotice.filter(status="muted", kind="TaskAssigned")] == [
        "only one way: zalo"
    ]


async def test_a_third_way_takes_over_from_either(an: Cast, clock: FakeClock) -> None:
    chat, other, mail = walls("telegram", "zalo", "email")
    chat.errors, other.errors = [REFUSED], [REFUSED]
    await urgent(an)
    await drain(sender_on(chat, other, mail), clock, seconds=5, times_=6)
    # One of the two goes by mail, the other has no way that is left.
    assert [about_work(wall) for wall in (chat, other, mail)] == [0, 0, 1]
    assert set((await ends()).values()) == {"sent", "muted"}


async def test_a_channel_that_is_down_holds_up_neither_the_other_nor_what_comes_after(
    an: Cast, clock: FakeClock
) -> None:
    chat, other = walls()
    other.errors = [DOWN] * 2
    await urgent(an, 1)
    await sender_on(chat, other).drain_once()
    await put(moved(2), an.an)
    await sender_on(chat, other).drain_once()
    assert ["CV26-000001" in chat.words[0], "CV26-000002" in chat.words[1]] == [True, True]
    chat.errors, other.errors = [DOWN], []
    await urgent(an, 3)
    await drain(sender_on(chat, other), clock, seconds=120, times_=4)
    assert [len(chat.said), len(other.said)] == [3, 2]


async def test_the_twin_comes_at_once_although_assignments_are_bundled(an: Cast) -> None:
    chat, other = walls()
    await put(assigned(1, Urgency.URGENT), an.an, urgent=True)
    await sender_on(chat, other).drain_once()
    assert [len(chat.said), len(other.said)] == [1, 1]


async def test_what_asks_nothing_goes_once(an: Cast) -> None:
    chat, other = walls()
    await put(TaskAcknowledged(task=ref(1, urgency=Urgency.URGENT), by="An"), an.an, urgent=True)
    await sender_on(chat, other).drain_once()
    assert [len(chat.said), len(other.said)] == [1, 0]


async def test_urgent_lines_of_a_slot_are_one_message_on_the_second_channel(an: Cast) -> None:
    chat, other = walls()
    for number in (1, 2):
        await put(assigned(number, Urgency.URGENT), an.an, urgent=True)
    await put(moved(3), an.an)
    await OutboxNotice.all().update(in_slot=True, kind="DueMoved")
    await OutboxNotice.all().update(ready_at=times.real() - timedelta(minutes=6))
    await sender_on(chat, other).drain_once()
    assert [len(chat.said), len(other.said)] == [1, 1]
    assert "CV26-000003" in chat.words[0]
    assert ["CV26-000001" in other.words[0], "CV26-000002" in other.words[0], "CV26-000003" in other.words[0]] == [
        True,
        True,
        False,
    ]


async def test_a_crash_between_the_two_loses_neither(an: Cast, clock: FakeClock) -> None:
    chat, other = walls()
    notice = await urgent(an)
    queue = Queue()  # of a worker that puts the first on record and is gone
    outlets = {wall.name: Outlet(wall, UNLIMITED) for wall in (chat, other)}
    [claimed] = await queue.claim(10)
    [job] = await Prepared(URL, "Asia/Ho_Chi_Minh", queue, outlets).jobs([claimed])
    assert isinstance(job, Job)
    assert await queue.start(*Message(claimed, job).going) is not None
    assert (await OutboxNotice.get(twin_of_id=notice)).status == "pending"
    clock.at += timedelta(minutes=2)
    await reclaim()
    await drain(sender_on(chat, other), clock, times_=2)
    assert [len(chat.said), len(other.said)] == [1, 1]
    assert "có thể" in chat.words[0]  # may be a repeat, and says so
    assert "có thể" not in other.words[0]
    assert await ends() == {False: "sent", True: "sent"}


async def test_the_second_way_that_has_nothing_left_is_not_waited_for(db: None, cast: Cast, settings: Settings) -> None:
    from tests.bot.test_rationing import use_up

    async with zalo_office(cast, settings, monthly=100) as office:
        phone, chat = await office.phone("an"), Wall()
        await link(cast.an, "7")
        office.sender.open(chat)
        await use_up(office, 96)
        await urgent(cast, 1)
        await office.sender.drain_once()
        assert (len(chat.said), len(phone.words)) == (1, 1)  # urgent only: it goes through
        await use_up(office, 100)
        notice = await urgent(cast, 2)
        await office.sender.drain_once()
        assert (len(chat.said), len(phone.words)) == (2, 1)
        assert (await OutboxNotice.get(twin_of_id=notice)).status == "muted"
