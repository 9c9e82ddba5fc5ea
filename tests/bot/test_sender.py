"""Sending: which channel, how each failure ends, what is flagged, and that nothing blocks a chat for ever."""

import asyncio
from datetime import timedelta
from typing import Any
from typing import cast as as_type

import msgspec
import pytest
from tortoise.exceptions import OperationalError

from backend.domain.notices import CardChanged, ChatLinked, SignInLink
from backend.kit import clock as times
from backend.models import ChatLink, DeliveryAttempt, OutboxNotice, Person
from bot import pacing
from bot.channel import Receipt, SendError, Text
from bot.sender import Sender
from tests.bot.bot_room import URL, Wall, assigned, cancel, link, moved, put, ref, row, sender_on
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def outcomes(notice_id: int) -> list[tuple[str, str]]:
    return [(kept.channel, kept.outcome) for kept in await DeliveryAttempt.filter(notice_id=notice_id).order_by("id")]


async def test_everything_due_is_sent_in_the_order_of_each_chat(cast: Cast) -> None:
    await link(cast.an, "1")
    await link(cast.binh, "2")
    for number in range(1, 6):
        await put(moved(number), cast.an)
        await put(moved(10 + number), cast.binh)
    wall = Wall()
    assert await sender_on(wall).drain_once() == {"sent": 10}
    for address, first in (("1", 1), ("2", 11)):
        said = [text.plain.split("CV26-")[1][:6] for to, text in wall.said if to == address]
        assert said == [f"{number:06d}" for number in range(first, first + 5)]


async def test_a_person_is_written_to_in_their_language(cast: Cast) -> None:
    await Person.filter(id=cast.an.id).update(locale="en")
    await link(cast.an, "1")
    await put(moved(), cast.an)
    wall = Wall()
    await sender_on(wall).drain_once()
    assert "moved the due time" in wall.words[0]
    assert f"{URL}/tasks/CV26-000001" in wall.said[0][1].html


async def test_without_a_channel_everything_waits(cast: Cast) -> None:
    await link(cast.an, "1")
    notice_id = await put(moved(), cast.an)
    sender = Sender(URL)
    assert await sender.drain_once() == {}
    assert (await row(notice_id)).status == "pending"
    wall = Wall()
    sender.open(wall)
    assert await sender.drain_once() == {"sent": 1}


async def test_somebody_who_cannot_be_reached_is_muted_with_the_reason(cast: Cast) -> None:
    await Person.filter(id=cast.an.id).update(email=None)
    await Person.filter(id=cast.binh.id).update(left_at=times.now())
    nobody, gone = await put(moved(1), cast.an), await put(moved(2), cast.binh)
    await link(cast.binh, "2")
    assert await sender_on(Wall()).drain_once() == {"muted": 2}
    assert (await row(nobody)).problem == "no linked chat and no address"
    assert (await row(gone)).problem == "the person has left"


async def test_a_chosen_order_of_channels_is_kept(cast: Cast) -> None:
    await link(cast.an, "1")
    chat, mail = Wall(), Wall("email", edits=False)
    await put(moved(1), cast.an)
    await sender_on(chat, mail).drain_once()
    assert (len(chat.said), len(mail.said)) == (1, 0)
    await Person.filter(id=cast.an.id).update(channels=["email"])
    await put(moved(2), cast.an)
    await sender_on(chat, mail).drain_once()
    assert (len(chat.said), len(mail.said)) == (1, 1)


async def test_a_sign_in_link_goes_to_the_mailbox_and_nowhere_else(cast: Cast) -> None:
    await link(cast.an, "1")
    notice = SignInLink(url=f"{URL}/links/secret", until=times.real() + timedelta(days=7))
    await put(notice, cast.an)
    chat, mail = Wall(), Wall("email", edits=False)
    assert await sender_on(chat).drain_once() == {"muted": 1}
    await put(notice, cast.an)
    assert await sender_on(chat, mail).drain_once() == {"sent": 1}
    assert chat.said == []
    assert f"{URL}/links/secret" in mail.words[0]


