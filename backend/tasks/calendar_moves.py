"""Open deadlines that a change of a calendar would move: found before it for a preview, after it as proposals.

A deadline given as minutes or days is counted again from the moment it was given, if counting it by the calendar as it
was gives the very deadline in force: one that was extended, returned or set otherwise since is an instant. An instant
moves only off a day that works no longer, to the end of the next working day. What is late already does not move, nor
does anything move into the past.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from backend.calendars.queries import Calendars
from backend.domain.calendar import WorkCalendar
from backend.domain.types import Status
from backend.kit.db import Sql
from backend.org.sql import under_any

_BATCH = 1000
#: Where an assigner's decision can still move a deadline (``lifecycle``: Act.MOVE_DUE).
MOVABLE = (str(Status.ASSIGNED), str(Status.ACKNOWLEDGED))


class Move(msgspec.Struct, frozen=True):
    """A deadline that would move. ``open_id``: the proposal about the same task that waits already."""

    task_id: int
    due_at: datetime
    due_proposed: datetime
    open_id: int | None = None


class Open(msgspec.Struct, frozen=True):
    """An open task as the rules of moving see it."""

    id: int
    path: str
    due_at: datetime
    due_rule: Any
    assigned_at: datetime
    open_id: int | None
    open_proposed: datetime | None


class Given(msgspec.Struct, frozen=True):
    """When a task's deadline was given: every moment it may have been counted from, latest first, and the last time
    anybody set it at all."""

    bases: tuple[datetime, ...]
    last_at: datetime


async def moves(
    was: Calendars, will_be: Calendars, paths: Sequence[str], now: datetime, changed_at: datetime | None = None
) -> AsyncIterator[tuple[Open, Move | None]]:
    """Every movable task at or under ``paths`` whose calendar differs, with the move it would make if any. Deadlines set
    after ``changed_at`` were given by the new calendar and are left out."""
    last = 0
    while True:
        tasks = await _tasks(paths, now, last)
        changed = [task for task in tasks if was.of(task.path) is not will_be.of(task.path)]
        given = await _given(changed)
        for task in changed:
            if changed_at is None or given[task.id].last_at <= changed_at:
                yield task, _move(task, given[task.id], was.of(task.path), will_be.of(task.path), now)
        if len(tasks) < _BATCH:
            return
        last = tasks[-1].id


def _move(task: Open, given: Given, was: WorkCalendar, will_be: WorkCalendar, now: datetime) -> Move | None:
    proposed = _proposed(task, given, was, will_be)
    if proposed is None or proposed <= now or proposed == task.due_at:
        return None
    return Move(task.id, task.due_at, proposed.astimezone(UTC), task.open_id)


def _proposed(task: Open, given: Given, was: WorkCalendar, will_be: WorkCalendar) -> datetime | None:
    rule = msgspec.json.decode(task.due_rule) if isinstance(task.due_rule, str) else task.due_rule
    # A deadline that waits for a decision was counted by a calendar before last: what is proposed for it explains it.
    explained = {task.due_at, task.open_proposed or task.due_at}
    for base in given.bases:
        if _count(rule, base, was) in explained:
            return _count(rule, base, will_be)
    on = task.due_at.astimezone(will_be.zone).date()
    if will_be.is_working_day(on) or (not was.is_working_day(on) and task.open_id is None):
        return None
    return will_be.day_end(will_be.next_working_day(on))


def _count(rule: dict[str, Any], base: datetime, calendar: WorkCalendar) -> datetime | None:
    amount = rule.get("amount")
    if amount is None:
        return None
    try:
        match rule.get("rule"):
            case "minutes":
                return calendar.add(base, amount)
            case "working_days":
                return calendar.due_in_working_days(base, amount)
            case "calendar_days":
                return calendar.due_in_calendar_days(base, amount)
    except OverflowError:
        pass
    return None


async def _tasks(paths: Sequence[str], now: datetime, after: int) -> list[Open]:
    sql = Sql()
    return await sql.fetch(
        "select t.id, u.path, t.due_at, t.due_rule, t.assigned_at, p.id as open_id, p.due_proposed as open_proposed "
        "from task t join unit u on u.id = t.unit_id "
        "left join due_proposal p on p.task_id = t.id and p.decided_at is null "
        f"where t.id > {sql.arg(after)} and t.status in {sql.args(MOVABLE)} and t.due_at > {sql.arg(now)} "
        f"and {under_any(sql, paths)} order by t.id limit {_BATCH}",
        Open,
    )


class _Event(msgspec.Struct):
    task_id: int
    kind: str
    at: datetime
    data: Any


async def _given(tasks: Sequence[Open]) -> dict[int, Given]:
    """When each deadline was given: on assigning, or when it was moved or handed over since. A move that a calendar
    caused counts from where it was counted before."""
    sql = Sql()
    rows = await sql.fetch(
        f"select task_id, kind, at, data from task_event where {sql.any_of('task_id', [task.id for task in tasks])} "
        "and kind in ('due_moved', 'reassigned', 'returned', 'extension_approved') order by id",
        _Event,
    )
    events: defaultdict[int, list[_Event]] = defaultdict(list)
    for row in rows:
        data = msgspec.json.decode(row.data) if isinstance(row.data, str) else row.data
        if "calendar" not in data:
            events[row.task_id].append(row)
    return {task.id: _bases(task, events[task.id]) for task in tasks}


def _bases(task: Open, events: list[_Event]) -> Given:
    counted = [event.at for event in events if event.kind in ("due_moved", "reassigned")]
    last = max([task.assigned_at, *(event.at for event in events)])
    return Given((*reversed(counted), task.assigned_at), last)
