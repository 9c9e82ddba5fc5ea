"""Who decides on an appeal."""

from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor
from backend.models import Mark
from backend.scores import access, people, reserves
from backend.scores.keepers import Keepers
from backend.scores.lines import Lines
from backend.scores.marks import DECIDING
from backend.scores.people import Holder


async def decides(actor: Actor, person_id: int, period_id: int, seats: list[Holder], period: PeriodSpan) -> bool:
    """Whether the actor decides on an appeal of a person: HR of theirs or a leader over them, never the person nor
    whoever gave the mark that counted, and a leader only from above that one; the admin where none of these can."""
    if person_id == actor.person_id:
        return False
    marker, above = await _marker(person_id, period_id, period)
    if actor.person_id == marker:
        return False
    actor = await reserves.stand_in(actor, seats, above)
    if any(access.keeps(actor, seat.path) for seat in seats):
        return True
    if not access.over(actor, seats):
        return False
    return not above or access.over(actor, above)


async def deciders(person_id: int, period_id: int, seats: list[Holder], period: PeriodSpan) -> list[int]:
    """Who hears of an appeal: HR who did not give the mark, else the nearest leader above whoever did, else the admin."""
    marker, above = await _marker(person_id, period_id, period)
    keepers, lines = await Keepers.load(), await Lines.load()
    return (
        keepers.of(seats[0].path, but={person_id, marker})
        or reserves.leaders_above(lines, seats, above)[:1]
        or reserves.last_resort(keepers, lines, seats, above)
    )


async def _marker(person_id: int, period_id: int, period: PeriodSpan) -> tuple[int, list[Holder]]:
    """Who gave the mark that counted (0 = nobody), and their positions then."""
    marked = await Mark.filter(period_id=period_id, person_id=person_id, what="common", level=DECIDING).first()
    marker = int(marked.marked_by_id) if marked is not None else 0
    return marker, (await people.holders(period, people=[marker])).get(marker, []) if marker else []
