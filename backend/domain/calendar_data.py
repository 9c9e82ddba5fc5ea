"""What a working calendar is made of: weekly shifts with a date they start from, days off, make-up days, and reasons.

Everything here is data that a table, a file or an API can hold; the arithmetic is in ``calendar`` beside it.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

MINUTES_A_DAY = 1440

Status = Literal["confirmed", "unconfirmed"]
ReasonKind = Literal["shift", "make_up", "lunch", "night", "weekend", "holiday", "pause"]

Pause = tuple[datetime, datetime | None]
"""A stopped clock [from, until); ``until`` None means it is still stopped."""

Pauses = Iterable[Pause]


class NoWorkingTime(ValueError):
    """The calendar has no shift on any weekday, so nothing can ever be due in it."""


class StillPaused(ValueError):
    """The clock is stopped before the time is used up and nobody knows until when: there is no due time yet."""


class OutOfRange(OverflowError):
    """The instant asked for, or the answer, lies outside the years the calendar can compute (1973 to 2199)."""


class Shift(Struct, frozen=True, order=True):
    """Working time [start, end) in wall minutes of one local day, 0 <= start < end <= 1440.

    A shift over midnight is two: one that ends at 1440 and one on the next weekday that starts at 0.
    """

    start_minute: int
    end_minute: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_minute < self.end_minute <= MINUTES_A_DAY:
            raise ValueError(f"a shift needs 0 <= start < end <= 1440, not {self.start_minute}..{self.end_minute}")


class DayOff(Struct, frozen=True):
    """A day without work. ``decision`` is the number of the document that set it; unknown is empty, never guessed."""

    on: date
    name: str
    decision: str = ""
    status: Status = "confirmed"


class MakeUpDay(Struct, frozen=True):
    """A day that works like weekday ``like_weekday`` (Monday 0), whatever weekday it is (làm bù)."""

    on: date
    like_weekday: int
    name: str
    decision: str = ""
    status: Status = "confirmed"

    def __post_init__(self) -> None:
        if not 0 <= self.like_weekday <= 6:
            raise ValueError(f"like_weekday is 0 (Monday) to 6, not {self.like_weekday}")


class CalendarVersion(Struct, frozen=True):
    """The weekly shifts in force from a date until the next version: seven days, Monday first, each in order."""

    effective_from: date
    shifts: tuple[tuple[Shift, ...], ...]

    def __post_init__(self) -> None:
        if len(self.shifts) != 7:
            raise ValueError(f"a week has seven days, not {len(self.shifts)}")
        for day in self.shifts:
            if any(later.start_minute < earlier.end_minute for earlier, later in pairwise(day)):
                raise ValueError("the shifts of a day must be in order and may not overlap")


class CalendarData(Struct, frozen=True):
    """A whole calendar as data.

    ``versions`` is in ascending order of date; the first one also rules the days before it. A date is at most once
    among ``days_off`` and ``make_up_days`` together. ``day_minutes`` is what "one working day" is worth when a limit
    in days has to be said in minutes (480 by default; it does not enter the arithmetic).
    """

    zone: str
    versions: tuple[CalendarVersion, ...]
    days_off: tuple[DayOff, ...] = ()
    make_up_days: tuple[MakeUpDay, ...] = ()
    day_minutes: int = 480

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (KeyError, OSError) as error:
            raise ValueError(f"unknown time zone {self.zone!r}") from error
        if not self.versions:
            raise ValueError("a calendar needs at least one version of its weekly shifts")
        if any(later.effective_from <= earlier.effective_from for earlier, later in pairwise(self.versions)):
            raise ValueError("versions must be in ascending order of effective_from")
        seen: set[date] = set()
        for on in _dates(self):
            if on in seen:
                raise ValueError(f"{on} is listed twice among days off and make-up days")
            seen.add(on)
        if self.day_minutes <= 0:
            raise ValueError("day_minutes must be positive")


class CalendarChange(Struct, frozen=True):
    """What a unit says differently from the calendar it inherits; whatever is left out stays the parent's."""

    zone: str | None = None
    versions: tuple[CalendarVersion, ...] = ()
    days_off: tuple[DayOff, ...] = ()
    make_up_days: tuple[MakeUpDay, ...] = ()
    day_minutes: int | None = None


class Reason(Struct, frozen=True):
    """Why a span counts or does not; ``name``, ``decision`` and ``status`` are those of the day off or make-up day.

    ``lunch`` is any gap between two shifts of a day, ``night`` the time before the first and after the last one,
    ``weekend`` any day the week gives no shifts.
    """

    kind: ReasonKind
    name: str = ""
    decision: str = ""
    status: Status = "confirmed"


class Span(Struct, frozen=True):
    """A stretch [start, end) of an explanation, all of it for one reason."""

    start: datetime
    end: datetime
    counted: bool
    reason: Reason


def inherit(base: CalendarData, change: CalendarChange) -> CalendarData:
    """The calendar of a unit below another: its own shifts if it has any, and its own word on any date it names.

    A unit that works on its parent's holiday lists the date as a make-up day.
    """
    own = set(_dates(change))
    return CalendarData(
        zone=change.zone or base.zone,
        versions=change.versions or base.versions,
        days_off=(*(day for day in base.days_off if day.on not in own), *change.days_off),
        make_up_days=(*(day for day in base.make_up_days if day.on not in own), *change.make_up_days),
        day_minutes=change.day_minutes or base.day_minutes,
    )


def parse_shifts(text: str) -> tuple[Shift, ...]:
    """``"07:30-11:30 13:30-17:30"`` as shifts; empty text is a day without any. ``24:00`` is the end of the day.

    Raises ValueError on anything else.
    """
    return tuple(_shift(piece) for piece in text.split())


def week(days: Iterable[str]) -> tuple[tuple[Shift, ...], ...]:
    """Seven texts of ``parse_shifts``, Monday first, as the ``shifts`` of a version."""
    return tuple(map(parse_shifts, days))


def _dates(data: CalendarData | CalendarChange) -> Iterator[date]:
    yield from (day.on for day in data.days_off)
    yield from (day.on for day in data.make_up_days)


def _shift(text: str) -> Shift:
    start, dash, end = text.partition("-")
    if not dash:
        raise ValueError(f"a shift is written 07:30-11:30, not {text!r}")
    return Shift(_wall_minute(start), _wall_minute(end))


def _wall_minute(text: str) -> int:
    if text == "24:00":
        return MINUTES_A_DAY
    at = time.fromisoformat(text)
    if at.second or at.microsecond or at.tzinfo:
        raise ValueError(f"a shift starts and ends on a whole minute, not {text!r}")
    return at.hour * 60 + at.minute
