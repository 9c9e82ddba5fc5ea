"""One typed line as an assignment: what the grammar makes of it with the actor's people and calendar, and carrying it
out."""

from typing import Any

import msgspec

from backend.calendars.queries import calendar_of
from backend.domain.phrases import Phrase, Roster, Somebody, parse
from backend.domain.recurring import Every
from backend.domain.types import Actor, Urgency
from backend.errors import Unprocessable
from backend.kit import clock, db
from backend.kit.kept import Kept
from backend.org.naming import everybody, state_of_the_office
from backend.tasks.assign import assign
from backend.tasks.recurring import recur
from backend.tasks.schemas import (
    Assigned,
    CoordinatorDraft,
    DueDraft,
    RecurrenceDraft,
    RecurrenceView,
    TaskDraft,
    TaskWords,
)

#: Longer lines are not read: nobody types them, and a title ends at 500.
MOST_LETTERS = 2000

#: Indexes of people by the state of the office they were made from, the last ones used.
_rosters: Kept[Any, Roster] = Kept(8)


class Carried(msgspec.Struct, frozen=True):
    """What came of a line: tasks at once, or a task that comes again."""

    assigned: Assigned | None = None
    recurrence: RecurrenceView | None = None


async def understand(actor: Actor, line: str) -> Phrase:
    """The draft that the actor's line describes now. Raises Unprocessable when the line is too long to be one."""
    if len(line) > MOST_LETTERS:
        raise Unprocessable("line_too_long", length=MOST_LETTERS)
    return parse(line, clock.now(), await calendar_of(actor), await _roster(actor))


async def _roster(actor: Actor) -> Roster:
    key = (db.opening(), *await state_of_the_office(actor))
    found = _rosters.get(key)
    if found is None:
        people = await everybody(actor)
        found = _rosters.put(key, Roster(Somebody(one.handle, one.name, one.unit, one.title) for one in people))
    return found


def is_whole(phrase: Phrase) -> bool:
    """Whether nothing is missing, so that a plain yes would do."""
    named = phrase.leads and all(lead.handle for lead in (*phrase.leads, *phrase.coordinators))
    return bool(named and phrase.due is not None and phrase.title and "unknown_lead" not in phrase.asks)


async def carry_out(actor: Actor, phrase: Phrase) -> Carried:
    """Assign what the phrase says, the actor's yes given where it asks. Raises Unprocessable when something is missing,
    and whatever assigning raises."""
    if not is_whole(phrase):
        raise Unprocessable("line_not_whole")
    words: dict[str, Any] = {
        "title": phrase.title,
        "leads": [str(lead.handle) for lead in phrase.leads],
        "coordinators": [CoordinatorDraft(str(helper.handle)) for helper in phrase.coordinators],
        "urgency": Urgency(phrase.urgency),
        "weight": phrase.weight,
        "needs_acceptance": phrase.needs_acceptance,
    }
    assert phrase.due is not None
    if phrase.recurrence is None:
        return Carried(assigned=await assign(actor, TaskDraft(due=DueDraft(at=phrase.due), **words)))
    every = Every(phrase.recurrence)
    calendar = await calendar_of(actor)
    at_end = phrase.due == calendar.day_end(phrase.due.date())
    draft = RecurrenceDraft(
        task=TaskWords(**words),
        every=every,
        day={Every.DAILY: 1, Every.WEEKLY: phrase.due.isoweekday()}.get(every, phrase.due.day),
        at_minute=None if at_end else phrase.due.hour * 60 + phrase.due.minute,
    )
    return Carried(recurrence=await recur(actor, draft))
