"""One time zone as whole minutes: where its wall clock stands against UTC, and where its days begin and end.

Instants are whole minutes since 1970-01-01T00:00Z, days are counted from the same date.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

from backend.domain.calendar_data import MINUTES_A_DAY, OutOfRange

FIRST_YEAR, LAST_YEAR = 1973, 2199  # from 1973 on, every zone of the world is whole minutes away from UTC
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
MARGIN = 2 * MINUTES_A_DAY  # more than any wall clock is away from UTC or any change of clocks repeats


def year_start(year: int) -> int:
    """The instant the UTC year begins."""
    return (date(year, 1, 1).toordinal() - EPOCH_DAY) * MINUTES_A_DAY


FIRST_MINUTE, END_MINUTE = year_start(FIRST_YEAR), year_start(LAST_YEAR + 1)
_FIRST_DAY, _LAST_DAY = FIRST_MINUTE // MINUTES_A_DAY + 1, END_MINUTE // MINUTES_A_DAY - 2


def minute_of(at: datetime) -> int:
    """The instant, rounded down. Raises ValueError for a datetime without a zone."""
    try:
        since = at - EPOCH
    except TypeError:
        raise ValueError(f"{at!r} has no time zone") from None
    return since.days * MINUTES_A_DAY + since.seconds // 60


def day_of(on: date) -> int:
    """The number of a date whose neighbours lie in range as well. Raises OutOfRange."""
    day = on.toordinal() - EPOCH_DAY
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise out_of_range()
    return day


def out_of_range() -> OutOfRange:
    return OutOfRange(f"calendars compute from {FIRST_YEAR} to {LAST_YEAR}")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Minutes [start, end) in which the zone keeps one offset, and the offsets just before it and just after."""

    start: int
    end: int
    offset: int
    before: int
    after: int


class Clock:
    """The wall clock of one zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone

    def offset(self, minute: int) -> int:
        delta = datetime.fromtimestamp(minute * 60, self.zone).utcoffset()
        assert delta is not None  # a ZoneInfo always knows its offset
        return delta.days * MINUTES_A_DAY + delta.seconds // 60

    def stretches(self, low: int, high: int) -> Iterator[Stretch]:
        """The offsets in force over [low, high), in order.

        Looking once a day is exact: since 1973 no zone changed its clocks twice within the same six days.
        """
        start, offset, before = low, self.offset(low), self.offset(low - MARGIN)
        for seen in chain(range(low + MINUTES_A_DAY, high, MINUTES_A_DAY), (high,)):
            after = self.offset(seen)
            if after != offset:
                at = self._change(max(low, seen - MINUTES_A_DAY), seen, after)
                yield Stretch(start, at, offset, before, after)
                start, offset, before = at, after, offset
        if start < high:
            yield Stretch(start, high, offset, before, offset)

    def _change(self, low: int, high: int, after: int) -> int:
        """The first minute in (low, high] that has the offset ``after``, given that ``high`` has it."""
        return bisect_left(range(high), True, lo=low, key=lambda minute: self.offset(minute) == after)

    def day_parts(self, low: int, high: int) -> Iterator[tuple[int, int, int, Stretch]]:
        """[low, high) cut at local midnights and changes of clocks: (start, end, local day, stretch)."""
        for stretch in self.stretches(low, high):
            first = (stretch.start + stretch.offset) // MINUTES_A_DAY
            last = (stretch.end - 1 + stretch.offset) // MINUTES_A_DAY
            for day in range(first, last + 1):
                midnight = day * MINUTES_A_DAY - stretch.offset
                yield max(stretch.start, midnight), min(stretch.end, midnight + MINUTES_A_DAY), day, stretch
