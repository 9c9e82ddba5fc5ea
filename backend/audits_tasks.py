"""What the audit asks of tasks: each open one will be looked at again or has a reason why not, each late one has its
entries in the ledger, and each entry its other half."""

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import msgspec

from backend.audits_frame import PATIENCE, Check, Problem, Span, Tally, pieces, text
from backend.domain import lateness, limits, reminding
from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import Policy
from backend.domain.times import TaskTimes
from backend.domain.types import Status
from backend.kit.db import Sql
from backend.models import Task
from backend.tasks.change import leads_away, times_of_many
from backend.tasks.clocks import Clocks

OPEN = "status not in ('done', 'cancelled')"
_COLUMNS = ("look_at", "answer_at", "charge_at")
_BATCH = 500
_ENTRIES = 10_000


async def window(after: int, limit: int) -> tuple[Span, int]:
    """At most ``limit`` open tasks that follow the one with id ``after``, and how many they are."""
    sql = Sql()
    [row] = await sql.rows(
        f"select coalesce(max(id), 0) as upto, count(*) as n from (select id from task where id > {sql.arg(after)} "
        f"and {OPEN} order by id limit {sql.arg(limit)}) as following"
    )
    return Span(after, int(row["upto"]), open_only=True), int(row["n"])


class _Id(msgspec.Struct):
    id: int


async def _batches(span: Span) -> AsyncIterator[list[int]]:
    """Ids of open tasks."""
    last = span.after
    while True:
        sql = Sql()
        part = msgspec.structs.replace(span, after=last)
        rows = await sql.fetch(
            f"select id from task where {part.of('id', sql)} and {OPEN} order by id limit {_BATCH}", _Id
        )
        if rows:
            yield [row.id for row in rows]
        if len(rows) < _BATCH:
            return
        last = rows[-1].id


async def open_tasks(tally: Tally, now: datetime, span: Span) -> None:
    """Every task that is not closed has the due columns that the rules want, none of them lies behind, and one that has
    none has a reason.

    The office goes on working meanwhile and a batch takes several statements, so whatever looks wrong is looked at
    once more.
    """
    async for ids in _batches(span):
        tally.compared["open_tasks"] += len(ids)
        suspects, resting = await _look_at(ids, now)
        if suspects:
            suspects, woken = await _look_at(sorted(suspects), now)
            resting += woken
        for reason in resting:
            tally.reasons[reason] += 1
        for problems in suspects.values():
            for problem in problems:
                tally.wrong(problem.code, **problem.params)


async def _look_at(ids: Sequence[int], now: datetime) -> tuple[dict[int, list[Problem]], list[str]]:
    """What is wrong with these tasks by id, and why those rest that rightly do."""
    tasks = await Task.filter(id__in=ids).filter(status__not_in=["done", "cancelled"]).order_by("id")
    clocks = await Clocks.of(tasks)
    times = await times_of_many(tasks, clocks, await leads_away(tasks, now))
    wrong: dict[int, list[Problem]] = {}
    resting: list[str] = []
    for task in tasks:
        problems = _due_columns(task, times[task.id], now, clocks.calendar(task), clocks.policy(task))
        if _sleeps(task):
            if problems:
                problems.append(Problem("nothing_ahead", {"task": task.code}))
            else:
                resting.append(_reason(task, times[task.id]))
        if problems:
            wrong[task.id] = problems
    return wrong, resting


def _sleeps(task: Task) -> bool:
    return all(getattr(task, column) is None for column in _COLUMNS)


def _reason(task: Task, times: TaskTimes) -> str:
    """Why a task whose rules want nothing more rests: a key under ``audit.reason`` in the catalogue."""
    if times.status in (Status.REPORTED, Status.DECLINED):
        return "decision_waits"
    if times.extension_asked_at is not None:
        return "extension_waits"
    return "line_ended" if _line_ended(task, times) else "words_said"


