"""What happened to a task: the timeline."""

from backend.domain.types import Actor
from backend.models import TaskEvent
from backend.tasks.schemas import EventView, PersonView
from backend.tasks.views import people_of, seen

#: Who acts when nobody does.
_ENGINE = PersonView(0, "system", "giaoviec")


async def timeline(actor: Actor, task_id: int) -> list[EventView]:
    """What happened, oldest first. Raises NotFound when the actor may not see the task."""
    await seen(actor, task_id)
    events = await TaskEvent.filter(task_id=task_id).order_by("at", "id")
    people = await people_of([who for event in events for who in (event.actor_id, event.on_behalf_of_id)])
    return [
        EventView(
            at=event.at,
            kind=event.kind,
            by=people.get(event.actor_id, _ENGINE),
            on_behalf_of=people.get(event.on_behalf_of_id),
            data=event.data,
        )
        for event in events
    ]
