"""What a plan says to whoever holds the task: the notices of reminding."""

from datetime import datetime

from backend import outbox
from backend.domain.notices import TaskDueNow, TaskDueSoon, TaskOverdue
from backend.domain.reminding import Plan
from backend.domain.types import Urgency
from backend.tasks import facts
from backend.tasks.rows import TaskRow


def remind(task: TaskRow, plan: Plan, reader_id: int, number: int, now: datetime) -> outbox.Said:
    """The ``number``-th reminder of a task to its holder, or to whoever reads for them."""
    return outbox.Said(
        notice=_notice(task, plan),
        person_id=reader_id,
        dedup_key=f"remind:{task.id}:{task.holder_no}:{number}",
        topic="remind",
        urgent=task.urgency is not Urgency.NORMAL,
        not_before=now,
        in_slot=not plan.short,
    )


def _notice(task: TaskRow, plan: Plan) -> TaskDueSoon | TaskDueNow | TaskOverdue:
    ref = facts.ref(task)
    if plan.kind == "overdue":
        return TaskOverdue(task=ref, days=int(plan.params["days"]))
    if plan.kind == "now":
        return TaskDueNow(task=ref)
    return TaskDueSoon(task=ref, why=plan.why, params=plan.params)
