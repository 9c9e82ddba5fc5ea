"""Forms of assigning: a unit as lead, many leads, one's own tasks, parts of tasks, secrets, leave, numbers."""

from decimal import Decimal
from typing import Any

import pytest

from backend.domain.types import Part, Status
from backend.errors import AppError, Conflict, Forbidden, InvalidFields, NotFound, Unprocessable
from backend.models import OutboxNotice, Position, Task, TaskNumber
from backend.tasks import numbers, queries, service
from backend.tasks.schemas import CoordinatorDraft, DueDraft, TaskView
from tests.backend.given import at, away, draft, everything_left, given, lend, said
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def code_of(act: Any, kind: type[AppError]) -> str:
    with pytest.raises(kind) as caught:
        await act
    return caught.value.code


async def test_unit_as_lead_is_its_chief(cast: Cast) -> None:
    task = await given(cast, "chair", "unit:tuphap")
    assert (task.lead.handle, task.unit.code) == ("head", "tuphap")
    assert (await Task.get(id=task.id)).to_unit


async def test_unit_as_lead_is_who_stands_in_while_the_chief_is_away(cast: Cast) -> None:
    await away(cast, "head", "2026-11-20", "2026-11-30", substitute="binh")
    await lend(cast, "head", "binh")
    task = await given(cast, "chair", "UNIT:tuphap")
    assert (task.lead.handle, task.unit.code) == ("binh", "tuphap")


async def test_units_that_cannot_be_given_work(cast: Cast) -> None:
    assert await code_of(given(cast, "head", "unit:diachinh"), Forbidden) == "may_not_assign_to"
    assert await code_of(given(cast, "head", "unit:nowhere"), NotFound) == "unit_not_found"
    await Position.filter(person_id=cast.head2.id).delete()
    assert await code_of(given(cast, "chair", "unit:diachinh"), NotFound) == "unit_without_leader"


async def test_ones_own_unit_is_oneself(cast: Cast) -> None:
    own = await given(cast, "head", "unit:tuphap")
    assert (own.lead.handle, own.self_registered) == ("head", True)


async def test_one_draft_to_many_leads_makes_a_group(cast: Cast) -> None:
    chair = await cast.actor("chair")
    assigned = await service.assign(
        chair, draft(leads=["an", "unit:tuphap", "head2", "@an", "cuong@phuong.example.vn"])
    )
    assert [task.lead.handle for task in assigned.tasks] == ["an", "head", "head2", "cuong"]
    assert [task.code[-1] for task in assigned.tasks] == ["1", "2", "3", "4"]
    assert len({task.group_key for task in assigned.tasks}) == 1
    for who in ("an", "cuong"):
        mine = next(task for task in assigned.tasks if task.lead.handle == who)
        await service.acknowledge(await cast.actor(who), mine.id)
    seen = await queries.view(chair, assigned.tasks[2].id)
    assert (seen.group_acknowledged, seen.group_size) == (2, 4)


async def test_one_bad_lead_refuses_the_whole_draft_and_says_all_that_is_wrong(cast: Cast) -> None:
    with pytest.raises(InvalidFields) as caught:
        await given(cast, "head", ["an", "nobody", "cuong", "binh"])
    assert [(issue["where"], issue["code"]) for issue in caught.value.issues] == [
        ("leads.1", "person_not_found"),
        ("leads.2", "may_not_assign_to"),
    ]
    assert await Task.all().count() == 0


async def test_codes_have_no_gap_after_a_refusal(cast: Cast) -> None:
    await given(cast)
    for _ in range(2):
        await code_of(given(cast, parent="CV26-000009"), NotFound)
    assert (await given(cast)).code == "CV26-000002"


