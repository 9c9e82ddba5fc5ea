"""Reading scores: one explained, and the table of those a reader may see."""

import msgspec

from backend.domain.types import Actor
from backend.errors import NotFound
from backend.org.queries import find_person, find_unit
from backend.scores import access, appeal_views, explaining, people, reading, reserves
from backend.scores.cost import cost_of
from backend.scores.listing import table
from backend.scores.periods import CLOSED, current_month, read_period
from backend.scores.schemas import Explanation

__all__ = ["cost_of", "current_month", "explain", "explain_unit", "subject", "table"]


async def subject(ref: str) -> int:
    """The id of a person named by handle, e-mail or id. Nobody is not found just as somebody one may not see is not."""
    try:
        return (await find_person(ref)).id
    except NotFound:
        raise NotFound("not_found") from None


async def explain(actor: Actor, person_id: int, period_key: str) -> Explanation:
    """A person's score in a period and the cause of every missing point.

    Officers see their own, leaders their unit's and below, HR and auditors those of their units. Raises NotFound for
    anybody else, Invalid for a bad period.
    """
    period = read_period(period_key)
    seats = (await people.holders(period, people=[person_id])).get(person_id, [])
    decider = await reserves.stand_in(actor, seats)
    if person_id not in await reserves.subjects(actor):
        access.require_sight(decider, person_id, seats)
    person = await find_person(str(person_id))
    found = (await reading.of_people(period, {person_id: (person.full_name, person.handle)})).get(person_id)
    if found is None:
        raise NotFound("not_in_closed_period", period=period.key)
    if not access.reads_titles(actor, person_id, [seat.path for seat in seats]):
        found = explaining.without_secrets(found)
    can = []
    if found.status != CLOSED:
        can += ["mark", "waive"] if access.decides(decider, person_id, seats) else []
        can += ["self_mark", "ask_waiver"] if actor.person_id == person_id else []
        keeps = actor.person_id != person_id and any(access.keeps(decider, seat.path) for seat in seats)
        can += ["adjust", "disqualify"] if keeps else []
    elif actor.person_id == person_id and await appeal_views.may_appeal(period.key, person_id):
        can.append("appeal")
    return msgspec.structs.replace(found, can=can)


async def explain_unit(actor: Actor, code: str, period_key: str) -> Explanation:
    """A unit's score in a period. Raises NotFound unless the actor sees the scores in it, Invalid for a bad period."""
    period = read_period(period_key)
    unit = await find_unit(code)
    if not access.sees(actor, [unit.path]):
        raise NotFound("unit_not_found", ref=code)
    found = (await reading.of_units(period, [unit])).get(unit.id)
    if found is None:
        raise NotFound("not_in_closed_period", period=period.key)
    if not access.reads_titles(actor, None, [unit.path]):
        found = explaining.without_secrets(found)
    can = []
    if found.status != CLOSED:
        can += ["mark"] if access.decides_for_unit(actor, unit.path) else []
        can += ["disqualify"] if access.keeps(actor, unit.path) else []
    return msgspec.structs.replace(found, can=can)
