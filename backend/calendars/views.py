"""Looking at calendars: what is in force at a place, where each special day comes from, and one year of it."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from backend.auth.actors import today
from backend.calendars.places import Place, find_place, names_of, places_of
from backend.calendars.queries import SILENT, Calendars, calendars
from backend.calendars.reading import FIRST_YEAR, LAST_YEAR, version_on
from backend.calendars.schemas import CalendarView, DayView, YearView, version_view, word_view
from backend.calendars.years import special_days
from backend.domain.access import may_change_calendar
from backend.domain.calendar import DayOff, MakeUpDay
from backend.domain.types import Actor
from backend.errors import Unprocessable


async def my_calendars(actor: Actor, unit: str | None = None) -> list[CalendarView]:
    """The calendars of the units the actor holds positions in, or that of one unit by its code. Raises NotFound."""
    places = [await find_place(actor, unit)] if unit is not None else await places_of(actor)
    picture = await calendars()
    return [_view(actor, place, picture) for place in places]


async def calendar_view(actor: Actor, unit: str) -> CalendarView:
    """The calendar of one unit, ``@office`` for the whole office's. Raises NotFound."""
    return (await my_calendars(actor, unit))[0]


def _view(actor: Actor, place: Place, picture: Calendars) -> CalendarView:
    word, data = picture.own(place.path), picture.of(place.path).data
    speaks = word is not None and word.change != SILENT
    return CalendarView(
        unit=place.code,
        name=place.name,
        version=word.version if word else 0,
        own=word_view(word.name, word.change) if word and speaks else None,
        zone=data.zone,
        day_minutes=data.day_minutes,
        versions=[version_view(version) for version in data.versions],
        hours=version_view(version_on(data, today())),
        changed_at=word.recorded_at if word else None,
        may_change=may_change_calendar(actor, None if place.unit_id is None else place.path),
    )


async def year_view(actor: Actor, unit: str, year: int) -> YearView:
    """The special days of a year at a unit, in order. Raises NotFound, Unprocessable for a year no calendar speaks of."""
    place, picture = await find_place(actor, unit), await calendars()
    names = await names_of([word.path for word in picture.line(place.path)])
    return year_of(place, picture, year, names)


def year_of(place: Place, picture: Calendars, year: int, names: Mapping[str, Place]) -> YearView:
    """The same of a place in a picture of the calendars, which may be of what is only planned; ``names`` are the places
    that speak in it."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unprocessable("calendar_year_bad", first=FIRST_YEAR, last=LAST_YEAR)
    calendar = picture.of(place.path)
    line = picture.line(place.path)
    said_by = {day.on: word.path for word in line for day in special_days(word.change)}
    days = [
        _day(day, place, names[said_by[day.on]].code if day.on in said_by else "", said_by.get(day.on))
        for day in sorted(special_days(calendar.data), key=lambda day: day.on)
        if day.on.year == year
    ]
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    word = picture.own(place.path)
    return YearView(
        unit=place.code,
        name=place.name,
        year=year,
        version=word.version if word else 0,
        days=days,
        working_days=sum(calendar.is_working_day(date.fromordinal(n)) for n in _ordinals(first, after)),
        working_minutes=sum(
            int((end - start).total_seconds()) // 60
            for n in _ordinals(first, after)
            for start, end in calendar.shifts_on(date.fromordinal(n))
        ),
        unconfirmed=sum(day.status == "unconfirmed" for day in days),
    )


def _ordinals(first: date, after: date) -> range:
    return range(first.toordinal(), after.toordinal())


def _day(day: DayOff | MakeUpDay, place: Place, said_by: str, path: str | None) -> DayView:
    like = day.like_weekday if isinstance(day, MakeUpDay) else None
    kind: Literal["off", "make_up"] = "off" if like is None else "make_up"
    return DayView(
        on=day.on,
        kind=kind if day.name else "ordinary",
        name=day.name,
        decision=day.decision,
        status=day.status,
        like_weekday=like,
        said_by=said_by,
        own=path == place.path,
    )
