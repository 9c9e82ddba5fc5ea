"""Silence climbs: the lead is asked again, the assigner hears, then the leaders above, in working time."""

from datetime import timedelta

from backend.models import Leave, OutboxNotice, Person, Task
from backend.tasks.schemas import DueDraft
from backend.tasks.service import accept, acknowledge, ask_extension, decide_extension, decline, move_due, report
from reminders import escalate
from tests.fakes import vn


async def answer_at(task_id: int):
    return (await Task.get(id=task_id)).answer_at


async def told(kind: str = "TaskSilent") -> list[OutboxNotice]:
    return await OutboxNotice.filter(kind=kind).order_by("id")


async def test_at_the_limit_the_lead_is_asked_again_then_the_assigner_then_the_line(db, cast, clock, give, said):
    task_id = await give("an")  # normal: 480 working minutes
    assert await answer_at(task_id) == vn("2026-11-25 08:00")  # the 24th is a day off
    heard = []
    for _ in range(5):
        at = await answer_at(task_id)
        if at is None:
            break
        clock.set(at)
        assert await escalate.tick() == 1
        assert await escalate.tick() == 0
        heard = await said("TaskUnacknowledged", "TaskSilent")
    # The head assigned; above them the deputy chair who looks after the section, then the chair.
    assert heard == ["TaskUnacknowledged an", "TaskSilent head", "TaskSilent vice", "TaskSilent chair"]
    assert await answer_at(task_id) is None
    assert [notice.payload["level"] for notice in await told()] == [1, 2, 3]
    [again] = await told("TaskUnacknowledged")
    assert again.payload["limit_minutes"] == 480
    assert again.not_before == vn("2026-11-25 08:00")


async def test_an_acknowledgement_stops_it_and_takes_back_what_has_not_left(db, cast, clock, give, said):
    task_id = await give("an")
    for _ in range(2):
        clock.set(await answer_at(task_id))
        await escalate.tick()
    await acknowledge(await cast.actor("an"), task_id)
    assert await said("TaskUnacknowledged", "TaskSilent") == []
    assert await answer_at(task_id) is None


async def test_the_line_is_frozen_when_it_starts(db, cast, clock, give, said):
    task_id = await give("an")
    for _ in range(2):
        clock.set(await answer_at(task_id))
        await escalate.tick()
    task = await Task.get(id=task_id)
    assert task.answer_line == [cast.vice.id, cast.chair.id]
    cast.tuphap_overseer = None
    await cast.units["tuphap"].__class__.filter(id=cast.units["tuphap"].id).update(overseer_id=None)
    clock.set(await answer_at(task_id))
    await escalate.tick()
    assert (await said("TaskSilent"))[-1] == "TaskSilent vice"


async def test_whoever_is_away_or_gone_is_passed_over_by_name(db, cast, clock, give, said):
    task_id = await give("an")
    for _ in range(2):
        clock.set(await answer_at(task_id))
        await escalate.tick()
    clock.set(await answer_at(task_id))
    today = clock().date()
    await Leave.create(
        person_id=cast.vice.id, from_on=today, until_on=today, recorded_by_id=cast.vice.id, recorded_at=clock()
    )
    await escalate.tick()
    assert (await said("TaskSilent"))[-1] == "TaskSilent chair"
    assert (await told())[-1].payload["skipped"] == [cast.vice.full_name]
    # That was the end of the line.
    assert await answer_at(task_id) is None


async def test_when_nobody_above_is_there_the_line_ends(db, cast, clock, give, said):
    task_id = await give("an")
    for _ in range(2):
        clock.set(await answer_at(task_id))
        await escalate.tick()
    await Person.filter(id__in=[cast.vice.id, cast.chair.id]).update(left_at=clock())
    clock.set(await answer_at(task_id))
    await escalate.tick()
    assert await said("TaskSilent") == ["TaskSilent head"]
    assert await answer_at(task_id) is None


async def test_an_ordinary_line_to_the_assigner_waits_for_the_slot_an_urgent_one_does_not(db, cast, clock, give):
    ordinary, urgent = await give("an"), await give("binh", urgency="urgent")
    clock.set("2026-11-26 09:00")
    await escalate.tick()
    levels = {notice.task_id: notice for notice in await told() if notice.payload["level"] == 1}  # type: ignore[attr-defined]
    assert levels[ordinary].not_before == vn("2026-11-26 13:30")
    assert levels[urgent].not_before == vn("2026-11-26 09:00")
    assert levels[urgent].urgent


