"""Products from rows: what each person (or unit) is scored on, with the instances charged to them (domain.md §4)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from backend.domain.scoring_periods import PeriodSpan
from backend.kit.db import Sql
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
    #: What the lead gave away to coordinators.
    given: Fraction | None = None
    #: Handed over after it was late: whether it stays is a rule. Called off after it was late: likewise.
    handed: bool = False
    cancelled: bool = False


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
    status: str
    closed_at: datetime | None
    share: Decimal | None = None


#: Tasks that are products: not cancelled, not waiting to be confirmed as one, and, while declined, past their due time
#: when their clock stopped (else they belong nowhere until they are given again).
_CONFIRMED = "(not t.self_registered or t.confirmed_at is not null)"
IS_PRODUCT = f"t.status <> 'cancelled' and {_CONFIRMED} and not (t.status = 'declined' and t.declined_at <= t.due_at)"
_TASK = (
    "t.id as task_id, t.code, t.title, t.secret, t.kind, t.weight, t.holder_no, t.lead_id as person_id, u.path, "
    "t.due_at, t.reported_at, t.status, t.closed_at"
)
_ByHolder = dict[tuple[int, int], list[EntryRow]]


async def segments(scope: Scope, period: PeriodSpan) -> list[Segment]:
    """Everything that may be a product of the scope in the period; where each belongs, the rules decide."""
    entries = await instances.by_holder(scope, period)
    found = await _held_now(scope, period, entries)
    found += await held_before(entries)
    if scope.path is None:
        found += await helped(scope, period)
    return found


async def _held_now(scope: Scope, period: PeriodSpan, entries: _ByHolder) -> list[Segment]:
    sql = Sql()
    where = f"{scope.of(sql, 't.lead_id', 'u.path')} and {maybe_in(sql, period)}"
    return await held_now(where, sql, entries, await shares(scope) if scope.path is None else {})


async def held_now(
    where: str, sql: Sql, entries: _ByHolder, given: Mapping[int, Fraction] = MappingProxyType({})
) -> list[Segment]:
    """Products as their present leads hold them; ``where`` is a condition on task ``t`` in unit ``u``, ``given`` what
    the leads gave away of them."""
    rows = await sql.fetch(
        f"select {_TASK} from task t join unit u on u.id = t.unit_id where {where} and {IS_PRODUCT} order by t.id",
        _Task,
    )
    return [_segment(row, entries, given.get(row.task_id)) for row in rows]


def maybe_in(sql: Sql, period: PeriodSpan) -> str:
    """Assigned before the period ends, and reported or due no earlier than it begins (or open)."""
    start, end = sql.arg(period.start), sql.arg(period.end)
    return f"(t.reported_at is null or t.reported_at >= {start} or t.due_at >= {start}) and t.assigned_at < {end}"


def _segment(row: _Task, by_holder: _ByHolder, given: Fraction | None = None, **more: Any) -> Segment:
    held = by_holder.get((row.task_id, row.holder_no))
    found = Segment(
        row.task_id,
        row.code,
        row.title,
        row.secret,
        row.kind,
        _exact(row.weight),
        row.holder_no,
        row.person_id,
        row.path,
        row.due_at,
        row.reported_at,
        entries=instances.read(held) if held else (),
        given=given,
    )
    return msgspec.structs.replace(found, **more) if more else found


@lru_cache(maxsize=4096)
def _exact(weight: Decimal) -> Fraction:
    return Fraction(weight)


async def held_before(entries: _ByHolder) -> list[Segment]:
    """Tasks handed over, or called off, after they were late: completed then, with what was charged."""
    delayed = {key for key, rows in entries.items() if any(row.kind != "major_error" for row in rows)}
    tasks = await _over({task_id for task_id, _ in delayed})
    if not tasks:
        return []
    former = sorted(key for key in delayed if key[0] in tasks and key[1] < tasks[key[0]].holder_no)
    handed = await _handings({task_id for task_id, _ in former})
    found = []
    for key in former:
        task, rows = tasks[key[0]], entries[key]
        # The n-th handing over ends the n-th holder.
        event = handed[key[0]][key[1] - 1]
        found.append(
            _segment(
                task,
                {},
                holder_no=key[1],
                person_id=rows[0].person_id or 0,
                path=rows[0].path,
                due_at=datetime.fromisoformat(event.due_before),
                reported_at=event.at,
                entries=instances.read(rows),
                handed=True,
                cancelled=task.status == "cancelled",
            )
        )
    for task in tasks.values():
        if task.status == "cancelled" and (task.task_id, task.holder_no) in delayed:
            found.append(_segment(task, entries, reported_at=task.reported_at or task.closed_at, cancelled=True))
    return found


async def _over(ids: set[int]) -> dict[int, _Task]:
    """Those tasks that have a former holder who was late, or were called off."""
    sql = Sql()
    rows = await sql.fetch(
        f"select {_TASK} from task t join unit u on u.id = t.unit_id "
        f"where {sql.any_of('t.id', sorted(ids))} and (t.holder_no > 1 or t.status = 'cancelled') and {_CONFIRMED}",
        _Task,
    )
    return {row.task_id: row for row in rows}


class _Handing(msgspec.Struct):
    task_id: int
    at: datetime
    due_before: str


async def _handings(ids: Iterable[int]) -> dict[int, list[_Handing]]:
    """Each time that a task was given to another lead, in order."""
    sql = Sql()
    due = "data ->> 'due_before'"
    rows = await sql.fetch(
        f"select task_id, at, {due} as due_before from task_event where kind = 'reassigned' "
        f"and {sql.any_of('task_id', sorted(ids))} order by id",
        _Handing,
    )
    found: defaultdict[int, list[_Handing]] = defaultdict(list)
    for row in rows:
        found[row.task_id].append(row)
    return found


class _Share(msgspec.Struct):
    task_id: int
    share: Decimal


async def shares(scope: Scope) -> dict[int, Fraction]:
    """What the leads in the scope gave away of each task's weight."""
    sql = Sql()
    rows = await sql.fetch(
        "select c.task_id, c.share from task_part c join task t on t.id = c.task_id "
        f"where {sql.any_of('t.lead_id', scope.people)} and c.part = 'coordinator' and cast(c.share as real) > 0",
        _Share,
    )
    given: defaultdict[int, Fraction] = defaultdict(Fraction)
    for row in rows:
        given[row.task_id] += Fraction(row.share)
    return given