async def test_own_task_becomes_a_product_when_a_leader_confirms_it(cast: Cast) -> None:
    an, head = await cast.actor("an"), await cast.actor("head")
    own = (await service.assign(an, draft())).tasks[0]
    assert (own.status, own.self_registered, own.needs_acceptance) == (Status.ACKNOWLEDGED, True, False)
    assert "confirm" not in own.can
    assert await said(own.id) == []
    assert await code_of(service.confirm(an, own.id), Forbidden) == "forbidden"
    assert await code_of(service.decline(an, own.id, "x"), Forbidden) == "forbidden"
    moved = (await service.move_due(an, own.id, DueDraft(working_days=9))).task
    assert moved.due_at == at("2026-12-07 17:30")
    assert "confirm" in (await queries.view(head, own.id)).can
    assert (await service.confirm(head, own.id)).changed
    assert (await service.confirm(head, own.id)).changed is False
    # From now on it counts: its lead no longer moves it, weighs it or takes it back.
    for act in (
        service.move_due(an, own.id, DueDraft(working_days=20)),
        service.cancel(an, own.id, "x"),
        service.change_weight(an, own.id, Decimal(9), "x"),
    ):
        assert await code_of(act, Forbidden) == "forbidden"
    await service.ask_extension(an, own.id, DueDraft(working_days=20), "x")
    assert await said(own.id, cast.head.id) == ["ExtensionAsked"], "the leader decides for whom nobody assigned"
    assert (await service.decide_extension(head, own.id, True)).changed
    assert (await service.report(an, own.id)).task.status is Status.DONE


async def test_only_own_tasks_are_confirmed(cast: Cast) -> None:
    task = await given(cast)
    assert await code_of(service.confirm(await cast.actor("head"), task.id), Conflict) == "confirm_not_self_registered"


async def test_own_task_given_away_belongs_to_who_gave_it(cast: Cast) -> None:
    own = (await service.assign(await cast.actor("an"), draft())).tasks[0]
    moved = (await service.reassign(await cast.actor("head"), own.id, "binh")).task
    assert (moved.assigner.handle, moved.lead.handle, moved.self_registered) == ("head", "binh", False)


async def test_lead_hands_a_part_on(cast: Cast) -> None:
    parent = await given(cast, "chair", "head")
    head = await cast.actor("head")
    part = (await service.assign(head, draft(leads=["an"], parent=parent.code))).tasks[0]
    assert part.parent_code == parent.code
    assert [line.code for line in (await queries.view(head, parent.id)).subtasks] == [part.code]
    an = await cast.actor("an")
    with pytest.raises(NotFound):
        await queries.view(an, parent.id)
    await service.report(an, part.id)
    await service.accept(head, part.id)
    assert await said(part.id, cast.head.id) == ["TaskReported"], "who accepts knows that the reply is here"
    vice_part = await given(cast, "head", "binh", parent=parent.code)
    await service.report(await cast.actor("binh"), vice_part.id)
    await service.accept(await cast.actor("chair"), vice_part.id)
    assert "SubtaskFinished" in await said(vice_part.id, cast.head.id)


async def test_part_is_never_due_after_the_whole(cast: Cast) -> None:
    parent = await given(cast, "chair", "head")
    head = await cast.actor("head")
    later = DueDraft(at=at("2026-11-27 17:01"))
    assert await code_of(given(cast, parent=parent.code, due=later), Unprocessable) == "due_after_parent"
    part = await given(cast, parent=parent.code, due=DueDraft(at=at("2026-11-26 17:00")))
    an = await cast.actor("an")
    for act in (
        service.move_due(head, part.id, later),
        service.reassign(head, part.id, "binh", due=later),
        service.ask_extension(an, part.id, later, "x"),
    ):
        assert await code_of(act, Unprocessable) == "due_after_parent"
    await service.ask_extension(an, part.id, DueDraft(at=at("2026-11-27 10:00")), "x")
    assert await code_of(service.decide_extension(head, part.id, True, due=later), Unprocessable) == "due_after_parent"
    await service.report(an, part.id)
    assert await code_of(service.return_(head, part.id, "x", due=later), Unprocessable) == "due_after_parent"


async def test_only_the_lead_hands_on_and_only_while_working(cast: Cast) -> None:
    parent = await given(cast, "chair", "head")
    assert await code_of(given(cast, "chair", "an", parent=parent.code), Forbidden) == "subtask_only_by_lead"
    assert await code_of(given(cast, "otherchair", "stranger", parent=parent.code), NotFound) == "not_found"
    await service.report(await cast.actor("head"), parent.id)
    assert await code_of(given(cast, parent=parent.code), Conflict) == "task_is_reported"


