"""Tasks that come again: setting them up, pausing, ending; the sweep that makes each period's is in ``recurring_make``."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from backend import audit
from backend.auth.actors import today
from backend.calendars.queries import calendar_of
from backend.domain import recurring as rule
from backend.domain.access import leads_over
from backend.domain.calendar import WorkCalendar
from backend.domain.recurring import Every
from backend.domain.types import Actor, Role
from backend.errors import Conflict, InvalidFields, NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import Recurrence
from backend.org.queries import seats_of
from backend.org.sql import in_force, under_any
from backend.tasks import people, words
from backend.tasks.assign import helpers_of
from backend.tasks.recurring_make import make_due
from backend.tasks.schemas import RecurrenceDraft, RecurrenceView, TaskWords
from backend.tasks.views import people_of

__all__ = [
    "end_recurrence",
    "list_recurrences",
    "make_due",
    "pause_recurrence",
    "recur",
    "recurrence_view",
    "resume_recurrence",
]


async def recur(actor: Actor, draft: RecurrenceDraft) -> RecurrenceView:
    """Set up a task that comes again. Everything that assigning it today would refuse is refused now; the first one is
    made by the next sweep, each further one a period ahead."""
    if draft.day > rule.highest_day(draft.every):
        raise InvalidFields("invalid_fields", [{"where": "day", "code": "recurrence_day_bad"}])
    words.title(draft.task.title)
    async with transaction():
        await people.resolve_all(actor, list(draft.task.leads) or [str(actor.person_id)], draft.task.kind)
        await helpers_of(draft.task)
        await people.resolve_people(list(draft.task.watchers), "watchers")
        now, calendar = clock.now(), await calendar_of(actor)
        first = _first_on(draft.every, draft.day, draft.at_minute, today(), now, calendar)
        if draft.until_on is not None and first > draft.until_on:
            raise Unprocessable("recurrence_until_past", until_on=draft.until_on.isoformat())
        made = await Recurrence.create(
            assigner_id=actor.person_id,
            draft=msgspec.to_builtins(draft.task),
            every=draft.every,
            day=draft.day,
            at_minute=draft.at_minute,
            next_on=first,
            make_at=rule.make_at(draft.every, draft.day, first, calendar),
            until_on=draft.until_on,
            created_at=now,
        )
        await audit.record(actor, "recurrence.created", "recurrence", made.id, every=str(draft.every), day=draft.day)
    return await recurrence_view(actor, made.id)


def _first_on(
    every: Every, day: int, at_minute: int | None, from_on: date, now: datetime, calendar: WorkCalendar
) -> date:
    """The first day of the rule, from ``from_on`` on, whose task would still be due ahead."""
    on = rule.first_from(every, day, from_on, calendar)
    while rule.due_at(on, at_minute, calendar) <= now:
        on = rule.following(every, day, on, calendar)
    return on


async def pause_recurrence(actor: Actor, recurrence_id: int) -> RecurrenceView:
    """Make no more until it is resumed. Again = no change. Raises Conflict when it has ended."""
    async with transaction():
        row = await _mine(actor, recurrence_id)
        if row.paused_at is None:
            _require_not_ended(row)
            await Recurrence.filter(id=row.id).update(paused_at=clock.now(), make_at=None)
            await audit.record(actor, "recurrence.paused", "recurrence", row.id)
    return await recurrence_view(actor, recurrence_id)


async def resume_recurrence(actor: Actor, recurrence_id: int) -> RecurrenceView:
    """Go on with the next period that is still ahead and was not made; what fell into the pause is not made up for."""
    async with transaction():
        row = await _mine(actor, recurrence_id)
        _require_not_ended(row)
        if row.paused_at is not None:
            calendar, every = await calendar_of(actor), Every(row.every)
            from_on = today()
            if (last := await _last_made(row.id)) is not None:
                from_on = max(from_on, rule.following(every, row.day, last, calendar))
            on = _first_on(every, row.day, row.at_minute, from_on, clock.now(), calendar)
            if row.until_on is not None and on > row.until_on:
                raise Unprocessable("recurrence_until_past", until_on=row.until_on.isoformat())
            await Recurrence.filter(id=row.id).update(
                paused_at=None, next_on=on, make_at=rule.make_at(every, row.day, on, calendar), problem=""
            )
            await audit.record(actor, "recurrence.resumed", "recurrence", row.id)
    return await recurrence_view(actor, recurrence_id)


async def end_recurrence(actor: Actor, recurrence_id: int) -> RecurrenceView:
    """Make no more for ever; tasks already made stay. Again = no change."""
    async with transaction():
        row = await _mine(actor, recurrence_id)
        if row.ended_at is None:
            await Recurrence.filter(id=row.id).update(ended_at=clock.now(), make_at=None, next_on=None)
            await audit.record(actor, "recurrence.ended", "recurrence", row.id)
    return await recurrence_view(actor, recurrence_id)


def _require_not_ended(row: Recurrence) -> None:
    if row.ended_at is not None:
        raise Conflict("recurrence_ended", at=row.ended_at)


async def _last_made(recurrence_id: int) -> date | None:
    sql = Sql()
    found = await sql.fetch(
        f"select max(recurrence_on) as on_ from task where recurrence_id = {sql.arg(recurrence_id)}", _LastMade
    )
    return found[0].on_


class _LastMade(msgspec.Struct):
    on_: date | None


async def _mine(actor: Actor, recurrence_id: int) -> Recurrence:
    row = await Recurrence.filter(id=recurrence_id).select_for_update().first()
    if row is None or not await _manages(actor, row.assigner_id):
        raise NotFound("not_found")
    return row


async def _manages(actor: Actor, assigner_id: int) -> bool:
    """The assigner, who holds their authority, or a leader over them."""
    if actor.is_system or actor.person_id == assigner_id or any(post.giver_id == assigner_id for post in actor.posts):
        return True
    seats = (await seats_of([assigner_id], ever=True)).get(assigner_id, [])
    return any(leads_over(actor, seat.path) is not None for seat in seats)


async def recurrence_view(actor: Actor, recurrence_id: int) -> RecurrenceView:
    """One recurring task. Raises NotFound when it is not the actor's to manage."""
    row = await Recurrence.filter(id=recurrence_id).first()
    if row is None or not await _manages(actor, row.assigner_id):
        raise NotFound("not_found")
    return (await _views([row]))[0]