async def helped(scope: Scope, period: PeriodSpan) -> list[Segment]:
    """Coordinators' shares. Instances are charged to the lead alone, so a share counts as completed or not."""
    sql = Sql()
    columns = _TASK.replace("t.lead_id as person_id", "c.person_id")
    rows = await sql.fetch(
        f"select {columns}, c.share from task_part c join task t on t.id = c.task_id join unit u on u.id = t.unit_id "
        f"where {sql.any_of('c.person_id', scope.people)} and c.part = 'coordinator' and cast(c.share as real) > 0 "
        f"and {IS_PRODUCT} and {maybe_in(sql, period)} order by t.id",
        _Task,
    )
    return [
        msgspec.structs.replace(_segment(row, {}), weight=_exact(row.share or Decimal(0)), part="coordinator")
        for row in rows
    ]


def latest_holders(found: Sequence[Segment]) -> list[Segment]:
    """Each task once: as its last holder here left it, with the instances of all of them."""
    by_task: defaultdict[int, list[Segment]] = defaultdict(list)
    for segment in found:
        by_task[segment.task_id].append(segment)
    merged = []
    for segments in by_task.values():
        last = max(segments, key=lambda one: one.holder_no)
        if len(segments) > 1:
            last = msgspec.structs.replace(last, entries=tuple(entry for one in segments for entry in one.entries))
        merged.append(last)
    return merged
