"""What a plan says, and to whom: the notices of reminding."""

from datetime import datetime

from backend import outbox
from backend.domain.notices import TaskAtRisk, TaskDueNow, TaskDueSoon, TaskOverdue
from backend.domain.reminding import NORMAL, Plan
from backend.domain.types import Urgency
from backend.kit.db import Sql
from backend.models import Person, Task
from backend.org.queries import reporting_line
from backend.tasks import facts
from reminders.upward import first_there


async def remind(task: Task, plan: Plan, reader_id: int, number: int, now: datetime, *, in_slot: bool) -> None:
    """The ``number``-th reminder of a task to its holder, or to whoever reads for them."""
    await outbox.enqueue(
        _notice(task, plan),
        reader_id,
        f"remind:{task.id}:{task.holder_no}:{number}",
        topic="remind",
        urgent=Urgency(task.urgency) is not Urgency.NORMAL,
        not_before=now,
        in_slot=in_slot,
    )


def _notice(task: Task, plan: Plan) -> TaskDueSoon | TaskDueNow | TaskOverdue:
    ref = facts.ref(task)
    if plan.kind == "overdue":
        return TaskOverdue(task=ref, days=int(plan.params["days"]))
    if plan.kind == "now":
        return TaskDueNow(task=ref)
    return TaskDueSoon(task=ref, why=plan.why, params=plan.params)


async def at_risk(task: Task, plan: Plan, now: datetime) -> bool:
    """Tell the holder's leader that this may end late; False when there is no room in their message now. Nobody above:
    there is nobody to tell, and that is that."""
    line = await reporting_line(task.lead_id, task.unit_id)
    told, skipped, _ = await first_there([[person_id] for person_id in line])
    if not told:
        return True
    [leader_id] = told
    if await _lines_waiting(leader_id) >= NORMAL.lines:
        return False
    params = {name: int(plan.params.get(name, 0)) for name in ("times", "gone", "late", "still")}
    lead = (await Person.get(id=task.lead_id)).full_name
    await outbox.enqueue(
        TaskAtRisk(task=facts.ref(task), lead=lead, skipped=tuple(skipped), **params),
        leader_id,
        f"risk:{task.id}:{task.holder_no}",
        topic="remind",
        not_before=now,
        in_slot=True,
    )
    return True


async def _lines_waiting(leader_id: int) -> int:
    sql = Sql()
    [row] = await sql.rows(
        f"select count(*) as n from outbox_notice where person_id = {sql.arg(leader_id)} and status = 'pending' "
        "and in_slot and kind = 'TaskAtRisk'"
    )
    return int(row["n"])
