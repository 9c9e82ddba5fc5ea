"""What the assigner decides: accept, return, confirm, change the weight, how firmly the lead is reminded."""

from decimal import Decimal

from backend import outbox
from backend.domain import lateness
from backend.domain.lifecycle import Act, transition
from backend.domain.notices import TaskAccepted, TaskReturned
from backend.domain.types import Actor, Status
from backend.errors import Conflict, InvalidFields
from backend.models import Report, TaskPart
from backend.scores.service import charge_major_error
from backend.tasks import due as due_rules
from backend.tasks import facts, queries, words
from backend.tasks.acts import finish
from backend.tasks.bodies import Preset
from backend.tasks.change import change, require_possible
from backend.tasks.parents import require_within_parent
from backend.tasks.schemas import Change, DueDraft
from backend.tasks.words import said


async def accept(actor: Actor, task_id: int, version: int | None = None) -> Change:
    """The report is good: the task is done, as of the moment it was reported. Again = no change."""
    async with change(actor, task_id, Act.ACCEPT, version) as work:
        if work.status is Status.DONE:
            work.already()
        else:
            require_possible(work)
            await Report.filter(task_id=work.task.id, decision="").update(
                decision="accepted", decided_at=work.now, decided_by_id=actor.person_id
            )
            work.set(status=transition(work.status, work.act), answer_step=0, answer_line=[])
            await finish(work)
            await outbox.cancel(work.task.id, "answer")
            await work.say(work.task.lead_id, TaskAccepted(task=facts.ref(work.task), by=actor.name))
    return Change(await queries.after(work), work.changed)


async def return_(
    actor: Actor,
    task_id: int,
    reason: str,
    major_error: bool = False,
    due: DueDraft | None = None,
    version: int | None = None,
) -> Change:
    """The report is not good yet: back to the lead with what remained of the time (domain.md §2), or ``due``."""
    reason = said(reason, "reason")
    async with change(actor, task_id, Act.RETURN, version) as work:
        task = work.task
        require_possible(work)
        assert task.reported_at is not None
        due_before = task.due_at
        if due is not None:
            new_due, _ = due_rules.resolve(due, work.now, work.calendar)
            await require_within_parent(task, new_due)
            work.set(late_base=task.late_count, late_from_at=None)
        else:
            new_due = lateness.due_after_return(task.due_at, task.reported_at, work.now, work.calendar)
            if task.late_from_at is not None:
                waited = work.calendar.between(task.reported_at, work.now)
                work.set(late_from_at=facts.utc(work.calendar.add(task.late_from_at, waited)))
        waiting = await Report.get(task_id=task.id, decision="")
        await Report.filter(id=waiting.id).update(
            decision="returned",
            decided_at=work.now,
            decided_by_id=actor.person_id,
            reason=reason,
            major_error=major_error,
        )
        if major_error:
            await charge_major_error(actor, task, waiting.id, reason)
        work.tell(reason=reason, major_error=major_error, due=new_due.isoformat(), due_before=due_before.isoformat())
        work.set(
            status=transition(work.status, work.act),
            due_at=facts.utc(new_due),
            reported_at=None,
            return_count=task.return_count + 1,
            tapped_at=None,
            unanswered=0,
            empty_taps=0,
            answer_step=0,
            answer_line=[],
        )
        await outbox.cancel(task.id, "answer")
        await work.say(
            task.lead_id, TaskReturned(task=facts.ref(task), by=actor.name, reason=reason, major_error=major_error)
        )
    return Change(await queries.after(work), work.changed)


async def confirm(actor: Actor, task_id: int, version: int | None = None) -> Change:
    """A leader confirms a self-registered task, which makes it a product of scoring. Again = no change."""
    async with change(actor, task_id, Act.CONFIRM, version) as work:
        if not work.task.self_registered:
            raise Conflict("confirm_not_self_registered")
        if work.task.confirmed_at is not None:
            work.already()
        else:
            require_possible(work)
            work.set(confirmed_at=work.now)
    return Change(await queries.after(work), work.changed)


async def change_weight(actor: Actor, task_id: int, weight: Decimal, reason: str, version: int | None = None) -> Change:
    """The assigner weighs the task anew while it is open, and says why; not below what coordinators have of it."""
    weight, reason = words.weight(weight), said(reason, "reason")
    async with change(actor, task_id, Act.CHANGE_WEIGHT, version) as work:
        require_possible(work)
        shares = sum([part.share for part in await TaskPart.filter(task_id=work.task.id)], Decimal(0))
        if weight < shares:
            raise InvalidFields(
                "invalid_fields", [{"where": "weight", "code": "shares_exceed_weight", "weight": words.plain(weight)}]
            )
        if weight == work.task.weight:
            work.already()
        else:
            work.tell(weight=words.plain(weight), weight_before=words.plain(work.task.weight), reason=reason)
            work.set(weight=weight)
    return Change(await queries.after(work), work.changed)


async def remind_as(actor: Actor, task_id: int, preset: Preset | None, version: int | None = None) -> Change:
    """Have this task's lead reminded by a preset of its own; None: as the unit says. Again = no change."""
    async with change(actor, task_id, Act.REMIND_AS, version) as work:
        require_possible(work)
        if preset == work.task.remind_preset:
            work.already()
        else:
            work.tell(preset=preset or "", preset_before=work.task.remind_preset or "")
            work.set(remind_preset=preset)
    return Change(await queries.after(work), work.changed)
