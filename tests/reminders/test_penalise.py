"""Lateness: charged to officer and unit at its true time, exactly once, told once."""

from datetime import timedelta
from decimal import Decimal

from backend.models import AuditRow, Extension, LedgerEntry, OutboxNotice, Task, TaskEvent
from backend.tasks.schemas import DueDraft, TaskDraft
from backend.tasks.service import (
    ask_extension,
    assign,
    cancel,
    confirm,
    decide_extension,
    decline,
    move_due,
    reassign,
    report,
    return_,
)
from reminders import penalise
from tests.fakes import vn

DUE = vn("2026-12-01 17:30")


async def entries(task_id: int, scope: str = "officer") -> list[LedgerEntry]:
    return await LedgerEntry.filter(task_id=task_id, scope=scope).order_by("id")


async def test_going_late_writes_one_entry_for_the_officer_and_one_for_the_unit(db, cast, clock, give, said):
    task_id = await give("an")
    clock.set(DUE)
    assert await penalise.tick() == 0, "at the due time itself nothing is late"
    clock.move(hours=15)
    assert await penalise.tick() == 1
    assert await penalise.tick() == 0
    [officer], [unit] = await entries(task_id), await entries(task_id, "unit")
    assert (officer.person_id, officer.unit_id) == (cast.an.id, cast.units["tuphap"].id)
    assert (unit.person_id, unit.unit_id) == (None, cast.units["tuphap"].id)
    for entry in (officer, unit):
        assert entry.kind == "delay"
        assert entry.happened_at == DUE
        assert entry.recorded_at == clock()
        assert (entry.late_minutes, entry.count, entry.rule, entry.rule_version) == (
            0,
            1,
            "delay.passed_due",
            "nd335@1",
        )
    task = await Task.get(id=task_id)
    assert (task.late_count, task.late_at) == (1, DUE)
    assert task.charge_at == vn("2026-12-08 17:30")
    [event] = await TaskEvent.filter(task_id=task_id, kind="late")
    assert (event.at, event.actor_id, event.data["instance"]) == (DUE, 0, 1)
    assert await AuditRow.filter(action="score.delay", object_id=task_id).count() == 1


async def test_lead_and_assigner_hear_it_in_the_next_slot_with_the_cost(db, cast, clock, give, said):
    task_id = await give("an")
    clock.set("2026-12-01 20:00")
    await penalise.tick()
    assert await said("TaskLate", "TaskLateForAssigner") == ["TaskLate an", "TaskLateForAssigner head"]
    late = await OutboxNotice.get(kind="TaskLate")
    assert late.not_before == vn("2026-12-02 08:00")
    # One product in the month: a quarter of a third of 70.
    assert Decimal(late.payload["cost"]) == Decimal("5.83")
    assert (late.payload["instance"], late.payload["late_minutes"]) == (1, 0)
    assert late.task_id == task_id


async def test_the_cost_counts_what_still_lies_ahead_in_the_month(db, cast, clock, give):
    await give("an")
    for day in (4, 7, 10):
        await give("an", at=vn(f"2026-12-{day:02d} 17:30"))
    clock.set("2026-12-01 20:00")
    await penalise.tick()
    late = await OutboxNotice.get(kind="TaskLate")
    assert Decimal(late.payload["cost"]) == Decimal("1.46")


async def test_short_work_is_told_at_once(db, cast, clock, give):
    await give("an", minutes=120)
    clock.set("2026-11-23 10:02")
    await penalise.tick()
    late = await OutboxNotice.get(kind="TaskLate")
    assert late.not_before <= clock()


async def test_each_further_five_working_days_is_another_instance(db, cast, clock, give, said):
    task_id = await give("an")
    clock.set("2026-12-16 09:00")
    assert await penalise.tick() == 1
    found = await entries(task_id)
    assert [(entry.kind, entry.happened_at, entry.late_minutes) for entry in found] == [
        ("delay", DUE, 0),
        ("further_delay", vn("2026-12-08 17:30"), 2400),
        ("further_delay", vn("2026-12-15 17:30"), 4800),
    ]
    assert [entry.rule for entry in found][1:] == ["delay.further_5_days"] * 2
    # What came to light together is told together.
    assert await said("TaskLate") == ["TaskLate an"]
    late = await OutboxNotice.get(kind="TaskLate")
    assert late.payload["instance"] == 3
    assert Decimal(late.payload["cost"]) == Decimal("17.50")
    assert await TaskEvent.filter(task_id=task_id, kind="late").count() == 3


async def test_a_report_in_time_is_never_charged(db, cast, clock, give):
    task_id = await give("an")
    clock.set(DUE)
    await report(await cast.actor("an"), task_id, "xong")
    clock.set("2026-12-20 08:00")
    assert await penalise.tick() == 0
    assert await entries(task_id) == []


async def test_a_late_report_is_charged_even_when_the_engine_was_asleep(db, cast, clock, give):
    task_id = await give("an")
    clock.set("2026-12-02 09:00")
    await report(await cast.actor("an"), task_id, "xong")
    assert len(await entries(task_id)) == 1
    await penalise.tick()
    assert len(await entries(task_id)) == 1


