"""What the PyPI library ``holidays`` knows of Vietnam: a proposal for a year, and where it differs from our own table.

It knows the days that the law names and misses some of the government's swaps, so it only ever proposes: unconfirmed,
and without numbers of decisions, which it does not know.
"""

import re
from datetime import date
from typing import Any, Literal

import msgspec

from backend.calendars.reading import FIRST_YEAR, LAST_YEAR
from backend.calendars.schemas import DayOffDraft, MakeUpDayDraft, YearDraft
from backend.calendars.years import special_days
from backend.domain.calendar import CalendarData, MakeUpDay
from backend.errors import Unprocessable

#: «… (thay cho ngày 22/08/2026)»: the day that is worked instead.
_INSTEAD_OF = re.compile(r"(\d{2})/(\d{2})/(\d{4})")


class Difference(msgspec.Struct, frozen=True):
    """A date on which one of the two knows more. ``kind``: what it is where it is known; ``name`` as it is called there."""

    on: date
    known_by: Literal["ours", "library"]
    kind: Literal["off", "make_up"]
    name: str
    decision: str = ""


def proposal(year: int) -> YearDraft:
    """The days of a year as the library knows them, all unconfirmed. Raises Unprocessable outside the years we speak of."""
    off, made_up = _library(year)
    return YearDraft(
        days_off=[DayOffDraft(on, name, status="unconfirmed") for on, name in sorted(off.items())],
        make_up_days=[
            MakeUpDayDraft(on, replaced.weekday(), f"Làm bù cho {replaced:%d/%m/%Y}", status="unconfirmed")
            for on, replaced in sorted(made_up.items())
        ],
    )


def differences(data: CalendarData, year: int) -> list[Difference]:
    """Where a calendar and the library differ in a year, in order of date."""
    off, made_up = _library(year)
    ours: dict[tuple[date, str], Any] = {
        (day.on, "make_up" if isinstance(day, MakeUpDay) else "off"): day
        for day in special_days(data)
        if day.on.year == year and day.name
    }
    theirs = {(on, "off"): name for on, name in off.items()}
    theirs |= {(on, "make_up"): f"({replaced:%d/%m/%Y})" for on, replaced in made_up.items()}
    found = [
        Difference(on, "ours", _kind(kind), day.name, day.decision)
        for (on, kind), day in ours.items()
        if (on, kind) not in theirs
    ]
    found += [
        Difference(on, "library", _kind(kind), name) for (on, kind), name in theirs.items() if (on, kind) not in ours
    ]
    return sorted(found, key=lambda difference: (difference.on, difference.kind))


def _kind(kind: str) -> Literal["off", "make_up"]:
    return "make_up" if kind == "make_up" else "off"


def _library(year: int) -> tuple[dict[date, str], dict[date, date]]:
    """Days off by name, and make-up days with the day each replaces."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unprocessable("calendar_year_bad", first=FIRST_YEAR, last=LAST_YEAR)
    # A tenth of a second to load, and only these two questions need it.
    import holidays

    known: Any = holidays.country_holidays("VN", years=year, language="vi")
    off = {on: str(name) for on, name in known.items() if on.year == year}
    made_up: dict[date, date] = {}
    for on, name in off.items():
        if found := _INSTEAD_OF.search(name):
            day, month, its_year = map(int, found.groups())
            made_up[date(its_year, month, day)] = on
    worked = {on for on in known.weekend_workdays if on.year == year}
    return off, {on: made_up[on] for on in sorted(worked & made_up.keys())}