async def test_express_runs_by_the_clock_and_at_night(db, cast, clock, give, said):
    clock.set("2026-11-28 22:00")  # Saturday night
    task_id = await give("an", urgency="express", at=vn("2026-11-29 06:00"))
    assert await answer_at(task_id) == vn("2026-11-28 22:15")
    clock.move(minutes=31)
    await escalate.tick()
    assert await said("TaskUnacknowledged", "TaskSilent") == ["TaskUnacknowledged an", "TaskSilent head"]
    assert all(notice.not_before <= clock() for notice in [*await told(), *await told("TaskUnacknowledged")])


async def test_outside_working_time_an_ordinary_word_waits_for_the_morning(db, cast, clock, give):
    await give("an")
    clock.set("2026-11-25 23:00")
    await escalate.tick()
    [notice] = await told("TaskUnacknowledged")
    assert notice.not_before == vn("2026-11-26 07:30")


async def test_a_report_that_waits_for_a_decision_is_reminded_three_times(db, cast, clock, give, said):
    task_id = await give("an")
    await report(await cast.actor("an"), task_id, "xong")
    for _ in range(5):
        at = await answer_at(task_id)
        if at is None:
            break
        clock.set(at)
        await escalate.tick()
    assert await said("DecisionDue") == ["DecisionDue head"] * 3
    assert [notice.payload["waiting_minutes"] for notice in await told("DecisionDue")] == [480, 960, 1440]
    await accept(await cast.actor("head"), task_id)
    assert await said("DecisionDue") == []


async def test_a_declined_task_is_put_before_its_assigner_again(db, cast, clock, give, said):
    task_id = await give("an")
    await decline(await cast.actor("an"), task_id, "không thuộc phòng")
    clock.set(await answer_at(task_id))
    await escalate.tick()
    assert await said("TaskDeclined") == ["TaskDeclined head"] * 2
    assert [notice.payload["reason"] for notice in await told("TaskDeclined")] == ["không thuộc phòng"] * 2


async def test_a_row_that_is_not_due_any_more_is_moved(db, cast, clock, give, said):
    task_id = await give("an")
    planned = await answer_at(task_id)
    await Task.filter(id=task_id).update(answer_at=clock() - timedelta(minutes=1))
    assert await escalate.tick() == 1
    assert await answer_at(task_id) == planned
    assert await said("TaskUnacknowledged") == []


async def test_a_question_for_more_time_is_put_again_until_it_is_answered(db, cast, clock, give, said):
    task_id = await give("an")
    an, head = await cast.actor("an"), await cast.actor("head")
    await acknowledge(an, task_id)
    assert await answer_at(task_id) is None
    asked_at = clock()
    await ask_extension(an, task_id, DueDraft(at=vn("2026-12-04 17:00")), "Chờ số liệu")
    for _ in range(2):
        clock.set(await answer_at(task_id))
        await escalate.tick()
    assert await said("ExtensionAsked") == ["ExtensionAsked head"] * 3
    assert (await told("ExtensionAsked"))[-1].payload["reason"] == "Chờ số liệu"
    assert clock() - asked_at > timedelta(days=1)
    await decide_extension(head, task_id, False, "Không đủ lý do")
    assert await answer_at(task_id) is None
    assert (await Task.get(id=task_id)).answer_step == 0
    # The question itself stays said; what repeated it and has not left is taken back.
    assert await said("ExtensionAsked") == ["ExtensionAsked head"]


async def test_moving_the_due_time_ends_the_question(db, cast, clock, give, said):
    task_id = await give("an")
    await ask_extension(await cast.actor("an"), task_id, DueDraft(at=vn("2026-12-04 17:00")), "Chờ số liệu")
    clock.set(await answer_at(task_id))
    await escalate.tick()
    await move_due(await cast.actor("head"), task_id, DueDraft(at=vn("2026-12-03 17:00")))
    assert await answer_at(task_id) is None
