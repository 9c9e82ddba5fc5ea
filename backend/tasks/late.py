"""Going late: what a task owes by now is charged, noted in its timeline and told, in one transaction."""

from datetime import datetime
from decimal import Decimal

from backend import outbox
from backend.domain import lateness, reminding
from backend.domain.calendar import WorkCalendar
from backend.domain.lateness import Charge
from backend.domain.notices import TaskLate, TaskLateForAssigner
from backend.domain.times import TaskTimes
from backend.domain.types import SYSTEM, Urgency
from backend.models import Person, Task, TaskEvent
from backend.scores.queries import cost_of
from backend.scores.service import charge
from backend.tasks import facts, record
from backend.tasks.firmness import policy_of
from backend.tasks.people import deciders

_CENT = Decimal("0.01")


async def settle(task: Task, now: datetime, calendar: WorkCalendar, *, quiet: bool = False) -> int:
    """Charge the present holder with every instance of delay that lies before ``now`` and is not written yet; returns
    how many there were. ``quiet`` tells nobody (an import of what is past).

    The engine calls it when ``charge_at`` has passed, and every act before it changes a task: a delay is a fact with
    its own time, so neither a late engine nor a new due time, report or holder may swallow it. Call it in a transaction
    that holds the row; keys in the ledger make writing an instance twice impossible.
    """
    entries: list[int] = []
    owed: Charge | None = None
    while True:
        times = await facts.times(task, None)
        found = lateness.next_charge(times, calendar)
        # At the due time itself nothing is late yet: a report at that very instant is in time.
        if found is None or found.at >= now:
            break
        owed = found
        entries += await _write(task, owed, calendar)
    new = {"late_count": task.late_count, "late_at": task.late_at, "charge_at": facts.utc(found.at) if found else None}
    for name, value in new.items():
        setattr(task, name, value)
    await Task.filter(id=task.id).update(**new)
    if owed is not None and entries and not quiet:
        await _tell(task, times, owed, entries, now, calendar)
    return len(entries)


async def _write(task: Task, owed: Charge, calendar: WorkCalendar) -> list[int]:
    """One instance: its pair of entries and its line in the timeline, dated when it came to be."""
    minutes = max(calendar.between(task.due_at, owed.at), 0)
    entry = await charge(task, owed, minutes)
    task.late_count = owed.instance
    task.late_at = task.late_at or facts.utc(owed.at)
    if entry is None:
        return []
    if owed.instance == 1:
        await record.passed_open(task)
    await TaskEvent.create(
        task_id=task.id,
        kind="late",
        at=owed.at,
        actor_id=SYSTEM.person_id,
        data={"instance": owed.instance, "late_minutes": minutes, "due": task.due_at.isoformat()},
    )
    return [entry]


async def _tell(
    task: Task, times: TaskTimes, owed: Charge, entries: list[int], now: datetime, calendar: WorkCalendar
) -> None:
    """The lead hears what it cost, the assigner that it is late: in the next slot, short and urgent work at once."""
    cost = Decimal((await cost_of(*entries)).shown)
    said = TaskLate(
        task=facts.ref(task),
        instance=owed.instance,
        cost=cost.quantize(_CENT),
        late_minutes=max(calendar.between(task.due_at, min(task.reported_at or now, now)), 0),
    )
    at = await _when(task, times, now, calendar)
    slot = not reminding.is_short(times, calendar)
    stem, urgent = f"{task.id}:{task.holder_no}:{owed.instance}", Urgency(task.urgency) is not Urgency.NORMAL
    await outbox.enqueue(
        said, task.lead_id, f"TaskLate:{stem}", topic="late", urgent=urgent, not_before=at, in_slot=slot
    )
    if task.self_registered and task.confirmed_at is None:
        return
    lead = await Person.get(id=task.lead_id)
    notice = TaskLateForAssigner(task=facts.ref(task), lead=lead.full_name, instance=owed.instance)
    for person_id in await deciders(task):
        if person_id != task.lead_id:
            key = f"TaskLateForAssigner:{stem}:{person_id}"
            await outbox.enqueue(notice, person_id, key, topic="late", urgent=urgent, not_before=at, in_slot=slot)


async def _when(task: Task, times: TaskTimes, now: datetime, calendar: WorkCalendar) -> datetime:
    if Urgency(task.urgency) is Urgency.EXPRESS:
        return now
    if reminding.is_short(times, calendar):
        return calendar.next_working(now)
    return reminding.next_slot(now, calendar, await policy_of(task.unit_id, task.remind_preset))
