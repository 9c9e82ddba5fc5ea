"""From rows to the facts that the rules work on, and from the rules back to the three due columns."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from backend.auth.actors import today
from backend.domain import lateness, limits, reminding
from backend.domain.access import TaskFacts
from backend.domain.calendar import WorkCalendar
from backend.domain.notices import TaskRef
from backend.domain.reminding_policy import NORMAL, History, Policy
from backend.domain.times import TaskTimes
from backend.domain.types import Part, Role, Status, Urgency
from backend.kit.db import Sql
from backend.models import Extension, Task, TaskPart, Unit
from backend.org.sql import in_force
from backend.tasks.rows import TaskRow

#: A waiting extension holds the clock of lateness (domain.md §2).
OPEN = ""


def ref(task: Task | TaskRow) -> TaskRef:
    """What a notice says of the task."""
    return TaskRef(
        id=task.id,
        code=task.code,
        title=task.title,
        due_at=task.due_at,
        urgency=Urgency(task.urgency),
        secret=task.secret,
    )


class Has(msgspec.Struct):
    """What there is of a task beside itself, and its lead's rank if they lead its unit."""

    lead_rank: int | None
    reports: bool
    extensions: bool
    files: bool
    subtasks: bool


class Around(msgspec.Struct):
    """What stands around a task: what permissions need, and the rows that this was read from."""

    rights: TaskFacts
    unit: Unit
    parts: list[TaskPart]
    has: Has


async def access_facts(task: Task) -> TaskFacts:
    """What permissions need."""
    return (await around(task)).rights


async def around(task: Task) -> Around:
    """The unit, the parts (oldest first) and what permissions need of them and of the parent's people."""
    unit = await Unit.get(id=task.unit_id)
    parts = await TaskPart.filter(task_id=task.id).order_by("id")
    has = await _has(task)
    above: tuple[int, ...] = ()
    if task.parent_id is not None:
        parent = await Task.get(id=task.parent_id)
        above = (parent.lead_id, parent.assigner_id)
    rights = TaskFacts(
        assigner_id=task.assigner_id,
        lead_id=task.lead_id,
        path=unit.path,
        secret=task.secret,
        on_behalf_of_id=task.on_behalf_of_id,
        parts=tuple((part.person_id, Part(part.part)) for part in parts),
        parent_people=above,
        self_registered=task.self_registered and task.confirmed_at is None,
        lead_rank=has.lead_rank,
    )
    return Around(rights, unit, parts, has)


async def _has(task: Task) -> Has:
    """In one statement: most tasks have little of it, and reading nothing five times costs more."""
    sql = Sql()
    id_ = sql.arg(task.id)
    [found] = await sql.fetch(
        "select (select min(s.rank) from position s join unit u on u.id = s.unit_id "
        f"where s.person_id = {sql.arg(task.lead_id)} and s.unit_id = {sql.arg(task.unit_id)} "
        f"and s.role = {sql.arg(str(Role.LEADER))} and {in_force(sql, today())}) as lead_rank, "
        f"exists (select 1 from report where task_id = {id_}) as reports, "
        f"exists (select 1 from extension where task_id = {id_}) as extensions, "
        f"exists (select 1 from attachment where task_id = {id_}) as files, "
        f"exists (select 1 from task where parent_id = {id_}) as subtasks",
        Has,
    )
    return found


async def times(task: Task, leave_until: datetime | None) -> TaskTimes:
    """What the rules of time need; reads the extension that waits for a decision."""
    waiting = await Extension.filter(task_id=task.id, decision=OPEN).first()
    return times_from(task, leave_until, waiting.asked_at if waiting else None)


class _Asked(msgspec.Struct):
    task_id: int
    asked_at: datetime


async def waiting_extensions(task_ids: Iterable[int]) -> dict[int, datetime]:
    """When more time was asked for, of those tasks whose question waits for its answer."""
    sql = Sql()
    found = await sql.fetch(
        f"select task_id, asked_at from extension where {sql.any_of('task_id', list(task_ids))} and decision = ''",
        _Asked,
    )
    return {one.task_id: one.asked_at for one in found}


def times_from(task: Task | TaskRow, leave_until: datetime | None, extension_asked_at: datetime | None) -> TaskTimes:
    """What the rules of time need, from what was read before."""
    return TaskTimes(
        status=Status(task.status),
        urgency=Urgency(task.urgency),
        needs_acceptance=task.needs_acceptance,
        assigned_at=task.assigned_at,
        due_at=task.due_at,
        acknowledged_at=task.acknowledged_at,
        reported_at=task.reported_at,
        declined_at=task.declined_at,
        closed_at=task.closed_at,
        extension_asked_at=extension_asked_at,
        late_count=task.late_count,
        late_base=task.late_base,
        late_from_at=task.late_from_at,
        answer_from_at=task.answer_from_at,
        answer_step=task.answer_step,
        reminded_count=task.reminded_count,
        reminded_at=task.reminded_at,
        unanswered=task.unanswered,
        empty_taps=task.empty_taps,
        leader_told_at=task.leader_told_at,
        tapped_at=task.tapped_at,
        waiting_until=task.waiting_until,
        held_at=task.held_at,
        line_left=task.line_left if isinstance(task, TaskRow) else bool(task.answer_line),
        leave_until=leave_until,
    )


def due_columns(
    task: TaskTimes,
    now: datetime,
    calendar: WorkCalendar,
    policy: Policy = NORMAL,
    history: History | None = None,
) -> dict[str, Any]:
    """When each sweep must look at the task again: the values of ``look_at``, ``answer_at`` and ``charge_at``."""
    plan = reminding.plan(task, now, calendar, policy, history)
    charge = lateness.next_charge(task, calendar)
    return {
        "look_at": utc(plan.at if plan else None),
        "answer_at": utc(limits.answer_at(task, calendar)),
        "charge_at": utc(charge.at if charge else None),
    }


def utc(at: datetime | None) -> datetime | None:
    # The calendar answers in its own zone; SQLite compares instants as text.
    return at.astimezone(UTC) if at else None
