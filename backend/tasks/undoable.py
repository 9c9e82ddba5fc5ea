"""Which act of a task may still be taken back."""

from backend.domain.lifecycle import UNDOABLE, can_undo
from backend.domain.types import SYSTEM, Actor
from backend.kit import clock
from backend.models import TaskEvent

#: Events that build nothing on what came before.
_PASSIVE = ("nudged", "commented")


async def last_event(task_id: int) -> TaskEvent | None:
    """The last thing somebody did to the task; what the engine noted by itself (it went late), a nudge or a comment
    builds nothing on it."""
    return (
        await TaskEvent.filter(task_id=task_id)
        .exclude(actor_id=SYSTEM.person_id)
        .exclude(kind__in=_PASSIVE)
        .order_by("-id")
        .first()
    )


async def last_act(actor: Actor, task_id: int) -> TaskEvent | None:
    """The actor's own last act, if nothing came after it and it can be taken back now."""
    last = await last_event(task_id)
    if last is None or last.actor_id != actor.person_id or last.kind not in UNDOABLE:
        return None
    return last if can_undo(last.kind, last.at, clock.now()) else None
