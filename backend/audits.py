"""The audit: nothing is forgotten. Every open task will be looked at again, every delay has its pair of entries, every
notice leaves, every closed period is as it was sealed, every decision on a score has its entries."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backend import audits_signing
from backend.domain import lateness, limits, reminding
from backend.domain.calendar import WorkCalendar
from backend.domain.times import TaskTimes
from backend.domain.types import Status
from backend.kit import clock
from backend.kit.db import Sql
from backend.models import Period, Task
from backend.scores.closing import seal_holds
from backend.scores.rules import published_refs
from backend.tasks.change import times_of
from backend.tasks.clocks import Clocks

#: A due row or a ready notice that nobody has taken up after this: the engine or the sender does not work.
PATIENCE = timedelta(minutes=10)
_BATCH = 500
#: From this step on the assigner has been told; an empty line then means that nobody is left to tell.
_LINE_STARTS = 2


class Problem(msgspec.Struct, frozen=True):
    """Something forgotten. ``code`` is a key under ``audit`` in the catalogue, ``params`` fill it."""

    code: str
    params: dict[str, str | int]


class Report(msgspec.Struct, frozen=True):
    """What was compared and what was wrong. ``tasks`` is how many tasks there are at all."""

    compared: int
    tasks: int
    problems: list[Problem]

    @property
    def failed(self) -> bool:
        """Something is wrong, or nothing was compared although there are tasks."""
        return bool(self.problems) or (self.tasks > 0 and self.compared == 0)


async def audit(now: datetime | None = None) -> Report:
    """Compare everything, as of domain time ``now``; changes nothing."""
    now = now or clock.now()
    compared, problems = 0, []
    for check in (_open_tasks, _late_tasks, _pairs, _notices, _seals, _rules):
        async for found in check(now):
            compared += 1
            problems += [problem for problem in found if problem is not None]
    for signing in audits_signing.CHECKS:
        async for wrong in signing(now):
            compared += 1
            problems += [Problem(code, params) for code, params in wrong]
    [row] = await Sql().rows("select count(*) as n from task")
    return Report(compared, int(row["n"]), problems)


#: One thing compared and what is wrong with it.
Found = AsyncIterator[list[Problem | None]]


async def _tasks(where: str) -> AsyncIterator[list[Task]]:
    """Tasks in batches, by id."""
    last = 0
    while True:
        sql = Sql()
        rows = await sql.rows(f"select id from task where id > {sql.arg(last)} and {where} order by id limit {_BATCH}")
        yield await Task.filter(id__in=[row["id"] for row in rows]).order_by("id")
        if len(rows) < _BATCH:
            return
        last = rows[-1]["id"]


async def _open_tasks(now: datetime) -> Found:
    """Every task that is not closed has the due columns that the rules want, and none of them lies behind."""
    async for batch in _tasks("status not in ('done', 'cancelled')"):
        clocks = await Clocks.of(batch)
        for task in batch:
            calendar = clocks.calendar(task)
            times = await times_of(task, now, calendar)
            yield [
                _charge(task, times, calendar),
                _answer(task, times, calendar),
                _look(task, times, now, calendar),
                *(_behind(task, column, now) for column in ("look_at", "answer_at", "charge_at")),
            ]


def _charge(task: Task, times: TaskTimes, calendar: WorkCalendar) -> Problem | None:
    wanted = lateness.next_charge(times, calendar)
    if wanted is not None and task.charge_at != wanted.at:
        return Problem("charge_wrong", {"task": task.code, "at": _text(wanted.at)})
    return None


def _answer(task: Task, times: TaskTimes, calendar: WorkCalendar) -> Problem | None:
    ended = times.status is Status.ASSIGNED and times.answer_step >= _LINE_STARTS and not task.answer_line
    wanted = limits.answer_at(times, calendar)
    if wanted is not None and task.answer_at is None and not ended:
        return Problem("answer_missing", {"task": task.code, "at": _text(wanted)})
    return None


def _look(task: Task, times: TaskTimes, now: datetime, calendar: WorkCalendar) -> Problem | None:
    wanted = reminding.plan(times, now, calendar)
    if wanted is not None and task.look_at is None:
        return Problem("look_missing", {"task": task.code, "at": _text(wanted.at)})
    return None


def _behind(task: Task, column: str, now: datetime) -> Problem | None:
    at: datetime | None = getattr(task, column)
    if at is not None and at < now - PATIENCE:
        return Problem("row_forgotten", {"task": task.code, "column": column, "at": _text(at)})
    return None


async def _late_tasks(now: datetime) -> Found:
    """Every delay that a task counts is in the ledger, for the officer and for the unit."""
    async for batch in _tasks("(late_count > 0 or late_at is not null)"):
        for task in batch:
            wanted = [
                f"delay:{task.id}:{task.holder_no}:{instance}:{scope}"
                for instance in range(1, task.late_count + 1)
                for scope in ("officer", "unit")
            ]
            sql = Sql()
            rows = await sql.rows(f"select key from ledger_entry where task_id = {sql.arg(task.id)}")
            there = {row["key"] for row in rows}
            missing = [key for key in wanted if key not in there]
            if not any(key.startswith("delay:") for key in there):
                missing = missing or [f"delay:{task.id}"]
            yield [Problem("entry_missing", {"task": task.code, "key": key}) for key in missing]


async def _pairs(now: datetime) -> Found:
    """Every entry of an instance has its other half: the officer and the unit always lose together."""
    rows = await Sql().rows(
        "select e.key, exists (select 1 from ledger_entry o where o.key = case e.scope "
        "when 'officer' then substr(e.key, 1, length(e.key) - 7) || 'unit' "
        "else substr(e.key, 1, length(e.key) - 4) || 'officer' end) as paired from ledger_entry e "
        "where e.kind in ('delay', 'further_delay', 'major_error') order by e.id"
    )
    for row in rows:
        yield [] if row["paired"] else [Problem("entry_alone", {"key": row["key"]})]


async def _notices(now: datetime) -> Found:
    """Every notice that is ready has left, or is being sent."""
    sql = Sql()
    real = sql.arg(clock.real() - PATIENCE)
    rows = await sql.rows(
        "select id, kind, not_before, case when (status = 'pending' and ready_at < "
        f"{real} and not_before < {sql.arg(now - PATIENCE)}) or (status in ('claimed', 'sending') "
        f"and lease_until < {real}) "
        "then 1 else 0 end as forgotten from outbox_notice "
        "where status in ('pending', 'claimed', 'sending') order by id"
    )
    for row in rows:
        params: dict[str, Any] = {"notice": row["id"], "kind": row["kind"]}
        yield [Problem("notice_waiting", params)] if row["forgotten"] else []


async def _seals(now: datetime) -> Found:
    """Every closed period still says what was sealed."""
    for period in await Period.filter(status="closed").order_by("key"):
        yield [] if await seal_holds(period.key) else [Problem("seal_broken", {"period": period.key})]


async def _rules(now: datetime) -> Found:
    """Every published rule set is still what was published."""
    for ref, same in await published_refs():
        yield [] if same else [Problem("rules_damaged", {"ref": ref})]


def _text(at: datetime) -> str:
    return at.isoformat(timespec="minutes")
