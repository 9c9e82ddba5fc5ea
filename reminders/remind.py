"""Reminding: rows whose ``look_at`` has come are planned again, and spoken of if the plan still says now."""

from datetime import datetime

import msgspec

from backend import outbox
from backend.domain import reminding
from backend.domain.calendar import WorkCalendar
from backend.domain.notices import TaskDueNow, TaskDueSoon, TaskOverdue
from backend.domain.reminding import Plan
from backend.domain.types import Urgency
from backend.models import Task
from backend.tasks import facts
from backend.tasks.change import times_of
from reminders.sweep import Sweep, claim


async def handle(task: Task, now: datetime, calendar: WorkCalendar) -> None:
    """Say one reminder to the lead and plan the next, or move the row to where the plan is now."""
    times = await times_of(task, now, calendar)
    planned = reminding.still_due(times, task.look_at or now, now, calendar)
    if planned is None or planned.at > now:
        await claim(task, "look_at", look_at=planned.at if planned else None)
        return
    after = msgspec.structs.replace(
        times, reminded_count=times.reminded_count + 1, reminded_at=now, unanswered=times.unanswered + 1
    )
    following = reminding.plan(after, now, calendar)
    if await claim(
        task,
        "look_at",
        look_at=following.at if following else None,
        reminded_count=after.reminded_count,
        reminded_at=now,
        unanswered=after.unanswered,
    ):
        await outbox.enqueue(
            _notice(task, planned),
            task.lead_id,
            f"remind:{task.id}:{task.holder_no}:{after.reminded_count}",
            topic="remind",
            urgent=Urgency(task.urgency) is not Urgency.NORMAL,
            not_before=now,
        )


def _notice(task: Task, planned: Plan) -> TaskDueSoon | TaskDueNow | TaskOverdue:
    ref = facts.ref(task)
    if planned.kind == "overdue":
        return TaskOverdue(task=ref, days=int(planned.params["days"]))
    if planned.kind == "now":
        return TaskDueNow(task=ref)
    return TaskDueSoon(task=ref, why=planned.why, params=planned.params)


REMIND = Sweep("remind", "look_at", handle)
tick = REMIND.tick
