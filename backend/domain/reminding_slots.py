"""The slots of a working day: the few moments at which reminders are said."""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from backend.domain.calendar import WorkCalendar

_NOON = 12 * 60
_DAY = timedelta(days=1)


def half_of(local: datetime) -> int:
    """0 = a slot of the morning, 1 = of the afternoon; ``local`` in the calendar's zone."""
    return int(local.hour * 60 + local.minute >= _NOON)


@lru_cache(maxsize=256)
def slots_of(calendar: WorkCalendar, minutes: tuple[int, ...]) -> "Slots":
    """The same object for the same question: it keeps the years that it has looked at."""
    return Slots(calendar, minutes)


class Slots:
    """Slots of a calendar, local minutes of the day; answers are in UTC.

    A slot counts on days on which it lies inside a shift; a working day that has none (shifts at other hours) has one
    at the start of its first shift.
    """

    def __init__(self, calendar: WorkCalendar, minutes: tuple[int, ...]) -> None:
        self._calendar = calendar
        self._years = _Years(calendar, minutes)

    def first(self, at: datetime, half: int | None = None) -> datetime:
        """The first slot at or after ``at``; with ``half`` only mornings (0) or afternoons (1), and any slot on a day
        that has none in that half."""
        at = at.astimezone(UTC)
        # A day is more than any zone is away from UTC: the local year is this one or the next that is looked at.
        year = (at - _DAY).year
        while True:
            slots = self._years.of(year)[_ANY if half is None else half]
            found = bisect_left(slots, at)
            if found < len(slots):
                return slots[found]
            year = self._years.after(year)

    def last(self, at: datetime) -> datetime:
        """The last slot at or before ``at``."""
        at = at.astimezone(UTC)
        year = (at + _DAY).year
        while True:
            slots = self._years.of(year)[_ANY]
            found = bisect_right(slots, at)
            if found:
                return slots[found - 1]
            year = self._years.before(year)

    def tomorrow(self, at: datetime) -> datetime:
        """The first slot after the local day of ``at``."""
        return self.first(datetime.combine(self._day(at) + timedelta(1), time(), self._calendar.zone))

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._calendar.zone).date()


_ANY = 2
#: The slots of a local year in order: mornings, afternoons, all.
_Year = tuple[list[datetime], list[datetime], list[datetime]]


class _Years:
    """The slots of one calendar, kept by local year: the same few years are asked for again and again."""

    def __init__(self, calendar: WorkCalendar, minutes: tuple[int, ...]) -> None:
        self._calendar = calendar
        self._minutes = minutes
        self._kept: dict[int, _Year] = {}

    def of(self, year: int) -> _Year:
        kept = self._kept.get(year)
        if kept is None:
            kept = self._kept[year] = self._built(year)
        return kept

    def after(self, year: int) -> int:
        """The next year that has a working day."""
        return self._calendar.nth_working_day(date(year, 12, 31), 1).year

    def before(self, year: int) -> int:
        return self._calendar.nth_working_day(date(year, 1, 1), -1).year

    def _built(self, year: int) -> _Year:
        found: _Year = ([], [], [])
        on = self._calendar.working_day_from(date(year, 1, 1))
        while on.year == year:
            slots = self._on(on)
            for half in (0, 1):
                found[half].extend([at for minute, at in slots if (minute >= _NOON) == bool(half)] or _times(slots))
            found[_ANY].extend(_times(slots))
            on = self._calendar.next_working_day(on)
        return found

    def _on(self, on: date) -> list[tuple[int, datetime]]:
        midnight = datetime.combine(on, time(), self._calendar.zone)
        walls = [(minute, (midnight + timedelta(minutes=minute)).astimezone(UTC)) for minute in self._minutes]
        found = [(minute, at) for minute, at in walls if self._calendar.is_working(at)]
        return found or [(0, self._calendar.day_start(on).astimezone(UTC))]


def _times(slots: list[tuple[int, datetime]]) -> list[datetime]:
    return [at for _, at in slots]
