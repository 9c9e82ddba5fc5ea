"""The people, the calendar and the short forms that all tests of phrases share."""

import csv
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from backend.calendars.default import default_calendar
from backend.domain.phrases import Phrase, Roster, Somebody, parse

FOLDER = Path(__file__).parent / "phrases"
calendar = default_calendar()
MONDAY = "2026-11-23T09:00"


@cache
def office() -> Roster:
    with (FOLDER / "people.csv").open(encoding="utf-8", newline="") as file:
        return Roster(Somebody(**row) for row in csv.DictReader(file))


def at(text: str) -> datetime:
    """Local time of the office."""
    return datetime.fromisoformat(text).replace(tzinfo=calendar.zone)


def said(line: str, now: str = MONDAY) -> Phrase:
    return parse(line, at(now), calendar, office())


def due(line: str, now: str = MONDAY) -> str:
    """«2026-11-27T17:30», with «?» when it is asked about and «*» on a day off."""
    phrase = said(line, now)
    text = phrase.due.strftime("%Y-%m-%dT%H:%M") if phrase.due is not None else "none"
    return text + "*" * ("day_off" in phrase.flags) + "?" * (phrase.confidence == "ask")


def people(line: str) -> tuple[list[str | None], list[str | None]]:
    phrase = said(line)
    return [lead.handle for lead in phrase.leads], [lead.handle for lead in phrase.coordinators]


def gist(phrase: Phrase) -> dict[str, Any]:
    """What an echo has to keep."""
    return {
        "leads": [lead.handle or lead.choices for lead in phrase.leads],
        "coordinators": [lead.handle or lead.choices for lead in phrase.coordinators],
        "title": phrase.title,
        "due": phrase.due,
        "urgency": phrase.urgency,
        "weight": phrase.weight,
        "needs_acceptance": phrase.needs_acceptance,
        "recurrence": phrase.recurrence,
    }
