"""Which shifts a local day has: weekly versions, days off and make-up days, before any zone comes in."""

from bisect import bisect_right
from collections import Counter
from itertools import chain

from backend.domain.calendar_data import CalendarData, CalendarVersion, NoWorkingTime, Shift
from backend.domain.calendar_zone import EPOCH_DAY


class Schedule:
    """The wall-clock side of a calendar. Days are counted from 1970-01-01."""

    def __init__(self, data: CalendarData) -> None:
        self.days_off = {day.on.toordinal() - EPOCH_DAY: day for day in data.days_off}
        self.make_up_days = {day.on.toordinal() - EPOCH_DAY: day for day in data.make_up_days}
        self._versions = data.versions
        self._from = [version.effective_from.toordinal() - EPOCH_DAY for version in data.versions]
        self.never_works = not any(chain.from_iterable(version.shifts for version in data.versions))

    def version(self, day: int) -> CalendarVersion:
        return self._versions[max(0, bisect_right(self._from, day) - 1)]

    def shifts(self, day: int) -> tuple[Shift, ...]:
        if made_up := self.make_up_days.get(day):
            return self.version(day).shifts[made_up.like_weekday]
        if day in self.days_off:
            return ()
        return self.version(day).shifts[(day + 3) % 7]  # 1970-01-01 was a Thursday

    def ordinary_hours(self, day: int) -> tuple[int, int]:
        """First start and last end in wall minutes that the day would have if it were not off.

        A weekday that never works borrows the hours most days of its week keep: the Saturday of a five-day office
        ends when its Friday does. Raises NoWorkingTime if the whole week is empty.
        """
        shifts = self.version(day).shifts
        if own := shifts[(day + 3) % 7]:
            return own[0].start_minute, own[-1].end_minute
        starts = Counter(each[0].start_minute for each in shifts if each)
        ends = Counter(each[-1].end_minute for each in shifts if each)
        if not starts:
            raise NoWorkingTime("the calendar has no shift in that week")
        return max(starts, key=lambda at: (starts[at], -at)), max(ends, key=lambda at: (ends[at], at))