async def test_a_dead_address_ends_the_link_and_the_next_channel_takes_over(cast: Cast) -> None:
    kept = await link(cast.an, "1")
    notice_id = await put(moved(), cast.an)
    chat, mail = Wall(), Wall("email", edits=False)
    chat.errors = [SendError("address", "Forbidden: bot was blocked by the user")]
    # The notice, that the chat is lost, and the same to HR.
    assert await sender_on(chat, mail).drain_once() == {"failed": 1, "sent": 3}
    assert await outcomes(notice_id) == [("telegram", "failed"), ("email", "sent")]
    ended = await ChatLink.get(id=kept.id)
    assert ended.ended_at is not None
    assert "blocked" in ended.end_reason


async def test_a_dead_address_without_another_channel_is_muted(cast: Cast) -> None:
    await link(cast.an, "1")
    notice_id = await put(moved(), cast.an)
    chat = Wall()
    chat.errors = [SendError("address", "chat not found")]
    assert await sender_on(chat).drain_once() == {"failed": 1, "muted": 3}  # so are the two that say the chat is lost
    assert (await row(notice_id)).problem == "no way left after telegram"


async def test_a_bad_message_is_a_dead_letter_and_the_link_stays(cast: Cast) -> None:
    kept = await link(cast.an, "1")
    notice_id = await put(moved(1), cast.an)
    await put(moved(2), cast.an)
    chat = Wall()
    chat.errors = [SendError("message", "message is too long")]
    assert await sender_on(chat).drain_once() == {"dead": 1, "sent": 1}
    assert (await row(notice_id)).status == "dead"
    assert (await ChatLink.get(id=kept.id)).ended_at is None


async def test_a_temporary_failure_is_tried_again_later_each_time(cast: Cast, clock: FakeClock) -> None:
    await link(cast.an, "1")
    notice_id = await put(moved(), cast.an)
    chat = Wall()
    chat.errors = [SendError("temporary", "502")] * 3
    sender = sender_on(chat)
    waits = []
    for _ in range(3):
        assert await sender.drain_once() == {"retry": 1}
        assert await sender.drain_once() == {}
        waits.append((await row(notice_id)).ready_at - times.real())
        clock.move(seconds=waits[-1].total_seconds())
    assert await sender.drain_once() == {"sent": 1}
    assert waits[0] < waits[1] < waits[2]
    assert "lặp" not in chat.words[0]


async def test_a_wait_that_the_server_names_is_kept(cast: Cast, clock: FakeClock) -> None:
    await link(cast.an, "1")
    notice_id = await put(moved(), cast.an)
    chat = Wall()
    chat.errors = [SendError("temporary", "429", retry_after_s=37)]
    await sender_on(chat).drain_once()
    assert (await row(notice_id)).ready_at - times.real() == timedelta(seconds=37)


async def test_an_unknown_outcome_is_sent_once_more_and_says_so(cast: Cast, clock: FakeClock) -> None:
    await link(cast.an, "1")
    notice_id = await put(moved(), cast.an)
    chat = Wall()
    chat.errors = [SendError("unknown", "timeout"), SendError("unknown", "timeout")]
    sender = sender_on(chat)
    assert await sender.drain_once() == {"unknown": 1}
    clock.move(minutes=1)
    assert await sender.drain_once() == {"unknown": 1}
    clock.move(minutes=1)
    assert await sender.drain_once() == {"sent": 1}
    assert chat.words[0].endswith("(có thể gửi lặp)")
    assert await outcomes(notice_id) == [("telegram", "unknown"), ("telegram", "unknown"), ("telegram", "sent")]


async def test_a_channel_that_breaks_counts_as_unknown(cast: Cast) -> None:
    await link(cast.an, "1")

    class Broken(Wall):
        async def send(self, *_: object, **__: object) -> None:  # type: ignore[override]
            raise RuntimeError("a fault of ours")

    await put(moved(), cast.an)
    assert await sender_on(Broken()).drain_once() == {"unknown": 1}


async def test_after_days_of_trying_it_goes_elsewhere_or_is_a_dead_letter(cast: Cast, clock: FakeClock) -> None:
    await link(cast.an, "1")
    notice_id = await put(moved(), cast.an)
    chat, mail = Wall(), Wall("email", edits=False)
    chat.errors = [SendError("temporary", "unreachable")] * 2
    await sender_on(chat).drain_once()
    clock.move(seconds=pacing.MAX_AGE.total_seconds())
    assert await sender_on(chat, mail).drain_once() == {"failed": 1, "sent": 1}
    assert await outcomes(notice_id) == [("telegram", "retry"), ("telegram", "failed"), ("email", "sent")]

    lonely = await put(moved(2), cast.an)
    chat.errors = [SendError("temporary", "unreachable")] * 2
    await sender_on(chat).drain_once()
    clock.move(seconds=pacing.MAX_AGE.total_seconds())
    assert await sender_on(chat).drain_once() == {"dead": 1}
    assert (await row(lonely)).problem == "given up: unreachable"