def _line_ended(task: Task, times: TaskTimes) -> bool:
    """The assigner has been told, and an empty line means that nobody is left above them."""
    return times.status is Status.ASSIGNED and times.answer_step >= limits.ASSIGNER_TOLD and not task.answer_line


def _due_columns(task: Task, times: TaskTimes, now: datetime, calendar: WorkCalendar, policy: Policy) -> list[Problem]:
    found: list[Problem] = []
    charge = lateness.next_charge(times, calendar)
    if charge is not None and task.charge_at != charge.at:
        found.append(Problem("charge_wrong", {"task": task.code, "at": text(charge.at)}))
    answer_at = limits.answer_at(times, calendar)
    if answer_at is not None and task.answer_at is None and not _line_ended(task, times):
        found.append(Problem("answer_missing", {"task": task.code, "at": text(answer_at)}))
    if task.look_at is None:
        word = reminding.plan(times, now, calendar, policy)
        if word is not None:
            found.append(Problem("look_missing", {"task": task.code, "at": text(word.at)}))
    for column in _COLUMNS:
        at: datetime | None = getattr(task, column)
        if at is not None and at < now - PATIENCE:
            found.append(Problem("row_forgotten", {"task": task.code, "column": column, "at": text(at)}))
    return found


class _Late(msgspec.Struct):
    id: int
    code: str
    holder_no: int
    late_count: int


class _Key(msgspec.Struct):
    task_id: int
    key: str


async def late_tasks(tally: Tally, now: datetime, span: Span) -> None:
    """Every delay that a task counts is in the ledger, for the officer and for the unit."""
    last = span.after
    while True:
        sql = Sql()
        part = msgspec.structs.replace(span, after=last)
        still = f" and {OPEN}" if span.open_only else ""
        rows = await sql.fetch(
            f"select id, code, holder_no, late_count from task where {part.of('id', sql)}{still} "
            f"and (late_count > 0 or late_at is not null) order by id limit {_BATCH}",
            _Late,
        )
        if rows:
            await _entries_of(tally, rows)
        if len(rows) < _BATCH:
            return
        last = rows[-1].id


async def _entries_of(tally: Tally, tasks: Sequence[_Late]) -> None:
    sql = Sql()
    found = await sql.fetch(
        f"select task_id, key from ledger_entry where {sql.any_of('task_id', [task.id for task in tasks])} "
        "and key like 'delay:%'",
        _Key,
    )
    keys: defaultdict[int, set[str]] = defaultdict(set)
    for row in found:
        keys[row.task_id].add(row.key)
    for task in tasks:
        tally.compared["late_tasks"] += 1
        wanted = [
            f"delay:{task.id}:{task.holder_no}:{instance}:{scope}"
            for instance in range(1, task.late_count + 1)
            for scope in ("officer", "unit")
        ]
        missing = [key for key in wanted if key not in keys[task.id]]
        if not keys[task.id]:
            missing = missing or [f"delay:{task.id}"]
        for key in missing:
            tally.wrong("entry_missing", task=task.code, key=key)


async def pairs(tally: Tally, now: datetime, span: Span) -> None:
    """Every entry of an instance has its other half: the officer and the unit always lose together."""
    async for piece in pieces("ledger_entry", span, _ENTRIES):
        sql = Sql()
        # A counting question inside is answered from the index of keys whatever the planner thinks.
        rows = await sql.rows(
            "select e.key, (select count(*) from ledger_entry o where o.key = case e.scope "
            "when 'officer' then substr(e.key, 1, length(e.key) - 7) || 'unit' "
            "else substr(e.key, 1, length(e.key) - 4) || 'officer' end) as others from ledger_entry e "
            f"where e.kind in ('delay', 'further_delay', 'major_error') and {piece.of('e.id', sql)} order by e.id"
        )
        tally.compared["pairs"] += len(rows)
        for row in rows:
            if not row["others"]:
                tally.wrong("entry_alone", key=row["key"])


OF_TASKS = (Check("open_tasks", open_tasks), Check("late_tasks", late_tasks))
OF_ENTRIES = (Check("pairs", pairs),)
