"""The slots of a working day: the few moments at which reminders are said."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from backend.domain.calendar import WorkCalendar

_NOON = 12 * 60


class Slots:
    """Slots of a calendar, local minutes of the day.

    A slot counts on days on which it lies inside a shift; a working day that has none (shifts at other hours) has one
    at the start of its first shift.
    """

    def __init__(self, calendar: WorkCalendar, minutes: tuple[int, ...]) -> None:
        self._calendar = calendar
        self._minutes = minutes

    def first(self, at: datetime, half: int | None = None) -> datetime:
        """The first slot at or after ``at`` (whole minutes); with ``half`` only mornings (0) or afternoons (1), and any
        slot on a day that has none in that half."""
        on = self._calendar.working_day_from(self._day(at))
        while True:
            for slot in _slots_on(self._calendar, self._minutes, on, half):
                if slot >= at:
                    return slot
            on = self._calendar.next_working_day(on)

    def last(self, at: datetime) -> datetime:
        """The last slot at or before ``at``."""
        on = self._day(at)
        if not self._calendar.is_working_day(on):
            on = self._calendar.nth_working_day(on, -1)
        while True:
            for slot in reversed(_slots_on(self._calendar, self._minutes, on, None)):
                if slot <= at:
                    return slot
            on = self._calendar.nth_working_day(on, -1)

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._calendar.zone).date()


@lru_cache(maxsize=8192)
def _slots_on(calendar: WorkCalendar, minutes: tuple[int, ...], on: date, half: int | None) -> tuple[datetime, ...]:
    """The slots of a working day in order. Kept: the same few days are asked for again and again."""
    midnight = datetime.combine(on, time(), calendar.zone)
    walls = [(minute, midnight + timedelta(minutes=minute)) for minute in minutes]
    found = [(minute, at) for minute, at in walls if calendar.is_working(at)]
    if not found:
        return (calendar.day_start(on),)
    wanted = tuple(at for minute, at in found if half is None or (minute >= _NOON) == bool(half))
    return wanted or tuple(at for _, at in found)
