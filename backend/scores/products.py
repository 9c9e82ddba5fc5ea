"""Products from rows: what each person (or unit) is scored on, with the instances charged to them (domain.md §4)."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from backend.domain.scoring_periods import PeriodSpan
from backend.kit.db import Sql
from backend.models import TaskEvent
from backend.scores import instances
from backend.scores.instances import Entry, EntryRow, Scope


class Segment(msgspec.Struct, frozen=True):
    """A task while one holder had it; of an earlier holder only when they were charged, and then as completed at the
    handing over. ``reported_at`` is when it was completed."""

    task_id: int
    code: str
    title: str
    secret: bool
    kind: str
    weight: Fraction
    holder_no: int
    person_id: int
    path: str
    due_at: datetime
    reported_at: datetime | None
    part: Literal["lead", "coordinator"] = "lead"
    entries: tuple[Entry, ...] = ()


class _Task(msgspec.Struct):
    task_id: int
    code: str
    title: str
    secret: bool
    kind: str
    weight: Decimal
    holder_no: int
    person_id: int
    path: str
    due_at: datetime
    reported_at: datetime | None
    share: Decimal | None = None


#: Tasks that are products: not cancelled, not waiting to be confirmed as one, and, while declined, past their due time
#: when their clock stopped (else they belong nowhere until they are given again).
_IS_PRODUCT = (
    "t.status <> 'cancelled' and (not t.self_registered or t.confirmed_at is not null) "
    "and not (t.status = 'declined' and t.declined_at <= t.due_at)"
)
_TASK = (
    "t.id as task_id, t.code, t.title, t.secret, t.kind, t.weight, t.holder_no, t.lead_id as person_id, u.path, "
    "t.due_at, t.reported_at"
)


async def segments(scope: Scope, period: PeriodSpan) -> list[Segment]:
    """Everything that may be a product of the scope in the period; where each belongs, the domain decides."""
    entries = await instances.by_holder(scope, period)
    found = await _held_now(scope, period, entries)
    found += await _held_before(entries)
    if scope.path is None:
        found += await _helped(scope, period)
    return found


async def _held_now(scope: Scope, period: PeriodSpan, entries: dict[tuple[int, int], list[EntryRow]]) -> list[Segment]:
    sql = Sql()
    rows = await sql.fetch(
        f"select {_TASK} from task t join unit u on u.id = t.unit_id "
        f"where {scope.of(sql, 't.lead_id', 'u.path')} and {_IS_PRODUCT} and {_maybe_in(sql, period)} order by t.id",
        _Task,
    )
    given = await _shares(scope) if scope.path is None else {}
    return [_segment(row, row.weight - given.get(row.task_id, 0), entries) for row in rows]


def _maybe_in(sql: Sql, period: PeriodSpan) -> str:
    start, end = sql.arg(period.start), sql.arg(period.end)
    return f"(t.reported_at is null or t.reported_at >= {start}) and t.assigned_at < {end}"


def _segment(row: _Task, weight: Decimal, entries: dict[tuple[int, int], list[EntryRow]]) -> Segment:
    return Segment(
        task_id=row.task_id,
        code=row.code,
        title=row.title,
        secret=row.secret,
        kind=row.kind,
        weight=Fraction(weight),
        holder_no=row.holder_no,
        person_id=row.person_id,
        path=row.path,
        due_at=row.due_at,
        reported_at=row.reported_at,
        entries=instances.read(entries.get((row.task_id, row.holder_no), [])),
    )


async def _held_before(entries: dict[tuple[int, int], list[EntryRow]]) -> list[Segment]:
    """Tasks handed over after they were late: the former holder keeps them, completed, with what was charged."""
    delayed = {key for key, rows in entries.items() if any(row.kind != "major_error" for row in rows)}
    tasks = await _tasks({task_id for task_id, _ in delayed})
    former = sorted(key for key in delayed if key[0] in tasks and key[1] < tasks[key[0]].holder_no)
    handed: defaultdict[int, list[TaskEvent]] = defaultdict(list)
    for event in await TaskEvent.filter(
        kind="reassigned", task_id__in=sorted({task_id for task_id, _ in former})
    ).order_by("id"):
        handed[event.task_id].append(event)
    found = []
    for task_id, holder_no in former:
        # The n-th handing over ends the n-th holder.
        event = handed[task_id][holder_no - 1]
        rows = entries[task_id, holder_no]
        task = tasks[task_id]
        segment = _segment(task, task.weight, {})
        found.append(
            msgspec.structs.replace(
                segment,
                holder_no=holder_no,
                person_id=rows[0].person_id or 0,
                path=rows[0].path,
                due_at=datetime.fromisoformat(event.data["due_before"]),
                reported_at=event.at,
                entries=instances.read(rows),
            )
        )
    return found


async def _tasks(ids: set[int]) -> dict[int, _Task]:
    sql = Sql()
    rows = await sql.fetch(
        f"select {_TASK} from task t join unit u on u.id = t.unit_id "
        f"where {sql.any_of('t.id', sorted(ids))} and t.status <> 'cancelled' "
        "and (not t.self_registered or t.confirmed_at is not null)",
        _Task,
    )
    return {row.task_id: row for row in rows}


class _Share(msgspec.Struct):
    task_id: int
    share: Decimal


async def _shares(scope: Scope) -> dict[int, Decimal]:
    """What the leads in the scope gave away of each task's weight."""
    sql = Sql()
    rows = await sql.fetch(
        "select c.task_id, c.share from task_part c join task t on t.id = c.task_id "
        f"where {sql.any_of('t.lead_id', scope.people)} and c.part = 'coordinator' and cast(c.share as real) > 0",
        _Share,
    )
    given: defaultdict[int, Decimal] = defaultdict(Decimal)
    for row in rows:
        given[row.task_id] += row.share
    return given


async def _helped(scope: Scope, period: PeriodSpan) -> list[Segment]:
    """Coordinators' shares. Instances are charged to the lead alone, so a share counts as completed or not."""
    sql = Sql()
    columns = _TASK.replace("t.lead_id as person_id", "c.person_id")
    rows = await sql.fetch(
        f"select {columns}, c.share from task_part c join task t on t.id = c.task_id join unit u on u.id = t.unit_id "
        f"where {sql.any_of('c.person_id', scope.people)} and c.part = 'coordinator' and cast(c.share as real) > 0 "
        f"and {_IS_PRODUCT} and {_maybe_in(sql, period)} order by t.id",
        _Task,
    )
    return [msgspec.structs.replace(_segment(row, row.share or Decimal(0), {}), part="coordinator") for row in rows]
