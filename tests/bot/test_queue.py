"""The outbox as a queue: order, leases, attempts, cancelling, bundling."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from backend import outbox
from backend.domain.types import Urgency
from backend.kit import clock as times
from backend.kit.db import transaction
from backend.models import DeliveryAttempt, OutboxNotice
from bot import attempts, queue
from bot.channel import Receipt
from bot.claimed import Claimed
from bot.queue import Going, Queue
from tests.bot.bot_room import assigned, cancel, moved, put, row
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def test_urgent_goes_first_then_the_oldest_and_one_of_each_person(cast: Cast) -> None:
    first = await put(moved(1), cast.an)
    await put(moved(2), cast.an)
    second = await put(moved(3), cast.binh)
    urgent = await put(moved(4), cast.cuong, urgent=True)
    assert [notice.id for notice in await Queue().claim(10)] == [urgent, first, second]


async def test_what_is_not_ready_in_either_time_stays(cast: Cast, clock: FakeClock) -> None:
    await put(moved(1), cast.an, ready_in=timedelta(seconds=10))
    await put(moved(2), cast.binh, not_before=times.now() + timedelta(hours=1))
    assert await Queue().claim(10) == []
    clock.move(seconds=10)
    assert [notice.person_id for notice in await Queue().claim(10)] == [cast.an.id]


async def test_a_later_notice_waits_while_another_worker_has_the_earlier_one(cast: Cast) -> None:
    first, second = await put(moved(1), cast.an), await put(moved(2), cast.an)
    one, other = Queue("one"), Queue("other")
    [held] = await one.claim(10)
    assert held.id == first
    assert await other.claim(10) == []
    attempt = await one.start(held, "telegram", "5")
    assert attempt is not None
    assert await other.claim(10) == []
    await one.sent(attempt, Receipt("1"))
    assert [notice.id for notice in await other.claim(10)] == [second]


async def test_an_urgent_notice_waits_for_the_one_in_flight_too(cast: Cast) -> None:
    await put(moved(1), cast.an)
    [held] = await Queue("one").claim(10)
    await put(moved(2), cast.an, urgent=True)
    assert await Queue("other").claim(10) == []
    assert held.kind == "DueMoved"


async def test_a_retry_that_waits_is_not_overtaken_in_its_chat(cast: Cast, clock: FakeClock) -> None:
    first, second = await put(moved(1), cast.an), await put(moved(2), cast.an)
    mine = Queue()
    [held] = await mine.claim(1)
    attempt = await mine.start(held, "telegram", "5")
    assert attempt is not None
    await mine.retry(attempt, "502", times.real() + timedelta(seconds=30))
    assert await mine.claim(10) == []
    clock.move(seconds=30)
    assert [notice.id for notice in await mine.claim(10)] == [first]
    assert (await row(second)).status == "pending"


async def test_an_attempt_is_on_record_before_it_is_sent(cast: Cast) -> None:
    notice_id = await put(moved(), cast.an)
    mine = Queue()
    [held] = await mine.claim(1)
    attempt = await mine.start(held, "telegram", "5")
    assert attempt is not None
    kept = await DeliveryAttempt.get(notice_id=notice_id)
    assert (kept.outcome, kept.channel, kept.address, kept.finished_at) == ("started", "telegram", "5", None)
    assert (await row(notice_id)).attempts == 1
    await mine.sent(attempt, Receipt("77"))
    kept = await DeliveryAttempt.get(notice_id=notice_id)
    assert (kept.outcome, kept.receipt) == ("sent", "77")
    assert kept.finished_at == times.real()
    assert (await row(notice_id)).status == "sent"


async def test_what_a_crashed_worker_was_sending_comes_back_flagged(cast: Cast, clock: FakeClock) -> None:
    notice_id = await put(moved(), cast.an)
    crashed = Queue("crashed", lease_s=60)
    [held] = await crashed.claim(1)
    assert await crashed.start(held, "telegram", "5") is not None
    assert await queue.reclaim() == 0
    clock.move(seconds=60)
    assert await queue.reclaim() == 1
    assert (await DeliveryAttempt.get(notice_id=notice_id)).outcome == "unknown"
    [again] = await Queue("next").claim(1)
    assert (again.id, again.maybe_sent, again.attempts) == (notice_id, True, 1)


async def test_what_a_crashed_worker_had_not_started_comes_back_as_it_was(cast: Cast, clock: FakeClock) -> None:
    await put(moved(), cast.an)
    await Queue("crashed").claim(1)
    clock.move(seconds=61)
    assert await queue.reclaim() == 1
    [again] = await Queue("next").claim(1)
    assert not again.maybe_sent
    assert await DeliveryAttempt.all().count() == 0


async def test_a_worker_that_lost_its_lease_settles_nothing(cast: Cast, clock: FakeClock) -> None:
    notice_id = await put(moved(), cast.an)
    slow = Queue("slow")
    [held] = await slow.claim(1)
    attempt = await slow.start(held, "telegram", "5")
    assert attempt is not None
    clock.move(seconds=61)
    await queue.reclaim()
    await slow.sent(attempt, Receipt("1"))
    assert (await row(notice_id)).status == "pending"
    assert (await DeliveryAttempt.get(notice_id=notice_id)).outcome == "unknown"


async def test_what_ends_together_leaves_alone_what_is_somebody_elses(cast: Cast, clock: FakeClock) -> None:
    ids = [await put(moved(number), person) for number, person in enumerate((cast.an, cast.binh, cast.hr))]
    slow = Queue("slow")
    held = await slow.claim(1)
    clock.move(seconds=61)
    held += await slow.claim(2)
    await queue.reclaim()
    await asyncio.gather(slow.nobody(held[0], "no chat"), slow.nothing_to_do(held[1]), slow.nobody(held[2], "left"))
    assert [(one.status, one.problem) for one in [await row(id_) for id_ in ids]] == [
        ("pending", ""),
        ("sent", ""),
        ("muted", "left"),
    ]


async def test_a_clean_stop_gives_back_at_once_what_was_not_started(cast: Cast) -> None:
    first, second = await put(moved(1), cast.an), await put(moved(2), cast.binh)
    leaving = Queue("leaving")
    held = {notice.id: notice for notice in await leaving.claim(10)}
    assert await leaving.start(held[first], "telegram", "5") is not None
    assert await leaving.release() == 1
    assert [notice.id for notice in await Queue("next").claim(10)] == [second]
    assert (await row(first)).status == "sending"


async def test_cancelled_after_the_claim_is_not_started(cast: Cast) -> None:
    notice_id = await put(moved(), cast.an)
    mine = Queue()
    [held] = await mine.claim(1)
    await cancel(notice_id)
    assert await mine.start(held, "telegram", "5") is None
    assert (await row(notice_id)).status == "cancelled"
    assert await DeliveryAttempt.all().count() == 0


async def test_what_is_on_its_way_is_not_cancelled(cast: Cast) -> None:
    notice_id = await put(moved(), cast.an)
    mine = Queue()
    [held] = await mine.claim(1)
    attempt = await mine.start(held, "telegram", "5")
    assert attempt is not None
    await cancel(notice_id)
    await mine.sent(attempt, Receipt("1"))
    assert (await row(notice_id)).status == "sent"


async def test_further_assignments_wait_two_minutes_and_go_together(cast: Cast, clock: FakeClock) -> None:
    mine = Queue()

    async def sent() -> list[int]:
        ids = []
        while held := await mine.claim(10):
            for notice in held:
                attempt = await mine.start(notice, "telegram", "5")
                assert attempt is not None
                await mine.sent(attempt, Receipt("1"))
                ids.append(notice.id)
        return ids

    first = await put(assigned(1), cast.an, ready_in=timedelta(seconds=10))
    assert await sent() == []
    clock.move(seconds=10)
    assert await sent() == [first]
    later = [await put(assigned(number), cast.an, ready_in=timedelta(seconds=10)) for number in (2, 3)]
    clock.move(seconds=60)
    assert await sent() == []
    other = await put(moved(9), cast.an)
    assert await sent() == [other], "what is not an assignment does not wait for the bundle"
    clock.move(seconds=60)
    assert await sent() == later
    express = await put(assigned(4, Urgency.EXPRESS), cast.an)
    assert await sent() == [express]


async def test_nothing_about_a_task_overtakes_its_assignment(cast: Cast, clock: FakeClock) -> None:
    task_id = await _task(cast)
    first = await put(assigned(1), cast.an, ready_in=timedelta(seconds=10))
    second = await put(moved(1), cast.an)
    await OutboxNotice.filter(id__in=(first, second)).update(task_id=task_id)
    assert await Queue().claim(10) == []
    clock.move(seconds=10)
    assert [notice.id for notice in await Queue().claim(10)] == [first]


async def _task(cast: Cast) -> int:
    from backend.models import Task

    made: Any = await Task.create(
        code="CV26-000001",
        title="Việc",
        assigner_id=cast.head.id,
        lead_id=cast.an.id,
        unit_id=cast.units["tuphap"].id,
        assigned_at=times.now(),
        answer_from_at=times.now(),
        due_at=times.now() + timedelta(days=2),
    )
    return int(made.id)


async def test_refused_channels_and_the_first_try_are_remembered(cast: Cast, clock: FakeClock) -> None:
    notice_id = await put(moved(), cast.an)
    mine = Queue()
    start = times.real()
    [held] = await mine.claim(1)
    attempt = await mine.start(held, "telegram", "5")
    assert attempt is not None
    await mine.elsewhere(attempt, "blocked")
    assert await attempts.failed_channels([notice_id]) == {notice_id: {"telegram"}}
    clock.move(hours=1)
    assert await attempts.first_tried_at(notice_id) == start


async def test_what_goes_at_once_was_never_only_claimed(cast: Cast) -> None:
    first, second = await put(moved(1), cast.an), await put(moved(2), cast.binh)
    mine = Queue()

    async def the_second(found: list[Claimed]) -> list[Going]:
        assert {(await row(notice.id)).status for notice in found} == {"pending"}
        return [(notice, "telegram", "6") for notice in found if notice.id == second]

    [rest], [attempt] = await mine.claim_and_start(10, the_second)
    assert (rest.id, attempt.notice_id, attempt.number) == (first, second, 1)
    assert [(await row(notice_id)).status for notice_id in (first, second)] == ["claimed", "sending"]
    [kept] = await DeliveryAttempt.filter(notice_id=second)
    assert (kept.outcome, kept.channel, kept.address) == ("started", "telegram", "6")
    assert await DeliveryAttempt.all().count() == 1
    await mine.sent(attempt, Receipt("9"))
    assert await mine.release() == 1


async def test_many_are_started_and_settled_together(cast: Cast) -> None:
    people = (cast.an, cast.binh, cast.cuong, cast.head)
    ids = [await put(moved(number), person) for number, person in enumerate(people)]
    mine = Queue()
    held = await mine.claim(10)
    await cancel(ids[1])
    begun = await mine.start_all([(notice, "telegram", str(notice.person_id)) for notice in held])
    started = [attempt for attempt in begun if attempt]
    assert [attempt.notice_id for attempt in started] == [ids[0], ids[2], ids[3]]
    assert begun[1] is None
    await mine.arrived([(attempt, Receipt(f"r{attempt.notice_id} \"'\\:$ệ")) for attempt in started])
    kept = await DeliveryAttempt.all().order_by("notice_id").values_list("notice_id", "address", "outcome", "receipt")
    assert list(kept) == [(ids[place], str(people[place].id), "sent", f"r{ids[place]} \"'\\:$ệ") for place in (0, 2, 3)]
    assert [(await row(notice_id)).status for notice_id in ids] == ["sent", "cancelled", "sent", "sent"]


async def test_lines_whose_slot_is_written_anew_count_no_try(cast: Cast) -> None:
    ids = [await put(moved(number), cast.an) for number in (1, 2, 3)]
    await OutboxNotice.filter(id__in=ids).update(in_slot=True)
    await outbox.let_go(times.now())
    other = await put(moved(4), cast.binh)
    mine = Queue()
    held = {notice.id: notice for notice in await mine.claim(10)}
    assert held[ids[0]].ids == ids
    await cancel(ids[1])
    assert await mine.start(held[ids[0]], "telegram", "5") is None
    assert await mine.start(held[other], "telegram", "6") is not None
    left = [await row(notice_id) for notice_id in ids]
    assert [(one.status, one.attempts, one.lease_owner) for one in left] == [
        ("pending", 0, ""),
        ("cancelled", 0, left[1].lease_owner),
        ("pending", 0, ""),
    ]
    [again] = await mine.claim(10)
    assert again.ids == [ids[0], ids[2]]


async def test_what_is_being_cancelled_and_then_is_not_is_not_lost(cast: Cast) -> None:
    """Starting passes over a row that somebody else is changing (PostgreSQL), or waits its turn (SQLite)."""
    notice_id = await put(moved(), cast.an)
    mine = Queue()
    [held] = await mine.claim(1)
    go = asyncio.Event()

    async def start() -> None:
        await go.wait()
        await mine.start(held, "telegram", "5")

    async def cancel_in_vain() -> None:
        async with transaction():
            await outbox.take_back((await row(notice_id)).dedup_key)
            go.set()
            await asyncio.sleep(0.2)
            raise ZeroDivisionError

    starting = asyncio.ensure_future(start())
    with pytest.raises(ZeroDivisionError):
        await cancel_in_vain()
    await starting
    left = await row(notice_id)
    assert (left.status, left.attempts) in (("pending", 0), ("sending", 1))
    assert await DeliveryAttempt.all().count() == left.attempts
