"""Lent authority: a leader's position in a substitute's hands for some days, given and taken back."""

from datetime import date

from backend import audit
from backend.auth.actors import today
from backend.domain.types import Actor, Role
from backend.errors import Conflict, Forbidden, NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import Delegation
from backend.org.absences import check_days, days, find_substitute, read_reason, release_substitute, say_substitute
from backend.org.locks import lock_person
from backend.org.permissions import administers, sees_absences
from backend.org.queries_absences import DelegationBrief, LeaveBrief, delegations_of
from backend.org.queries_people import PersonRow, Seat, seats_of
from backend.org.visible import visible_person


async def delegate(
    actor: Actor,
    person: str,
    substitute: str,
    from_on: date,
    until_on: date,
    *,
    unit: str | None = None,
    reason: str = "",
) -> DelegationBrief:
    """Lend a leader position's authority to a substitute, both days included; they are told.

    By its holder, or by HR on a decision on paper, whose ``reason`` (number) is then required. ``unit`` (code) says
    which position when the person leads several. Raises Conflict when the position is already lent in these days.
    """
    check_days(from_on, until_on)
    reason = read_reason(reason)
    async with transaction():
        who, seats = await visible_person(actor, person)
        _may_delegate(actor, who, seats, reason)
        await lock_person(who.id)
        position = await _lent_position(actor, who, from_on, until_on, unit)
        stand_in = await find_substitute(actor, substitute, who, [position], until_on)
        await _check_not_lent(position.position_id, from_on, until_on)
        lent = await Delegation.create(
            position_id=position.position_id,
            giver_id=who.id,
            substitute_id=stand_in.id,
            from_on=from_on,
            until_on=until_on,
            reason=reason,
            recorded_by_id=actor.person_id,
            recorded_at=clock.now(),
        )
        await audit.record(
            actor, "delegation.given", "delegation", lent.id, giver_id=who.id, substitute_id=stand_in.id,
            position_id=position.position_id, from_on=from_on.isoformat(), until_on=until_on.isoformat(), reason=reason,
        )  # fmt: skip
        if until_on >= today():
            await say_substitute("delegation", lent.id, who.full_name, stand_in.id, from_on, until_on)
    return next(found for found in await delegations_of(who.id) if found.id == lent.id)


async def end_delegation(actor: Actor, person: str, delegation_id: int) -> None:
    """Take back authority at once, by its giver or HR. Ending twice changes nothing."""
    async with transaction():
        who, seats = await visible_person(actor, person)
        lent = next((one for one in await delegations_of(who.id) if one.id == delegation_id), None)
        if lent is None or not sees_absences(actor, who.id, seats):
            raise NotFound("delegation_not_found")
        # Whoever only holds the authority sees it and may not end it.
        if actor.person_id != lent.giver_id and not any(administers(actor, seat.path) for seat in seats):
            raise Forbidden("forbidden")
        if await Delegation.filter(id=delegation_id, ended_at=None).update(ended_at=clock.now()):
            await audit.record(actor, "delegation.ended", "delegation", delegation_id, giver_id=lent.giver_id)
            await release_substitute(
                "delegation", delegation_id, lent.giver_name, lent.substitute_id, lent.from_on, lent.until_on
            )


async def list_delegations(actor: Actor, person: str) -> list[DelegationBrief]:
    """Delegations that a person gave or holds, newest first; for the person, leaders over them, HR and auditors."""
    who, seats = await visible_person(actor, person)
    if not sees_absences(actor, who.id, seats):
        raise Forbidden("forbidden")
    return await delegations_of(who.id)


def _may_delegate(actor: Actor, who: PersonRow, seats: list[Seat], reason: str) -> None:
    if actor.person_id == who.id:
        return
    if not any(administers(actor, seat.path) for seat in seats):
        raise Forbidden("forbidden")
    if not reason:
        raise Unprocessable("delegation_needs_reason")


async def _lent_position(actor: Actor, who: PersonRow, from_on: date, until_on: date, unit: str | None) -> Seat:
    """The leader position that is lent: in force over all the days; HR lends only those of their own units."""
    seats = [
        seat
        for seat in (await seats_of([who.id], from_on)).get(who.id, [])
        if seat.role is Role.LEADER
        and (seat.until_on is None or seat.until_on >= until_on)
        and (unit is None or seat.unit_code == unit.strip().lower())
        and (actor.person_id == who.id or administers(actor, seat.path))
    ]
    if not seats or not who.serves(until_on):
        raise Unprocessable("delegation_no_position", value=who.full_name)
    if len(seats) > 1:
        units = ", ".join(seat.unit_code for seat in seats)
        raise Unprocessable("delegation_which_unit", value=who.full_name, units=units)
    return seats[0]


async def _check_not_lent(position_id: int, from_on: date, until_on: date) -> None:
    sql = Sql()
    rows = await sql.fetch(
        "select d.id, d.from_on, d.until_on, d.substitute_id as person_id from delegation d "
        f"where d.position_id = {sql.arg(position_id)} and d.ended_at is null "
        f"and d.from_on <= {sql.arg(until_on)} and d.until_on >= {sql.arg(from_on)} order by d.from_on",
        LeaveBrief,
    )
    if rows:
        raise Conflict("delegation_overlaps", **days(rows[0].from_on, rows[0].until_on))
