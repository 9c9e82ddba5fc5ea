"""What every act of the sign-off begins with: the period that is open, the person or unit whom the actor sees."""

from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor
from backend.errors import Conflict, NotFound, Unprocessable
from backend.kit import clock
from backend.models import Period
from backend.org.queries import find_unit
from backend.org.queries_units import UnitRow
from backend.scores import access, reserves
from backend.scores.people import Holder
from backend.scores.periods import CLOSED, ensure_period
from backend.scores.standing import Office


async def open_period(period: PeriodSpan, *, ended: bool = True) -> Period:
    """The period's row, locked. Raises Conflict when it is closed or (``ended``) runs still."""
    row = await Period.filter(id=await ensure_period(period.key)).select_for_update().get()
    if row.status == CLOSED:
        raise Conflict("period_closed", period=period.key)
    if ended and clock.now() < period.end:
        raise Conflict("sign_off_early", period=period.key)
    return row


async def sight(actor: Actor, period: PeriodSpan, person_id: int, ref: str) -> tuple[Actor, Office, list[Holder]]:
    """The sign-off around a person whom the actor sees, and the actor with what is theirs to decide about that person as
    the last one there is. Raises NotFound, Unprocessable when they held no position."""
    office = await Office.load(period, [person_id])
    seats = office.holders.get(person_id, [])
    if seats:
        actor = reserves.as_keeper(actor, seats[0].path, office.admins(person_id))
    if person_id != actor.person_id and not access.sees(actor, [seat.path for seat in seats]):
        raise NotFound("person_not_found", ref=ref)
    if not seats:
        raise Unprocessable("no_position_in_period", period=period.key)
    return actor, office, seats


async def seen_unit(actor: Actor, code: str) -> UnitRow:
    """The unit, if the actor sees it. Raises NotFound."""
    unit = await find_unit(code)
    if not access.sees(actor, [unit.path]):
        raise NotFound("unit_not_found", ref=code)
    return unit
