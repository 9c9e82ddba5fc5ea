"""Taking a step of the sign-off back."""

from backend import audit
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.signing import STEPS, Step
from backend.domain.types import Actor
from backend.errors import Conflict, NotFound, Unprocessable
from backend.kit.db import transaction
from backend.models import SignOff
from backend.org.queries import find_person
from backend.org.queries_units import units_under
from backend.scores import access, people, sign_offs
from backend.scores.periods import read_period
from backend.scores.signing_sight import open_period, seen_unit, sight
from backend.scores.standing import Office


async def withdraw(
    actor: Actor, period_key: str, step: Step, person: str | None = None, unit: str | None = None
) -> None:
    """Take a step back, by whoever took it or HR, as long as nothing was built on it: no later step, and nobody above
    whose own score depends on it. Raises NotFound when it was not taken, Conflict when it cannot be taken back."""
    period = read_period(period_key)
    if (person is None) == (unit is None):
        raise Unprocessable("mark_one_subject")
    async with transaction():
        row = await open_period(period, ended=False)
        if unit is not None:
            taken = await _unit_step(actor, period, unit)
        else:
            taken = await _person_step(actor, period, person or "", step)
        await SignOff.filter(id=taken.id).delete()
        subject = "person" if taken.person_id else "unit"
        await audit.record(
            actor,
            "score.sign_off_withdrawn",
            subject,
            taken.person_id or taken.unit_id,
            period=period.key,
            step=step,
            row=row.id,
        )


async def _person_step(actor: Actor, period: PeriodSpan, ref: str, step: Step) -> sign_offs.Taken:
    person = await find_person(ref)
    actor, office, seats = await sight(actor, period, person.id, ref)
    taken = office.of_person(person.id).get(step)
    if taken is None:
        raise NotFound("sign_off_none")
    keeps = person.id != actor.person_id and any(access.keeps(actor, seat.path) for seat in seats)
    access.require(taken.signed_by_id == actor.person_id or keeps)
    later = [name for name in office.of_person(person.id) if STEPS.index(name) > STEPS.index(step)]
    if later or (step == "leader" and await _above_is_signed(period, person.id)):
        raise Conflict("sign_off_built_on")
    return taken


async def _above_is_signed(period: PeriodSpan, person_id: int) -> bool:
    """Whether a leader whose own score depends on this person has been signed off."""
    taken = await sign_offs.of_period(period.key)
    signed = [
        id_ for (kind, id_), steps in taken.items() if kind == "person" and "leader" in steps and id_ != person_id
    ]
    seats = await people.holders(period, people=signed)
    leaders = [one for one, held in seats.items() if people.is_leader(held)]
    office = await Office.load(period, [person_id, *leaders])
    return any(person_id in office.below(leader) for leader in leaders)


async def _unit_step(actor: Actor, period: PeriodSpan, code: str) -> sign_offs.Taken:
    unit = await seen_unit(actor, code)
    taken = await sign_offs.of_period(period.key, [])
    found = taken.get(("unit", unit.id), {}).get("leader")
    if found is None:
        raise NotFound("sign_off_none")
    access.require(found.signed_by_id == actor.person_id or access.keeps(actor, unit.path))
    above = [one for one in await units_under(None) if unit.path.startswith(one.path) and one.id != unit.id]
    if any(("unit", one.id) in taken for one in above):
        raise Conflict("sign_off_built_on")
    return found
