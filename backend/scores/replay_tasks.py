"""Instances worked out from each task's events, held against the ledger; and the task's row against its history."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from backend.calendars.queries import Calendars, calendars
from backend.domain.scoring_history import Happened, History, Owed
from backend.domain.scoring_periods import PeriodSpan
from backend.kit.db import Sql
from backend.scores.replay_results import Closed, Owned
from backend.scores.replaying import Difference, Found

_BATCH = 1000
_SCOPES = ("officer", "unit")


class _Task(msgspec.Struct):
    id: int
    code: str
    status: str
    lead_id: int
    unit_id: int
    path: str
    due_at: datetime
    reported_at: datetime | None
    holder_no: int
    late_count: int
    weight: Decimal


class _Entry(msgspec.Struct):
    id: int
    key: str
    kind: str
    scope: str
    person_id: int | None
    unit_id: int
    task_id: int
    count: int
    happened_at: datetime
    recorded_at: datetime
    late_minutes: int | None


class _Event(msgspec.Struct):
    task_id: int
    kind: str
    at: datetime
    actor_id: int
    data: Any


async def compare(
    span: PeriodSpan | None, now: datetime, swept: datetime, closed: list[Closed], owned: Owned
) -> AsyncIterator[Found]:
    """Every task's instances (of one period: those that came to be in it). What came to be after ``swept`` may not be
    written yet. ``owned`` learns what belongs to each closed period by the history."""
    known = await calendars()
    async for tasks in _tasks():
        ids = [task.id for task in tasks]
        events, entries = await events_of(ids), await _entries(ids)
        await owned.learn_imports(ids)
        for task in tasks:
            check = _Check(task, events[task.id], entries[task.id], known, now, swept)
            yield Found("tasks", 1, check.row() if span is None else [])
            yield check.instances(span)
            owned.take_in(task.id, task.code, events[task.id], known.of(task.path), closed)


async def _tasks() -> AsyncIterator[list[_Task]]:
    last = 0
    while True:
        sql = Sql()
        rows = await sql.fetch(
            "select t.id, t.code, t.status, t.lead_id, t.unit_id, u.path, t.due_at, t.reported_at, t.holder_no, "
            "t.late_count, t.weight from task t join unit u on u.id = t.unit_id "
            f"where t.id > {sql.arg(last)} order by t.id limit {_BATCH}",
            _Task,
        )
        if rows:
            yield rows
        if len(rows) < _BATCH:
            return
        last = rows[-1].id


async def events_of(ids: list[int]) -> defaultdict[int, list[Happened]]:
    """What happened to tasks, in the order it was written; what the engine noted by itself left out."""
    sql = Sql()
    rows = await sql.fetch(
        f"select task_id, kind, at, actor_id, data from task_event where {sql.any_of('task_id', ids)} "
        "and kind <> 'late' order by id",
        _Event,
    )
    found: defaultdict[int, list[Happened]] = defaultdict(list)
    for row in rows:
        data = msgspec.json.decode(row.data) if isinstance(row.data, str) else row.data
        found[row.task_id].append(Happened(row.kind, row.at, row.actor_id, data))
    return found


async def paths_of(ids: list[int]) -> dict[int, str]:
    """The units in which tasks are led."""
    sql = Sql()
    rows = await sql.rows(
        f"select t.id, u.path from task t join unit u on u.id = t.unit_id where {sql.any_of('t.id', ids)}"
    )
    return {int(row["id"]): str(row["path"]) for row in rows}


async def _entries(ids: list[int]) -> dict[int, list[_Entry]]:
    sql = Sql()
    rows = await sql.fetch(
        "select id, key, kind, scope, person_id, unit_id, task_id, count, happened_at, recorded_at, late_minutes "
        f"from ledger_entry where {sql.any_of('task_id', ids)} "
        "and kind in ('delay', 'further_delay', 'major_error') order by id",
        _Entry,
    )
    found: defaultdict[int, list[_Entry]] = defaultdict(list)
    for row in rows:
        found[row.task_id].append(row)
    return found


class _Check:
    """One task: its history read, what it owes by scope and key, and what the ledger has."""

    def __init__(
        self,
        task: _Task,
        events: list[Happened],
        entries: list[_Entry],
        known: Calendars,
        now: datetime,
        swept: datetime,
    ) -> None:
        self.task = task
        self.events = events
        self.swept = swept
        self.history = History(task.id, events, known.of(task.path), now)
        self.owed = {f"{one.key}:{scope}": one for one in self.history.owed for scope in _SCOPES}
        self.entries = {entry.key: entry for entry in entries}
        #: Moments counted in working time are of the calendar of their day: one changed since cannot judge them.
        self.changed_at = max(
            (word.recorded_at for word in known.line(task.path) if word.recorded_at is not None), default=None
        )

    def instances(self, span: PeriodSpan | None) -> Found:
        """Missing, surplus and wrong entries."""
        wanted = {key for key, one in self.owed.items() if _inside(span, one.at)}
        there = {key for key, entry in self.entries.items() if _inside(span, entry.happened_at)}
        found: list[Difference] = []
        for key in sorted(wanted - self.entries.keys()):
            if self.owed[key].at < self.swept and not self._recounted(self.owed[key], None):
                found.append(self._say("entry_missing", key=key))
        for key in sorted(there):
            found += self._entry(self.entries[key])
        return Found("entries", len(wanted | there), found)

    def _entry(self, entry: _Entry) -> Iterable[Difference]:
        one = self.owed.get(entry.key)
        if one is None:
            if not (entry.kind == "further_delay" and self._changed_since(entry.recorded_at)):
                yield self._say("entry_extra", key=entry.key)
            return
        wanted: dict[str, Any] = {"kind": one.kind, "count": 1, "scope": entry.key.rpartition(":")[2]}
        wanted["person_id"] = one.person_id if wanted["scope"] == "officer" else None
        if not self._recounted(one, entry):
            wanted |= {"happened_at": one.at, "late_minutes": one.late_minutes}
        if entry.key.split(":")[2] == str(self.task.holder_no):
            wanted["unit_id"] = self.task.unit_id
        for name, value in wanted.items():
            if getattr(entry, name) != value:
                yield self._say("entry_wrong", key=entry.key, what=name, there=getattr(entry, name), wanted=value)

    def _recounted(self, one: Owed, entry: _Entry | None) -> bool:
        return one.timed and self._changed_since(entry.recorded_at if entry else one.at)

    def _changed_since(self, at: datetime) -> bool:
        return self.changed_at is not None and self.changed_at >= at

    def row(self) -> list[Difference]:
        """Where the task's row says something else than its history."""
        stand = self.history.stand
        if stand is None:
            return [self._say("history_missing")]
        wanted: dict[str, Any] = {
            "lead_id": stand.lead_id,
            "holder_no": stand.holder_no,
            "due_at": stand.due_at,
            "reported_at": stand.reported_at,
        }
        weighed = [event for event in self.events if event.kind == "weight_changed"]
        if weighed:
            wanted["weight"] = Decimal(str(weighed[-1].data["weight"]))
        found = [
            self._say("task_wrong", what=name, there=getattr(self.task, name), wanted=value)
            for name, value in wanted.items()
            if getattr(self.task, name) != value
        ]
        if (self.task.status == "cancelled") != (stand.cancelled_at is not None):
            found.append(self._say("task_wrong", what="status", there=self.task.status, wanted=""))
        return found

    def _say(self, code: str, **params: Any) -> Difference:
        said = {name: value if isinstance(value, int) else _text(value) for name, value in params.items()}
        return Difference(code, {"task": self.task.code, **said})


def _text(value: Any) -> str:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else str(value)


def _inside(span: PeriodSpan | None, at: datetime) -> bool:
    return span is None or span.start <= at < span.end
