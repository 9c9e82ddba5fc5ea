"""A whole year of special days as the difference from what a place inherits."""

from datetime import date

import msgspec

from backend.domain.calendar import CalendarChange, CalendarData, DayOff, MakeUpDay


def special_days(data: CalendarData | CalendarChange) -> list[DayOff | MakeUpDay]:
    """Days off and make-up days together."""
    found: list[DayOff | MakeUpDay] = [*data.days_off]
    found += data.make_up_days
    return found


def with_year(
    own: CalendarChange,
    above: CalendarData,
    year: int,
    days_off: tuple[DayOff, ...],
    make_up_days: tuple[MakeUpDay, ...],
) -> CalendarChange:
    """The word after which exactly these days of ``year`` are special ones at its place.

    What is inherited word for word stays inherited, so that it follows when it changes above; an inherited day that is
    not among them is taken back (a day off works as its weekday does, a make-up day is off).
    """
    given = {day.on for day in days_off} | {day.on for day in make_up_days}
    inherited = special_days(above)
    back_to_work = (MakeUpDay(day.on, day.on.weekday(), "") for day in above.days_off if _taken_back(day, year, given))
    not_made_up = (DayOff(day.on, "") for day in above.make_up_days if _taken_back(day, year, given))
    off = [*(day for day in own.days_off if day.on.year != year), *(day for day in days_off if day not in inherited)]
    made_up = [
        *(day for day in own.make_up_days if day.on.year != year),
        *(day for day in make_up_days if day not in inherited),
    ]
    return msgspec.structs.replace(
        own,
        days_off=tuple(sorted((*off, *not_made_up), key=lambda day: day.on)),
        make_up_days=tuple(sorted((*made_up, *back_to_work), key=lambda day: day.on)),
    )


def _taken_back(day: DayOff | MakeUpDay, year: int, given: set[date]) -> bool:
    # A day without a name is one that somebody above took back: it is ordinary already.
    return day.on.year == year and day.on not in given and bool(day.name)
