"""Where a calendar's working minutes lie on the UTC line: prefix sums built year by year, answered by bisection.

Instants and days are numbers as in ``calendar_zone``. The *position* of an instant is the number of working
minutes before it, from an arbitrary origin that stays the same for one timeline.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from threading import Lock

from backend.domain.calendar_data import MINUTES_A_DAY, NoWorkingTime, OutOfRange, Shift
from backend.domain.calendar_schedule import Schedule
from backend.domain.calendar_zone import (
    END_MINUTE,
    EPOCH,
    FIRST_MINUTE,
    FIRST_YEAR,
    LAST_YEAR,
    MARGIN,
    Clock,
    out_of_range,
    year_start,
)


@dataclass(frozen=True, slots=True)
class Year:
    """The working spans of one UTC year: starts, lengths and local names (see Index), and the days that have any."""

    starts: list[int]
    lengths: list[int]
    walls: list[datetime | None]
    days: set[int]
    fixed: int | None


@dataclass(frozen=True, slots=True)
class Index:
    """An immutable picture of the years built so far, so that readers need no lock.

    ``positions`` has one entry more than ``starts``: span i covers positions [positions[i], positions[i + 1]).
    ``walls[i]`` is the start of span i in the zone if moving its hands is all it takes to name any instant of the
    span, ends included, and None near a change of clocks. ``fixed`` is the offset of every instant in the window, and
    two days around it, if there is only one.
    """

    first_year: int
    last_year: int
    low: int
    high: int
    starts: list[int]
    positions: list[int]
    walls: list[datetime | None]
    days: list[int]
    fixed: int | None

    def position(self, minute: int) -> int:
        """Working minutes before an instant that lies in [low, high)."""
        span = bisect_right(self.starts, minute) - 1
        if span < 0:
            return self.positions[0]
        return min(self.positions[span] + minute - self.starts[span], self.positions[span + 1])

    def last_at(self, position: int) -> int:
        """The last instant that has the position: where work goes on from there, never the end of a span."""
        span = bisect_right(self.positions, position) - 1
        return self.starts[span] + position - self.positions[span]

    def end(self, span: int) -> int:
        """The instant a span ends."""
        return self.starts[span] + self.positions[span + 1] - self.positions[span]


class Timeline:
    """The working minutes of one schedule in one zone, with an index that grows as questions reach further."""

    def __init__(self, clock: Clock, schedule: Schedule) -> None:
        self.clock = clock
        self.schedule = schedule
        self.index = Index(0, 0, 0, 0, [], [0], [], [], None)
        self._years: dict[int, Year] = {}
        self._origin = 0
        self._growing = Lock()

    def shifts_on(self, day: int) -> list[tuple[int, int]]:
        """The real working spans of a local day; a shift that a change of clocks tears apart gives two."""
        shifts = self.schedule.shifts(day)
        index, around = self.index, day * MINUTES_A_DAY
        if index.fixed is not None and index.low <= around < index.high:
            midnight = around - index.fixed
            return [(midnight + shift.start_minute, midnight + shift.end_minute) for shift in shifts]
        found: list[tuple[int, int, Shift]] = []
        for start, end, local_day, stretch in self.clock.day_parts(around - MARGIN, around + MINUTES_A_DAY + MARGIN):
            for shift in shifts if local_day == day else ():
                a, b = _clip(shift, around - stretch.offset, start, end)
                if a < b and found and found[-1][1:] == (a, shift):
                    found[-1] = (found[-1][0], b, shift)
                elif a < b:
                    found.append((a, b, shift))
        return [(a, b) for a, b, _ in found]

    def cover(self, minute: int) -> Index:
        """An index whose window holds the instant. Raises OutOfRange."""
        index = self.index
        if index.low <= minute < index.high:
            return index
        if not FIRST_MINUTE <= minute < END_MINUTE:
            raise out_of_range()
        year = (EPOCH + timedelta(minutes=minute)).year
        return self._grow(year)

    def cover_position(self, position: int) -> Index:
        """An index whose window holds the span in which a position is passed, upwards or downwards.

        Raises NoWorkingTime or OutOfRange.
        """
        if self.schedule.never_works:
            raise NoWorkingTime("the calendar has no working time at all")
        index = self.index
        while not index.positions[0] <= position <= index.positions[-1]:
            below = index.positions[0] - position
            above = position - index.positions[-1]
            # A working minute takes a real one: a number nobody can work off is refused before anything is built.
            if below > index.low - FIRST_MINUTE or above > END_MINUTE - index.high:
                raise OutOfRange(f"the answer lies outside {FIRST_YEAR} to {LAST_YEAR}")
            years = index.last_year - index.first_year + 1
            a_year = (index.positions[-1] - index.positions[0]) // years
            step = max(below, above) // a_year + 1 if a_year else years
            index = self.widen(-step if below > 0 else step)
        return index

    def widen(self, years: int) -> Index:
        """The index with that many more years before (negative) or after it. Raises OutOfRange at the last one."""
        index = self.index
        edge = index.first_year if years < 0 else index.last_year
        year = min(max(edge + years, FIRST_YEAR), LAST_YEAR)
        if year == edge:
            raise OutOfRange(f"no such working time between {FIRST_YEAR} and {LAST_YEAR}")
        return self._grow(year)

    def _grow(self, year: int) -> Index:
        with self._growing:
            first = last = year
            if self._years:
                first, last = min(year, self.index.first_year), max(year, self.index.last_year)
            else:
                self._origin = year
            for number in range(first, last + 1):
                if number not in self._years:
                    self._years[number] = self._build(number)
            self.index = self._joined(first, last)
            return self.index

    def _joined(self, first: int, last: int) -> Index:
        years = [self._years[number] for number in range(first, last + 1)]
        behind = sum(sum(self._years[number].lengths) for number in range(first, self._origin))
        return Index(
            first_year=first,
            last_year=last,
            low=year_start(first),
            high=year_start(last + 1),
            starts=[start for year in years for start in year.starts],
            positions=list(accumulate((length for year in years for length in year.lengths), initial=-behind)),
            walls=[wall for year in years for wall in year.walls],
            days=sorted(set().union(*(year.days for year in years))),
            fixed=years[0].fixed if len({year.fixed for year in years}) == 1 else None,
        )

    def _build(self, number: int) -> Year:
        low, high = year_start(number), year_start(number + 1)
        wall_epoch = datetime(1970, 1, 1, tzinfo=self.clock.zone)
        year = Year([], [], [], set(), self._fixed(low - MARGIN, high + MARGIN))
        for start, end, day, stretch in self.clock.day_parts(low, high):
            midnight = day * MINUTES_A_DAY - stretch.offset
            # Wall times repeated after the clocks went back need fold=1, and the last instant before a change is
            # named by the clock after it: both are left to the zone.
            plain_from = stretch.start + max(0, stretch.before - stretch.offset)
            plain_until = stretch.end if stretch.after == stretch.offset else stretch.end - 1
            for shift in self.schedule.shifts(day):
                a, b = _clip(shift, midnight, start, end)
                if a < b:
                    year.starts.append(a)
                    year.lengths.append(b - a)
                    plain = plain_from <= a and b <= plain_until
                    year.walls.append(wall_epoch + timedelta(0, (a + stretch.offset) * 60) if plain else None)
                    year.days.add(day)
        return year

    def _fixed(self, low: int, high: int) -> int | None:
        offsets = {stretch.offset for stretch in self.clock.stretches(low, high)}
        return offsets.pop() if len(offsets) == 1 else None


def _clip(shift: Shift, midnight: int, start: int, end: int) -> tuple[int, int]:
    return max(start, midnight + shift.start_minute), min(end, midnight + shift.end_minute)
