"""What another policy might have saved: an estimate from what a line was worth in the same office and month.

Nothing here is an experiment: whoever is reminded is nearer a deadline than who is not. The field trial (``trial``) is
the only measurement; this says in which direction and how far at most, and is always called an estimate.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_lives import Span, Stint
from backend.domain.reminding_replay import Told

#: A report counts for a line that was said at most so many working days before it.
DAYS = 2
#: With fewer lines, or fewer mornings without one, nothing is measured.
LEAST = 30


class Worth(msgspec.Struct):
    """What came after lines, and what came where nothing was said, before the deadline: counts, which add up."""

    lines: int = 0
    followed: int = 0
    quiet: int = 0
    reported: int = 0

    @property
    def chance(self) -> float | None:
        """The chance that a line brings a report within two working days that would not have come by itself; None when
        too little was seen."""
        if min(self.lines, self.quiet) < LEAST:
            return None
        return max(self.followed / self.lines - self.reported / self.quiet, 0.0)


class Weighed(msgspec.Struct):
    """Deadlines of the stretch that were met or missed. ``more``: missed ones by how many lines more another policy would
    have said before them; ``lost``: met ones that may have been met because of a line it would not have said."""

    decided: int = 0
    late: int = 0
    more: Counter[int] = msgspec.field(default_factory=Counter)
    lost: int = 0

    def saved(self, chance: float) -> float:
        """How many of the missed deadlines those lines would have saved: each line by itself with this chance."""
        return sum((n * (1 - (1 - chance) ** lines) for lines, n in self.more.items()), 0.0)

    def expected(self, chance: float) -> float:
        """How many would have been missed."""
        return self.late - self.saved(chance) + self.lost * chance


def measure(
    worth: Worth, stint: Stint, days: Sequence[datetime], start: datetime, end: datetime, now: datetime
) -> None:
    """Add what a stint shows in a stretch. ``days``: the beginnings of its working days, with two more at either end.

    A line counts once two working days after it are over; where nothing was said, every working day that began with the
    task open, without a line in the two days before and the two after.
    """
    for span in stint.spans():
        last, calendar = min(span.due_at, span.end or now), stint.calendar
        for at in stint.heard:
            inside = start <= at < end and span.start <= at < last
            if inside and calendar.add(at, DAYS * calendar.data.day_minutes) <= now:
                worth.lines += 1
                worth.followed += _soon_after(span, at, calendar)
        _quiet_days(worth, span, last, stint.heard, days, now)


def _quiet_days(
    worth: Worth, span: Span, last: datetime, heard: Sequence[datetime], days: Sequence[datetime], now: datetime
) -> None:
    for number in range(max(bisect_left(days, span.start), DAYS), len(days) - DAYS):
        day, over = days[number], days[number + DAYS]
        if day >= last or over > now:
            return
        if not any(days[number - DAYS] <= at < over for at in heard):
            worth.quiet += 1
            worth.reported += span.reported and span.end is not None and span.end <= over


def weigh(weighed: Weighed, stint: Stint, present: Told, asked: Told, start: datetime, end: datetime) -> None:
    """Add a stint whose deadline lies in the stretch, with what both policies would have said of it there."""
    spans = stint.spans()
    if stint.late_at is not None:
        if start <= stint.late_at < end:
            weighed.decided += 1
            weighed.late += 1
            more = _before(asked, stint.late_at) - _before(present, stint.late_at)
            if more > 0:
                weighed.more[more] += 1
        return
    last = spans[-1] if spans else None
    if last is None or not last.reported or not start <= last.due_at < end:
        return
    weighed.decided += 1
    calendar = stint.calendar
    if not _hits(asked, last, calendar) and any(
        calendar.between(last.start, at) * 3 >= calendar.between(last.start, last.due_at) * 2
        for at in _hits(present, last, calendar)
    ):
        weighed.lost += 1


def _before(told: Told, due_at: datetime) -> int:
    return sum(at < due_at for at in (*told.lines, *told.words))


def _hits(told: Told, span: Span, calendar: WorkCalendar) -> list[datetime]:
    """Lines that a report came soon after."""
    return [at for at in (*told.lines, *told.words) if _soon_after(span, at, calendar)]


def _soon_after(span: Span, at: datetime, calendar: WorkCalendar) -> bool:
    if not span.reported or span.end is None or not span.start <= at < span.end:
        return False
    return calendar.between(at, span.end) <= DAYS * calendar.data.day_minutes