async def test_a_chat_that_moved_is_followed(cast: Cast) -> None:
    kept = await link(cast.an, "-5")
    notice_id = await put(moved(), cast.an)
    chat = Wall()
    chat.errors = [SendError("temporary", "upgraded", moved_to="-1005")]
    assert await sender_on(chat).drain_once() == {"retry": 1, "sent": 1}
    assert chat.said[0][0] == "-1005"
    assert (await ChatLink.get(id=kept.id)).address == "-1005"
    assert await outcomes(notice_id) == [("telegram", "retry"), ("telegram", "sent")]


async def test_a_notice_nobody_understands_is_a_dead_letter_and_blocks_nothing(cast: Cast) -> None:
    await link(cast.an, "1")
    notice_id = await put(ChatLinked(channel="telegram"), cast.an)
    await OutboxNotice.filter(id=notice_id).update(payload={"kind": "NoSuchNotice"})
    await put(moved(2), cast.an)
    assert await sender_on(Wall()).drain_once() == {"dead": 1, "sent": 1}
    assert "cannot be put into words" in (await row(notice_id)).problem


async def test_cancelled_while_it_waits_for_its_pace_is_not_sent(cast: Cast) -> None:
    await link(cast.an, "1")
    await link(cast.binh, "2")
    chat = Wall()
    sender = Sender(URL)
    sender.open(chat, pacing.Limits(overall_per_s=2, chat_per_s=1e9, group_per_min=1e9))
    await put(moved(1), cast.an)
    late = await put(moved(2), cast.binh)
    draining = asyncio.ensure_future(sender.drain_once())
    await chat.spoke.wait()
    await cancel(late)
    assert await draining == {"sent": 1, "cancelled": 1}
    assert [to for to, _ in chat.said] == ["1"]


async def test_a_place_far_away_is_not_waited_for_in_hand(cast: Cast) -> None:
    await link(cast.an, "-1")
    sender, chat = Sender(URL), Wall()
    sender.open(chat, pacing.Limits(group_per_min=1))
    first, second = await put(moved(1), cast.an), await put(moved(2), cast.an)
    assert await sender.drain_once() == {"sent": 1, "later": 1}
    assert (await row(first)).status == "sent"
    assert (await row(second)).status == "pending"
    assert timedelta(seconds=50) < (await row(second)).ready_at - times.real() <= timedelta(seconds=60)


async def test_a_changed_card_without_a_card_is_settled_in_silence(cast: Cast) -> None:
    await link(cast.an, "1")
    notice_id = await put(CardChanged(task=ref()), cast.an)
    chat = Wall()
    assert await sender_on(chat).drain_once() == {"nothing": 1}
    assert (await row(notice_id)).status == "sent"
    assert (chat.said, chat.edited) == ([], [])
    assert await outcomes(notice_id) == []


async def test_a_sender_that_runs_wakes_up_when_kicked_and_stops_clean(cast: Cast) -> None:
    await link(cast.an, "1")
    chat = Wall()
    sender = sender_on(chat)
    running = asyncio.ensure_future(sender.run())
    await put(moved(), cast.an)
    sender.kick()
    async with asyncio.timeout(60):
        await chat.spoke.wait()
        await sender.close()
        await running
    assert (await OutboxNotice.all().first()).status == "sent"


async def test_an_assignment_whose_task_is_gone_still_says_what_it_said(cast: Cast) -> None:
    await link(cast.an, "1")
    await put(assigned(), cast.an)
    chat = Wall()
    await sender_on(chat).drain_once()
    [(_, text)] = chat.said
    assert "Báo cáo PCCC" in text.plain
    assert [button.label for shown in text.buttons for button in shown] == [
        "Đã nhận",
        "Báo cáo xong",
        "Xin gia hạn",
        "Chi tiết",
    ]


