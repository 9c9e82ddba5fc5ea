"""The life of a task: every act, what it changes, what it says and what it leaves behind."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from backend.domain.types import Status
from backend.errors import (
    AppError,
    Conflict,
    Forbidden,
    Invalid,
    InvalidFields,
    NotFound,
    Stale,
    TooMany,
    Unprocessable,
)
from backend.models import AuditRow, Extension, Report, Task, TaskEvent, TaskNumber
from backend.tasks import queries, service
from backend.tasks.schemas import CoordinatorDraft, DueDraft
from tests.backend.given import at, draft, everything_left, given, reported, said
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")

FRIDAY = at("2026-11-27 17:00")


async def refused(code: str, kind: type[AppError], act: Any) -> AppError:
    with pytest.raises(kind) as caught:
        await act
    assert caught.value.code == code
    return caught.value


async def test_assigning_makes_task_event_audit_notice_and_number(cast: Cast) -> None:
    task = await given(cast)
    assert (task.code, task.status, task.version) == ("CV26-000001", Status.ASSIGNED, 1)
    assert (task.lead.handle, task.assigner.handle, task.unit.code) == ("an", "head", "tuphap")
    assert task.due_at == FRIDAY
    assert [event.kind for event in await queries.timeline(await cast.actor("an"), task.id)] == ["assigned"]
    assert await AuditRow.filter(action="task.assigned", object_id=task.id).count() == 1
    assert await said(task.id, cast.an.id) == ["TaskAssigned"]
    assert {row.person_id: row.number for row in await TaskNumber.filter(task_id=task.id)} == {
        cast.an.id: 1,
        cast.head.id: 1,
    }


async def test_whole_life_from_assigning_to_done(cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    task = await given(cast)
    clock.move(hours=1)
    taken = await service.acknowledge(an, task.id)
    assert taken.task.status is Status.ACKNOWLEDGED
    assert taken.task.acknowledged_at == clock.at
    clock.move(hours=1)
    told = await service.report(an, task.id, "Đã nộp báo cáo")
    assert told.task.status is Status.REPORTED
    reported_at = clock.at
    clock.move(hours=1)
    done = await service.accept(head, task.id)
    assert done.task.status is Status.DONE
    assert (done.task.reported_at, done.task.closed_at) == (reported_at, clock.at)
    assert [report.decision for report in done.task.reports] == ["accepted"]
    assert await said(task.id, cast.head.id) == ["TaskReported"]
    assert await said(task.id, cast.an.id) == ["TaskAssigned", "TaskAccepted"]
    kinds = [event.kind for event in await queries.timeline(head, task.id)]
    assert kinds == ["assigned", "acknowledged", "reported", "accepted"]
    assert await AuditRow.filter(object_kind="task", object_id=task.id).count() == 4


async def test_repeated_acts_change_nothing(cast: Cast) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    task = await reported(cast)
    for act in (service.acknowledge(an, task.id), service.report(an, task.id, "lần nữa")):
        assert (await act).changed is False
    await service.accept(head, task.id)
    assert (await service.accept(head, task.id)).changed is False
    cancelled = await given(cast)
    await service.cancel(head, cancelled.id, "Thôi")
    assert (await service.cancel(head, cancelled.id, "Thôi")).changed is False
    declined = await given(cast)
    await service.decline(an, declined.id, "Không phải việc của tôi")
    assert (await service.decline(an, declined.id, "Nhắc lại")).changed is False
    assert await Report.filter(task_id=task.id).count() == 1


async def test_report_without_acknowledging_counts_as_both(cast: Cast, clock: FakeClock) -> None:
    task = await reported(cast)
    assert task.acknowledged_at == task.reported_at == clock.at


async def test_task_without_acceptance_is_done_by_its_report(cast: Cast) -> None:
    task = await reported(cast, needs_acceptance=False)
    assert task.status is Status.DONE
    assert [report.decision for report in task.reports] == ["accepted"]
    assert await said(task.id, cast.head.id) == ["TaskReported"]


async def test_decline_waits_for_the_assigner_and_can_be_given_again(cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    task = await given(cast)
    declined = (await service.decline(an, task.id, "Đang làm việc khác")).task
    assert declined.status is Status.DECLINED
    assert await said(task.id, cast.head.id) == ["TaskDeclined"]
    row = await Task.get(id=task.id)
    assert row.charge_at is None
    clock.set("2026-11-25 08:00")  # Tuesday is a day off: Monday's 450 minutes and Wednesday's 30
    again = (await service.reassign(head, task.id, "an", "Vẫn là việc của đồng chí")).task
    assert again.status is Status.ASSIGNED
    assert again.due_at == at("2026-11-30 17:00"), "the pause moved the due time by its working time"


async def test_return_gives_back_the_time_that_remained(cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    task = await given(cast, due=DueDraft(at=at("2026-11-25 17:00")))
    clock.set("2026-11-25 10:00")
    await service.report(an, task.id)
    clock.set("2026-11-26 08:00")
    back = (await service.return_(head, task.id, "Thiếu phụ lục", major_error=True)).task
    assert back.status is Status.ACKNOWLEDGED
    # 10:00 → 17:00 left 300 working minutes; counted from Thursday 08:00.
    assert back.due_at == at("2026-11-26 15:00")
    assert back.return_count == 1
    assert (back.reports[0].decision, back.reports[0].reason, back.reports[0].major_error) == (
        "returned",
        "Thiếu phụ lục",
        True,
    )
    assert await said(task.id, cast.an.id) == ["TaskAssigned", "TaskReturned"]
    second = await service.report(an, task.id, "Đã bổ sung")
    assert [report.decision for report in second.task.reports] == ["returned", ""]


async def test_return_leaves_at_least_half_a_day(cast: Cast, clock: FakeClock) -> None:
    task = await given(cast, due=DueDraft(at=at("2026-11-25 17:00")))
    clock.set("2026-11-25 16:50")
    await service.report(await cast.actor("an"), task.id)
    clock.set("2026-11-26 07:30")
    back = await service.return_(await cast.actor("head"), task.id, "Sửa lại")
    assert back.task.due_at == at("2026-11-26 11:30")


async def test_return_with_a_due_time_of_the_assigner(cast: Cast) -> None:
    task = await reported(cast)
    back = await service.return_(await cast.actor("head"), task.id, "Sửa lại", due=DueDraft(working_days=2))
    assert back.task.due_at == at("2026-11-26 17:30")


async def test_cancel_before_the_first_notice_left_is_never_spoken_of(cast: Cast) -> None:
    task = await given(cast)
    await service.cancel(await cast.actor("head"), task.id, "Giao nhầm")
    assert await said(task.id) == []


async def test_cancel_after_it_was_told_tells_everybody(cast: Cast) -> None:
    task = await given(cast, coordinators=[CoordinatorDraft("binh")], watchers=["cuong"])
    await everything_left()
    await service.cancel(await cast.actor("head"), task.id, "Không cần nữa")
    for person in (cast.an, cast.binh, cast.cuong):
        assert await said(task.id, person.id) == ["TaskAssigned", "TaskCancelled"]


async def test_reassign_moves_lead_number_and_search(cast: Cast) -> None:
    head = await cast.actor("head")
    task = await given(cast)
    await everything_left()
    moved = (await service.reassign(head, task.id, "binh", "An bận")).task
    assert (moved.lead.handle, moved.status) == ("binh", Status.ASSIGNED)
    assert await said(task.id, cast.an.id) == ["TaskAssigned", "TaskReassigned"]
    assert await said(task.id, cast.binh.id) == ["TaskAssigned"]
    assert await TaskNumber.filter(task_id=task.id, person_id=cast.binh.id).exists()
    row = await Task.get(id=task.id)
    assert "nguyen thi binh" in row.search
    assert (row.holder_no, row.late_count) == (2, 0)
    with pytest.raises(NotFound):
        await queries.view(await cast.actor("an"), task.id)


async def test_reassign_unsaid_task_tells_the_former_lead_nothing(cast: Cast) -> None:
    task = await given(cast)
    await service.reassign(await cast.actor("head"), task.id, "binh")
    assert await said(task.id, cast.an.id) == []


async def test_new_lead_is_no_coordinator_any_more(cast: Cast) -> None:
    task = await given(cast, coordinators=[CoordinatorDraft("binh", Decimal("0.5"))])
    moved = (await service.reassign(await cast.actor("head"), task.id, "binh")).task
    assert moved.parts == []


async def test_late_task_given_to_another_counts_from_now(cast: Cast, clock: FakeClock) -> None:
    task = await given(cast)
    clock.set("2026-11-30 08:00")
    await service.reassign(await cast.actor("head"), task.id, "binh")
    row = await Task.get(id=task.id)
    assert (row.late_base, row.late_from_at) == (-1, clock.at)
    assert row.charge_at == at("2026-12-07 08:00"), "the first charge of the new holder is five working days on"


async def test_assigner_takes_the_task_upon_themselves(cast: Cast) -> None:
    head = await cast.actor("head")
    task = await given(cast)
    own = (await service.reassign(head, task.id, "head")).task
    assert (own.status, own.self_registered, own.needs_acceptance) == (Status.ACKNOWLEDGED, True, False)
    assert (await service.report(head, task.id)).task.status is Status.DONE


async def test_extension_asked_and_granted(cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    task = await given(cast)
    asked = (await service.ask_extension(an, task.id, DueDraft(at=at("2026-12-01 17:00")), "Chờ số liệu")).task
    assert asked.status is Status.ACKNOWLEDGED, "asking for time says that one has it"
    assert asked.open_extension is not None
    assert await said(task.id, cast.head.id) == ["ExtensionAsked"]
    granted = (await service.decide_extension(head, task.id, True, "Được")).task
    assert granted.due_at == at("2026-12-01 17:00")
    assert granted.open_extension is None
    assert (granted.extensions[0].decision, granted.extensions[0].note) == ("approved", "Được")
    assert await said(task.id, cast.an.id) == ["TaskAssigned", "ExtensionApproved"]


async def test_extension_granted_with_another_time(cast: Cast) -> None:
    task = await given(cast)
    await service.ask_extension(await cast.actor("an"), task.id, DueDraft(at=at("2026-12-01 17:00")), "Chờ")
    granted = await service.decide_extension(
        await cast.actor("head"), task.id, True, due=DueDraft(at=at("2026-11-30 11:00"))
    )
    assert granted.task.due_at == at("2026-11-30 11:00")


async def test_extension_refused_leaves_the_due_time(cast: Cast) -> None:
    task = await given(cast)
    await service.ask_extension(await cast.actor("an"), task.id, DueDraft(at=at("2026-12-01 17:00")), "Chờ")
    refused_ = (await service.decide_extension(await cast.actor("head"), task.id, False, "Không")).task
    assert refused_.due_at == FRIDAY
    assert await said(task.id, cast.an.id) == ["TaskAssigned", "ExtensionRefused"]


async def test_undecided_extension_holds_the_lateness_until_it_is_decided(cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    task = await given(cast)
    await service.ask_extension(an, task.id, DueDraft(at=at("2026-12-01 17:00")), "Chờ số liệu")
    assert (await Task.get(id=task.id)).charge_at is None
    clock.set("2026-11-30 09:00")
    told = (await service.report(an, task.id)).task
    assert told.late is False
    done = (await service.accept(head, task.id)).task
    assert done.late is False
    assert (await Task.get(id=task.id)).charge_at is None
    assert "approve_extension" in done.can, "the question outlives the report"
    late = (await service.decide_extension(head, task.id, False)).task
    assert late.late is True
    assert (await Task.get(id=task.id)).charge_at == FRIDAY


async def test_extension_approved_after_a_late_report_means_never_late(cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    task = await given(cast)
    await service.ask_extension(an, task.id, DueDraft(at=at("2026-12-01 17:00")), "Chờ số liệu")
    clock.set("2026-11-30 09:00")
    await service.report(an, task.id)
    granted = (await service.decide_extension(head, task.id, True)).task
    assert granted.late is False
    assert (await Task.get(id=task.id)).charge_at is None
    done = (await service.accept(head, task.id)).task
    assert (done.late, done.open_extension) == (False, None)


async def test_timely_report_makes_the_question_moot(cast: Cast) -> None:
    task = await given(cast, needs_acceptance=False)
    an = await cast.actor("an")
    await service.ask_extension(an, task.id, DueDraft(at=at("2026-12-01 17:00")), "Chờ số liệu")
    done = (await service.report(an, task.id)).task
    assert [extension.decision for extension in done.extensions] == ["withdrawn"]


async def test_assigner_moves_the_due_time_unasked(cast: Cast) -> None:
    head = await cast.actor("head")
    task = await given(cast)
    moved = (await service.move_due(head, task.id, DueDraft(working_days=1), "Gấp hơn")).task
    assert moved.due_at == at("2026-11-25 17:30")
    assert moved.due_rule == {"rule": "working_days", "amount": 1}
    assert await said(task.id, cast.an.id) == ["TaskAssigned", "DueMoved"]
    assert (await service.move_due(head, task.id, DueDraft(at=moved.due_at))).changed is False


async def test_waiting_is_obeyed_and_counts_as_acknowledging(cast: Cast) -> None:
    task = await given(cast)
    until = at("2026-11-25 08:00")
    waiting = (await service.wait(await cast.actor("an"), task.id, until)).task
    assert (waiting.status, waiting.waiting_until) == (Status.ACKNOWLEDGED, until)
    again = await service.wait(await cast.actor("an"), task.id, until)
    assert (again.changed, again.task.version) == (False, waiting.version)


async def test_the_same_wait_again_answers_what_was_asked_since(cast: Cast, clock: FakeClock) -> None:
    """A reminder comes a working day before the deadline although the lead still waits."""
    task, until = await given(cast), at("2026-11-25 08:00")
    an = await cast.actor("an")
    await service.wait(an, task.id, until)
    await Task.filter(id=task.id).update(reminded_count=1, reminded_at=clock(), unanswered=1)
    clock.move(minutes=5)
    again = await service.wait(an, task.id, until)
    row = await Task.get(id=task.id)
    assert (again.changed, row.unanswered, row.tapped_at, row.waiting_until) == (False, 0, clock(), until)


async def test_comment_reaches_everybody_but_its_writer(cast: Cast) -> None:
    task = await given(cast, coordinators=[CoordinatorDraft("binh")], watchers=["cuong"])
    await everything_left()
    await service.comment(await cast.actor("binh"), task.id, " Tôi gửi\nsố liệu ")
    assert await said(task.id, pending=True) == ["TaskCommented", "TaskCommented"]
    events = await queries.timeline(await cast.actor("an"), task.id)
    assert (events[-1].kind, events[-1].data) == ("commented", {"text": "Tôi gửi\nsố liệu"})


async def test_weight_changes_with_a_reason(cast: Cast) -> None:
    head = await cast.actor("head")
    task = await given(cast)
    heavier = (await service.change_weight(head, task.id, Decimal("2.5"), "Việc lớn hơn dự kiến")).task
    assert heavier.weight == Decimal("2.5")
    [row] = await AuditRow.filter(action="task.weight_changed", object_id=task.id)
    assert (row.data["weight_before"], row.data["weight"]) == ("1", "2.5")
    assert (await service.change_weight(head, task.id, Decimal("2.5"), "Nhắc lại")).changed is False


async def test_nudge_speaks_once_in_two_hours(cast: Cast, clock: FakeClock) -> None:
    head = await cast.actor("head")
    task = await given(cast)
    assert (await service.nudge(head, task.id)).task.version == task.version
    error = await refused("nudged_lately", TooMany, service.nudge(head, task.id))
    assert error.params["retry_after_s"] == 7200
    clock.move(hours=2)
    await service.nudge(head, task.id)
    assert await said(task.id, cast.an.id) == ["TaskAssigned", "TaskNudged", "TaskNudged"]


async def test_timeline_survives_acts_of_the_engine_and_undo(cast: Cast, clock: FakeClock) -> None:
    """Undoing a report that the engine has meanwhile noted as late still works: nothing was built on it."""
    an = await cast.actor("an")
    task = await given(cast)
    clock.set("2026-11-27 17:05")
    await service.report(an, task.id)
    await TaskEvent.create(task_id=task.id, kind="late", at=clock.at, actor_id=0, data={})
    assert "undo" in (await queries.view(an, task.id)).can
    back = (await service.undo(an, task.id)).task
    assert (back.status, back.reported_at, back.acknowledged_at) == (Status.ASSIGNED, None, None)


async def test_undone_report_that_never_left_is_not_spoken_of(cast: Cast, clock: FakeClock) -> None:
    an = await cast.actor("an")
    task = await reported(cast)
    clock.move(minutes=9)
    await service.undo(an, task.id)
    assert await said(task.id, cast.head.id) == []
    row = await Task.get(id=task.id)
    assert (row.status, row.answer_from_at) == ("assigned", row.assigned_at)
    again = await service.report(an, task.id, "Lần này đúng")
    assert [report.decision for report in again.task.reports] == ["withdrawn", ""]


async def test_undone_report_waits_again_for_what_it_waited_for(cast: Cast) -> None:
    an = await cast.actor("an")
    task = await given(cast)
    until = at("2026-11-26 08:00")
    await service.wait(an, task.id, until)
    assert (await service.report(an, task.id)).task.waiting_until is None
    back = (await service.undo(an, task.id)).task
    assert (back.status, back.waiting_until) == (Status.ACKNOWLEDGED, until)


async def test_undone_acceptance_that_left_is_taken_back_aloud(cast: Cast) -> None:
    head = await cast.actor("head")
    task = await reported(cast)
    await service.accept(head, task.id)
    await everything_left()
    assert (await TaskNumber.get(task_id=task.id, person_id=cast.an.id)).free_at is not None
    back = (await service.undo(head, task.id)).task
    assert (back.status, back.closed_at) == (Status.REPORTED, None)
    assert (await said(task.id, cast.an.id))[-1] == "TaskUndone"
    assert (await TaskNumber.get(task_id=task.id, person_id=cast.an.id)).free_at is None


async def test_undo_opens_the_question_again_that_closing_withdrew(cast: Cast) -> None:
    an = await cast.actor("an")
    task = await given(cast, needs_acceptance=False)
    await service.ask_extension(an, task.id, DueDraft(at=at("2026-12-01 17:00")), "Chờ")
    await service.report(an, task.id)
    back = (await service.undo(an, task.id)).task
    assert back.open_extension is not None


async def test_an_assignment_taken_back_in_its_grace_was_never_said(cast: Cast) -> None:
    head = await cast.actor("head")
    task = await given(cast, coordinators=[CoordinatorDraft("binh")])
    assert "undo" in (await queries.view(head, task.id)).can
    back = (await service.undo(head, task.id)).task
    assert back.status is Status.CANCELLED
    assert await said(task.id) == []
    assert (await queries.timeline(head, task.id))[-1].data["undone"] == "assigned"
    assert (await TaskNumber.get(task_id=task.id, person_id=cast.an.id)).free_at is not None
    again = await given(cast)
    assert again.code != task.code


async def test_an_assignment_that_left_is_taken_back_aloud(cast: Cast) -> None:
    task = await given(cast)
    await everything_left()
    await service.undo(await cast.actor("head"), task.id)
    assert await said(task.id, cast.an.id) == ["TaskAssigned", "TaskUndone"]


async def test_an_assignment_with_parts_handed_on_is_not_taken_back(cast: Cast) -> None:
    task = await given(cast, "chair", "head")
    await given(cast, "head", "an", parent=task.code)
    await refused("undo_has_parts", Conflict, service.undo(await cast.actor("chair"), task.id))


async def test_cancelling_calls_off_the_parts_handed_on(cast: Cast) -> None:
    """All the way down, whoever gave them; what was finished stays finished."""
    task = await given(cast, "chair", "head")
    part = await given(cast, "head", "an", parent=task.code)
    done = await given(cast, "head", "binh", parent=task.code, needs_acceptance=False)
    below = await given(cast, "an", "an", parent=part.code)
    await service.report(await cast.actor("binh"), done.id)
    await everything_left()
    await service.cancel(await cast.actor("chair"), task.id, "Không còn cần")
    assert {row.id: row.status for row in await Task.all()} == {
        task.id: "cancelled",
        part.id: "cancelled",
        below.id: "cancelled",
        done.id: "done",
    }
    assert (await said(part.id, cast.an.id))[-1] == "TaskCancelled"
    for one in (part.id, below.id):
        last = (await queries.timeline(await cast.actor("an"), one))[-1]
        assert (last.kind, last.by.handle, last.data["reason"]) == ("cancelled", "chair", "Không còn cần")


async def test_undo_too_late_not_yours_and_nothing(cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    fresh = await given(cast)
    await refused("undo_not_yours", Forbidden, service.undo(an, fresh.id))
    await service.acknowledge(an, fresh.id)
    await refused("undo_nothing", Conflict, service.undo(head, fresh.id))
    task = await reported(cast)
    await refused("undo_not_yours", Forbidden, service.undo(head, task.id))
    clock.move(minutes=11)
    await refused("undo_too_late", Conflict, service.undo(an, task.id))
    await service.accept(head, task.id)
    await refused("undo_not_yours", Forbidden, service.undo(an, task.id))


async def test_impossible_acts_name_the_state(cast: Cast) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    new = await given(cast)
    await refused("task_is_assigned", Conflict, service.accept(head, new.id))
    await service.acknowledge(an, new.id)
    await refused("task_is_acknowledged", Conflict, service.return_(head, new.id, "x"))
    told = await reported(cast)
    await refused("task_is_reported", Conflict, service.decline(an, told.id, "x"))
    await refused("task_is_reported", Conflict, service.reassign(head, told.id, "binh"))
    declined = await given(cast)
    await service.decline(an, declined.id, "x")
    await refused("task_is_declined", Conflict, service.report(an, declined.id))
    await refused("task_is_declined", Conflict, service.nudge(head, declined.id))
    done = await reported(cast, needs_acceptance=False)
    await refused("task_is_done", Conflict, service.cancel(head, done.id, "x"))
    await refused("task_is_done", Conflict, service.change_weight(head, done.id, Decimal(2), "x"))
    gone = await given(cast)
    await service.cancel(head, gone.id, "x")
    await refused("task_is_cancelled", Conflict, service.acknowledge(an, gone.id))
    await refused("task_is_cancelled", Conflict, service.wait(an, gone.id, at("2026-12-01 08:00")))


async def test_extension_errors(cast: Cast, clock: FakeClock) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    task = await given(cast)
    later = DueDraft(at=at("2026-12-01 17:00"))
    await refused("extension_not_asked", Conflict, service.decide_extension(head, task.id, True))
    await refused(
        "extension_not_later", Unprocessable, service.ask_extension(an, task.id, DueDraft(working_days=1), "x")
    )
    await service.ask_extension(an, task.id, later, "x")
    await refused("extension_already_asked", Conflict, service.ask_extension(an, task.id, later, "x"))
    await refused(
        "extension_not_later",
        Unprocessable,
        service.decide_extension(head, task.id, True, due=DueDraft(at=at("2026-11-26 17:00"))),
    )
    clock.set("2026-11-27 17:01")
    other = await given(cast, due=DueDraft(at=at("2026-11-30 17:00")))
    clock.set("2026-11-30 17:01")
    await refused("extension_after_due", Conflict, service.ask_extension(an, other.id, later, "x"))
    assert await Extension.filter(decision="").count() == 1


async def test_bad_due_times(cast: Cast) -> None:
    for due, code in (
        (DueDraft(), "due_one_way"),
        (DueDraft(minutes=60, working_days=1), "due_one_way"),
        (DueDraft(at=at("2026-11-23 07:59")), "due_in_the_past"),
        (DueDraft(at=at("2126-11-27 17:00")), "due_out_of_range"),
        (DueDraft(at=at("9999-12-31 23:59")), "due_out_of_range"),
    ):
        await refused(code, Unprocessable, given(cast, due=due))


async def test_due_time_without_zone_and_waits_in_the_past(cast: Cast) -> None:
    naive = at("2026-11-27 17:00").replace(tzinfo=None)
    await refused("due_needs_zone", Invalid, given(cast, due=DueDraft(at=naive)))
    an, task = await cast.actor("an"), await given(cast)
    await refused("due_needs_zone", Invalid, service.wait(an, task.id, naive))
    await refused("wait_in_the_past", Unprocessable, service.wait(an, task.id, at("2026-11-23 08:00")))
    await refused("due_out_of_range", Unprocessable, service.wait(an, task.id, at("2126-11-23 08:00")))


async def test_blank_words_are_no_words(cast: Cast) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    task = await given(cast)
    for act in (
        service.decline(an, task.id, " \n"),
        service.comment(an, task.id, "\u0000 "),
        service.cancel(head, task.id, "\t"),
        service.change_weight(head, task.id, Decimal(2), " "),
        service.ask_extension(an, task.id, DueDraft(working_days=9), " "),
        service.assign(head, draft(title=" \u0007 ", leads=["an"])),
    ):
        error = await refused("invalid_fields", InvalidFields, act)
        assert error.issues[0]["code"] == "empty"  # type: ignore[attr-defined]


async def test_bad_weights(cast: Cast) -> None:
    for weight in ("0", "-1", "1000.5", "0.0001", "NaN", "Infinity"):
        error = await refused("invalid_fields", InvalidFields, given(cast, weight=Decimal(weight)))
        assert error.issues[0]["code"] == "weight_bad"  # type: ignore[attr-defined]


async def test_shares_stay_within_the_weight(cast: Cast) -> None:
    head = await cast.actor("head")
    half = [CoordinatorDraft("binh", Decimal("0.6"))]
    for shares, code in (
        ([CoordinatorDraft("binh", Decimal("1.1"))], "shares_exceed_weight"),
        ([CoordinatorDraft("binh", Decimal("-1"))], "share_bad"),
        ([CoordinatorDraft("binh"), CoordinatorDraft("binh")], "coordinator_twice"),
    ):
        error = await refused("invalid_fields", InvalidFields, given(cast, coordinators=shares))
        assert error.issues[0]["code"] == code  # type: ignore[attr-defined]
    task = await given(cast, coordinators=half)
    error = await refused("invalid_fields", InvalidFields, service.change_weight(head, task.id, Decimal("0.5"), "x"))
    assert error.issues[0]["code"] == "shares_exceed_weight"  # type: ignore[attr-defined]


async def test_stale_version_is_refused_by_every_act(cast: Cast) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    task = await given(cast)
    await service.comment(an, task.id, "hỏi")
    due = DueDraft(working_days=9)
    for act in (
        service.acknowledge(an, task.id, 1),
        service.decline(an, task.id, "x", 1),
        service.report(an, task.id, version=1),
        service.wait(an, task.id, at("2026-12-01 08:00"), 1),
        service.ask_extension(an, task.id, due, "x", 1),
        service.accept(head, task.id, 1),
        service.return_(head, task.id, "x", version=1),
        service.cancel(head, task.id, "x", 1),
        service.reassign(head, task.id, "binh", version=1),
        service.decide_extension(head, task.id, True, version=1),
        service.move_due(head, task.id, due, version=1),
        service.comment(an, task.id, "x", 1),
        service.undo(an, task.id, 1),
        service.nudge(head, task.id, 1),
        service.change_weight(head, task.id, Decimal(2), "x", 1),
        service.confirm(await cast.actor("chair"), task.id, 1),
    ):
        error = await refused("stale", Stale, act)
        assert error.params == {"version": 2}
    assert (await service.acknowledge(an, task.id, 2)).changed


async def test_urgent_acknowledgement_is_told_to_the_assigner(cast: Cast) -> None:
    normal, urgent = await given(cast), await given(cast, urgency="urgent")
    an = await cast.actor("an")
    for task in (normal, urgent):
        await service.acknowledge(an, task.id)
    assert await said(normal.id, cast.head.id) == []
    assert await said(urgent.id, cast.head.id) == ["TaskAcknowledged"]


async def test_simultaneous_acts_happen_once_and_codes_are_never_shared(cast: Cast) -> None:
    head, an = await cast.actor("head"), await cast.actor("an")
    tasks = await asyncio.gather(*(given(cast) for _ in range(4)))
    assert len({task.code for task in tasks}) == 4
    numbers = await TaskNumber.filter(person_id=cast.an.id)
    assert sorted(row.number for row in numbers) == [1, 2, 3, 4]
    task = tasks[0]
    taken = await asyncio.gather(*(service.acknowledge(an, task.id) for _ in range(3)))
    assert sorted(change.changed for change in taken) == [False, False, True]
    await service.report(an, task.id)
    done = await asyncio.gather(*(service.accept(head, task.id) for _ in range(3)))
    assert sorted(change.changed for change in done) == [False, False, True]
    assert await TaskEvent.filter(task_id=task.id, kind="accepted").count() == 1
