"""From rows to the facts that the rules work on, and from the rules back to the three due columns."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from tortoise.models import Model

from backend.auth.actors import today
from backend.domain import lateness, limits, reminding
from backend.domain.access import TaskFacts
from backend.domain.calendar import WorkCalendar
from backend.domain.notices import TaskRef
from backend.domain.reminding_policy import NORMAL, History, Policy
from backend.domain.times import TaskTimes
from backend.domain.types import Actor, Part, Role, Status, Urgency
from backend.kit import clock, rows
from backend.kit.db import Sql
from backend.models import Task, TaskPart
from backend.org.sql import in_force
from backend.tasks import undoable
from backend.tasks.firmness import OPINIONATED
from backend.tasks.rows import TaskRow

M = TypeVar("M", bound=Model)

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
    """A task's unit, what there is of the task beside itself, its lead's rank if they lead the unit, and whose its parent
    is."""

    unit_code: str
    unit_name: str
    path: str
    lead_rank: int | None
    parts: bool
    reports: bool
    extensions: bool
    files: bool
    subtasks: bool
    parent_lead_id: int | None
    parent_assigner_id: int | None
    #: The unit, or one above it, says itself how firmly and when people are reminded.
    firmness: bool
    #: Asked for a reader: how many tasks came from the same draft and how many of their leads have them, the reader's number
    #: for the task, and the last thing somebody did to it (``undoable``).
    group_size: int | None = None
    group_seen: int | None = None
    number: int | None = None
    last_actor_id: int | None = None
    last_kind: str | None = None
    last_at: datetime | None = None


class Around(msgspec.Struct):
    """What stands around a task: what permissions need, and the rows that this was read from."""

    rights: TaskFacts
    parts: list[TaskPart]
    has: Has


async def task_of(task_id: int, *, held: bool = False) -> Task | None:
    """The task's row; ``held`` until the transaction ends, against whoever else would change it."""
    sql = Sql()
    found = await rows.read(sql, Task, f"where id = {sql.arg(task_id)} {sql.hold if held else ''}")
    return found[0] if found else None


async def of_task(model: type[M], task_id: int) -> list[M]:
    """Rows that belong to a task, oldest first."""
    sql = Sql()
    return await rows.read(sql, model, f"where task_id = {sql.arg(task_id)} order by id")


async def around(task: Task, reader: Actor | None = None) -> Around:
    """The parts (oldest first), and what permissions need of them, of the unit and of the parent's people; with a
    ``reader``, also what only a view shows."""
    has = await _has(task, reader)
    parts = await of_task(TaskPart, task.id) if has.parts else []
    above = (has.parent_lead_id, has.parent_assigner_id)
    rights = TaskFacts(
        assigner_id=task.assigner_id,
        lead_id=task.lead_id,
        path=has.path,
        secret=task.secret,
        on_behalf_of_id=task.on_behalf_of_id,
        parts=tuple((part.person_id, Part(part.part)) for part in parts),
        parent_people=tuple(person for person in above if person is not None),
        self_registered=task.self_registered and task.confirmed_at is None,
        lead_rank=has.lead_rank,
    )
    return Around(rights, parts, has)


async def _has(task: Task, reader: Actor | None) -> Has:
    """In one statement: most tasks have little of it, and reading nothing nine times costs more."""
    sql = Sql()
    id_, unit = sql.arg(task.id), sql.arg(task.unit_id)
    shown, beside = _of_reader(sql, task, reader) if reader is not None else ("", "")
    [found] = await sql.fetch(
        "select w.code as unit_code, w.name as unit_name, w.path, "
        "(select min(s.rank) from position s join unit u on u.id = s.unit_id "
        f"where s.person_id = {sql.arg(task.lead_id)} and s.unit_id = {unit} "
        f"and s.role = {sql.arg(str(Role.LEADER))} and {in_force(sql, today())}) as lead_rank, "
        f"exists (select 1 from task_part where task_id = {id_}) as parts, "
        f"exists (select 1 from report where task_id = {id_}) as reports, "
        f"exists (select 1 from extension where task_id = {id_}) as extensions, "
        f"exists (select 1 from attachment where task_id = {id_}) as files, "
        f"exists (select 1 from task where parent_id = {id_}) as subtasks, "
        f"exists (select 1 from unit a where {OPINIONATED} and a.path = substr(w.path, 1, length(a.path))) as firmness, "
        f"p.lead_id as parent_lead_id, p.assigner_id as parent_assigner_id{shown} "
        f"from unit w left join task p on p.id = {sql.arg(task.parent_id)}{beside} where w.id = {unit}",
        Has,
    )
    return found


def _of_reader(sql: Sql, task: Task, reader: Actor) -> tuple[str, str]:
    """What only a view shows: columns and joins of :func:`_has`."""
    id_ = sql.arg(task.id)
    shown = (
        f", (select number from task_number where task_id = {id_} and person_id = {sql.arg(reader.person_id)} "
        f"and (free_at is null or free_at > {sql.arg(clock.now())})) as number, "
        "e.actor_id as last_actor_id, e.kind as last_kind, e.at as last_at"
    )
    beside = f" left join task_event e on e.id = (select id from task_event {undoable.last_of(sql, id_)})"
    if task.group_key is not None:
        shown += ", g.size as group_size, g.seen as group_seen"
        beside += (
            " left join (select count(*) as size, count(acknowledged_at) as seen from task "
            f"where group_key = {sql.arg(task.group_key)}) g on 1 = 1"
        )
    return shown, beside


async def times(task: Task, leave_until: datetime | None) -> TaskTimes:
    """What the rules of time need; reads the extension that waits for a decision."""
    return times_from(task, leave_until, (await waiting_extensions([task.id])).get(task.id))


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
