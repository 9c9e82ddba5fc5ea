"""The field trial at the slot: what is held back is not said and does not count, once a holder, and the rest goes on."""

from itertools import count

from backend.domain.trial import held
from backend.domain.types import SYSTEM
from backend.models import OutboxNotice, SlotMessage, Task, TrackRecord, TrialReminder
from backend.tasks import queries
from backend.tasks.service import acknowledge
from reminders import remind
from reminders.schedule import run_all_due


async def due_with(cast, clock, give, *kept: bool, late: int = 5) -> list[int]:
    """Acknowledged tasks of An's whose first word comes in the same slot, each held back or not, as asked for; An has been
    ``late`` in that many of thirty."""
    await TrackRecord.create(
        person_id=cast.an.id, still_1=30, still_2=30, still_3=30, still_4=30, still_5=30, late=late
    )
    ids = [await give("an", working_days=20) for _ in kept]
    for task, keep in zip(ids, kept, strict=True):
        await acknowledge(await cast.actor("an"), task)
        # The hash is over the task and its holder: a holder whose turn it is, or is not.
        holder = next(number for number in count(1) if held(task, number) is keep)
        await Task.filter(id=task).update(holder_no=holder)
    await OutboxNotice.all().delete()
    clock.set((await Task.get(id=ids[0])).look_at)
    return ids


async def said() -> list[int]:
    return [row.task_id for row in await OutboxNotice.filter(topic="remind").order_by("id")]  # type: ignore[attr-defined]


async def test_what_is_held_back_is_not_said_and_does_not_count(db, cast, clock, give):
    told, kept = await due_with(cast, clock, give, False, True)
    await remind.tick()
    assert await said() == [told]
    assert {one.task_id: one.held for one in await TrialReminder.all()} == {told: False, kept: True}
    row = await Task.get(id=kept)
    assert (row.reminded_count, row.unanswered, row.reminded_at, row.held_at) == (0, 0, None, clock())
    assert row.look_at > clock()
    [message] = await SlotMessage.all()
    assert message.lines == 1


async def test_nobody_hears_when_all_is_held_back(db, cast, clock, give):
    await due_with(cast, clock, give, True)
    await remind.tick()
    assert await said() == []
    assert not await SlotMessage.exists()


async def test_one_holder_is_held_back_once_and_reminded_in_the_end(db, cast, clock, give):
    [kept] = await due_with(cast, clock, give, True)
    due = (await Task.get(id=kept)).due_at
    await run_all_due()
    listed = await queries.coming(SYSTEM, kept)
    assert listed[0].why == "share"
    assert listed[0].params["share"].endswith("%")
    while (row := await Task.get(id=kept)).look_at is not None and row.look_at < due:
        clock.set(row.look_at)
        await run_all_due()
    assert row.reminded_count >= 2
    assert await said()
    assert await TrialReminder.filter(held=True).count() == 1


async def test_nobody_at_risk_is_experimented_on(db, cast, clock, give):
    [task] = await due_with(cast, clock, give, True, late=15)
    await remind.tick()
    assert await said() == [task]
    assert not await TrialReminder.exists()


async def test_a_restart_makes_the_same_choice(db, cast, clock, give):
    told, kept = await due_with(cast, clock, give, False, True)
    look_at = clock()
    await remind.tick()
    first = await said()
    await OutboxNotice.all().delete()
    await SlotMessage.all().delete()
    await TrackRecord.all().update(morning_sent=0)
    await Task.filter(id__in=[told, kept]).update(
        look_at=look_at, reminded_count=0, reminded_at=None, unanswered=0, held_at=None
    )
    await remind.tick()
    assert await said() == first
    assert await TrialReminder.all().count() == 2
