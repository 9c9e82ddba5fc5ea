"""Who decides on an appeal."""

from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor
from backend.models import Mark
from backend.org.permissions import is_over
from backend.scores import access, people
from backend.scores.marks import DECIDING
from backend.scores.people import Holder


async def decides(actor: Actor, person_id: int, period_id: int, seats: list[Holder], period: PeriodSpan) -> bool:
    """Whether the actor decides on an appeal of a person: HR of theirs or a leader over them, never the person nor
    whoever gave the mark that counted, and a leader only from above that one."""
    if person_id == actor.person_id:
        return False
    marked = await Mark.filter(period_id=period_id, person_id=person_id, what="common", level=DECIDING).first()
    marker = marked.marked_by_id if marked is not None else 0
    if actor.person_id == marker:
        return False
    if any(access.keeps(actor, seat.path) for seat in seats):
        return True
    if not is_over(actor, seats):
        return False
    above = (await people.holders(period, people=[marker])).get(marker, [])
    return not above or is_over(actor, above)
