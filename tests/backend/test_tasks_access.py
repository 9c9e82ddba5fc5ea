"""Who may see and do what with a task: the stranger, HR, the auditor, delegates, deputies; SQL and rule agree."""

import random
from decimal import Decimal
from typing import Any

import pytest

from backend.domain import access
from backend.domain.types import Actor, Part, Post, Role
from backend.errors import Forbidden, NotFound
from backend.kit.db import Sql
from backend.models import AuditRow, Task, TaskPart
from backend.tasks import facts, queries, service
from backend.tasks.queries import TaskFilter, View
from backend.tasks.schemas import CoordinatorDraft, DueDraft
from backend.tasks.visibility import visible_to
from tests.backend.given import at, draft, given, lend, reported
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("db")

SOON = DueDraft(working_days=9)


def acts(actor: Actor, task_id: int) -> list[Any]:
    """Every act on a task, unstarted."""
    return [
        service.acknowledge(actor, task_id),
        service.decline(actor, task_id, "x"),
        service.report(actor, task_id),
        service.wait(actor, task_id, at("2026-11-26 08:00")),
        service.ask_extension(actor, task_id, SOON, "x"),
        service.accept(actor, task_id),
        service.return_(actor, task_id, "x"),
        service.cancel(actor, task_id, "x"),
        service.reassign(actor, task_id, "binh"),
        service.decide_extension(actor, task_id, True),
        service.decide_extension(actor, task_id, False),
        service.move_due(actor, task_id, SOON),
        service.confirm(actor, task_id),
        service.nudge(actor, task_id),
        service.change_weight(actor, task_id, Decimal(2), "x"),
    ]


async def test_stranger_meets_nothing_but_404(cast: Cast) -> None:
    task = await given(cast)
    for who in ("stranger", "otherchair", "cuong", "head2", "admin", "clerk"):
        actor = await cast.actor(who)
        for act in [
            *acts(actor, task.id),
            service.comment(actor, task.id, "x"),
            service.undo(actor, task.id),
            queries.view(actor, task.id),
            queries.timeline(actor, task.id),
            queries.deliveries(actor, task.id),
            queries.find_task(actor, task.code),
        ]:
            with pytest.raises(NotFound):
                await act
        assert (await queries.listing(actor, TaskFilter())).items == []
    assert await Task.filter(id=task.id, version=1).exists()


async def test_hr_and_auditor_read_and_change_nothing(cast: Cast) -> None:
    open_, secret = await given(cast), await given(cast, secret=True)
    hr, auditor = await cast.actor("hr"), await cast.actor("auditor")
    assert [line.id for line in (await queries.listing(hr, TaskFilter())).items] == [open_.id]
    assert [line.id for line in (await queries.listing(auditor, TaskFilter())).items] == [open_.id, secret.id]
    with pytest.raises(NotFound):
        await queries.view(hr, secret.id)
    assert (await queries.view(auditor, secret.id)).can == []
    for actor in (hr, auditor):
        for act in acts(actor, open_.id):
            with pytest.raises(Forbidden):
                await act
        assert (await queries.deliveries(actor, open_.id)).items
    assert (await service.comment(hr, open_.id, "Đã xem")).changed
    with pytest.raises(Forbidden):
        await service.comment(auditor, open_.id, "x")
    with pytest.raises(Forbidden):
        await service.assign(auditor, draft())


async def test_lead_may_not_decide_and_assigner_may_not_do(cast: Cast) -> None:
    task = await given(cast)
    an, head = await cast.actor("an"), await cast.actor("head")
    for act in (
        service.accept(an, task.id),
        service.return_(an, task.id, "x"),
        service.cancel(an, task.id, "x"),
        service.reassign(an, task.id, "binh"),
        service.decide_extension(an, task.id, True),
        service.move_due(an, task.id, SOON),
        service.nudge(an, task.id),
        service.change_weight(an, task.id, Decimal(2), "x"),
        service.acknowledge(head, task.id),
        service.decline(head, task.id, "x"),
        service.report(head, task.id),
        service.wait(head, task.id, at("2026-11-26 08:00")),
        service.ask_extension(head, task.id, SOON, "x"),
    ):
        with pytest.raises(Forbidden):
            await act


async def test_leader_above_decides_but_weighs_nothing(cast: Cast) -> None:
    task = await reported(cast)
    chair = await cast.actor("chair")
    with pytest.raises(Forbidden):
        await service.change_weight(chair, task.id, Decimal(2), "x")
    assert (await service.accept(chair, task.id)).changed


async def test_deputy_is_not_above_the_chief_of_the_same_unit(cast: Cast) -> None:
    own = (await service.assign(await cast.actor("chair"), draft())).tasks[0]
    vice = await cast.actor("vice")
    assert (await queries.view(vice, own.id)).can == ["comment"]
    for act in (service.cancel(vice, own.id, "x"), service.confirm(vice, own.id), service.nudge(vice, own.id)):
        with pytest.raises(Forbidden):
            await act


async def test_assigning_needs_authority_over_the_lead(cast: Cast) -> None:
    for by, to in (
        ("an", "binh"),  # an officer gives no work
        ("head", "cuong"),  # another section
        ("head", "chair"),  # upwards
        ("vice", "chair"),  # to the chief of one's own unit
        ("chair", "stranger"),  # another ward
        ("hr", "an"),
        ("clerk", "vice"),  # a clerk gives documents only
    ):
        with pytest.raises(Forbidden) as caught:
            await given(cast, by, to)
        assert caught.value.code == "may_not_assign_to"
    assert (await given(cast, "clerk", "vice", kind="document")).lead.handle == "vice"
    assert (await given(cast, "vice", "head")).lead.handle == "head"


