"""Up the reporting line before the deadline: who hears that a task may end late (reminders.md rule 7)."""

from datetime import datetime
from typing import Any

from backend import outbox
from backend.domain.notices import TaskAtRisk
from backend.domain.reminding import Policy
from backend.kit.db import Sql
from backend.models import Person, Task
from backend.org.queries import reporting_line
from backend.tasks import facts
from backend.tasks.rows import TaskRow
from reminders.upward import first_there


async def tell(
    task: Task | TaskRow, params: dict[str, Any], policy: Policy, slot: datetime, *, first: bool
) -> list[int] | None:
    """Tell the next leader who is there, in their message of ``slot``, and answer who may still hear after them.

    The line is frozen when the ``first`` of it is told; later edits of the organisation don't change a running one. None:
    there is no room in that message now. Nobody there: nobody hears, and that is that.
    """
    line = await reporting_line(task.lead_id, task.unit_id) if first else (await Task.get(id=task.id)).answer_line
    told, skipped, used = await first_there([[person_id] for person_id in line])
    if not told:
        return []
    [leader_id] = told
    if await _lines_waiting(leader_id) >= policy.lines:
        return None
    lead = (await Person.get(id=task.lead_id)).full_name
    counts = {name: int(params.get(name, 0)) for name in ("times", "gone", "late", "still")}
    await outbox.enqueue(
        TaskAtRisk(task=facts.ref(task), lead=lead, skipped=tuple(skipped), **counts),
        leader_id,
        f"risk:{task.id}:{task.holder_no}:{leader_id}",
        topic="remind",
        not_before=slot,
        in_slot=True,
    )
    return line[used:]


async def _lines_waiting(leader_id: int) -> int:
    sql = Sql()
    [row] = await sql.rows(
        f"select count(*) as n from outbox_notice where person_id = {sql.arg(leader_id)} and status = 'pending' "
        "and in_slot and kind = 'TaskAtRisk'"
    )
    return int(row["n"])
