"""What every sweep over tasks shares: find due rows, claim them, handle a batch in one short transaction.

Any number of processes may sweep at once. A batch is locked by the statement that finds it (on PostgreSQL rows that
somebody else holds are passed over; SQLite has one writer), and each row is claimed by an update that wants the old
value of its due column. A batch that fails is done again row by row; a row that fails is pushed back and counted, and
never stops the others.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from prometheus_client import Counter

from backend.domain.calendar import WorkCalendar
from backend.kit import clock, logs
from backend.kit.db import Sql, transaction
from backend.models import Task
from backend.tasks.clocks import Clocks

log = logs.get("reminders")

#: Rows in one transaction. SQLite has one writer: nobody else writes while a batch is handled.
BATCH = 50
#: A row that could not be handled is looked at again after this.
PUSH_BACK = timedelta(minutes=15)

ROWS = Counter("giaoviec_sweep_rows_total", "Due rows handled", ["sweep"])
BAD_ROWS = Counter(
    "giaoviec_sweep_bad_rows_total", "Due rows that could not be handled and were pushed back", ["sweep"]
)

Handle = Callable[[Task, datetime, WorkCalendar], Awaitable[None]]


class Sweep(msgspec.Struct, frozen=True):
    """A due column of ``task`` and what to do with a row whose time has come.

    ``handle`` moves the column into the future or clears it. ``after``: the column must lie before now, not at it.
    """

    name: str
    column: Literal["look_at", "answer_at", "charge_at"]
    handle: Handle
    after: bool = False

    async def tick(self, now: datetime | None = None) -> int:
        """Handle everything that is due; returns how many rows."""
        now = now or clock.now()
        total = 0
        while True:
            found = await self._batch(now)
            total += found
            if found < BATCH:
                ROWS.labels(self.name).inc(total)
                return total

    async def _batch(self, now: datetime) -> int:
        try:
            return await self._together(now)
        except Exception:
            log.warning("sweep.batch_failed", sweep=self.name, exc_info=True)
            return await self._one_by_one(now)

    async def _together(self, now: datetime) -> int:
        async with transaction():
            ids = await self._lock(now)
            tasks = await Task.filter(id__in=ids).order_by(self.column, "id")
            clocks = await Clocks.of(tasks)
            for task in tasks:
                await self.handle(task, now, clocks.calendar(task))
            await self._unstick(ids, now)
        return len(ids)

    async def _one_by_one(self, now: datetime) -> int:
        sql = Sql()
        rows = await sql.rows(f"{self._due(sql, now)} order by {self.column}, id limit {sql.arg(BATCH)}")
        for row in rows:
            try:
                async with transaction():
                    for task_id in await self._lock(now, row["id"]):
                        task = await Task.get(id=task_id)
                        await self.handle(task, now, (await Clocks.of([task])).calendar(task))
                        await self._unstick([task_id], now)
            except Exception:
                log.exception("sweep.row_failed", sweep=self.name, task=row["id"])
                await self._push_back([row["id"]], now)
        return len(rows)

    def _due(self, sql: Sql, now: datetime) -> str:
        return f"select id from task where {self.column} {'<' if self.after else '<='} {sql.arg(now)}"

    async def _lock(self, now: datetime, only: int | None = None) -> list[int]:
        sql = Sql()
        one = f" and id = {sql.arg(only)}" if only is not None else ""
        rows = await sql.rows(
            f"{self._due(sql, now)}{one} order by {self.column}, id limit {sql.arg(BATCH)} {sql.skip_locked}"
        )
        return [int(row["id"]) for row in rows]

    async def _unstick(self, ids: Sequence[int], now: datetime) -> None:
        """A handled row that is due still would be found for ever: it is pushed back like one that failed."""
        if stuck := await self._push_back(ids, now):
            log.error("sweep.stuck", sweep=self.name, rows=stuck)

    async def _push_back(self, ids: Sequence[int], now: datetime) -> int:
        sql = Sql()
        due = f"{self.column} {'<' if self.after else '<='} {sql.arg(now)}"
        pushed = await sql.run(
            f"update task set {self.column} = {sql.arg(now + PUSH_BACK)} where {sql.any_of('id', list(ids))} and {due}"
        )
        BAD_ROWS.labels(self.name).inc(pushed)
        return pushed


async def claim(task: Task, column: str, **new: Any) -> bool:
    """Take a row for ourselves by changing it from what we saw; False when somebody else did."""
    return bool(await Task.filter(id=task.id, **{column: getattr(task, column)}).update(**new))