async def test_every_coordinator_must_acknowledge_when_asked_to(cast: Cast) -> None:
    task = await given(cast, coordinators=[CoordinatorDraft("binh"), CoordinatorDraft("cuong")], all_acknowledge=True)
    an = await cast.actor("an")
    await service.acknowledge(await cast.actor("cuong"), task.id)
    with pytest.raises(Conflict) as caught:
        await service.report(an, task.id)
    assert caught.value.code == "coordinators_not_acknowledged"
    assert caught.value.params == {"names": "Nguyễn Thị Bình"}
    await service.acknowledge(await cast.actor("binh"), task.id)
    assert (await service.report(an, task.id)).changed


async def test_everyone_with_a_part_hears_which(cast: Cast) -> None:
    task = await given(
        cast, coordinators=[CoordinatorDraft("binh"), CoordinatorDraft("an")], watchers=["cuong", "binh"]
    )
    assert [(part.person.handle, part.part) for part in task.parts] == [
        ("binh", Part.COORDINATOR),
        ("cuong", Part.WATCHER),
    ]
    notices = await OutboxNotice.filter(task_id=task.id).order_by("id")
    assert [(notice.person_id, notice.payload["part"]) for notice in notices] == [  # type: ignore[attr-defined]
        (cast.an.id, "lead"),
        (cast.binh.id, "coordinator"),
        (cast.cuong.id, "watcher"),
    ]


async def test_secret_goes_on_to_the_parts(cast: Cast) -> None:
    parent = await given(cast, "chair", "head", secret=True)
    part = await given(cast, parent=parent.code)
    assert part.secret
    [notice] = await OutboxNotice.filter(task_id=part.id)
    assert notice.payload["task"]["secret"] is True


async def test_assigner_is_warned_of_leave_and_offered_the_substitute(cast: Cast) -> None:
    await away(cast, "an", "2026-11-26", "2026-11-30", substitute="binh")
    head = await cast.actor("head")
    assigned = await service.assign(head, draft(leads=["an"]))
    [warning] = assigned.warnings
    assert (warning.code, warning.person) == ("lead_on_leave", "Nguyễn Văn An")
    assert warning.params == {
        "from_on": "2026-11-26",
        "until_on": "2026-11-30",
        "substitute": "binh",
        "substitute_name": "Nguyễn Thị Bình",
    }
    assert (await service.assign(head, draft(leads=["an"], due=DueDraft(working_days=1)))).warnings == []
    other = await given(cast, to="binh")
    assert (await service.reassign(head, other.id, "an")).warnings == [warning]


async def test_each_person_calls_tasks_by_numbers_of_their_own(cast: Cast, clock: FakeClock) -> None:
    async def number(who: str, task: TaskView) -> int:
        return (await TaskNumber.get(person_id=cast.people[who].id, task_id=task.id)).number

    first, second = await given(cast), await given(cast, to="binh")
    assert [await number("an", first), await number("head", first)] == [1, 1]
    assert [await number("binh", second), await number("head", second)] == [1, 2]
    await service.cancel(await cast.actor("head"), first.id, "x")
    third = await given(cast)
    assert [await number("an", third), await number("head", third)] == [2, 3], "a number rests 60 days"
    clock.move(days=61)
    fourth = await given(cast, due=DueDraft(working_days=3))
    assert [await number("an", fourth), await number("head", fourth)] == [1, 1]


async def test_numbers_are_given_once(cast: Cast) -> None:
    task = await given(cast)
    await numbers.give(task.id, [cast.an.id, cast.an.id])
    assert await TaskNumber.filter(task_id=task.id, person_id=cast.an.id).count() == 1


async def test_every_express_notice_goes_at_once_others_in_working_time(cast: Cast, clock: FakeClock) -> None:
    clock.set("2026-11-23 19:00")
    normal, express = await given(cast), await given(cast, urgency="express")
    for task, when in ((normal, "2026-11-25 07:30"), (express, "2026-11-23 19:00")):
        [notice] = await OutboxNotice.filter(task_id=task.id)
        assert notice.not_before == at(when)
    await everything_left()


async def test_express_acknowledgement_counts_by_the_clock(cast: Cast, clock: FakeClock) -> None:
    clock.set("2026-11-23 19:00")
    express = await given(cast, urgency="express", due=DueDraft(at=at("2026-11-23 22:00")))
    assert (await Task.get(id=express.id)).answer_at == at("2026-11-23 19:15")
