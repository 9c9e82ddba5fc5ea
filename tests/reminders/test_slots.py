"""One message a slot: five lines at most, the savable first; the leader hears before the deadline; who is away."""

from datetime import timedelta

import pytest

from backend.calendars.default import default_calendar
from backend.domain.reminding import NORMAL
from backend.domain.reminding_slots import slots_of
from backend.models import Leave, OutboxNotice, SlotMessage, Task, TrackRecord
from backend.org.service import cancel_leave, record_leave
from backend.tasks.service import acknowledge, report
from bot.channel import SendError
from reminders import desks, remind
from reminders.schedule import run_all_due
from reminders.speaking import speak
from tests.bot.bot_room import Wall, link, sender_on
from tests.fakes import vn


async def due_now(cast, give, clock, n: int, lead: str = "an") -> list[int]:
    """``n`` acknowledged tasks whose first word comes on Friday 27 November at 08:00, deadlines a day apart; nothing else
    is to be said."""
    ids = [await give(lead, at=vn("2026-12-02 17:30") + timedelta(days=number)) for number in range(n)]
    for task in ids:
        await acknowledge(await cast.actor(lead), task)
    await Task.filter(id__in=ids).update(look_at=vn("2026-11-27 08:00"))
    await OutboxNotice.all().delete()
    clock.set("2026-11-27 08:00")
    return ids


async def test_the_right_five_of_many_are_said_and_only_they_count(db, cast, clock, give):
    ids = await due_now(cast, give, clock, 8)
    late = await give("an", at=vn("2026-11-27 09:00"))
    await Task.filter(id=late).update(
        due_at=vn("2026-11-25 09:00"), look_at=vn("2026-11-27 08:00"), reminded_at=vn("2026-11-24 08:00")
    )
    await remind.tick()
    said = [row.task_id for row in await OutboxNotice.filter(topic="remind").order_by("id")]  # type: ignore[attr-defined]
    assert said == ids[:5], "what can still be saved comes first, the nearest deadline on top"
    for task in await Task.filter(id__in=[*ids[5:], late]):
        assert task.reminded_count == 0
        assert task.look_at > clock()
        assert slots_of(default_calendar(), NORMAL.slots).first(task.look_at) == task.look_at
    [message] = await SlotMessage.all()
    assert (message.person_id, message.slot_at, message.morning, message.lines) == (
        cast.an.id,
        vn("2026-11-27 08:00"),
        True,
        5,
    )


async def test_a_message_takes_along_what_would_come_soon(db, cast, clock, give):
    [first] = await due_now(cast, give, clock, 1)
    soon = await give("an", at=vn("2026-12-03 17:30"))
    far = await give("an", at=vn("2026-12-30 17:30"))
    await Task.filter(id=soon).update(look_at=vn("2026-11-30 08:00"))
    await Task.filter(id=far).update(look_at=vn("2026-12-08 08:00"))
    await remind.tick()
    said = [row.task_id for row in await OutboxNotice.filter(topic="remind").order_by("id")]  # type: ignore[attr-defined]
    assert said == [first, soon]
    assert (await Task.get(id=soon)).reminded_count == 1


async def test_one_message_on_the_phone_with_buttons_for_each_line(db, cast, clock, give):
    wall = Wall()
    await link(cast.an, "7")
    await due_now(cast, give, clock, 3)
    await run_all_due()
    ends = await sender_on(wall).drain_once()
    assert ends["sent"] == 1
    [(_, text)] = wall.said
    assert text.plain.startswith("3 việc cần để mắt:")
    assert [button.label for row in text.buttons for button in row] == [
        "1 · Đang làm",
        "1 · Đã xong",
        "1 · Đang chờ…",
        "2 · Đang làm",
        "2 · Đã xong",
        "2 · Đang chờ…",
        "3 · Đang làm",
        "3 · Đã xong",
        "3 · Đang chờ…",
    ]
    assert {row.status for row in await OutboxNotice.all()} == {"sent"}


