"""Working time made exact: when a limit runs out, how much of it was used, and why, in any zone of the world.

The rules are those of domain.md §3. Starts are floored to the minute; shifts are half-open [start, end) in local wall
time and counted in real minutes, so an hour the clocks skip is not worked and an hour they repeat is worked twice.
Adding that lands on the end of a shift stays there; subtracting that lands on the start of one stays there.
For every calendar, ``between(t, add(t, n)) == n``, and ``subtract(add(t, n), n) == t`` if t is a whole minute inside
a shift. Every datetime in and out knows its zone (a naive one raises ValueError); answers are in the calendar's zone.
"""

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta

from backend.domain.calendar_data import (
    MINUTES_A_DAY,
    CalendarChange,
    CalendarData,
    CalendarVersion,
    DayOff,
    MakeUpDay,
    NoWorkingTime,
    OutOfRange,
    Pause,
    Pauses,
    Reason,
    Shift,
    Span,
    StillPaused,
    inherit,
)
from backend.domain.calendar_days import WorkDays
from backend.domain.calendar_explain import pieces
from backend.domain.calendar_pauses import joined, minutes_of
from backend.domain.calendar_zone import minute_of

__all__ = [
    "CalendarChange",
    "CalendarData",
    "CalendarVersion",
    "DayOff",
    "MakeUpDay",
    "NoWorkingTime",
    "OutOfRange",
    "Pause",
    "Pauses",
    "Reason",
    "Shift",
    "Span",
    "StillPaused",
    "WorkCalendar",
    "inherit",
]

_MINUTES = tuple(timedelta(minutes=n) for n in range(MINUTES_A_DAY + 1))  # a span never passes a local midnight