class Slow(Wall):
    """A wall that takes nothing before its gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.waiting = asyncio.Event(), 0

    async def send(self, address: str, text: Text, *, reply_to: Receipt | None = None) -> Receipt:
        self.waiting += 1
        self.spoke.set()
        await self.gate.wait()
        return await super().send(address, text)


async def until(ids: list[int], statuses: list[str]) -> None:
    """Wait for notices to stand like this."""
    for _ in range(2000):
        now = [(await row(notice_id)).status for notice_id in ids]
        if now == statuses:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{now} never became {statuses}")


async def three_who_wait(cast: Cast) -> list[int]:
    ids = []
    for number, person in enumerate((cast.an, cast.binh, cast.cuong)):
        await link(person, str(number))
        ids.append(await put(moved(number), person))
    return ids


async def test_no_more_is_in_doubt_than_there_are_lanes(cast: Cast) -> None:
    ids = await three_who_wait(cast)
    chat, sender = Slow(), Sender(URL)
    sender.open(chat, msgspec.structs.replace(pacing.UNLIMITED, lanes=2))
    draining = asyncio.ensure_future(sender.drain_once())
    await until(ids, ["sending", "sending", "pending"])
    await asyncio.sleep(0.1)
    assert chat.waiting == await DeliveryAttempt.filter(outcome="started").count() == 2
    await until(ids, ["sending", "sending", "pending"])
    chat.gate.set()
    assert await draining == {"sent": 3}


async def test_a_stop_that_cannot_wait_leaves_what_was_on_its_way_in_doubt(cast: Cast) -> None:
    await link(cast.an, "1")
    notice_id = await put(moved(), cast.an)
    chat = Slow()
    sender = sender_on(chat)
    running = asyncio.ensure_future(sender.run())
    async with asyncio.timeout(60):
        await chat.spoke.wait()
    await sender.close()
    assert not running.done(), "it waits for what is on its way"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await outcomes(notice_id) == [("telegram", "unknown")]
    left = await row(notice_id)
    assert (left.status, left.maybe_sent, left.lease_owner) == ("pending", True, "")


async def test_what_waits_for_a_channel_that_is_shut_is_given_back(cast: Cast) -> None:
    ids = await three_who_wait(cast)
    chat, sender = Wall(), Sender(URL)
    sender.open(chat, pacing.Limits(overall_per_s=0.2))
    running = asyncio.ensure_future(sender.run())
    await until(ids, ["sent", "claimed", "claimed"])
    sender.shut("telegram")
    await until(ids, ["sent", "pending", "pending"])
    other = Wall()
    sender.open(other)
    await until(ids, ["sent", "sent", "sent"])
    await sender.close()
    await running
    assert (len(chat.said), len(other.said)) == (1, 2)


async def test_an_answer_that_cannot_be_kept_leaves_no_other_in_doubt(cast: Cast, clock: FakeClock) -> None:
    ids = await three_who_wait(cast)

    class Strange(Wall):
        async def send(self, address: str, text: Text, *, reply_to: Receipt | None = None) -> Receipt:
            receipt = await super().send(address, text)
            return receipt if address != "1" or len(self.said) > 3 else Receipt(as_type(Any, object()))

    sender = sender_on(chat := Strange())
    with pytest.raises((TypeError, OperationalError)):  # SQLite's JSON refuses it, or PostgreSQL's driver
        await sender.drain_once()
    assert [(await row(notice_id)).status for notice_id in ids] == ["sent", "sending", "sent"]
    assert await outcomes(ids[1]) == [("telegram", "started")]
    clock.move(minutes=2)
    assert await sender.drain_once() == {"sent": 1}
    assert await outcomes(ids[1]) == [("telegram", "unknown"), ("telegram", "sent")]
    assert chat.words[-1].endswith("(có thể gửi lặp)")


async def test_a_channel_with_many_lanes_keeps_the_order_of_each_chat(cast: Cast) -> None:
    people = (cast.an, cast.binh, cast.cuong)
    for person in people:
        await link(person, str(person.id))
    for number in range(1, 41):
        await put(moved(number), people[number % 3])
    chat, sender = Wall(), Sender(URL)
    sender.open(chat, msgspec.structs.replace(pacing.UNLIMITED, lanes=64))
    assert await sender.drain_once() == {"sent": 40}
    for place, person in enumerate(people):
        said = [int(text.plain.split("CV26-")[1][:6]) for to, text in chat.said if to == str(person.id)]
        assert said == [number for number in range(1, 41) if number % 3 == place]
