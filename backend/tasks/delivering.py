"""The proof of delivery: what was said about a task, to whom, every try with its channel and end, and when it was read."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.domain import access
from backend.domain.types import Actor, Role
from backend.errors import Forbidden
from backend.kit.db import Sql
from backend.kit.paging import DEFAULT_LIMIT, Page, cursor, read_cursor
from backend.models import Task
from backend.tasks import delivering_words as words
from backend.tasks.schemas import AttemptView, DeliveryView, PersonView
from backend.tasks.views import people_of, seen


class _Notice(msgspec.Struct):
    id: int
    kind: str
    person_id: int
    status: str
    created_at: datetime
    not_before: datetime
    ready_at: datetime
    settled_at: datetime | None
    problem: str
    in_slot: bool
    twin_of_id: int | None


class _Attempt(msgspec.Struct):
    notice_id: int
    channel: str
    address: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    receipt: str
    problem: str
    seen_at: datetime | None


async def is_party(actor: Actor, task_id: int) -> tuple[Task, bool]:
    """The task, and whether the actor may know what everybody was told of it: its lead, its assigner, leaders over the
    unit, HR and auditors. Raises NotFound when they may not see it."""
    task, rights = await seen(actor, task_id)
    keepers = actor.has(Role.HR, Role.AUDITOR) or actor.is_system
    party = actor.person_id in (task.lead_id, task.assigner_id, task.on_behalf_of_id)
    return task, bool(party or keepers or access.decides(actor, rights) or access.leads_over(actor, rights.path))


async def require_party(actor: Actor, task_id: int) -> Task:
    """The task, for whoever may know what its people are told. Raises NotFound, or Forbidden."""
    task, party = await is_party(actor, task_id)
    if not party:
        raise Forbidden("forbidden")
    return task


async def deliveries(
    actor: Actor,
    task_id: int,
    after: str | None = None,
    limit: int = DEFAULT_LIMIT,
    *,
    locale: str = "",
    newest: bool = False,
) -> Page[DeliveryView]:
    """Every notice about a task and every attempt to deliver it, oldest first (``newest``: the other way round): the answer
    to "I was never told". Whoever sees the task and is no party to it (:func:`is_party`) sees what they were told
    themselves. ``locale``: of the words, the actor's unless named. Corrections of a card are no deliveries.

    Raises NotFound, BadCursor.
    """
    _, party = await is_party(actor, task_id)
    sql = Sql()
    wanted = [f"task_id = {sql.arg(task_id)} and kind <> 'CardChanged'"]
    if not party:
        wanted.append(f"person_id = {sql.arg(actor.person_id)}")
    if after is not None:
        (last,) = read_cursor(after, tuple[int])
        wanted.append(f"id {'<' if newest else '>'} {sql.arg(last)}")
    notices = await sql.fetch(
        "select id, kind, person_id, status, created_at, not_before, ready_at, settled_at, problem, in_slot, twin_of_id "
        f"from outbox_notice where {' and '.join(wanted)} order by id {'desc' if newest else ''} "
        f"limit {sql.arg(limit + 1)}",
        _Notice,
    )
    shown = notices[:limit]
    tried = await _attempts([notice.id for notice in shown])
    people = await people_of([notice.person_id for notice in shown])
    items = [_delivery(notice, tried[notice.id], people[notice.person_id], locale or actor.locale) for notice in shown]
    return Page(items, cursor(shown[-1].id) if len(notices) > limit else None)


async def _attempts(notice_ids: Sequence[int]) -> defaultdict[int, list[_Attempt]]:
    sql = Sql()
    rows = await sql.fetch(
        "select notice_id, channel, address, started_at, finished_at, outcome, receipt, problem, seen_at "
        f"from delivery_attempt where {sql.any_of('notice_id', notice_ids)} order by id",
        _Attempt,
    )
    found: defaultdict[int, list[_Attempt]] = defaultdict(list)
    for row in rows:
        found[row.notice_id].append(row)
    return found


def _delivery(notice: _Notice, tried: Sequence[_Attempt], to: PersonView, locale: str) -> DeliveryView:
    why = words.why(
        locale,
        notice.status,
        notice.problem,
        notice.not_before,
        notice.ready_at,
        in_slot=notice.in_slot,
        last=tried[-1].outcome if tried else "",
    )
    return DeliveryView(
        notice=notice.kind,
        what=words.what(locale, notice.kind),
        to=to,
        status=notice.status,
        created_at=notice.created_at,
        not_before=notice.not_before,
        settled_at=notice.settled_at,
        problem=why,
        second=notice.twin_of_id is not None,
        seen_at=min((row.seen_at for row in tried if row.seen_at is not None), default=None),
        attempts=[_attempt(row, locale) for row in tried],
    )


def _attempt(row: _Attempt, locale: str) -> AttemptView:
    shown = _masked(row.address)
    return AttemptView(
        channel=row.channel,
        address=shown,
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=row.outcome,
        problem=words.of_attempt(locale, row.outcome, row.problem),
        detail=row.problem.replace(row.address, shown) if row.address else row.problem,
        receipt=row.receipt,
        seen_at=row.seen_at,
    )


def _masked(address: str) -> str:
    """Enough of an address for its owner to know it again, not enough for anybody to write to it."""
    return f"…{address[-3:]}" if len(address) > 3 else "…"
