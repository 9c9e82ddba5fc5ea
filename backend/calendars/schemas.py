"""Calendars on the wire: what a unit says in, what is in force out."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from backend.domain.calendar import CalendarChange, CalendarVersion, DayOff, MakeUpDay
from backend.domain.calendar_data import MINUTES_A_DAY, Status

#: How the whole office is named where a unit's code goes; no unit can be called so.
OFFICE_CODE = "@office"

Line = Annotated[str, msgspec.Meta(max_length=200)]
Reason = Annotated[str, msgspec.Meta(max_length=500)]
Hours = Annotated[list[Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(min_length=7, max_length=7)]


class DayOffDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day without work. ``decision`` is the number of the document that set it; unknown stays empty."""

    on: date
    name: Line
    decision: Line = ""
    status: Status = "confirmed"


class MakeUpDayDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day that works like weekday ``like_weekday`` (Monday 0)."""

    on: date
    like_weekday: Annotated[int, msgspec.Meta(ge=0, le=6)]
    name: Line
    decision: Line = ""
    status: Status = "confirmed"


DaysOff = Annotated[list[DayOffDraft], msgspec.Meta(max_length=2000)]
MakeUpDays = Annotated[list[MakeUpDayDraft], msgspec.Meta(max_length=2000)]


class VersionDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weekly hours from a date on: seven texts, Monday first, each ``"07:30-11:30 13:30-17:30"`` or empty."""

    effective_from: date
    hours: Hours


class CalendarDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A unit's whole own word; what is left out is inherited. ``reason`` is needed when days already past change."""

    name: Line = ""
    zone: Line | None = None
    versions: Annotated[list[VersionDraft], msgspec.Meta(max_length=100)] = []
    days_off: DaysOff = []
    make_up_days: MakeUpDays = []
    day_minutes: Annotated[int, msgspec.Meta(ge=1, le=MINUTES_A_DAY)] | None = None
    reason: Reason = ""


class DaysDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Days to add; a date the unit already speaks of is replaced."""

    days_off: DaysOff = []
    make_up_days: MakeUpDays = []
    reason: Reason = ""


class YearDraft(DaysDraft, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every special day of one year; any other day of it is an ordinary one."""


class ConfirmDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``decision``: the number of the document, when it is known now."""

    decision: Line | None = None


class AddVersionDraft(VersionDraft, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """New weekly hours; ``reason`` is needed when they rule days already past."""

    reason: Reason = ""


class VersionView(msgspec.Struct, frozen=True):
    effective_from: date
    hours: list[str]


class WordView(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit says itself; the shape of :class:`CalendarDraft`."""

    name: str
    zone: str | None
    versions: list[VersionView]
    days_off: list[DayOff]
    make_up_days: list[MakeUpDay]
    day_minutes: int | None


class CalendarView(msgspec.Struct, frozen=True, kw_only=True):
    """The calendar of a unit (``@office``: the whole office's). ``version`` is that of its own word, 0 when there never
    was one; ``own`` None when it only inherits. ``may_change``: whether this reader may."""

    unit: str
    name: str
    version: int
    own: WordView | None
    zone: str
    day_minutes: int
    versions: list[VersionView]
    hours: VersionView
    changed_at: datetime | None
    may_change: bool


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """A special day. ``kind``: ``off``, ``make_up``, or ``ordinary`` where the place takes back what stands above it.
    ``said_by`` is the code of the unit that says so, ``@office``, or empty for the shipped table."""

    on: date
    kind: Literal["off", "make_up", "ordinary"]
    name: str
    decision: str
    status: Status
    like_weekday: int | None
    said_by: str
    own: bool


class YearView(msgspec.Struct, frozen=True, kw_only=True):
    """One year of a unit's calendar. ``working_minutes`` is the working time of the year."""

    unit: str
    name: str
    year: int
    version: int
    days: list[DayView]
    working_days: int
    working_minutes: int
    unconfirmed: int


def hours_text(version: CalendarVersion) -> list[str]:
    """The week as the drafts write it."""
    return [" ".join(f"{_clock(s.start_minute)}-{_clock(s.end_minute)}" for s in day) for day in version.shifts]


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def version_view(version: CalendarVersion) -> VersionView:
    return VersionView(version.effective_from, hours_text(version))


def word_view(name: str, change: CalendarChange) -> WordView:
    return WordView(
        name=name,
        zone=change.zone,
        versions=[version_view(version) for version in change.versions],
        days_off=sorted(change.days_off, key=lambda day: day.on),
        make_up_days=sorted(change.make_up_days, key=lambda day: day.on),
        day_minutes=change.day_minutes,
    )
