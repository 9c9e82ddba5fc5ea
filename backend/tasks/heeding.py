"""What leaders do about silence: the one-tap Nhắc, and "I know of it", which stops the way further up the line."""

import secrets
from datetime import datetime, timedelta

from backend import audit, outbox
from backend.calendars.queries import calendar_for
from backend.domain import access
from backend.domain.access import TaskFacts
from backend.domain.lifecycle import Act
from backend.domain.notices import TaskNudged
from backend.domain.types import Actor, Status, Urgency
from backend.errors import Forbidden, Stale, TooMany
from backend.kit import clock
from backend.kit.db import transaction
from backend.models import Task, TaskEvent
from backend.tasks import facts, queries
from backend.tasks.change import impossible
from backend.tasks.schemas import Change
from backend.tasks.views import is_climbing, seen

#: One tap of Nhắc per task in this time.
NUDGE_EVERY = timedelta(hours=2)


async def nudge(actor: Actor, task_id: int, version: int | None = None) -> Change:
    """A leader's one-tap Nhắc: said in the next working moment, at most once in two hours per task; leaves the task as it
    is, but no leader further up need hear of the silence."""
    async with transaction():
        task, rights = await _held(actor, task_id, version)
        now = clock.now()
        last = await TaskEvent.filter(task_id=task_id, kind="nudged").order_by("-id").first()
        if last is not None and now - last.at < NUDGE_EVERY:
            wait_s = int((last.at + NUDGE_EVERY - now).total_seconds())
            raise TooMany("nudged_lately", retry_after_s=max(1, wait_s))
        await _note(actor, task, rights, "nudged", now)
        await _stop(task)
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


async def heed(actor: Actor, task_id: int, version: int | None = None) -> Change:
    """A leader says that they know of the silence about a task: nobody further up is told of it. Again = no change."""
    async with transaction():
        task, rights = await _held(actor, task_id, version)
        climbing = is_climbing(task)
        if climbing:
            await _note(actor, task, rights, "heeded", clock.now())
            await _stop(task)
    return Change(await queries.view(actor, task_id), climbing)


async def _held(actor: Actor, task_id: int, version: int | None) -> tuple[Task, TaskFacts]:
    """The task, held to the end (two taps at the same moment are one), for whoever may ask after it."""
    await Task.filter(id=task_id).select_for_update().first()
    task, rights = await seen(actor, task_id)
    # The right to decide on the work is the right to ask after it.
    if actor.person_id == task.lead_id or not access.decides(actor, rights):
        raise Forbidden("forbidden")
    if version is not None and version != task.version:
        raise Stale("stale", version=task.version)
    if Status(task.status) not in (Status.ASSIGNED, Status.ACKNOWLEDGED):
        raise impossible(task)
    return task, rights


async def _note(actor: Actor, task: Task, rights: TaskFacts, kind: str, now: datetime) -> None:
    behind = access.lent_by(actor, Act.CANCEL, rights)
    await TaskEvent.create(
        task_id=task.id, kind=kind, at=now, actor_id=actor.person_id, on_behalf_of_id=behind, data={}
    )
    await audit.record(actor, f"task.{kind}", "task", task.id, on_behalf_of_id=behind)
    if Urgency(task.urgency) is not Urgency.NORMAL:
        await outbox.answered(task.id, actor.person_id)


async def _stop(task: Task) -> None:
    """Nobody further up the line hears."""
    if is_climbing(task):
        await Task.filter(id=task.id).update(answer_line=[], answer_at=None)