async def test_no_act_swallows_a_delay_the_engine_has_not_seen(db, cast, clock, give):
    """The assigner moves the due time, or gives the task away, before the engine looks: the delay stays."""
    head = await cast.actor("head")
    moved, given = await give("an"), await give("an")
    clock.set("2026-12-02 09:00")
    await move_due(head, moved, DueDraft(working_days=5))
    await reassign(head, given, "binh")
    assert [entry.happened_at for entry in await entries(moved)] == [DUE]
    assert [entry.person_id for entry in await entries(given)] == [cast.an.id]
    clock.set("2026-12-16 09:00")
    await penalise.tick()
    # The moved one passed its new due time as well; the new holder starts with none and counts from the handing over.
    assert [(entry.kind, entry.happened_at) for entry in await entries(moved)][1:] == [
        ("delay", vn("2026-12-09 17:30")),
    ]
    assert [(entry.kind, entry.person_id, entry.happened_at) for entry in await entries(given)][1:] == [
        ("further_delay", cast.binh.id, vn("2026-12-09 09:00")),
    ]
    keys = [entry.key for entry in await entries(given)]
    assert keys == [f"delay:{given}:1:1:officer", f"delay:{given}:2:1:officer"]


async def test_an_extension_asked_in_time_holds_the_charge_until_it_is_decided(db, cast, clock, give):
    an, head = await cast.actor("an"), await cast.actor("head")
    granted, refused = await give("an"), await give("an")
    clock.set("2026-12-01 10:00")
    for task_id in (granted, refused):
        await ask_extension(an, task_id, DueDraft(at=vn("2026-12-10 17:30")), "chờ số liệu")
    clock.set("2026-12-02 09:00")
    assert await penalise.tick() == 0
    await decide_extension(head, granted, True)
    await decide_extension(head, refused, False, "không được")
    await penalise.tick()
    assert await entries(granted) == []
    assert [entry.happened_at for entry in await entries(refused)] == [DUE]
    assert await Extension.filter(decision="").count() == 0


async def test_waiting_for_a_decision_and_being_declined_cost_nothing(db, cast, clock, give):
    an, head = await cast.actor("an"), await cast.actor("head")
    waits, declined = await give("an"), await give("an")
    clock.set("2026-12-01 09:00")
    await report(an, waits, "xong")
    await decline(an, declined, "không thuộc phòng")
    clock.set("2026-12-14 09:00")
    await penalise.tick()
    await return_(head, waits, "thiếu phụ lục")
    assert await entries(waits) == []
    assert await entries(declined) == []


async def test_a_major_error_is_charged_to_officer_and_unit_too(db, cast, clock, give):
    task_id = await give("an")
    await report(await cast.actor("an"), task_id, "xong")
    await return_(await cast.actor("head"), task_id, "sai căn cứ", major_error=True)
    [officer], [unit] = await entries(task_id), await entries(task_id, "unit")
    for entry in (officer, unit):
        assert (entry.kind, entry.rule, entry.reason) == ("major_error", "quality.major_error", "sai căn cứ")
        assert entry.decided_by_id == cast.head.id
    await report(await cast.actor("an"), task_id, "xong lần hai")
    await return_(await cast.actor("head"), task_id, "thiếu dấu")
    assert len(await entries(task_id)) == 1


async def test_a_cancelled_task_that_was_late_keeps_its_entry(db, cast, clock, give):
    task_id = await give("an")
    clock.set("2026-12-02 09:00")
    await cancel(await cast.actor("head"), task_id, "không cần nữa")
    await penalise.tick()
    assert len(await entries(task_id)) == 1


async def test_a_self_registered_task_is_charged_and_costs_nothing_until_it_is_confirmed(db, cast, clock, said):
    an = await cast.actor("an")
    made = await assign(an, TaskDraft(title="Tự đăng ký", due=DueDraft(working_days=5)))
    task_id = made.tasks[0].id
    clock.set("2026-12-02 09:00")
    await penalise.tick()
    assert len(await entries(task_id)) == 1
    late = await OutboxNotice.get(kind="TaskLate")
    assert Decimal(late.payload["cost"]) == 0
    assert await said("TaskLateForAssigner") == []
    await confirm(await cast.actor("head"), task_id)
    from backend.scores.queries import explain

    found = await explain(an, cast.an.id, "2026-12")
    assert (found.assigned, found.open) == (1, 1)


async def test_a_batch_charges_everybody(db, cast, clock, give):
    ids = [await give(lead) for lead in ("an", "binh") for _ in range(3)]
    clock.set(DUE)
    clock.move(seconds=1)
    assert await penalise.tick() == len(ids)
    assert await LedgerEntry.all().count() == 2 * len(ids)


async def test_lateness_is_dated_when_it_came_to_be_however_late_the_engine_is(db, cast, clock, give):
    task_id = await give("an")
    clock.set(DUE + timedelta(days=1, minutes=5))
    await penalise.tick()
    [entry] = await entries(task_id)
    assert entry.happened_at == DUE
