"""Deadlines that a changed calendar would move, as proposals: made by a sweep, decided by whoever gave the deadline."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from backend import audit, outbox
from backend.auth.actors import today
from backend.calendars.places import names_of
from backend.calendars.queries import OFFICE, calendars
from backend.calendars.unseen import Unseen, mark_seen, unseen_changes
from backend.domain import access
from backend.domain.lifecycle import Act
from backend.domain.notices import CalendarMovesDeadlines
from backend.domain.types import Actor, Role
from backend.errors import AppError, Conflict, Forbidden, NotFound
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import DueProposal, Task
from backend.org.sql import in_service, under_any
from backend.tasks.calendar_moves import MOVABLE, Move, moves
from backend.tasks.change import change, require_possible
from backend.tasks.deadlines import put_off
from backend.tasks.parents import require_within_parent
from backend.tasks.people import deciders
from backend.tasks.views import seen

#: Days are entered one after the other: assigners are asked once, when the calendar has come to rest.
SETTLED_AFTER = timedelta(minutes=10)
_CHUNK = 500

Decision = Literal["move", "keep"]


class _Overtaken(Exception):
    """A calendar changed again while its moves were counted: everything is taken back and done by a later tick."""


async def propose_moves(now: datetime) -> int:
    """Look at what changed calendars do to open deadlines: a proposal for each that would move, one notice for each of
    those who decide. Returns how many changes were looked at.

    A sweep does it and not the change itself: a change of the whole office's calendar may touch every open task, and
    whoever waits for a page, and on SQLite everybody who writes, would wait for all of them. Everything is counted
    before the transaction, which only writes; a change that comes in between takes it back.
    """
    changes = await unseen_changes()
    if not changes or max(one.recorded_at for one in changes) > now - SETTLED_AFTER:
        return 0
    will_be = await calendars()
    was = will_be.saying({one.path: one.before for one in changes})
    changed_at = max(one.recorded_at for one in changes)
    found, waiting = [], []
    async for task, move in moves(was, will_be, [one.path for one in changes], now, changed_at):
        if move is not None and move.due_proposed != task.open_proposed:
            found.append(move)
        if task.open_id is not None and (move is None or move.due_proposed != task.open_proposed):
            waiting.append(task.open_id)
    told = await _told(found)
    try:
        async with transaction():
            if not await mark_seen(changes):
                raise _Overtaken
            await _close(waiting, now)
            await _write(found, changes[0], now)
            await _tell(told, changes, will_be.of(changes[0].path).next_working(now))
    except _Overtaken:
        return 0
    return len(changes)


async def _close(ids: Sequence[int], now: datetime) -> None:
    for start in range(0, len(ids), _CHUNK):
        sql = Sql()
        await sql.run(
            f"update due_proposal set decision = 'gone', decided_at = {sql.arg(now)} "
            f"where {sql.any_of('id', ids[start : start + _CHUNK])} and decided_at is null"
        )


async def _write(found: Sequence[Move], cause: Unseen, now: datetime) -> None:
    rows = [
        DueProposal(
            task_id=move.task_id,
            calendar_id=cause.id,
            calendar_version=cause.version,
            due_before=move.due_at,
            due_proposed=move.due_proposed,
            made_at=now,
        )
        for move in found
    ]
    await DueProposal.bulk_create(rows, batch_size=_CHUNK)


async def _told(found: Sequence[Move]) -> Counter[int]:
    """How many of the moves each person decides."""
    told: Counter[int] = Counter()
    known: dict[tuple[int, ...], list[int]] = {}
    for start in range(0, len(found), _CHUNK):
        for task in await Task.filter(id__in=[move.task_id for move in found[start : start + _CHUNK]]):
            for person_id in await _deciders(task, known):
                told[person_id] += 1
    return told


async def _deciders(task: Task, known: dict[tuple[int, ...], list[int]]) -> list[int]:
    if task.assigner_id == task.lead_id and task.self_registered and task.confirmed_at is None:
        return [task.lead_id]
    key = (task.assigner_id, task.on_behalf_of_id or 0, task.lead_id, task.unit_id)
    if key not in known:
        known[key] = await deciders(task)
    return known[key]


async def _tell(told: Counter[int], changes: Sequence[Unseen], not_before: datetime) -> None:
    first = changes[0]
    place = (await names_of([first.path])).get(first.path)
    for person_id, count in sorted(told.items()):
        await outbox.enqueue(
            CalendarMovesDeadlines(place=place.name if place and first.path != OFFICE else "", count=count),
            person_id,
            f"CalendarMovesDeadlines:{first.id}:{first.version}:{person_id}",
            topic="calendar",
            not_before=not_before,
        )


class ProposalView(msgspec.Struct, frozen=True):
    """A deadline that a changed calendar would move. ``unit`` is the place whose calendar changed, empty = the whole
    office's."""

    id: int
    code: str
    title: str
    lead: str
    due_before: datetime
    due_proposed: datetime
    unit: str
    made_at: datetime


async def open_proposals(actor: Actor) -> list[ProposalView]:
    """What waits for the actor's decision, soonest deadline first. What changed meanwhile is left out."""
    sql = Sql()
    return await sql.fetch(
        "select p.id, t.code, t.title, l.full_name as lead, p.due_before, p.due_proposed, "
        f"coalesce(cu.name, '') as unit, p.made_at {_waiting(actor, sql)} order by p.due_before, p.id",
        ProposalView,
    )


