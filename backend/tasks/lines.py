"""Tasks as lines of a list, read with one query and without the ORM."""

from datetime import datetime
from typing import Any

import msgspec

from backend.domain.types import Actor, Status, Urgency
from backend.kit import clock
from backend.kit.db import Sql
from backend.tasks.schemas import TaskLine
from backend.tasks.visibility import visible_to

#: A question for more time that waits and was asked before the due time in force: it holds the lateness.
_HELD = "exists (select 1 from extension e where e.task_id = t.id and e.decision = '' and e.asked_at <= t.due_at)"
#: Columns of a TaskLine; aliases t, u, l (lead), a (assigner).
LINE = (
    "t.id, t.code, t.title, t.status, t.urgency, t.secret, t.due_at, t.assigned_at, t.acknowledged_at, t.reported_at, "
    "t.declined_at, t.closed_at, t.late_at, t.version, t.lead_id, l.handle as lead_handle, l.full_name as lead_name, "
    "t.assigner_id, a.full_name as assigner_name, u.code as unit_code, u.name as unit_name, "
    "exists (select 1 from extension e where e.task_id = t.id and e.decision = '') as extension_open, "
    f"{_HELD} as held"
)
FROM = (
    "from task t join unit u on u.id = t.unit_id "
    "join person l on l.id = t.lead_id join person a on a.id = t.assigner_id"
)


class _Line(msgspec.Struct):
    id: int
    code: str
    title: str
    status: Status
    urgency: Urgency
    secret: bool
    due_at: datetime
    assigned_at: datetime
    acknowledged_at: datetime | None
    reported_at: datetime | None
    declined_at: datetime | None
    closed_at: datetime | None
    late_at: datetime | None
    version: int
    lead_id: int
    lead_handle: str
    lead_name: str
    assigner_id: int
    assigner_name: str
    unit_code: str
    unit_name: str
    extension_open: bool
    held: bool
    rank: int


async def lines(sql: Sql, rest: str) -> list[TaskLine]:
    """Run a list query whose text after FROM is ``rest``."""
    return [line for _, line in await ranked_lines(sql, rest, "0")]


async def ranked_lines(sql: Sql, rest: str, rank: str) -> list[tuple[int, TaskLine]]:
    """The same, each line beside the value of the expression ``rank``."""
    rows = await sql.fetch(f"select {LINE}, {rank} as rank {FROM} {rest}", _Line)
    return [(row.rank, _line(row)) for row in rows]


def _line(row: _Line) -> TaskLine:
    values: dict[str, Any] = msgspec.structs.asdict(row)
    for name in ("late_at", "declined_at", "held", "rank"):
        del values[name]
    stopped_at = row.reported_at or row.declined_at or row.closed_at
    return TaskLine(**values, late=is_late(row.due_at, stopped_at, row.late_at, row.held))


def is_late(due_at: datetime, stopped_at: datetime | None, late_at: datetime | None, held: bool) -> bool:
    """Whether a task shows as late: it was charged once, or its clock ran (until ``stopped_at``, or still does) past the
    due time and no question for more time holds that."""
    return late_at is not None or (not held and (stopped_at or clock.now()) > due_at)


def late(sql: Sql) -> str:
    """The SQL condition that says what :func:`is_late` says."""
    stopped_at = f"coalesce(t.reported_at, t.declined_at, t.closed_at, {sql.arg(clock.now())})"
    return f"(t.late_at is not null or ({stopped_at} > t.due_at and not {_HELD}))"


async def subtasks(actor: Actor, task_id: int) -> list[TaskLine]:
    """What the lead handed on, as far as the actor may see it."""
    sql = Sql()
    return await lines(
        sql, f"where t.parent_id = {sql.arg(task_id)} and {visible_to(actor, sql)} order by t.due_at, t.id"
    )
