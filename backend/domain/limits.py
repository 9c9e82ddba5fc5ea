"""How long an acknowledgement or a decision may take, and when silence is taken one step further (domain.md §2)."""

from datetime import datetime, timedelta

from backend.domain.calendar import WorkCalendar
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency

#: Working minutes; express counts by the clock.
ACKNOWLEDGE_MINUTES = {
    Urgency.NORMAL: 480,
    Urgency.URGENT: 120,
    Urgency.VERY_URGENT: 60,
    Urgency.EXPRESS: 15,
}
#: Steps of the acknowledgement limit: the lead is asked again, then the assigner hears, then one leader a step.
ASK_AGAIN, ASSIGNER_TOLD = 1, 2
DECIDE_MINUTES = 480
#: A waiting decision is reminded so many times; afterwards it stays on the board.
DECIDE_REMINDERS = 3


def acknowledge_limit(task: TaskTimes, calendar: WorkCalendar) -> int:
    """Minutes within which the lead should acknowledge: by urgency, never more than a third of the task's time."""
    if task.urgency is Urgency.EXPRESS:
        total = int((task.due_at - task.answer_from_at).total_seconds() // 60)
    else:
        total = calendar.between(task.answer_from_at, task.due_at)
    return max(1, min(ACKNOWLEDGE_MINUTES[task.urgency], total // 3))


def answer_at(task: TaskTimes, calendar: WorkCalendar) -> datetime | None:
    """When the silence about this task must be taken one step further; None = nobody owes an answer.

    While ``assigned`` the lead owes an acknowledgement: step 1 at the limit, step 2 at twice the limit, and so on.
    While ``reported`` or ``declined``, or while a question for more time waits, the assigner owes a decision. Once a
    leader has been told that an acknowledged task may end late, each further limit without a tap takes it one leader
    up, until the deadline.
    """
    step = task.answer_step + 1
    if task.status is Status.ASSIGNED:
        minutes = acknowledge_limit(task, calendar) * step
        if task.urgency is Urgency.EXPRESS:
            return task.answer_from_at + timedelta(minutes=minutes)
        return calendar.add(task.answer_from_at, minutes)
    undecided = task.status in (Status.REPORTED, Status.DECLINED) or (
        task.status is Status.ACKNOWLEDGED and task.extension_asked_at is not None
    )
    if undecided and step <= DECIDE_REMINDERS:
        return calendar.add(task.answer_from_at, DECIDE_MINUTES * step)
    return None if undecided else _further_up(task, calendar)


def _further_up(task: TaskTimes, calendar: WorkCalendar) -> datetime | None:
    """When the next leader hears of a task that may end late; None = somebody answered, or nobody is left."""
    told_at = task.leader_told_at
    if task.status is not Status.ACKNOWLEDGED or told_at is None or not task.line_left:
        return None
    if task.tapped_at is not None and task.tapped_at > told_at:
        return None
    at = calendar.add(told_at, acknowledge_limit(task, calendar))
    return at if at < task.due_at else None