async def test_lateness_goes_in_the_same_message(db, cast, clock, give):
    wall = Wall()
    await link(cast.an, "7")
    late = await give("an", by="chair", at=vn("2026-11-26 16:00"))
    await acknowledge(await cast.actor("an"), late)
    await Task.filter(id=late).update(look_at=None)
    await due_now(cast, give, clock, 1)
    clock.set("2026-11-26 16:01")
    await run_all_due()
    assert await sender_on(wall).drain_once() == {}, "it waits for its slot"
    clock.set("2026-11-27 08:00")
    await run_all_due()
    await sender_on(wall).drain_once()
    [(_, text)] = wall.said
    assert "đã trễ hạn" in text.plain
    assert text.plain.startswith("2 việc cần để mắt:")
    assert (await Task.get(id=late)).late_count == 1


async def test_a_line_that_was_answered_meanwhile_is_left_out(db, cast, clock, give):
    wall = Wall()
    await link(cast.an, "7")
    first, second = await due_now(cast, give, clock, 2)
    await run_all_due()
    await acknowledge(await cast.actor("an"), first)
    await sender_on(wall).drain_once()
    [(_, text)] = wall.said
    code = (await Task.get(id=second)).code
    assert code in text.plain
    assert "việc cần để mắt" not in text.plain, "one line looks as it always does"


async def test_a_message_that_is_refused_is_taken_apart(db, cast, clock, give):
    wall = Wall()
    await link(cast.an, "7")
    await due_now(cast, give, clock, 2)
    await run_all_due()
    wall.errors = [SendError("message", "too long")]
    await sender_on(wall).drain_once()
    assert len(wall.said) == 2
    assert {row.status for row in await OutboxNotice.all()} == {"sent"}


async def test_an_answer_is_counted_once_for_the_half_day(db, cast, clock, give):
    first, second = await due_now(cast, give, clock, 2)
    await remind.tick()
    clock.move(minutes=20)
    for task in (first, second):
        await acknowledge(await cast.actor("an"), task)
    known = await TrackRecord.get(person_id=cast.an.id)
    assert (known.morning_sent, known.morning_answered, known.afternoon_sent) == (1, 1, 0)


async def test_two_bare_answers_to_reminders_are_counted_until_something_moves(db, cast, clock, give):
    [task] = await due_now(cast, give, clock, 1)
    await acknowledge(await cast.actor("an"), task)
    for taps in (1, 2):
        row = await Task.get(id=task)
        clock.set(row.look_at)
        await remind.tick()
        await acknowledge(await cast.actor("an"), task)
        assert (await Task.get(id=task)).empty_taps == taps
    await report(await cast.actor("an"), task, "xong")
    assert (await Task.get(id=task)).empty_taps == 0


async def test_what_the_past_says_is_counted_when_a_task_closes_or_passes_its_deadline(db, cast, clock, give):
    in_time, late = await give("an", working_days=4), await give("an", working_days=4)
    await Task.filter(id__in=[in_time, late]).update(needs_acceptance=False)
    clock.set("2026-11-26 09:00")
    await report(await cast.actor("an"), in_time, "xong")
    known = await TrackRecord.get(person_id=cast.an.id)
    counts = (known.still_1, known.still_2, known.still_3, known.still_4, known.still_5, known.late)
    assert counts == (1, 0, 0, 0, 0, 0)
    clock.set("2026-12-02 09:00")
    await run_all_due()
    known = await TrackRecord.get(person_id=cast.an.id)
    assert (known.still_1, known.still_5, known.late) == (2, 1, 1)


@pytest.fixture
async def worrying(cast, clock, give) -> int:
    """An acknowledged task of somebody with a bad record, two reminders unanswered, most of its time gone."""
    await TrackRecord.create(person_id=cast.an.id, still_1=10, still_2=10, still_3=10, still_4=10, still_5=10, late=9)
    task = await give("an", working_days=10)
    await acknowledge(await cast.actor("an"), task)
    await OutboxNotice.all().delete()
    while await OutboxNotice.filter(topic="remind", person_id=cast.an.id).count() < 2:
        clock.set((await Task.get(id=task)).look_at)
        await remind.tick()
    return task


