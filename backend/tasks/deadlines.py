"""What the assigner decides about time: answers to a question for more of it, and moving the due time unasked."""

from datetime import datetime
from typing import Any

from backend import outbox
from backend.domain.lifecycle import Act
from backend.domain.notices import DueMoved, ExtensionApproved, ExtensionRefused
from backend.domain.types import Actor, Status
from backend.errors import Conflict, Unprocessable
from backend.kit.text import block
from backend.models import Extension
from backend.tasks import due as due_rules
from backend.tasks import facts, queries
from backend.tasks.change import Work, change, require_possible
from backend.tasks.parents import require_within_parent
from backend.tasks.schemas import Change, DueDraft


async def decide_extension(
    actor: Actor,
    task_id: int,
    approve: bool,
    note: str = "",
    due: DueDraft | None = None,
    version: int | None = None,
) -> Change:
    """Answer the waiting question for more time; ``due`` grants another time than asked. Raises Conflict when none waits.

    The question outlives a report that came after the due time: approved, the report was never late; refused, it was.
    """
    act = Act.APPROVE_EXTENSION if approve else Act.REFUSE_EXTENSION
    async with change(actor, task_id, act, version) as work:
        require_possible(work)
        asked = await Extension.filter(task_id=task_id, decision=facts.OPEN).first()
        if asked is None:
            raise Conflict("extension_not_asked")
        if approve:
            await _approve(work, asked, block(note), due)
        else:
            await _refuse(work, asked, block(note))
        if work.status is Status.ACKNOWLEDGED:
            # Of a report that waits as well, the answer is still owed.
            work.set(answer_step=0, answer_line=[])
            await outbox.cancel(task_id, "answer")
    return Change(await queries.after(work), work.changed)


async def _approve(work: Work, asked: Extension, note: str, due: DueDraft | None) -> None:
    task = work.task
    granted = due_rules.resolve(due, work.now, work.calendar)[0] if due else asked.due_asked
    if granted <= task.due_at:
        raise Unprocessable("extension_not_later", due=task.due_at)
    await require_within_parent(task, granted)
    await Extension.filter(id=asked.id).update(
        decision="approved",
        due_granted=granted,
        decided_at=work.now,
        decided_by_id=work.actor.person_id,
        note=note,
    )
    work.tell(extension=asked.id, note=note, due=granted.isoformat(), due_before=task.due_at.isoformat())
    work.set(due_at=granted, late_base=task.late_count, late_from_at=None)
    await outbox.cancel(task.id, "remind")
    await work.say(task.lead_id, ExtensionApproved(task=facts.ref(task), by=work.actor.name, until=granted))


async def _refuse(work: Work, asked: Extension, note: str) -> None:
    await Extension.filter(id=asked.id).update(
        decision="refused", decided_at=work.now, decided_by_id=work.actor.person_id, note=note
    )
    work.tell(extension=asked.id, note=note)
    await work.say(work.task.lead_id, ExtensionRefused(task=facts.ref(work.task), by=work.actor.name, reason=note))


async def move_due(actor: Actor, task_id: int, due: DueDraft, reason: str = "", version: int | None = None) -> Change:
    """The assigner moves the due time unasked, never into the past."""
    async with change(actor, task_id, Act.MOVE_DUE, version) as work:
        task = work.task
        require_possible(work)
        at, rule = due_rules.resolve(due, work.now, work.calendar)
        await require_within_parent(task, at)
        if at == task.due_at:
            work.already()
        else:
            await put_off(work, at, rule, reason=block(reason))
    return Change(await queries.after(work), work.changed)


async def put_off(work: Work, at: datetime, rule: dict[str, Any], **told: Any) -> None:
    """The task under change is due at another moment, which may be an earlier one: its clocks begin anew, a waiting
    question for more time is answered by it, and the lead hears of it."""
    task, before = work.task, work.task.due_at
    work.tell(due=at.isoformat(), due_before=before.isoformat(), **told)
    work.set(due_at=at, due_rule=rule, late_base=task.late_count, late_from_at=None)
    if await Extension.filter(task_id=task.id, decision=facts.OPEN).update(decision="withdrawn", decided_at=work.now):
        await outbox.cancel(task.id, "answer")
    await outbox.cancel(task.id, "remind")
    await work.say(task.lead_id, DueMoved(task=facts.ref(task), by=work.actor.name, before=before))