async def test_coordinator_acknowledges_and_watcher_only_looks(cast: Cast) -> None:
    task = await given(cast, coordinators=[CoordinatorDraft("cuong")], watchers=["binh"])
    cuong, binh = await cast.actor("cuong"), await cast.actor("binh")
    assert (await queries.view(cuong, task.id)).can == ["acknowledge", "comment"]
    assert (await service.acknowledge(cuong, task.id)).changed
    assert (await service.acknowledge(cuong, task.id)).changed is False
    with pytest.raises(Forbidden):
        await service.acknowledge(binh, task.id)
    own = (await queries.deliveries(binh, task.id)).items
    assert {one.to.handle for one in own} == {"binh"}


async def test_delegate_acts_for_the_assigner_and_both_are_named(cast: Cast) -> None:
    task = await reported(cast)
    with pytest.raises(Forbidden):
        await service.accept(await cast.actor("an"), task.id)
    binh = await lend(cast, "head", "binh")
    done = await service.accept(binh, task.id)
    assert done.changed
    last = (await queries.timeline(binh, task.id))[-1]
    assert last.on_behalf_of is not None
    assert (last.kind, last.by.handle, last.on_behalf_of.handle) == ("accepted", "binh", "head")
    [row] = await AuditRow.filter(action="task.accepted", object_id=task.id)
    assert (row.actor_id, row.on_behalf_of_id) == (cast.binh.id, cast.head.id)


async def test_work_given_under_lent_authority_names_whose_it_was(cast: Cast) -> None:
    await lend(cast, "head", "binh")
    task = await given(cast, "binh", "an")
    assert task.on_behalf_of is not None
    assert (task.assigner.handle, task.on_behalf_of.handle) == ("binh", "head")
    told = (await service.report(await cast.actor("an"), task.id)).task
    assert told.assigner.handle == "binh"
    done = await service.accept(await cast.actor("head"), task.id)
    assert done.changed, "the giver decides on what was given in their name"
    first, *_, last = await queries.timeline(await cast.actor("head"), task.id)
    assert first.on_behalf_of is not None
    assert last.on_behalf_of is None


async def test_holder_of_authority_never_decides_on_their_own_work(cast: Cast) -> None:
    task = await reported(cast)
    an = await lend(cast, "head", "an")
    with pytest.raises(Forbidden):
        await service.accept(an, task.id)


async def test_delegate_hears_what_waits_for_the_assigner(cast: Cast) -> None:
    await lend(cast, "head", "binh")
    task = await reported(cast)
    sql = Sql()
    rows = await sql.rows(
        f"select person_id from outbox_notice where task_id = {sql.arg(task.id)} and kind = 'TaskReported'"
    )
    assert {row["person_id"] for row in rows} == {cast.head.id, cast.binh.id}
    handled = await queries.listing(await cast.actor("binh"), TaskFilter(view=View.TO_HANDLE))
    assert [line.id for line in handled.items] == [task.id]


async def test_nobody_is_over_a_left_assigner_but_the_leader_above(cast: Cast) -> None:
    task = await given(cast)
    await Sql().run(f"update person set until_on = '2026-11-22' where id = {cast.head.id}")
    await Sql().run(f"update position set until_on = '2026-11-22' where person_id = {cast.head.id}")
    await service.report(await cast.actor("an"), task.id)
    sql = Sql()
    rows = await sql.rows(
        f"select person_id from outbox_notice where task_id = {sql.arg(task.id)} and kind = 'TaskReported'"
    )
    assert [row["person_id"] for row in rows] == [cast.vice.id], "the overseer of the section"


async def test_visible_to_says_exactly_what_may_see_says(cast: Cast) -> None:
    """Random tasks and random actors: the SQL condition and the pure rule agree on every pair."""
    luck = random.Random(20261123)
    people = list(cast.people.values())
    units = list(cast.units.values())
    tasks = []
    for number in range(40):
        lead, assigner = luck.choice(people), luck.choice(people)
        task = await Task.create(
            code=f"T{number}",
            title="x",
            lead_id=lead.id,
            assigner_id=assigner.id,
            on_behalf_of_id=luck.choice([None, luck.choice(people).id]),
            unit_id=luck.choice(units).id,
            parent_id=luck.choice([None, luck.choice(tasks).id]) if tasks else None,
            secret=luck.random() < 0.4,
            assigned_at=at("2026-11-23 08:00"),
            due_at=at("2026-11-27 17:00"),
            answer_from_at=at("2026-11-23 08:00"),
        )
        if luck.random() < 0.5:
            await TaskPart.create(
                task_id=task.id, person_id=luck.choice(people).id, part=luck.choice([Part.COORDINATOR, Part.WATCHER])
            )
        tasks.append(task)
    rights = {task.id: (await facts.around(task)).rights for task in tasks}
    seen = 0
    for _ in range(60):
        unit_of = luck.sample(units, k=luck.randrange(3))
        posts = tuple(
            Post(1, unit.id, unit.path, luck.choice(list(Role)), giver_id=luck.choice([None, luck.choice(people).id]))
            for unit in unit_of
        )
        actor = Actor(luck.choice(people).id, "x", "x", posts=posts)
        sql = Sql()
        rows = await sql.rows(f"select t.id from task t join unit u on u.id = t.unit_id where {visible_to(actor, sql)}")
        allowed = {task_id for task_id, right in rights.items() if access.may_see(actor, right)}
        assert {row["id"] for row in rows} == allowed
        seen += len(allowed)
    assert seen > 100, "the cast must not be blind"
