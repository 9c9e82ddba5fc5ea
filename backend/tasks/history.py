"""What happened to a task and what was said about it: the timeline, and the proof of delivery."""

from collections import defaultdict
from datetime import datetime

import msgspec

from backend.domain import access
from backend.domain.types import Actor, Role
from backend.errors import Forbidden
from backend.kit.db import Sql
from backend.models import Task, TaskEvent
from backend.tasks.schemas import AttemptView, DeliveryView, EventView, PersonView
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


class _Attempt(msgspec.Struct):
    """A notice beside one of its attempts; the attempt's columns are empty when there was none yet."""

    id: int
    kind: str
    person_id: int
    status: str
    created_at: datetime
    not_before: datetime
    settled_at: datetime | None
    problem: str
    attempt_id: int | None
    channel: str | None
    address: str | None
    started_at: datetime | None
    finished_at: datetime | None
    outcome: str | None
    attempt_problem: str | None


async def require_party(actor: Actor, task_id: int) -> Task:
    """The task, for whoever may know what its people are told. Raises NotFound, or Forbidden."""
    task, rights = await seen(actor, task_id)
    keepers = actor.has(Role.HR, Role.AUDITOR) or actor.is_system
    party = actor.person_id in (task.lead_id, task.assigner_id, task.on_behalf_of_id)
    if not (party or keepers or access.decides(actor, rights) or access.leads_over(actor, rights.path)):
        raise Forbidden("forbidden")
    return task


async def deliveries(actor: Actor, task_id: int) -> list[DeliveryView]:
    """Every notice about a task and every attempt to deliver it, oldest first: the answer to "I was never told".

    For the lead, the assigner, leaders over the unit, HR and auditors. Raises NotFound, or Forbidden for others.
    """
    await require_party(actor, task_id)
    sql = Sql()
    rows = await sql.fetch(
        "select n.id, n.kind, n.person_id, n.status, n.created_at, n.not_before, n.settled_at, n.problem, "
        "d.id as attempt_id, d.channel, d.address, d.started_at, d.finished_at, d.outcome, "
        "d.problem as attempt_problem from outbox_notice n left join delivery_attempt d on d.notice_id = n.id "
        f"where n.task_id = {sql.arg(task_id)} and n.kind <> 'CardChanged' order by n.id, d.id",
        _Attempt,
    )
    people = await people_of([row.person_id for row in rows])
    notices: defaultdict[int, list[_Attempt]] = defaultdict(list)
    for row in rows:
        notices[row.id].append(row)
    return [_delivery(found, people[found[0].person_id]) for found in notices.values()]


def _delivery(rows: list[_Attempt], to: PersonView) -> DeliveryView:
    notice = rows[0]
    return DeliveryView(
        notice=notice.kind,
        to=to,
        status=notice.status,
        created_at=notice.created_at,
        not_before=notice.not_before,
        settled_at=notice.settled_at,
        problem=notice.problem,
        attempts=[_attempt(row) for row in rows if row.attempt_id is not None],
    )


def _attempt(row: _Attempt) -> AttemptView:
    assert row.started_at is not None
    return AttemptView(
        channel=row.channel or "",
        address=_masked(row.address or ""),
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=row.outcome or "",
        problem=row.attempt_problem or "",
    )


def _masked(address: str) -> str:
    """Enough of an address for its owner to know it again, not enough for anybody to write to it."""
    return f"…{address[-3:]}" if len(address) > 3 else "…"
