"""Giving and ending positions, by HR and admins."""

from datetime import date, timedelta

import msgspec

from backend import audit
from backend.auth.actors import today
from backend.domain.types import Actor, Role
from backend.errors import Conflict, Forbidden, NotFound, Unprocessable
from backend.kit.db import Sql, transaction
from backend.kit.text import fold
from backend.models import Position
from backend.org.fields import read_fields
from backend.org.locks import lock_office
from backend.org.permissions import administers, appoints, rules_all, sees
from backend.org.queries_people import Seat
from backend.org.queries_units import UnitRow
from backend.org.values import default_rank
from backend.org.visible import every_seat, visible_person, visible_unit


class PositionDraft(msgspec.Struct, forbid_unknown_fields=True):
    """A position to give. ``unit`` is a code; ``rank`` None: 1, or 2 for a leader titled «Phó …»."""

    unit: str
    title: str
    role: Role
    from_on: date
    until_on: date | None = None
    rank: int | None = None


async def add_position(actor: Actor, ref: str, draft: PositionDraft) -> Seat:
    """Give a person a position; HR only to people whom they already look after."""
    async with transaction():
        await lock_office()
        person, seats = await visible_person(actor, ref)
        if not rules_all(actor) and not any(administers(actor, seat.path) for seat in seats):
            raise Forbidden("forbidden")
        if not person.serves(max(draft.from_on, today())):
            raise Unprocessable("person_left", value=person.full_name)
        position_id = await give(actor, person.id, draft)
    return next(seat for seat in await every_seat(person.id) if seat.position_id == position_id)


async def end_position(actor: Actor, ref: str, position_id: int, last_on: date | None = None) -> Seat:
    """End a position. ``last_on`` is its last day, by default yesterday: over at once. Ending one that is over already
    changes nothing; a later ``last_on`` never prolongs."""
    async with transaction():
        await lock_office()
        person, _ = await visible_person(actor, ref)
        seat = next((seat for seat in await every_seat(person.id) if seat.position_id == position_id), None)
        if seat is None or not sees(actor, seat.path):
            raise NotFound("position_not_found")
        if not appoints(actor, seat.path, seat.role):
            raise Forbidden("forbidden")
        if last_on is not None and last_on < seat.from_on:
            raise Unprocessable("until_before_from", from_on=_day(seat.from_on), until_on=_day(last_on))
        last = last_on or today() - timedelta(days=1)
        if seat.until_on is None or seat.until_on > last:
            await Position.filter(id=position_id).update(until_on=last)
            await audit.record(
                actor, "position.ended", "position", position_id, person_id=person.id, role=seat.role,
                unit=seat.unit_code, until_on=last.isoformat(),
            )  # fmt: skip
    return next(seat for seat in await every_seat(person.id) if seat.position_id == position_id)


async def give(actor: Actor, person_id: int, draft: PositionDraft) -> int:
    """Write a new position. Call it inside a transaction that holds the office's lock; returns the position's id."""
    title = str(read_fields({"title": draft.title})["title"])
    unit = await visible_unit(actor, draft.unit)
    if not appoints(actor, unit.path, draft.role):
        raise Forbidden("forbidden")
    rank = draft.rank if draft.rank is not None else default_rank(draft.role, title)
    _check_draft(draft, unit, rank)
    await _check_free(person_id, unit, draft, fold(title))
    if draft.role is Role.LEADER and rank == 1:
        await _check_chief(person_id, unit, draft)
    position = await Position.create(
        person_id=person_id,
        unit_id=unit.id,
        title=title,
        title_folded=fold(title),
        role=draft.role.value,
        rank=rank,
        from_on=draft.from_on,
        until_on=draft.until_on,
    )
    await audit.record(
        actor, "position.given", "position", position.id, person_id=person_id, unit=unit.code, role=draft.role,
        rank=rank, from_on=draft.from_on.isoformat(),
    )  # fmt: skip
    return int(position.id)


def _check_draft(draft: PositionDraft, unit: UnitRow, rank: int) -> None:
    if draft.until_on is not None and draft.until_on < draft.from_on:
        raise Unprocessable("until_before_from", from_on=_day(draft.from_on), until_on=_day(draft.until_on))
    if not 1 <= rank <= 99:
        raise Unprocessable("import_rank_bad", value=rank)
    if unit.closed_on is not None and (draft.until_on is None or draft.until_on >= unit.closed_on):
        raise Unprocessable("unit_closed", unit=unit.name)


async def _check_free(person_id: int, unit: UnitRow, draft: PositionDraft, title_folded: str) -> None:
    sql = Sql()
    rows = await sql.rows(
        f"select id from position where person_id = {sql.arg(person_id)} and unit_id = {sql.arg(unit.id)} "
        f"and role = {sql.arg(draft.role.value)} and title_folded = {sql.arg(title_folded)} "
        f"and from_on = {sql.arg(draft.from_on)}"
    )
    if rows:
        raise Conflict("position_exists")


async def _check_chief(person_id: int, unit: UnitRow, draft: PositionDraft) -> None:
    """No two chiefs (rank 1) of a unit at the same time."""
    sql = Sql()
    rows = await sql.rows(
        "select p.full_name from position s join person p on p.id = s.person_id "
        f"where s.unit_id = {sql.arg(unit.id)} and s.role = 'leader' and s.rank = 1 "
        f"and s.person_id <> {sql.arg(person_id)} and s.from_on <= {sql.arg(draft.until_on or date.max)} "
        f"and (s.until_on is null or s.until_on >= {sql.arg(draft.from_on)}) "
        f"and (p.until_on is null or p.until_on >= {sql.arg(draft.from_on)})"
    )
    if rows:
        raise Conflict("unit_has_chief", unit=unit.name, other=rows[0]["full_name"])


def _day(on: date) -> str:
    return f"{on:%d/%m/%Y}"