async def list_recurrences(actor: Actor) -> list[RecurrenceView]:
    """The actor's own recurring tasks, those of people whose authority they hold, and of people they lead."""
    givers = {post.giver_id for post in actor.posts if post.giver_id is not None}
    sql = Sql()
    ways = [f"r.assigner_id in {sql.args([actor.person_id, *sorted(givers)])}"]
    if paths := actor.paths(Role.LEADER):
        ways.append(
            "exists (select 1 from position s join unit u on u.id = s.unit_id where s.person_id = r.assigner_id "
            f"and {in_force(sql, today())} and {under_any(sql, paths)})"
        )
    found = await sql.rows(f"select r.id from recurrence r where {' or '.join(ways)} order by r.id")
    return await _views(await Recurrence.filter(id__in=[row["id"] for row in found]).order_by("id"))


async def _views(rows: Sequence[Recurrence]) -> list[RecurrenceView]:
    people_ = await people_of([row.assigner_id for row in rows])
    made = await _made([row.id for row in rows])
    return [
        RecurrenceView(
            id=row.id,
            assigner=people_[row.assigner_id],
            task=msgspec.convert(row.draft, TaskWords),
            every=Every(row.every),
            day=row.day,
            at_minute=row.at_minute,
            until_on=row.until_on,
            state="ended" if row.ended_at else "paused" if row.paused_at else "active",
            next_on=row.next_on,
            make_at=row.make_at,
            problem=row.problem,
            made=made.get(row.id, 0),
        )
        for row in rows
    ]


async def _made(ids: list[int]) -> dict[int, int]:
    """How many periods of each have their tasks."""
    sql = Sql()
    rows: list[dict[str, Any]] = await sql.rows(
        "select recurrence_id, count(distinct recurrence_on) as n from task "
        f"where {sql.any_of('recurrence_id', ids)} group by recurrence_id"
    )
    return {int(row["recurrence_id"]): int(row["n"]) for row in rows}
