"""Which act of a task may still be taken back."""

from datetime import datetime

from backend.domain.lifecycle import can_undo
from backend.domain.types import SYSTEM, Actor
from backend.kit import clock, rows
from backend.kit.db import Sql
from backend.models import TaskEvent

#: Events that build nothing on what came before.
_PASSIVE = ("nudged", "commented")


def last_of(sql: Sql, task: str) -> str:
    """The rest of a statement ``from task_event``: the last thing somebody did to the task. What the engine noted by itself
    (it went late), a nudge or a comment builds nothing on what came before."""
    return (
        f"where task_id = {task} and actor_id <> {sql.arg(SYSTEM.person_id)} and kind not in {sql.args(_PASSIVE)} "
        "order by id desc limit 1"
    )


async def last_event(task_id: int) -> TaskEvent | None:
    """The last thing somebody did to the task."""
    sql = Sql()
    found = await rows.read(sql, TaskEvent, last_of(sql, sql.arg(task_id)))
    return found[0] if found else None


def may_undo(actor: Actor, by: int | None, kind: str | None, at: datetime | None) -> bool:
    """Whether the last thing somebody did to a task was the actor's own act, and can be taken back now."""
    return by == actor.person_id and kind is not None and at is not None and can_undo(kind, at, clock.now())
