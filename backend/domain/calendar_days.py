"""Working time by the day: which days work, when they begin and end, and limits counted in days."""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from backend.domain.calendar_data import MINUTES_A_DAY, CalendarData, NoWorkingTime, Reason
from backend.domain.calendar_explain import off_reason
from backend.domain.calendar_index import Index, Timeline
from backend.domain.calendar_schedule import Schedule
from backend.domain.calendar_zone import (
    END_MINUTE,
    EPOCH,
    EPOCH_DAY,
    FIRST_MINUTE,
    Clock,
    day_of,
    minute_of,
    out_of_range,
)


class WorkDays:
    """The days of a calendar; ``WorkCalendar`` adds the minutes and is what everyone uses."""

    def __init__(self, data: CalendarData) -> None:
        self.data = data
        self.zone = ZoneInfo(data.zone)
        self._clock = Clock(self.zone)
        self._schedule = Schedule(data)
        self._timeline = Timeline(self._clock, self._schedule)

    def due_in_working_days(self, start: datetime, n: int) -> datetime:
        """The end of the last shift of the n-th working day after the day of ``start`` (n >= 1, else ValueError)."""
        return self.day_end(self.nth_working_day(self._date(start), _at_least_one(n)))

    def due_in_calendar_days(self, start: datetime, n: int) -> datetime:
        """The end of the n-th day after the day of ``start``, or of the next working day if that one is off.

        n >= 1, else ValueError. Source: Civil Code 2015, article 148, with the day ending when its last shift does.
        """
        last = self._date(start) + timedelta(_at_least_one(n))
        return self.day_end(self.working_day_from(last))

    def is_working_day(self, on: date) -> bool:
        """Whether the local day has at least one working minute."""
        day = day_of(on)
        days = self._around(day).days
        found = bisect_left(days, day)
        return found < len(days) and days[found] == day

    def why_off(self, on: date) -> Reason | None:
        """Why the day does not work: a ``holiday`` with its name and decision, or ``weekend``; None if it works."""
        return None if self.is_working_day(on) else off_reason(self._schedule, day_of(on))

    def nth_working_day(self, on: date, n: int) -> date:
        """The n-th working day strictly after ``on``, or before it if n is negative. Raises ValueError if n is 0."""
        if n == 0:
            raise ValueError("there is no 0th working day")
        day = day_of(on)
        index = self._around(day)
        if self._schedule.never_works:
            raise NoWorkingTime("the calendar has no working time at all")
        if abs(n) > (END_MINUTE - FIRST_MINUTE) // MINUTES_A_DAY:
            raise out_of_range()
        while True:
            found = bisect_right(index.days, day) + n - 1 if n > 0 else bisect_left(index.days, day) + n
            if 0 <= found < len(index.days):
                return date.fromordinal(index.days[found] + EPOCH_DAY)
            missing = -found if found < 0 else found - len(index.days) + 1
            years = missing // 366 + 1
            index = self._timeline.widen(-years if found < 0 else years)

    def next_working_day(self, on: date) -> date:
        """The first working day strictly after ``on``."""
        return self.nth_working_day(on, 1)

    def working_day_from(self, on: date) -> date:
        """``on`` if it works, else the next working day: where a day off moves a due date or a recurring task."""
        return on if self.is_working_day(on) else self.nth_working_day(on, 1)

    def shifts_on(self, on: date) -> tuple[tuple[datetime, datetime], ...]:
        """The shifts of a day as (start, end), none if it is off; a change of clocks may tear one in two."""
        return tuple((self._at(a), self._at(b)) for a, b in self._timeline.shifts_on(day_of(on)))

    def day_start(self, on: date) -> datetime:
        """The start of the first shift, or the ordinary one if the day is off (see ``day_end``)."""
        if spans := self._timeline.shifts_on(day_of(on)):
            return self._at(spans[0][0])
        return self._at_wall(day_of(on), self._schedule.ordinary_hours(day_of(on))[0])

    def day_end(self, on: date) -> datetime:
        """The end of the last shift; on a day off, the end its weekday has otherwise, or most days of its week."""
        if spans := self._timeline.shifts_on(day_of(on)):
            return self._at(spans[-1][1])
        return self._at_wall(day_of(on), self._schedule.ordinary_hours(day_of(on))[1])

    def _at(self, minute: int) -> datetime:
        return datetime.fromtimestamp(minute * 60, self.zone)

    def _at_wall(self, day: int, wall_minute: int) -> datetime:
        wall = EPOCH.replace(tzinfo=self.zone) + timedelta(day, wall_minute * 60)
        # By way of UTC, so that a wall time the clocks skip comes out as one that exists.
        return wall.astimezone(UTC).astimezone(self.zone)

    def _date(self, at: datetime) -> date:
        minute = minute_of(at)
        self._timeline.cover(minute)
        return self._at(minute).date()

    def _around(self, day: int) -> Index:
        """An index that knows every day up to this one and from this one on, at least one to each side."""
        self._timeline.cover((day - 1) * MINUTES_A_DAY)
        return self._timeline.cover((day + 2) * MINUTES_A_DAY - 1)


def _at_least_one(n: int) -> int:
    if n < 1:
        raise ValueError(f"a limit in days is at least 1, got {n}")
    return n