async def count_proposals(actor: Actor) -> int:
    """How many deadlines wait for the actor to say whether they move."""
    sql = Sql()
    [row] = await sql.rows(f"select count(*) as n {_waiting(actor, sql)}")
    return int(row["n"])


def _waiting(actor: Actor, sql: Sql) -> str:
    """Open proposals that still say the truth, about deadlines which this actor decides on (see ``tasks.people``)."""
    now = sql.arg(clock.now())
    people = sql.args([actor.person_id, *sorted({post.giver_id for post in actor.posts if post.giver_id is not None})])
    me = sql.arg(actor.person_id)
    by_oneself = "(t.assigner_id = t.lead_id and not (t.self_registered and t.confirmed_at is null))"
    ways = [
        f"((t.assigner_id in {people} or t.on_behalf_of_id in {people}) and not ({by_oneself} and t.lead_id = {me}))"
    ]
    if paths := actor.paths(Role.LEADER):
        serves = in_service(sql, today(), "a")
        ways.append(f"({under_any(sql, paths)} and t.lead_id <> {me} and ({by_oneself} or not ({serves})))")
    return (
        "from due_proposal p join task t on t.id = p.task_id join unit u on u.id = t.unit_id "
        "join person l on l.id = t.lead_id join person a on a.id = t.assigner_id "
        "join calendar c on c.id = p.calendar_id left join unit cu on cu.id = c.unit_id "
        f"where p.decided_at is null and t.due_at = p.due_before and t.status in {sql.args(MOVABLE)} "
        f"and p.due_proposed > {now} and t.due_at > {now} and ({' or '.join(ways)})"
    )


class Refusal(msgspec.Struct, frozen=True):
    """A proposal that could not be decided, and why (a code of the catalogue with its parameters)."""

    code: str
    error: str
    params: dict[str, Any]


class Decided(msgspec.Struct, frozen=True):
    """Codes of the tasks whose deadlines were moved or kept, and what could not be decided."""

    moved: list[str]
    kept: list[str]
    refused: list[Refusal]


async def decide(actor: Actor, decision: Decision, ids: Sequence[int] | None = None) -> Decided:
    """Move or keep the deadlines of these proposals, None = all that wait for the actor. Each is a change of its own:
    one that cannot be made leaves the others. A part of a task moves after the whole, which it may not pass."""
    if ids is None:
        ids = [proposal.id for proposal in await open_proposals(actor)]
    rows = {row.id: row for row in await DueProposal.filter(id__in=list(ids)).select_related("task")}
    done: list[str] = []
    refused: list[Refusal] = []
    for row in sorted(rows.values(), key=lambda row: (row.task.parent_id is not None, row.id)):  # type: ignore[attr-defined]
        code = str(row.task.code)  # type: ignore[attr-defined]
        try:
            await (_move(actor, row) if decision == "move" else _keep(actor, row))
            done.append(code)
        except NotFound:
            # Whoever may not see the task may not learn that there is a proposal either.
            continue
        except AppError as error:
            refused.append(Refusal(code, error.code, error.params))
    if ids and not done and not refused:
        raise NotFound("not_found")
    return Decided(done if decision == "move" else [], done if decision == "keep" else [], refused)


async def _move(actor: Actor, row: DueProposal) -> None:
    async with change(actor, row.task_id, Act.MOVE_DUE) as work:
        require_possible(work)
        await _take(actor, row, "moved", work.task.due_at)
        await require_within_parent(work.task, row.due_proposed)
        # The rule is still how it was given: a later change may count it once more.
        await put_off(work, row.due_proposed, work.task.due_rule, reason="", calendar=row.calendar_id)


async def _keep(actor: Actor, row: DueProposal) -> None:
    async with transaction():
        task, rights = await seen(actor, row.task_id)
        if not access.may(actor, Act.MOVE_DUE, rights):
            raise Forbidden("forbidden")
        await _take(actor, row, "kept", task.due_at)
        behind = access.lent_by(actor, Act.MOVE_DUE, rights)
        await audit.record(
            actor, "task.due_kept", "task", task.id, on_behalf_of_id=behind, due_proposed=row.due_proposed.isoformat()
        )


async def _take(actor: Actor, row: DueProposal, decision: str, due_at: datetime) -> None:
    """Decide a proposal that still waits and still says the truth. Raises Conflict."""
    now = clock.now()
    if due_at != row.due_before or row.due_proposed <= now:
        raise Conflict("proposal_gone")
    taken = await DueProposal.filter(id=row.id, decided_at__isnull=True).update(
        decision=decision, decided_at=now, decided_by_id=actor.person_id
    )
    if not taken:
        raise Conflict("proposal_gone")


async def tidy(now: datetime) -> int:
    """Close proposals that say the truth no longer: the task or its deadline changed, or the time has passed."""
    sql = Sql()
    at = sql.arg(now)
    return await sql.run(
        f"update due_proposal set decision = 'gone', decided_at = {at} where decided_at is null and (due_proposed <= {at} "
        "or not exists (select 1 from task t where t.id = due_proposal.task_id and t.due_at = due_proposal.due_before "
        f"and t.due_at > {at} and t.status in {sql.args(MOVABLE)}))"
    )
