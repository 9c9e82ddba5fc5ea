"""Giving a task to another lead: what the former one was charged stays theirs; the new one starts with nothing."""

from backend import outbox
from backend.calendars.queries import calendar_for
from backend.domain import lateness
from backend.domain.lifecycle import Act
from backend.domain.notices import TaskAssigned, TaskReassigned
from backend.domain.types import Actor, Status
from backend.errors import Conflict
from backend.kit.text import block
from backend.models import Extension, Person, TaskPart
from backend.tasks import due as due_rules
from backend.tasks import facts, numbers, people, queries
from backend.tasks.absences import warnings_of
from backend.tasks.change import Work, change, require_possible
from backend.tasks.parents import require_within_parent
from backend.tasks.people import Chosen
from backend.tasks.schemas import Change, DueDraft, Warning_
from backend.tasks.searching import search_text


async def reassign(
    actor: Actor, task_id: int, lead: str, reason: str = "", due: DueDraft | None = None, version: int | None = None
) -> Change:
    """Give the task to another lead, or a declined one to its lead again. Raises as ``assign`` does for a lead."""
    warnings: list[Warning_] = []
    async with change(actor, task_id, Act.REASSIGN, version) as work:
        task = work.task
        require_possible(work)
        chosen = await people.resolve_lead(actor, lead, task.kind)
        if chosen.person_id == task.lead_id and work.status is not Status.DECLINED:
            raise Conflict("reassign_same_lead")
        former = task.lead_id
        work.calendar = await calendar_for(chosen.path)
        work.tell(
            reason=block(reason),
            lead_before=former,
            lead=chosen.person_id,
            name=chosen.name,
            due_before=task.due_at.isoformat(),
        )
        await _move_due(work, due)
        work.tell(due=task.due_at.isoformat())
        _hand_over(work, chosen)
        # Somebody leads or helps, never both.
        await TaskPart.filter(task_id=task.id, person_id=chosen.person_id).delete()
        await Extension.filter(task_id=task.id, decision=facts.OPEN).update(decision="withdrawn", decided_at=work.now)
        await numbers.give(task.id, [chosen.person_id, task.assigner_id])
        await _announce(work, chosen, former)
        warnings = await warnings_of(chosen, work.now, task.due_at)
    return Change(await queries.after(work), work.changed, warnings)


def _hand_over(work: Work, chosen: Chosen) -> None:
    task = work.task
    if task.self_registered:
        # What somebody registered for themselves becomes an ordinary task of whoever gives it away.
        work.set(
            self_registered=False, confirmed_at=None, assigner_id=work.actor.person_id, on_behalf_of_id=work.behind
        )
    work.set(
        lead_id=chosen.person_id,
        unit_id=chosen.unit_id,
        to_unit=chosen.to_unit,
        search=search_text(task.code, task.title, task.source_number, chosen.name),
        status=Status.ASSIGNED,
        acknowledged_at=None,
        declined_at=None,
        tapped_at=None,
        waiting_until=None,
        unanswered=0,
        empty_taps=0,
        leader_told_at=None,
        reminded_count=0,
        reminded_at=None,
        late_count=0,
        holder_no=task.holder_no + 1,
        answer_from_at=work.now,
        answer_step=0,
        answer_line=[],
    )
    if chosen.person_id == task.assigner_id:
        # The assigner takes it upon themselves: nobody is left to acknowledge to or to accept it.
        work.set(
            status=Status.ACKNOWLEDGED,
            acknowledged_at=work.now,
            tapped_at=work.now,
            needs_acceptance=False,
            self_registered=True,
            confirmed_at=None,
        )


async def _move_due(work: Work, due: DueDraft | None) -> None:
    task = work.task
    if due is not None:
        at, rule = due_rules.resolve(due, work.now, work.calendar)
        await require_within_parent(task, at)
        work.set(due_at=at, due_rule=rule, late_base=0, late_from_at=None)
        return
    if task.declined_at is not None:
        paused = lateness.due_after_pause(task.due_at, task.declined_at, work.now, work.calendar)
        work.set(due_at=facts.utc(paused))
    if task.due_at < work.now:
        # Already late: the new holder is not charged for the passing itself, only for each five days from now on.
        work.set(late_base=-1, late_from_at=work.now)
    else:
        work.set(late_base=0, late_from_at=None)


async def _announce(work: Work, chosen: Chosen, former: int) -> None:
    task, by = work.task, work.actor.name
    unsaid = await outbox.cancel(task.id, "assigned", person_id=former)
    await outbox.cancel(task.id, "remind", "answer", "info", person_id=former)
    await outbox.cancel(task.id, "answer")
    if not unsaid and former != chosen.person_id:
        await work.say(former, TaskReassigned(task=facts.ref(task), by=by, to=chosen.name), topic="closed")
    giver = await Person.get(id=work.behind) if work.behind else None
    notice = TaskAssigned(task=facts.ref(task), by=by, on_behalf_of=giver.full_name if giver else "")
    await work.say(chosen.person_id, notice, topic="assigned", grace_s=outbox.UNDO_GRACE_S)
