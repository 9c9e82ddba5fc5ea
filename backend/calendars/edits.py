"""The changes a calendar knows, as functions from what a place says and inherits to what it will say."""

from collections.abc import Callable
from datetime import date

import msgspec

from backend.calendars import reading
from backend.calendars.schemas import AddVersionDraft, CalendarDraft, ConfirmDraft, DaysDraft, YearDraft
from backend.calendars.years import special_days, with_year
from backend.domain.calendar import CalendarChange, CalendarData, DayOff, MakeUpDay, inherit
from backend.errors import NotFound, Unprocessable
from backend.kit.text import clean

#: From what a place says and what stands above it to what it will say.
Edit = Callable[[CalendarChange, CalendarData], CalendarChange]


def replace(draft: CalendarDraft) -> Edit:
    """Say everything anew."""
    change = reading.change_of_draft(draft)
    return lambda *_: change


def days(draft: DaysDraft) -> Edit:
    """Add days; a date spoken of already is replaced. Raises Unprocessable when there is none."""
    days_off, make_up_days = reading.days_of(draft)
    dates = {day.on for day in days_off} | {day.on for day in make_up_days}
    if not dates:
        raise Unprocessable("calendar_no_days")
    return lambda own, _: _with_days(own, dates, days_off, make_up_days)


def _with_days(
    own: CalendarChange, dates: set[date], days_off: tuple[DayOff, ...], make_up_days: tuple[MakeUpDay, ...]
) -> CalendarChange:
    """The word with everything it says of these dates said anew."""
    off = (*(day for day in own.days_off if day.on not in dates), *days_off)
    made_up = (*(day for day in own.make_up_days if day.on not in dates), *make_up_days)
    return msgspec.structs.replace(
        own,
        days_off=tuple(sorted(off, key=lambda day: day.on)),
        make_up_days=tuple(sorted(made_up, key=lambda day: day.on)),
    )


def removal(on: date) -> Edit:
    """One's own word on a date is taken back; an inherited one is contradicted."""

    def edit(own: CalendarChange, above: CalendarData) -> CalendarChange:
        if any(day.on == on for day in special_days(own)):
            return _with_days(own, {on}, (), ())
        if any(day.on == on and day.name for day in above.days_off):
            return _with_days(own, {on}, (), (MakeUpDay(on, on.weekday(), ""),))
        if any(day.on == on and day.name for day in above.make_up_days):
            return _with_days(own, {on}, (DayOff(on, ""),), ())
        raise NotFound("calendar_day_ordinary", on=f"{on:%d/%m/%Y}")

    return edit


def confirmation(on: date, draft: ConfirmDraft) -> Edit:
    """A day that is listed is certain; an inherited one becomes one's own."""

    def edit(own: CalendarChange, above: CalendarData) -> CalendarChange:
        listed = special_days(inherit(above, own))
        found = next((day for day in listed if day.on == on and day.name), None)
        if found is None:
            raise NotFound("calendar_day_ordinary", on=f"{on:%d/%m/%Y}")
        decision = found.decision if draft.decision is None else clean(draft.decision)
        sure = msgspec.structs.replace(found, status="confirmed", decision=decision)
        if sure == found:
            return own
        if isinstance(sure, DayOff):
            return _with_days(own, {on}, (sure,), ())
        return _with_days(own, {on}, (), (sure,))

    return edit


def version(draft: AddVersionDraft) -> Edit:
    """New weekly hours from a date on."""
    new = reading.version_of(draft)

    def edit(own: CalendarChange, above: CalendarData) -> CalendarChange:
        # A unit that begins to have hours of its own keeps the inherited ones until then: the first version would
        # otherwise also rule all the days before it.
        earlier = own.versions or tuple(v for v in above.versions if v.effective_from < new.effective_from)
        others = (v for v in earlier if v.effective_from != new.effective_from)
        versions = tuple(sorted((*others, new), key=lambda v: v.effective_from))
        return msgspec.structs.replace(own, versions=versions)

    return edit


def year(number: int, draft: YearDraft) -> Edit:
    """Exactly these special days in a year. Raises Unprocessable for a date of another one."""
    days_off, make_up_days = reading.days_of(draft)
    dates = [*(day.on for day in days_off), *(day.on for day in make_up_days)]
    if wrong := next((on for on in dates if on.year != number), None):
        raise Unprocessable("calendar_other_year", on=f"{wrong:%d/%m/%Y}", year=number)
    return lambda own, above: with_year(own, above, number, days_off, make_up_days)
