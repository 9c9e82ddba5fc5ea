"""Requests to waive an instance: asked by the officer with evidence, decided by somebody authorised, never themself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from backend import audit
from backend.domain.notices import WaiverAsked, WaiverRefused
from backend.domain.types import Actor
from backend.errors import Conflict, NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import IntegrityError, Sql, transaction
from backend.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, cursor, read_cursor
from backend.models import Unit, WaiverRequest
from backend.org.sql import under_any
from backend.scores import access, deciding, evidence, people, reserves
from backend.scores.periods import current_month, read_period
from backend.scores.schemas_signing import DecideRequest, RequestDraft, RequestView
from backend.scores.waiving import charged, require_waivable, task_ref, waive


async def ask_waiver(actor: Actor, entry_id: int, draft: RequestDraft) -> RequestView:
    """The officer asks that an instance charged to them be waived, saying why; who decides hears of it.

    Raises NotFound for an entry of somebody whose scores the actor does not see, Forbidden for anybody but the officer,
    Conflict when it was waived, its period is closed, or a request is open already.
    """
    cause = draft.cause.strip()
    if not cause:
        raise Unprocessable("reason_needed")
    async with transaction():
        one = await charged(actor, entry_id)
        access.require(one.officer.person_id == actor.person_id)
        await require_waivable(one)
        if await WaiverRequest.filter(entry_id=one.officer.id, decision="").exists():
            raise Conflict("waiver_open")
        made = await _create(actor, one.officer.id, one.task.id, cause)
        await evidence.keep(actor, draft.attachments, "request", made.id)
        await audit.record(
            actor, "score.waiver_asked", "waiver_request", made.id, entry=one.officer.id, task=one.task.code
        )
        path = (await Unit.get(id=one.officer.unit_id)).path
        notice = WaiverAsked(task=task_ref(one.task), by=actor.name, reason=cause)
        told = await deciding.leader_over(actor.person_id, one.officer.unit_id, path)
        await deciding.tell(notice, told, f"WaiverAsked:{made.id}", path)
    return await view(actor, made.id)


async def _create(actor: Actor, entry_id: int, task_id: int, cause: str) -> WaiverRequest:
    try:
        async with transaction():
            return await WaiverRequest.create(
                entry_id=entry_id, person_id=actor.person_id, task_id=task_id, cause=cause, asked_at=clock.now()
            )
    except IntegrityError:
        raise Conflict("waiver_open") from None


async def decide_waiver(actor: Actor, request_id: int, draft: DecideRequest) -> RequestView:
    """Grant a request (which waives the instance) or refuse it with a reason; the officer hears of either.

    Raises NotFound for a request of somebody whose scores the actor does not see, Forbidden for the officer and whoever
    is neither a leader over them nor their HR, Conflict when somebody else decided it first.
    """
    reason = draft.reason.strip()
    if not draft.grant and not reason:
        raise Unprocessable("reason_needed")
    async with transaction():
        found = await WaiverRequest.filter(id=request_id).first()
        if found is None:
            raise NotFound("not_found")
        entry_id: int = found.entry_id  # type: ignore[attr-defined]
        one = await charged(actor, entry_id)
        access.require(access.decides(one.actor, one.officer.person_id, one.seats))
        decided = await WaiverRequest.filter(id=request_id, decision="").update(
            decision="granted" if draft.grant else "refused",
            reason=reason,
            decided_by_id=actor.person_id,
            decided_at=clock.now(),
        )
        if not decided:
            raise Conflict("already_decided")
        if draft.grant:
            await waive(actor, entry_id, reason or found.cause)
        else:
            path = (await Unit.get(id=one.officer.unit_id)).path
            notice = WaiverRefused(task=task_ref(one.task), by=actor.name, reason=reason)
            await deciding.tell(notice, [one.officer.person_id], f"WaiverRefused:{request_id}", path)
        action = "score.waiver_granted" if draft.grant else "score.waiver_refused"
        await audit.record(actor, action, "waiver_request", request_id, entry=entry_id, reason=reason)
    return await view(actor, request_id)


class _Row(msgspec.Struct):
    id: int
    entry_id: int
    kind: str
    happened_at: datetime
    late_minutes: int | None
    task: str
    title: str
    secret: bool
    person_id: int
    person: str
    name: str
    unit_name: str
    path: str
    cause: str
    asked_at: datetime
    decision: Literal["", "granted", "refused"]
    reason: str
    decided_by: str
    decided_at: datetime | None


_SELECT = (
    "select r.id, r.entry_id, e.kind, e.happened_at, e.late_minutes, t.code as task, t.title, t.secret, r.person_id, "
    "p.handle as person, p.full_name as name, u.name as unit_name, u.path, r.cause, r.asked_at, r.decision, r.reason, "
    "coalesce(b.full_name, '') as decided_by, r.decided_at from waiver_request r "
    "join ledger_entry e on e.id = r.entry_id join task t on t.id = r.task_id join person p on p.id = r.person_id "
    "join unit u on u.id = e.unit_id left join person b on b.id = r.decided_by_id "
)


async def view(actor: Actor, request_id: int) -> RequestView:
    """One request. Raises NotFound for one of somebody whose scores the actor does not see."""
    sql = Sql()
    rows = await sql.fetch(f"{_SELECT} where r.id = {sql.arg(request_id)} and {await _visible(sql, actor)}", _Row)
    if not rows:
        raise NotFound("not_found")
    return (await _views(actor, rows))[0]


async def waiver_requests(
    actor: Actor,
    *,
    is_open: bool | None = None,
    task: str | None = None,
    after: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[RequestView]:
    """The requests of the actor and of everybody whose scores they see, newest first. Raises Invalid for a bad
    cursor."""
    limit = max(1, min(limit, MAX_LIMIT))
    sql = Sql()
    where = [await _visible(sql, actor)]
    if is_open is not None:
        where.append("r.decision = ''" if is_open else "r.decision <> ''")
    if task is not None:
        where.append(f"t.code = {sql.arg(task)}")
    if after is not None:
        [last] = read_cursor(after, tuple[int])
        where.append(f"r.id < {sql.arg(last)}")
    rows = await sql.fetch(f"{_SELECT} where {' and '.join(where)} order by r.id desc limit {sql.arg(limit + 1)}", _Row)
    shown = rows[:limit]
    return Page(await _views(actor, shown), cursor(shown[-1].id) if len(rows) > limit else None)


async def _visible(sql: Sql, actor: Actor) -> str:
    paths = access.paths(actor)
    if paths is None:
        return "1 = 1"
    people = {actor.person_id, *await reserves.subjects(actor)}
    return f"({sql.any_of('r.person_id', sorted(people))} or {under_any(sql, paths)})"


async def _views(actor: Actor, rows: Sequence[_Row]) -> list[RequestView]:
    files = await evidence.of_all("request", [row.id for row in rows])
    seats = await people.holders(read_period(current_month()), people=[row.person_id for row in rows])
    views = []
    for row in rows:
        held = seats.get(row.person_id, [])
        views.append(_view(await reserves.stand_in(actor, held), row, files.get(row.id, []), held))
    return views


def _view(actor: Actor, row: _Row, files: list[Any], seats: list[Any]) -> RequestView:
    decides = row.decision == "" and access.decides(actor, row.person_id, seats)
    titles = not row.secret or access.reads_titles(actor, row.person_id, [row.path])
    return RequestView(
        id=row.id,
        entry=row.entry_id,
        kind=row.kind,
        happened_at=row.happened_at,
        late_minutes=row.late_minutes,
        task=row.task,
        title=row.title if titles else "",
        secret=row.secret,
        person=row.person,
        name=row.name,
        unit_name=row.unit_name,
        cause=row.cause,
        files=files,
        asked_at=row.asked_at,
        decision=row.decision,
        reason=row.reason,
        by=row.decided_by,
        decided_at=row.decided_at,
        can=["decide"] if decides else [],
    )
