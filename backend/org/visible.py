"""Finding people and units as one actor may: what they may not know of is not found."""

from backend.auth.actors import today
from backend.domain.types import Actor
from backend.errors import Forbidden, NotFound
from backend.kit.db import Sql
from backend.org.permissions import keeps_records, sees
from backend.org.queries_people import PersonRow, Seat, find_person, seats_of
from backend.org.queries_units import UnitRow, find_unit
from backend.org.sql import SEAT


async def visible_person(actor: Actor, ref: str | int) -> tuple[PersonRow, list[Seat]]:
    """A person the actor may know of, with their positions: those in force, or of somebody without any, all of past and
    future. Raises NotFound for strangers."""
    person = await find_person(ref)
    seats = (await seats_of([person.id])).get(person.id) or await every_seat(person.id)
    known = any(sees(actor, seat.path) for seat in seats) if seats else keeps_records(actor, ())
    if not known and person.id != actor.person_id:
        raise NotFound("person_not_found", ref=str(ref))
    return person, seats


async def visible_unit(actor: Actor, code: str) -> UnitRow:
    """A unit in one of the actor's trees. Raises NotFound."""
    unit = await find_unit(code)
    if not sees(actor, unit.path):
        raise NotFound("unit_not_found", ref=code)
    return unit


async def every_seat(person_id: int) -> list[Seat]:
    """Every position a person ever had or will have, newest first."""
    return (await seats_of([person_id], ever=True)).get(person_id, [])


async def check_keeps_records(actor: Actor, person: PersonRow) -> None:
    """Raise Forbidden unless the actor keeps this person's records: judged by what they hold now or later, own or lent,
    or, when nothing of that is left, by what they once held."""
    held = await _held(person.id) or await every_seat(person.id)
    if not keeps_records(actor, held):
        raise Forbidden("forbidden")


async def _held(person_id: int) -> list[Seat]:
    sql = Sql()
    me, on = sql.arg(person_id), sql.arg(today())
    return await sql.fetch(
        f"select {SEAT} from position s join unit u on u.id = s.unit_id "
        f"where (s.until_on is null or s.until_on >= {on}) and (s.person_id = {me} or s.id in "
        f"(select d.position_id from delegation d where d.substitute_id = {me} and d.ended_at is null "
        f"and d.until_on >= {on}))",
        Seat,
    )
