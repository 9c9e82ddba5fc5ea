"""Whose turn a digest is, and in which slot: what now means where a person works."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import msgspec

from backend.auth.actors import ZONE
from backend.calendars.queries import OFFICE, Calendars, calendars
from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_slots import Slots, slots_of
from backend.domain.scoring_periods import month_of, span
from backend.domain.types import Role
from backend.tasks import digests_month
from backend.tasks.digests import Reader, Seat
from backend.tasks.digests_month import Month
from backend.tasks.firmness import Firmness, firmness

#: A slot is on for so long; who was to hear in it and has not, hears in the next.
FRESH = timedelta(minutes=30)


class Morning(msgspec.Struct, frozen=True):
    """What now means by one calendar: the slot that is on, the next of today, the first of the next day that has one,
    and the first working day of the week."""

    slot: datetime | None
    later: datetime | None
    following: datetime
    week_begins: date


def morning_of(calendar: WorkCalendar, slots: Slots, now: datetime) -> Morning:
    local = now.astimezone(calendar.zone)
    first = slots.first(datetime.combine(local.date(), time(), calendar.zone))
    last, later = slots.last(now), slots.first(now + timedelta(seconds=1))

    def is_today(at: datetime) -> bool:
        return at.astimezone(calendar.zone).date() == local.date()

    return Morning(
        slot=last if is_today(last) and now - last <= FRESH else None,
        later=later if is_today(later) else None,
        following=first if first > now else slots.tomorrow(now),
        week_begins=calendar.working_day_from(monday_of(local.date())),
    )


def monday_of(on: date) -> date:
    return on - timedelta(days=on.weekday())


class Round:
    """One tick: what is the same for everybody in it, found once."""

    def __init__(self, now: datetime, picture: Calendars, firm: Firmness) -> None:
        self.now = now
        self._picture, self._firm = picture, firm
        self.office = picture.of(OFFICE)
        #: The day by which positions, leave and service are judged, and the day that the lists are of.
        self.on = now.astimezone(ZONE).date()
        self.today = self.day(now)
        self.month_key = month_of(now, ZONE)
        self._mornings: dict[str, Morning] = {}
        self._month: Month | None = None

    @classmethod
    async def begin(cls, now: datetime) -> "Round":
        return cls(now, await calendars(), await firmness())

    def morning(self, seats: Sequence[Seat]) -> Morning:
        """By the calendar and the slots of a person's first own position; by the office's for whoever holds none."""
        path = next((seat.path for seat in seats if not seat.lent), OFFICE)
        found = self._mornings.get(path)
        if found is None:
            calendar = self._picture.of(path)
            slots = slots_of(calendar, self._firm.of(path).slots)
            found = self._mornings[path] = morning_of(calendar, slots, self.now)
        return found

    def midnight(self, on: date) -> datetime:
        return datetime.combine(on, time(), self.office.zone)

    def day(self, at: datetime) -> date:
        return at.astimezone(self.office.zone).date()

    async def month(self) -> Month:
        """The buckets of every unit: one question a round, asked when the first digest needs them."""
        if self._month is None:
            self._month = await digests_month.month(span(self.month_key, ZONE))
        return self._month


class Turn(msgspec.Struct):
    """A person whose turn it is, with what now means where they work; ``weekly`` is the slot of their weekly digest."""

    reader: Reader
    seats: list[Seat]
    morning: Morning
    slot: datetime | None = None
    weekly: datetime | None = None

    @property
    def next_slot(self) -> datetime:
        """When they hear next: now, later today, or another day."""
        return self.slot or self.morning.later or self.morning.following

    def is_weekly(self, round_: Round) -> bool:
        """On the first working day of a week, or later in it when nobody looked since."""
        if self.reader.digest_at is None or not self.reader.weekly_digest:
            return False
        week = monday_of(round_.day(self.next_slot))
        return week == monday_of(round_.today) and round_.day(self.reader.digest_at) <= self.morning.week_begins

    def seats_as(self, role: Role) -> list[Seat]:
        """Positions of this role; a leader's also while they are lent to the person, no other is ever lent."""
        return [seat for seat in self.seats if seat.role is role]
