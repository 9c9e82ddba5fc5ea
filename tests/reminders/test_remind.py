"""Reminding: due rows are spoken of once, in working time, and planned again."""

from datetime import timedelta

import pytest

from backend.models import Leave, OutboxNotice, Task
from backend.tasks.service import acknowledge, report, wait
from reminders import remind
from reminders.schedule import run_all_due
from tests.cast import Cast
from tests.fakes import FakeClock, vn


async def test_an_acknowledged_task_is_reminded_at_its_slot_and_planned_again(db, cast, clock, give, said):
    task_id = await give("an", working_days=6)
    await acknowledge(await cast.actor("an"), task_id)
    assert (await Task.get(id=task_id)).look_at == vn("2026-11-26 08:00")
    clock.set("2026-11-26 07:59")
    assert await remind.tick() == 0
    clock.set("2026-11-26 08:00")
    assert await remind.tick() == 1
    assert await said("TaskDueSoon") == ["TaskDueSoon an"]
    task = await Task.get(id=task_id)
    assert (task.reminded_count, task.unanswered, task.reminded_at) == (1, 1, vn("2026-11-26 08:00"))
    # A morning that has not been answered makes the afternoon the better half for what is far.
    assert task.look_at == vn("2026-11-30 13:30")
    notice = await OutboxNotice.get(kind="TaskDueSoon")
    assert notice.payload["why"] == "share"
    assert notice.payload["params"] == {"share": "1/6"}
    assert notice.topic == "remind"


async def test_a_second_tick_says_nothing_more(db, cast, clock, give, said):
    await give("an")
    clock.set("2026-11-25 08:00")
    assert await remind.tick() == 1
    assert await remind.tick() == 0
    assert await said("TaskDueSoon") == ["TaskDueSoon an"]


async def test_an_answer_buys_quiet_and_takes_back_what_has_not_left(db, cast, clock, give, said):
    task_id = await give("an", working_days=6)
    clock.set("2026-11-25 08:00")
    await remind.tick()
    clock.move(minutes=1)
    await acknowledge(await cast.actor("an"), task_id)
    assert await said("TaskDueSoon") == []
    task = await Task.get(id=task_id)
    assert task.unanswered == 0
    assert task.look_at is not None
    assert task.look_at > vn("2026-11-26 08:00")


async def test_a_reported_task_is_not_spoken_of(db, cast, clock, give, said):
    task_id = await give("an")
    await report(await cast.actor("an"), task_id, "xong")
    assert (await Task.get(id=task_id)).look_at is None
    clock.set("2026-12-01 08:00")
    assert await remind.tick() == 0


async def test_after_a_night_of_outage_the_word_waits_for_the_next_slot(db, cast, clock, give, said):
    task_id = await give("an")
    clock.set("2026-11-25 22:00")
    assert await remind.tick() == 1
    assert await said("TaskDueSoon") == []
    assert (await Task.get(id=task_id)).look_at == vn("2026-11-26 08:00")
    clock.set("2026-11-26 08:00")
    await remind.tick()
    assert await said("TaskDueSoon") == ["TaskDueSoon an"]


async def test_leave_that_was_entered_later_moves_the_word(db, cast, clock, give, said):
    task_id = await give("an", working_days=8)
    await Leave.create(
        person_id=cast.an.id,
        from_on=vn("2026-11-25 00:00").date(),
        until_on=vn("2026-11-27 00:00").date(),
        recorded_by_id=cast.an.id,
        recorded_at=clock(),
    )
    planned = (await Task.get(id=task_id)).look_at
    assert planned == vn("2026-11-25 08:00")
    clock.set(planned)
    await remind.tick()
    assert await said("TaskDueSoon") == []
    assert (await Task.get(id=task_id)).look_at == vn("2026-11-30 08:00")


async def test_waiting_is_obeyed(db, cast, clock, give, said):
    task_id = await give("an", working_days=8)
    await wait(await cast.actor("an"), task_id, vn("2026-11-27 13:30"))
    clock.set("2026-11-27 13:30")
    await remind.tick()
    notice = await OutboxNotice.get(kind="TaskDueSoon")
    assert notice.payload["why"] == "waiting"


async def test_the_last_useful_slot_says_now_and_after_the_deadline_three_words_follow(db, cast, clock, give, said):
    task_id = await give("an", working_days=3)
    end = vn("2027-01-15 08:00")
    while clock() < end:
        await run_all_due()
        task = await Task.get(id=task_id)
        if task.look_at is None:
            break
        clock.set(task.look_at)
    kinds = [text.split()[0] for text in await said("TaskDueSoon", "TaskDueNow", "TaskOverdue")]
    assert kinds[0] == "TaskDueSoon"
    assert kinds[-4:] == ["TaskDueNow", "TaskOverdue", "TaskOverdue", "TaskOverdue"]
    overdue = await OutboxNotice.filter(kind="TaskOverdue").order_by("id")
    assert [notice.payload["days"] for notice in overdue] == [2, 5, 10]
    assert (await Task.get(id=task_id)).look_at is None


async def test_an_urgent_task_gets_one_word_outside_the_slots(db, cast, clock: FakeClock, give, said):
    task_id = await give("an", urgency="urgent", minutes=240)
    look_at = (await Task.get(id=task_id)).look_at
    assert look_at == vn("2026-11-23 10:40")
    clock.set(look_at + timedelta(seconds=14))
    await remind.tick()
    notice = await OutboxNotice.get(kind="TaskDueSoon")
    assert notice.urgent
    assert notice.payload["params"] == {"share": "2/3"}
    task = await Task.get(id=task_id)
    assert task.look_at is not None
    assert task.look_at > task.due_at


async def test_a_reminder_leaves_the_version_alone(db, cast: Cast, clock, give):
    """What a person decided on is still current after the engine spoke."""
    task_id = await give("an")
    clock.set("2026-11-25 08:00")
    version = (await Task.get(id=task_id)).version
    await remind.tick()
    assert (await Task.get(id=task_id)).version == version
    await acknowledge(await cast.actor("an"), task_id, version)


@pytest.mark.parametrize("minutes", [1, 29])
async def test_a_late_tick_still_speaks_in_its_slot(db, cast, clock, give, said, minutes):
    await give("an")
    clock.set("2026-11-25 08:00")
    clock.move(minutes=minutes)
    await remind.tick()
    assert await said("TaskDueSoon") == ["TaskDueSoon an"]


async def test_still_working_on_it_buys_quiet_and_changes_nothing_else(db, cast, clock, give):
    task_id = await give("an", working_days=20)
    an = await cast.actor("an")
    await acknowledge(an, task_id)
    clock.set((await Task.get(id=task_id)).look_at)
    await run_all_due()
    reminded = await Task.get(id=task_id)
    assert reminded.unanswered == 1
    clock.move(hours=1)
    again = await acknowledge(an, task_id)
    assert not again.changed
    quiet = await Task.get(id=task_id)
    assert (quiet.unanswered, quiet.tapped_at, quiet.version) == (0, clock.at, reminded.version)
    assert quiet.look_at > reminded.look_at
