"""What the assigner decides: accept, return, confirm, change the weight; and a leader's one-tap Nhắc."""

import secrets
from datetime import timedelta
from decimal import Decimal

from backend import audit, outbox
from backend.calendars.queries import calendar_for
from backend.domain import access, lateness
from backend.domain.lifecycle import Act, transition
from backend.domain.notices import TaskAccepted, TaskNudged, TaskReturned
from backend.domain.types import Actor, Status, Urgency
from backend.errors import Conflict, Forbidden, InvalidFields, Stale, TooMany
from backend.kit import clock
from backend.kit.db import transaction
from backend.models import Report, Task, TaskEvent, TaskPart
from backend.scores.service import charge_major_error
from backend.tasks import due as due_rules
from backend.tasks import facts, queries, words
from backend.tasks.acts import finish
from backend.tasks.change import change, impossible, require_possible
from backend.tasks.parents import require_within_parent
from backend.tasks.schemas import Change, DueDraft
from backend.tasks.views import seen
from backend.tasks.words import said

#: One tap of Nhắc per task in this time.
NUDGE_EVERY = timedelta(hours=2)


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
    return Change(await queries.view(actor, task_id), work.changed)


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
    return Change(await queries.view(actor, task_id), work.changed)


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
    return Change(await queries.view(actor, task_id), work.changed)


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
    return Change(await queries.view(actor, task_id), work.changed)


async def nudge(actor: Actor, task_id: int, version: int | None = None) -> Change:
    """A leader's one-tap Nhắc: said in the next working moment, at most once in two hours per task; leaves the task as it is."""
    async with transaction():
        # Held to the end: two taps at the same moment are one.
        await Task.filter(id=task_id).select_for_update().first()
        task, rights = await seen(actor, task_id)
        # The right to decide on the work is the right to ask after it.
        if actor.person_id == task.lead_id or not access.decides(actor, rights):
            raise Forbidden("forbidden")
        if version is not None and version != task.version:
            raise Stale("stale", version=task.version)
        if Status(task.status) not in (Status.ASSIGNED, Status.ACKNOWLEDGED):
            raise impossible(task)
        now = clock.now()
        last = await TaskEvent.filter(task_id=task_id, kind="nudged").order_by("-id").first()
        if last is not None and now - last.at < NUDGE_EVERY:
            wait_s = int((last.at + NUDGE_EVERY - now).total_seconds())
            raise TooMany("nudged_lately", retry_after_s=max(1, wait_s))
        behind = access.lent_by(actor, Act.CANCEL, rights)
        await TaskEvent.create(
            task_id=task_id, kind="nudged", at=now, actor_id=actor.person_id, on_behalf_of_id=behind, data={}
        )
        await audit.record(actor, "task.nudged", "task", task_id, on_behalf_of_id=behind)
        calendar = await calendar_for(rights.path)
        await outbox.enqueue(
            TaskNudged(task=facts.ref(task), by=actor.name),
            task.lead_id,
            f"TaskNudged:{task_id}:{secrets.token_hex(6)}",
            topic="remind",
            urgent=True,
            not_before=now if task.urgency == Urgency.EXPRESS else calendar.next_working(now),
        )
    return Change(await queries.view(actor, task_id), True)
