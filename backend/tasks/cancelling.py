"""Calling off a task that is no longer wanted, with everything that hangs on it."""

from backend import outbox
from backend.domain.lifecycle import Act
from backend.domain.notices import TaskCancelled, TaskUndone
from backend.domain.types import Actor, Part, Status
from backend.models import Extension, Task
from backend.tasks import facts, numbers, queries
from backend.tasks.change import Work, change, require_possible
from backend.tasks.schemas import Change
from backend.tasks.words import said


async def cancel(actor: Actor, task_id: int, reason: str, version: int | None = None) -> Change:
    """The task is no longer wanted, nor are the parts of it that were handed on. A task whose first notice has not left
    is never spoken of at all. Again = no change."""
    reason = said(reason, "reason")
    async with change(actor, task_id, Act.CANCEL, version) as work:
        if work.status is Status.CANCELLED:
            work.already()
        else:
            require_possible(work)
            await _cancel(work, reason)
    return Change(await queries.after(work), work.changed)


async def _cancel(work: Work, reason: str) -> None:
    work.tell(reason=reason, was=work.task.status)
    await call_off(work, TaskCancelled(task=facts.ref(work.task), by=work.actor.name, reason=reason))
    parts = await Task.filter(parent_id=work.task.id, closed_at=None).order_by("id").values_list("id", flat=True)
    for part in parts:
        async with change(work.actor, int(str(part)), Act.CANCEL, permitted=True) as below:
            await _cancel(below, reason)


async def call_off(work: Work, notice: TaskCancelled | TaskUndone) -> None:
    """End the task as cancelled; whoever may have heard of it hears ``notice``, nobody else anything."""
    task = work.task
    work.set(status=Status.CANCELLED, closed_at=work.now, answer_step=0, answer_line=[])
    await numbers.release(task.id, work.now)
    await Extension.filter(task_id=task.id, decision=facts.OPEN).update(decision="withdrawn", decided_at=work.now)
    for person in dict.fromkeys([task.lead_id, *work.people(Part.COORDINATOR, Part.WATCHER)]):
        unsaid = await outbox.cancel(task.id, "assigned", person_id=person)
        if not unsaid:
            await work.say(person, notice, topic="closed")
    await outbox.cancel(task.id, "assigned", "remind", "answer", "info")
