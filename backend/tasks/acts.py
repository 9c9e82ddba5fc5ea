"""What the lead does: acknowledge, decline, report, wait, ask for more time; and what anybody may: comment."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from backend import outbox
from backend.domain.lifecycle import Act, transition
from backend.domain.notices import (
    ExtensionAsked,
    SubtaskFinished,
    TaskAcknowledged,
    TaskCommented,
    TaskDeclined,
    TaskReported,
)
from backend.domain.types import Actor, Part, Status, Urgency
from backend.errors import Conflict, Invalid, Unprocessable
from backend.files.service import attach
from backend.kit import rows
from backend.kit.text import block
from backend.models import Extension, Report, Task, TaskPart
from backend.org.queries import person_brief
from backend.tasks import due as due_rules
from backend.tasks import facts, numbers, queries, record
from backend.tasks.change import Work, change, replan, require_possible
from backend.tasks.parents import require_within_parent
from backend.tasks.schemas import Change, DueDraft
from backend.tasks.words import said


async def acknowledge(actor: Actor, task_id: int, version: int | None = None) -> Change:
    """The lead (or a coordinator) has seen it; stops asking. Again = no change."""
    async with change(actor, task_id, Act.ACKNOWLEDGE, version) as work:
        task = work.task
        if actor.person_id != task.lead_id:
            await _acknowledge_part(work)
        elif work.status in (Status.ACKNOWLEDGED, Status.REPORTED, Status.DONE):
            work.already()
            if work.status is Status.ACKNOWLEDGED:
                await _still_at_it(work)
        else:
            require_possible(work)
            await _take_up(work)
            work.set(status=transition(work.status, work.act))
            await outbox.cancel(task.id, "remind", "answer")
            if Urgency(task.urgency) is not Urgency.NORMAL:
                await work.say(task.assigner_id, TaskAcknowledged(task=facts.ref(task), by=actor.name))
    return Change(await queries.after(work), work.changed)


async def _still_at_it(work: Work) -> None:
    """ "Đang làm" on a task that is acknowledged, or the same wait again: nothing of the task changes, but an answer buys
    quiet (reminders.md rule 4)."""
    task = work.task
    tapped: dict[str, Any] = {"tapped_at": work.now, "unanswered": 0}
    if task.unanswered:
        tapped["empty_taps"] = task.empty_taps + 1
        await record.answered(task.lead_id, work.now)
    work.set(**tapped)
    await replan(work.task, work.now, work.calendar, tapped)
    await Task.filter(id=work.task.id).update(**tapped)
    await outbox.cancel(work.task.id, "remind")


async def _acknowledge_part(work: Work) -> None:
    if not work.status.is_open:
        require_possible(work)
    count = await TaskPart.filter(
        task_id=work.task.id, person_id=work.actor.person_id, part=Part.COORDINATOR, acknowledged_at=None
    ).update(acknowledged_at=work.now)
    if not count:
        work.already()
    work.tell(part=Part.COORDINATOR)


async def _take_up(work: Work) -> None:
    """Whatever the lead does to a new task says that they have it; any act of theirs is a tap."""
    if work.task.unanswered:
        await record.answered(work.task.lead_id, work.now)
    work.set(tapped_at=work.now, unanswered=0, empty_taps=0)
    if work.task.acknowledged_at is None:
        work.set(acknowledged_at=work.now)
    if work.status is Status.ASSIGNED:
        work.set(answer_step=0, answer_line=[])


async def decline(actor: Actor, task_id: int, reason: str, version: int | None = None) -> Change:
    """The lead gives it back with a reason; it waits for the assigner and its clock pauses."""
    reason = said(reason, "reason")
    async with change(actor, task_id, Act.DECLINE, version) as work:
        if work.status is Status.DECLINED:
            work.already()
        else:
            require_possible(work)
            work.set(
                status=transition(work.status, work.act),
                declined_at=work.now,
                answer_from_at=work.now,
                answer_step=0,
                answer_line=[],
            )
            work.tell(reason=reason)
            await outbox.cancel(work.task.id, "remind", "answer")
            await work.say_to_deciders(TaskDeclined(task=facts.ref(work.task), by=actor.name, reason=reason))
    return Change(await queries.after(work), work.changed)


async def report(
    actor: Actor, task_id: int, text: str = "", attachments: Sequence[int] = (), version: int | None = None
) -> Change:
    """The lead calls it finished, with text and files as evidence. Counts as acknowledging. Again = no change."""
    async with change(actor, task_id, Act.REPORT, version) as work:
        if work.status in (Status.REPORTED, Status.DONE):
            work.already()
        else:
            require_possible(work)
            await _require_acknowledgements(work)
            await _report(work, block(text), attachments)
    return Change(await queries.after(work), work.changed)


async def _require_acknowledgements(work: Work) -> None:
    if work.task.all_acknowledge:
        waiting = TaskPart.filter(task_id=work.task.id, part=Part.COORDINATOR, acknowledged_at=None)
        people = await person_brief([part.person_id for part in await waiting])
        if people:
            raise Conflict("coordinators_not_acknowledged", names=", ".join(person.name for person in people.values()))


async def _report(work: Work, text: str, attachments: Sequence[int]) -> None:
    task, actor = work.task, work.actor
    done = transition(work.status, work.act, needs_acceptance=task.needs_acceptance)
    at_once: dict[str, Any] = {"decision": "accepted", "decided_at": work.now} if done is Status.DONE else {}
    made = await rows.insert(
        Report,
        task_id=task.id,
        person_id=actor.person_id,
        text=text,
        reported_at=work.now,
        **at_once,
    )
    files = await attach(actor, attachments, task.id, made)
    work.tell(
        report=made,
        text=text,
        files=files,
        was=task.status,
        acknowledged=task.acknowledged_at is None,
        answer_from=task.answer_from_at.isoformat(),
        waiting=task.waiting_until.isoformat() if task.waiting_until else None,
    )
    await _take_up(work)
    work.set(
        status=done, reported_at=work.now, waiting_until=None, answer_from_at=work.now, answer_step=0, answer_line=[]
    )
    await outbox.cancel(task.id, "remind", "answer")
    if done is Status.DONE:
        await finish(work)
    await work.say_to_deciders(
        TaskReported(task=facts.ref(task), by=actor.name, text=text, files=files, done=done is Status.DONE)
    )


async def finish(work: Work) -> None:
    """Close as done: free what waits, and tell the lead of the parent task that the reply is here.

    A question for more time that came before a late report stays: its answer says whether the report was late.
    """
    task = work.task
    work.set(closed_at=work.now)
    await record.closed(task, work.calendar)
    await numbers.release(task.id, work.now)
    if task.reported_at is not None and task.reported_at <= task.due_at:
        withdrawn = {"decision": "withdrawn", "decided_at": work.now}
        await rows.update(Extension, withdrawn, task_id=task.id, decision=facts.OPEN)
    if task.parent_id is not None:
        parent = await Task.get(id=task.parent_id)
        await work.say_in_slot(parent, SubtaskFinished(task=facts.ref(task), by=work.actor.name))


async def wait(actor: Actor, task_id: int, until: datetime, version: int | None = None) -> Change:
    """The lead waits for something until a moment; no reminder comes before it. Again = no change."""
    if until.tzinfo is None:
        raise Invalid("due_needs_zone")
    async with change(actor, task_id, Act.WAIT, version) as work:
        require_possible(work)
        if until <= work.now:
            raise Unprocessable("wait_in_the_past")
        if until - work.now > due_rules.FURTHEST:
            raise Unprocessable("due_out_of_range")
        if work.status is Status.ACKNOWLEDGED and work.task.waiting_until == until:
            work.already()
            await _still_at_it(work)
        else:
            await _take_up(work)
            work.set(waiting_until=until.astimezone(UTC), status=Status.ACKNOWLEDGED)
            work.tell(until=until.isoformat())
            await outbox.cancel(work.task.id, "remind", "answer")
    return Change(await queries.after(work), work.changed)


async def ask_extension(actor: Actor, task_id: int, due: DueDraft, reason: str, version: int | None = None) -> Change:
    """The lead asks for a later due time before the present one passes; one question at a time."""
    reason = said(reason, "reason")
    async with change(actor, task_id, Act.ASK_EXTENSION, version) as work:
        task = work.task
        require_possible(work)
        if work.now > task.due_at:
            raise Conflict("extension_after_due", due=task.due_at)
        if await Extension.filter(task_id=task.id, decision=facts.OPEN).exists():
            raise Conflict("extension_already_asked")
        asked, _ = due_rules.resolve(due, work.now, work.calendar)
        if asked <= task.due_at:
            raise Unprocessable("extension_not_later", due=task.due_at)
        await require_within_parent(task, asked)
        made = await Extension.create(
            task_id=task.id,
            asked_by_id=actor.person_id,
            asked_at=work.now,
            due_before=task.due_at,
            due_asked=asked,
            reason=reason,
        )
        work.tell(extension=made.id, due=asked.isoformat(), reason=reason)
        await _take_up(work)
        work.set(status=Status.ACKNOWLEDGED, answer_from_at=work.now, answer_step=0, answer_line=[])
        await outbox.cancel(task.id, "remind", "answer")
        await work.say_to_deciders(
            ExtensionAsked(task=facts.ref(task), by=actor.name, until=asked, reason=reason, extension_id=made.id)
        )
    return Change(await queries.after(work), work.changed)


async def comment(actor: Actor, task_id: int, text: str, version: int | None = None) -> Change:
    """Say something on the task; the lead, the assigner and the coordinators hear it."""
    text = said(text, "text")
    async with change(actor, task_id, Act.COMMENT, version) as work:
        task = work.task
        work.tell(text=text)
        notice = TaskCommented(task=facts.ref(task), by=actor.name, text=text)
        for person in dict.fromkeys([task.lead_id, task.assigner_id, *work.people(Part.COORDINATOR)]):
            await work.say(person, notice)
    return Change(await queries.after(work), True)
