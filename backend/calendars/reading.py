"""From drafts to the domain's own structs: every way a calendar can be wrong, said in words."""

from collections.abc import Iterable
from datetime import date, time
from itertools import pairwise
from zoneinfo import ZoneInfo

from backend.calendars.schemas import CalendarDraft, DayOffDraft, DaysDraft, MakeUpDayDraft, VersionDraft
from backend.domain.calendar import CalendarChange, CalendarData, CalendarVersion, DayOff, MakeUpDay, Shift
from backend.domain.calendar_data import MINUTES_A_DAY
from backend.errors import InvalidFields, Unprocessable
from backend.kit.text import clean

#: The years a calendar speaks of: far enough for any office, near enough to catch a slip of the finger.
FIRST_YEAR, LAST_YEAR = 2000, 2100

Days = tuple[tuple[DayOff, ...], tuple[MakeUpDay, ...]]


def change_of_draft(draft: CalendarDraft) -> CalendarChange:
    """A whole word. Raises InvalidFields naming the field, Unprocessable for a date listed twice."""
    days_off, make_up_days = days_of(draft)
    return CalendarChange(
        zone=zone_of(draft.zone),
        versions=_in_order([version_of(version, f"versions.{n}") for n, version in enumerate(draft.versions)]),
        days_off=days_off,
        make_up_days=make_up_days,
        day_minutes=draft.day_minutes,
    )


def zone_of(text: str | None) -> str | None:
    """A zone that exists; empty or None is the inherited one."""
    if not text or not text.strip():
        return None
    try:
        return ZoneInfo(text.strip()).key
    except (KeyError, ValueError, OSError):
        raise _wrong("zone", "calendar_zone_unknown", zone=text.strip()) from None


def days_of(draft: CalendarDraft | DaysDraft) -> Days:
    """The special days of a draft in order, each date once."""
    off = tuple(sorted((_day_off(day, n) for n, day in enumerate(draft.days_off)), key=lambda day: day.on))
    made_up = tuple(sorted((_make_up(day, n) for n, day in enumerate(draft.make_up_days)), key=lambda day: day.on))
    dates = sorted([*(day.on for day in off), *(day.on for day in made_up)])
    for earlier, later in pairwise(dates):
        if earlier == later:
            raise Unprocessable("calendar_day_twice", on=f"{later:%d/%m/%Y}")
    return off, made_up


def _day_off(day: DayOffDraft, n: int) -> DayOff:
    where = f"days_off.{n}"
    return DayOff(_date(day.on, where), _name(day.name, where), clean(day.decision), day.status)


def _make_up(day: MakeUpDayDraft, n: int) -> MakeUpDay:
    where = f"make_up_days.{n}"
    return MakeUpDay(_date(day.on, where), day.like_weekday, _name(day.name, where), clean(day.decision), day.status)


def _date(on: date, where: str) -> date:
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise _wrong(where, "calendar_year_bad", first=FIRST_YEAR, last=LAST_YEAR)
    return on


def _name(text: str, where: str) -> str:
    name = clean(text)
    if not name:
        raise _wrong(f"{where}.name", "empty")
    return name


def version_of(draft: VersionDraft, where: str = "hours") -> CalendarVersion:
    """Weekly hours. Raises InvalidFields for text that is no hours, shifts that overlap, a week without work."""
    shifts = tuple(_shifts(text, f"{where}.{day}") for day, text in enumerate(draft.hours))
    if not any(shifts):
        raise _wrong(where, "calendar_no_working_time")
    return CalendarVersion(_date(draft.effective_from, where), shifts)


def _shifts(text: str, where: str) -> tuple[Shift, ...]:
    # People write 7:30–11:30, 7h30-11h30, with commas or «;» between shifts.
    plain = text.lower().replace("–", "-").replace("—", "-").replace(",", " ").replace(";", " ")
    shifts = sorted(_shift(piece, where, text) for piece in plain.replace(" - ", "-").split())
    if any(later.start_minute < earlier.end_minute for earlier, later in pairwise(shifts)):
        raise _wrong(where, "calendar_shifts_overlap", value=text)
    return tuple(shifts)


def _shift(piece: str, where: str, text: str) -> Shift:
    start, _, end = piece.partition("-")
    try:
        return Shift(_minute(start), _minute(end))
    except ValueError:
        raise _wrong(where, "calendar_hours_bad", value=text) from None


def _minute(text: str) -> int:
    hour, _, minute = text.replace("h", ":").replace("g", ":").partition(":")
    if (hour, minute or "00") == ("24", "00"):
        return MINUTES_A_DAY
    at = time(int(hour), int(minute or 0))
    return at.hour * 60 + at.minute


def _in_order(versions: Iterable[CalendarVersion]) -> tuple[CalendarVersion, ...]:
    found = tuple(sorted(versions, key=lambda version: version.effective_from))
    for earlier, later in pairwise(found):
        if earlier.effective_from == later.effective_from:
            raise Unprocessable("calendar_version_twice", on=f"{later.effective_from:%d/%m/%Y}")
    return found


def changes_before(day: date, was: CalendarData, will_be: CalendarData) -> bool:
    """Whether a day before ``day`` would work other than it did: history that was counted would be counted anew."""
    if was.zone != will_be.zone:
        return True
    if _special(was, day) != _special(will_be, day):
        return True
    return any(_week(was, on) != _week(will_be, on) for on in _turns(was, will_be) if on < day)


def _special(data: CalendarData, before: date) -> dict[date, int | None]:
    """Past special days: like which weekday each works, None for not at all."""
    days: dict[date, int | None] = {day.on: None for day in data.days_off if day.on < before}
    return days | {day.on: day.like_weekday for day in data.make_up_days if day.on < before}


def _turns(*calendars: CalendarData) -> Iterable[date]:
    yield date.min
    yield from (version.effective_from for data in calendars for version in data.versions)


def _week(data: CalendarData, on: date) -> tuple[tuple[Shift, ...], ...]:
    return version_on(data, on).shifts


def version_on(data: CalendarData, on: date) -> CalendarVersion:
    """The weekly hours in force on a day; the first version also rules the days before it."""
    return [data.versions[0], *(version for version in data.versions if version.effective_from <= on)][-1]


def same_working_time(was: CalendarData, will_be: CalendarData) -> bool:
    """Whether both count alike: names, numbers of decisions and what is confirmed move no deadline."""
    far = date.max
    return (
        was.zone == will_be.zone
        and _special(was, far) == _special(will_be, far)
        and all(_week(was, on) == _week(will_be, on) for on in _turns(was, will_be))
    )


def _wrong(where: str, code: str, **params: object) -> InvalidFields:
    return InvalidFields("invalid_fields", [{"where": where, "code": code, **params}])
