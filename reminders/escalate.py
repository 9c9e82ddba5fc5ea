"""Silence: a lead who has not acknowledged is asked again, then the assigner hears, then their leaders, level by level;
an assigner who has not decided is reminded (domain.md §2)."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from backend import outbox
from backend.domain import limits, reminding
from backend.domain.calendar import WorkCalendar
from backend.domain.notices import (
    AnyNotice,
    DecisionDue,
    ExtensionAsked,
    TaskDeclined,
    TaskSilent,
    TaskUnacknowledged,
)
from backend.domain.reminding_policy import record as counts
from backend.domain.reminding_view import given_at
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency
from backend.models import Extension, Person, Task, TaskEvent
from backend.org.queries import reporting_line, seats_of
from backend.tasks import facts, record
from backend.tasks.change import replan, times_of
from backend.tasks.firmness import policy_of
from backend.tasks.people import deciders
from reminders import at_risk
from reminders.sweep import Sweep, claim
from reminders.upward import first_there

_MINUTE = timedelta(minutes=1)


async def handle(task: Task, now: datetime, calendar: WorkCalendar) -> None:
    """Take the silence about a task as many steps further as its limit has passed, or move the row to where that is."""
    going = True
    while going:
        times = await times_of(task, now, calendar)
        due = limits.answer_at(times, calendar)
        if due is None or due > now:
            await _set(task, answer_at=facts.utc(due) if due else None)
            return
        going = await _step_of(times)(task, times, now, calendar)


def _step_of(times: TaskTimes) -> Callable[[Task, TaskTimes, datetime, WorkCalendar], Awaitable[bool]]:
    """Whose silence it is: the lead's about a new task, about one that may end late, or the decider's."""
    if times.status is Status.ASSIGNED:
        return _unacknowledged
    working = times.status is Status.ACKNOWLEDGED and times.extension_asked_at is None
    return _unheeded if working else _undecided


async def _unheeded(task: Task, times: TaskTimes, now: datetime, calendar: WorkCalendar) -> bool:
    """A leader was told that the task may end late and nothing came of it: the next one hears; one step at a time."""
    history, policy = await record.history_of(task.lead_id), await policy_of(task.unit_id, task.remind_preset)
    share = calendar.between(given_at(times), now) / max(calendar.between(given_at(times), times.due_at), 1)
    late, still = counts(history, share)
    params = {"times": times.unanswered, "gone": int(100 * share), "late": late, "still": still}
    slot = reminding.next_slot(now, calendar, policy)
    rest = await at_risk.tell(task, params, policy, slot, first=False)
    if rest is None:
        await _set(task, answer_at=facts.utc(reminding.next_slot(slot + _MINUTE, calendar, policy)))
        return False
    task.leader_told_at, task.answer_line = now, rest
    new: dict[str, Any] = {"leader_told_at": now, "answer_line": rest}
    await replan(task, now, calendar, new)
    await _set(task, **new)
    return False


async def _unacknowledged(task: Task, times: TaskTimes, now: datetime, calendar: WorkCalendar) -> bool:
    """One step of the acknowledgement limit; False when there is none left to take."""
    step = times.answer_step + 1
    if step == limits.ASK_AGAIN:
        minutes = limits.acknowledge_limit(times, calendar)
        again = TaskUnacknowledged(task=facts.ref(task), limit_minutes=minutes)
        return await _step(task, step, again, [task.lead_id], _soon(task, now, calendar))
    line = await _line(task) if step == limits.ASSIGNER_TOLD else list(task.answer_line)
    told, skipped, rest = await _next_who_is_there(task, line, first=step == limits.ASSIGNER_TOLD)
    if told:
        lead = (await Person.get(id=task.lead_id)).full_name
        silent = TaskSilent(task=facts.ref(task), lead=lead, level=step - 1, skipped=tuple(skipped))
        slot = Urgency(task.urgency) is Urgency.NORMAL
        policy = await policy_of(task.unit_id, task.remind_preset)
        at = reminding.next_slot(now, calendar, policy) if slot else _soon(task, now, calendar)
        going = await _step(task, step, silent, told, at, rest, in_slot=slot)
        if rest or not going:
            return going
    # The line has come to its end: the task stays on the board.
    await _set(task, answer_at=None, answer_step=step, answer_line=[])
    return False


async def _line(task: Task) -> list[int]:
    """Whom silence climbs to, frozen when it starts: who decides for the assigner, then the leaders above them."""
    [first, *_] = await deciders(task) or [task.assigner_id]
    seats = (await seats_of([first])).get(first, [])
    above = await reporting_line(first, seats[0].unit_id) if seats else []
    return [first, *(person_id for person_id in above if person_id != task.lead_id)]


async def _next_who_is_there(task: Task, line: list[int], *, first: bool) -> tuple[list[int], list[str], list[int]]:
    """Whom to tell now, the names of those passed over (away or gone), and the rest of the line."""
    levels = [[person_id] for person_id in line]
    if first:
        levels[0] = await deciders(task) or levels[0]
    there, skipped, used = await first_there(levels)
    return there, skipped, line[used:]


async def _undecided(task: Task, times: TaskTimes, now: datetime, calendar: WorkCalendar) -> bool:
    """One step of the decision limit: what waits for the assigner is said again."""
    lead = (await Person.get(id=task.lead_id)).full_name
    notice: AnyNotice
    if times.status is Status.DECLINED:
        notice = TaskDeclined(task=facts.ref(task), by=lead, reason=await _why_declined(task.id))
    elif times.status is Status.ACKNOWLEDGED:
        asked = await Extension.get(task_id=task.id, decision=facts.OPEN)
        notice = ExtensionAsked(
            task=facts.ref(task), by=lead, until=asked.due_asked, reason=asked.reason, extension_id=asked.id
        )
    else:
        waiting = calendar.between(times.answer_from_at, now)
        notice = DecisionDue(task=facts.ref(task), lead=lead, waiting_minutes=waiting)
    told = [person_id for person_id in await deciders(task) if person_id != task.lead_id]
    return await _step(task, times.answer_step + 1, notice, told, _soon(task, now, calendar))


async def _why_declined(task_id: int) -> str:
    event = await TaskEvent.filter(task_id=task_id, kind="declined").order_by("-id").first()
    return str(event.data.get("reason", "")) if event else ""


async def _step(
    task: Task,
    step: int,
    notice: AnyNotice,
    told: list[int],
    at: datetime,
    line: list[int] | None = None,
    *,
    in_slot: bool = False,
) -> bool:
    """Note that a step was taken and say it; False when somebody else took the row."""
    if not await _set(task, answer_step=step, answer_line=line or []):
        return False
    for person_id in told:
        await outbox.enqueue(
            notice,
            person_id,
            f"{notice.kind}:{task.id}:{task.version}:{step}:{person_id}",
            topic="answer",
            urgent=Urgency(task.urgency) is not Urgency.NORMAL,
            not_before=at,
            in_slot=in_slot,
        )
    return True


async def _set(task: Task, **new: Any) -> bool:
    """Claim the row with new values, which the row in memory takes too."""
    if not await claim(task, "answer_at", **new):
        return False
    for name, value in new.items():
        setattr(task, name, value)
    return True


def _soon(task: Task, now: datetime, calendar: WorkCalendar) -> datetime:
    """In the next working moment; express at once."""
    return now if Urgency(task.urgency) is Urgency.EXPRESS else calendar.next_working(now)


ESCALATE = Sweep("escalate", "answer_at", handle)
tick = ESCALATE.tick