async def test_the_leader_hears_before_the_deadline_once(db, cast, clock, give, worrying):
    for _ in range(12):
        row = await Task.get(id=worrying)
        if row.look_at is None or row.look_at >= row.due_at:
            break
        clock.set(row.look_at)
        await remind.tick()
    [told] = await OutboxNotice.filter(kind="TaskAtRisk")
    assert told.person_id == cast.head.id  # type: ignore[attr-defined]
    assert told.in_slot
    assert (told.payload["late"], told.payload["still"]) == (9, 10)
    assert told.payload["gone"] >= 70
    assert told.not_before < (await Task.get(id=worrying)).due_at
    assert (await Task.get(id=worrying)).leader_told_at == told.not_before


async def test_a_leader_who_is_away_is_passed_over_by_name(db, cast, clock, give, worrying):
    await Leave.create(
        person_id=cast.head.id,
        from_on=vn("2026-11-26 00:00").date(),
        until_on=vn("2027-01-30 00:00").date(),
        recorded_by_id=cast.head.id,
        recorded_at=clock(),
    )
    while not await OutboxNotice.filter(kind="TaskAtRisk").exists():
        clock.set((await Task.get(id=worrying)).look_at)
        await remind.tick()
    told = await OutboxNotice.get(kind="TaskAtRisk")
    assert told.person_id == cast.vice.id  # type: ignore[attr-defined]
    assert told.payload["skipped"] == [cast.head.full_name]


async def test_a_person_whose_rows_fail_is_put_back_and_the_others_are_told(db, cast, clock, give):
    start = clock()
    [bad] = await due_now(cast, give, clock, 1)
    clock.set(start)
    [good] = await due_now(cast, give, clock, 1, lead="binh")
    # An urgency that nobody knows cannot be planned with.
    await Task.filter(id=bad).update(urgency="odd")
    await remind.tick()
    assert (await Task.get(id=good)).reminded_count == 1
    assert (await Task.get(id=bad)).look_at == vn("2026-11-27 08:15")


async def test_leave_moves_what_was_planned_and_calling_it_off_moves_it_back(db, cast, clock, give):
    task = await give("an", working_days=20)
    an = await cast.actor("an")
    await acknowledge(an, task)
    planned = (await Task.get(id=task)).look_at
    leave = await record_leave(an, "an", clock().date(), planned.date() + timedelta(days=3))
    await remind.tick()
    assert (await Task.get(id=task)).look_at > planned + timedelta(days=3)
    await cancel_leave(an, "an", leave.id)
    await remind.tick()
    row = await Task.get(id=task)
    assert (row.look_at, row.reminded_count) == (planned, 0)


async def test_people_with_more_rows_than_a_look_finds_are_told_once(db, cast, clock, give, monkeypatch):
    monkeypatch.setattr(remind, "BATCH", 2)
    theirs = [await give("binh", at=vn("2026-12-02 17:30") + timedelta(days=number)) for number in range(3)]
    ids = [*theirs, *await due_now(cast, give, clock, 3)]
    await Task.filter(id__in=theirs).update(look_at=vn("2026-11-27 08:00"))
    # Some were due before the others, as after downtime: the same people are found again behind them.
    await Task.filter(id__in=ids[::2]).update(look_at=vn("2026-11-26 13:30"))
    assert await remind.tick() == len(ids)
    assert sorted(row.person_id for row in await SlotMessage.all()) == sorted([cast.an.id, cast.binh.id])  # type: ignore[attr-defined]
    assert await remind.tick() == 0


async def test_a_row_that_could_not_be_planned_on_is_noticed(db, cast, clock, give):
    """Or it would be said again at every tick."""
    [task] = await due_now(cast, give, clock, 1)
    found = await desks.gather([cast.an.id], clock.at)
    await Task.filter(id=task).update(look_at=vn("2026-11-26 08:00"))
    assert not await speak(found, clock.at)
    assert await speak(await desks.gather([cast.an.id], clock.at), clock.at)
