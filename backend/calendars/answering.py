"""Finding the calendar that a question about time is meant for, and putting its answer into words."""

from backend.calendars.counting import Answer, Question, count
from backend.calendars.places import find_place, places_of
from backend.calendars.queries import Calendars, calendars
from backend.calendars.telling import in_words
from backend.domain.calendar import WorkCalendar
from backend.domain.types import Actor
from backend.errors import AppError
from backend.kit import sentences


class Calendar:
    """The calendars as one asker may use them, from one picture."""

    def __init__(self, actor: Actor, picture: Calendars) -> None:
        self._actor = actor
        self._picture = picture
        self._found: dict[str | None, WorkCalendar] = {}

    @classmethod
    async def of(cls, actor: Actor) -> "Calendar":
        return cls(actor, await calendars())

    async def find(self, unit: str | None) -> WorkCalendar:
        """The calendar of a unit by its code, without one that of the asker's own. Raises NotFound."""
        if unit not in self._found:
            place = await find_place(self._actor, unit) if unit else (await places_of(self._actor))[0]
            self._found[unit] = self._picture.of(place.path)
        return self._found[unit]


def answered(question: Question, calendar: WorkCalendar, locale: str) -> Answer:
    """The answer, its explanation in words. Raises Unprocessable."""
    return in_words(count(question, calendar), locale)


def refused(error: AppError, locale: str) -> str:
    """Why there is no answer, in one sentence."""
    return sentences.say(locale, error.code, error.params)
