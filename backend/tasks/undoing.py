"""Taking back one's own assignment, report or acceptance within ten minutes, while nothing was built on it."""

from datetime import datetime

from backend import outbox
from backend.domain.lifecycle import UNDOABLE, Act, can_undo
from backend.domain.notices import TaskUndone
from backend.domain.types import Actor, Status
from backend.errors import Conflict, Forbidden
from backend.kit.db import Sql
from backend.models import Extension, Report, Task, TaskEvent
from backend.tasks import facts, numbers, queries, record
from backend.tasks.cancelling import call_off
from backend.tasks.change import Work, change
from backend.tasks.schemas import Change
from backend.tasks.undoable import last_event

#: What each act had said.
_SAID = {"reported": ("TaskReported", "SubtaskFinished"), "accepted": ("TaskAccepted", "SubtaskFinished")}


async def undo(actor: Actor, task_id: int, version: int | None = None) -> Change:
    """Take back the actor's own last act on the task: its assignment (it never was), a report or an acceptance. Raises
    Conflict when there is none or it is too late, Forbidden when it was somebody else's."""
    async with change(actor, task_id, Act.UNDO, version) as work:
        task = work.task
        last = await last_event(task.id)
        if last is None or last.kind not in UNDOABLE:
            raise Conflict("undo_nothing")
        if last.actor_id != actor.person_id:
            raise Forbidden("undo_not_yours")
        if not can_undo(last.kind, last.at, work.now):
            raise Conflict("undo_too_late")
        work.tell(undone=last.kind)
        if last.kind == "assigned":
            await _undo_assignment(work)
        else:
            await _undo_result(work, last)
    return Change(await queries.view(actor, task_id), True)


async def _undo_assignment(work: Work) -> None:
    if await Task.filter(parent_id=work.task.id).exists():
        raise Conflict("undo_has_parts")
    await call_off(work, TaskUndone(task=facts.ref(work.task), by=work.actor.name, what="assigned"))


async def _undo_result(work: Work, last: TaskEvent) -> None:
    was_done = work.status is Status.DONE
    if was_done:
        await record.closed(work.task, work.calendar, again=True)
    if last.kind == "accepted":
        await _undo_acceptance(work)
    else:
        await _undo_report(work, last)
    if was_done:
        await _open_again(work, last)
    await _unsay(work, last)


async def _undo_acceptance(work: Work) -> None:
    await Report.filter(task_id=work.task.id, decision="accepted").update(
        decision="", decided_at=None, decided_by_id=None
    )
    work.set(status=Status.REPORTED, answer_from_at=work.now, answer_step=0, answer_line=[])


async def _undo_report(work: Work, last: TaskEvent) -> None:
    await Report.filter(id=last.data["report"]).update(decision="withdrawn", decided_at=work.now)
    waiting = last.data.get("waiting")
    work.set(
        status=Status(last.data["was"]),
        waiting_until=datetime.fromisoformat(waiting) if waiting else None,
        reported_at=None,
        acknowledged_at=None if last.data["acknowledged"] else work.task.acknowledged_at,
        answer_from_at=datetime.fromisoformat(last.data["answer_from"]),
        answer_step=0,
        answer_line=[],
    )


async def _open_again(work: Work, last: TaskEvent) -> None:
    """What closing the task had settled is open again."""
    work.set(closed_at=None)
    await numbers.release(work.task.id, None)
    await Extension.filter(task_id=work.task.id, decision="withdrawn", decided_at=last.at).update(
        decision=facts.OPEN, decided_at=None
    )


async def _unsay(work: Work, last: TaskEvent) -> None:
    """What never left needs no taking back; who may have heard it hears that it was undone."""
    notice = TaskUndone(task=facts.ref(work.task), by=work.actor.name, what=last.kind)
    sql = Sql()
    rows = await sql.rows(
        f"select person_id, dedup_key from outbox_notice where task_id = {sql.arg(work.task.id)} "
        f"and kind in {sql.args(_SAID[last.kind])} and created_at >= {sql.arg(last.at)} "
        "and status in ('pending', 'claimed', 'sending', 'sent') and twin_of_id is null order by id"
    )
    heard = [row["person_id"] for row in rows if not await outbox.take_back(row["dedup_key"])]
    for person_id in dict.fromkeys(heard):
        await work.say(person_id, notice)
