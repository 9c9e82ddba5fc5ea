"""After a calendar changed: when each sweep must look at an open task again, computed anew for everything below it.

A reminder waits for a working slot, a limit and each further delay run in working time: what was computed by the old
calendar would come on a day off, or not at all.
"""

from datetime import datetime
from typing import Any

from backend.calendars.unseen import mark_planned, unplanned_changes
from backend.kit.db import Sql, transaction
from backend.models import Task
from backend.org.sql import under_any
from backend.tasks.change import replan
from backend.tasks.clocks import Clocks

#: Tasks in one transaction: SQLite has one writer.
_BATCH = 50


async def replan_changed(now: datetime) -> int:
    """Compute the due columns under every changed calendar anew; returns how many calendars had changed.

    Doing it twice is harmless, so several processes may; a crash on the way has it done again from the beginning.
    """
    changes = await unplanned_changes()
    for change in changes:
        last = 0
        while (found := await _replan(change.path, now, last)) is not None:
            last = found
        await mark_planned(change)
    return len(changes)


async def _replan(path: str, now: datetime, after: int) -> int | None:
    """The next batch; the last id of it, None when there was none."""
    async with transaction():
        sql = Sql()
        rows = await sql.rows(
            f"select t.id from task t join unit u on u.id = t.unit_id where t.id > {sql.arg(after)} "
            "and (t.status not in ('done', 'cancelled') or t.charge_at is not null) "
            f"and {under_any(sql, [path])} order by t.id limit {_BATCH}"
        )
        tasks = await Task.filter(id__in=[row["id"] for row in rows]).order_by("id")
        clocks = await Clocks.of(tasks)
        for task in tasks:
            columns: dict[str, Any] = {}
            await replan(task, now, clocks.calendar(task), columns)
            if task.answer_at is None:
                # Nobody is left to ask, whatever the calendar says.
                del columns["answer_at"]
            # Whoever changed the task meanwhile planned it by the calendar of then, which is this one or a newer.
            await Task.filter(id=task.id, version=task.version).update(**columns)
    return rows[-1]["id"] if rows else None
