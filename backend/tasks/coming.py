"""The reminders of a task that are to come, with their reasons, for whoever may ask whether it was told."""

from backend.domain.reminding_coming import coming as plans
from backend.domain.types import Actor
from backend.kit import clock, i18n
from backend.models import Task
from backend.tasks import record
from backend.tasks.change import times_of
from backend.tasks.clocks import calendar_of_task
from backend.tasks.delivering import require_party
from backend.tasks.firmness import policy_of
from backend.tasks.schemas import ComingView


async def coming(actor: Actor, task_id: int) -> list[ComingView]:
    """What the engine would say about a task from now on if nobody answered, soonest first; nothing of a closed one.

    For the lead, the assigner, leaders over the unit, HR and auditors. Raises NotFound, or Forbidden for others.
    """
    task: Task = await require_party(actor, task_id)
    now, calendar = clock.now(), await calendar_of_task(task.id)
    times, history = await times_of(task, now, calendar), await record.history_of(task.lead_id)
    policy = await policy_of(task.unit_id, task.remind_preset)
    return [
        ComingView(at=word.at, to=word.to, kind=word.kind, why=word.why, params=dict(word.params))
        for word in plans(times, now, calendar, policy, history)
    ]


def reason(locale: str, one: ComingView) -> str:
    """Why it will be said, in the reader's language, with the holder's own counts when there are any."""
    words = i18n.t(locale, f"notices.why.{one.why}", **one.params)
    if one.params.get("still"):
        words += " " + i18n.t(locale, "notices.line.record", **one.params)
    return words