class WorkCalendar(WorkDays):
    """The arithmetic over one CalendarData. Immutable to its users and safe to share between threads.

    Any method raises OutOfRange (an OverflowError) for instants or answers outside 1973 to 2199, and those that look
    for working time raise NoWorkingTime (a ValueError) if the calendar has none at all.
    """

    def __init__(self, data: CalendarData) -> None:
        super().__init__(data)
        # Python subtracts two datetimes of one zone by their wall clocks and asks the zone nothing: the cheap way in.
        self._wall = datetime(1970, 1, 1, tzinfo=self.zone)

    def add(self, start: datetime, minutes: int, pauses: Pauses = ()) -> datetime:
        """The instant at which ``minutes`` working minutes have passed since ``start``, pauses not counted.

        Adding 0 returns the start. Pauses may overlap and come in any order. Raises StillPaused if an open pause
        stops the clock before the time is used up, ValueError if ``minutes`` is negative.
        """
        index = self._timeline.index
        # Index.position and _at written out, with two short cuts around the zone's rules: this path must be fast.
        if start.tzinfo is self.zone and index.fixed is not None:
            since = start - self._wall
            minute = since.days * 1440 + since.seconds // 60 - index.fixed
        else:
            minute = minute_of(start)
        if not index.low <= minute < index.high:
            minute = minute_of(start)
            index = self._timeline.cover(minute)
        if minutes <= 0:
            return self._unmoved(minute, minutes)
        starts, positions = index.starts, index.positions
        span = bisect_right(starts, minute) - 1
        position = positions[0]
        if span >= 0:
            position = positions[span] + minute - starts[span]
            if position > positions[span + 1]:
                position = positions[span + 1]
        target = self._past_pauses(position, minutes, pauses) if pauses else position + minutes
        if target > positions[-1]:
            index = self._timeline.cover_position(target)
            positions = index.positions
        span = bisect_left(positions, target) - 1
        wall = index.walls[span]
        if wall is None:
            return self._at(index.starts[span] + target - positions[span])
        return wall + _MINUTES[target - positions[span]]

    def subtract(self, end: datetime, minutes: int) -> datetime:
        """The instant from which ``minutes`` working minutes lead to ``end``; subtracting 0 returns the end.

        Raises ValueError if ``minutes`` is negative.
        """
        minute = minute_of(end)
        position = self._position(minute)
        if minutes <= 0:
            return self._unmoved(minute, minutes)
        return self.left(position - minutes)

    def between(self, a: datetime, b: datetime, pauses: Pauses = ()) -> int:
        """Working minutes from ``a`` to ``b``, pauses not counted; negative if ``b`` comes first.

        An open pause counts nothing from its beginning on.
        """
        low, high = minute_of(a), minute_of(b)
        if not pauses:
            return self._position(high) - self._position(low)
        if low > high:
            return -self._count(high, low, pauses)
        return self._count(low, high, pauses)

    def position(self, at: datetime) -> int:
        """Working minutes before an instant, from a moment that is fixed for this calendar object only:
        ``between(a, b) == position(b) - position(a)``. For whoever asks a lot about the same instants."""
        minute = minute_of(at)
        index = self._timeline.index
        # Timeline.cover and Index.position written out: the reminder planner asks this four times a plan.
        if not index.low <= minute < index.high:
            index = self._timeline.cover(minute)
        span = bisect_right(index.starts, minute) - 1
        if span < 0:
            return index.positions[0]
        position = index.positions[span] + minute - index.starts[span]
        end = index.positions[span + 1]
        return position if position < end else end

    def reached(self, position: int) -> datetime:
        """Where adding arrives at a position: ``add(a, n) == reached(position(a) + n)`` for n > 0."""
        index = self._timeline.cover_position(position)
        span = bisect_left(index.positions, position) - 1
        wall = index.walls[span]
        if wall is None:
            return self._at(index.starts[span] + position - index.positions[span])
        return wall + _MINUTES[position - index.positions[span]]

    def left(self, position: int) -> datetime:
        """Where subtracting arrives at a position: ``subtract(b, n) == left(position(b) - n)`` for n > 0."""
        return self._at(self._timeline.cover_position(position).last_at(position))

    def is_working(self, at: datetime) -> bool:
        """Whether the minute of ``at`` lies inside a shift."""
        minute = minute_of(at)
        index = self._timeline.cover(minute)
        span = bisect_right(index.starts, minute) - 1
        return span >= 0 and minute < index.end(span)

    def next_working(self, at: datetime) -> datetime:
        """``at``, floored to the minute, if it is inside a shift, else the start of the next one."""
        minute = minute_of(at)
        position = self._timeline.cover(minute).position(minute)
        return self._at(self._timeline.cover_position(position + 1).last_at(position))

    def previous_working(self, at: datetime) -> datetime:
        """``at``, floored to the minute, if it is inside a shift or at its end, else the end of the one before."""
        minute = minute_of(at)
        index = self._timeline.cover(minute)
        if not index.starts or minute < index.starts[0]:
            index = self._timeline.cover_position(index.position(minute) - 1)
        span = bisect_right(index.starts, minute) - 1
        return self._at(min(minute, index.end(span)))

    def explain(self, start: datetime, end: datetime, pauses: Pauses = ()) -> tuple[Span, ...]:
        """Every minute of [start, end) in order with the reason it counted or not.

        The counted minutes sum to ``between(start, end, pauses)``. A pause covers nights and weekends as well: while
        the clock is stopped there is no other reason. Raises ValueError if ``end`` is before ``start``.
        """
        low, high = minute_of(start), minute_of(end)
        if high < low:
            raise ValueError("an explanation runs forwards: end is before start")
        self._timeline.cover(low)
        self._timeline.cover(high)
        stops = joined((max(low, a), high if b is None else min(high, b)) for a, b in minutes_of(pauses))
        return tuple(
            Span(self._at(a), self._at(b), counted, reason)
            for a, b, counted, reason in pieces(self._clock, self._schedule, low, high, stops)
        )

    def _unmoved(self, minute: int, minutes: int) -> datetime:
        if minutes < 0:
            raise ValueError(f"minutes must not be negative, got {minutes}: add and subtract mirror each other")
        return self._at(minute)

    def _position(self, minute: int) -> int:
        return self._timeline.cover(minute).position(minute)

    def _count(self, low: int, high: int, pauses: Pauses) -> int:
        first, last = self._position(low), self._position(high)
        seen, stopped = first, 0
        for stop, resume in minutes_of(pauses):
            begin = max(seen, self._position(min(max(stop, low), high)))
            until = last if resume is None else self._position(min(max(resume, low), high))
            if until > begin:
                stopped += until - begin
                seen = until
        return last - first - stopped

    def _past_pauses(self, start: int, minutes: int, pauses: Pauses) -> int:
        """The position at which the minutes since position ``start`` are used up."""
        target, seen = start + minutes, start
        for stop, resume in minutes_of(pauses):
            begin = self._position(stop)
            if target <= begin:
                break
            if resume is None:
                raise StillPaused("the clock is stopped and nobody knows until when")
            until = self._position(resume)
            if until > seen:
                target += until - max(begin, seen)
                seen = until
        return target
