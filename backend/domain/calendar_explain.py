"""Which minutes between two instants counted, which did not, and why: the account behind every due time."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from backend.domain.calendar_data import MINUTES_A_DAY, Reason
from backend.domain.calendar_schedule import Schedule
from backend.domain.calendar_zone import Clock

LUNCH, NIGHT, WEEKEND, PAUSE, SHIFT = (Reason(kind) for kind in ("lunch", "night", "weekend", "pause", "shift"))

Piece = tuple[int, int, bool, Reason]
"""Minutes [start, end), whether they count, and why."""


def pieces(clock: Clock, schedule: Schedule, low: int, high: int, stops: Iterable[tuple[int, int]]) -> Iterator[Piece]:
    """[low, high) in order, without gap or overlap, neighbours with the same reason joined.

    ``stops`` are the stopped stretches, in order and apart. The minutes that count are exactly those
    ``WorkCalendar.between`` counts, whatever changes of clocks lie on the way.
    """
    held: Piece | None = None
    for piece in _paused(_worked(clock, schedule, low, high), list(stops)):
        if held and held[2:] == piece[2:]:
            held = (held[0], *piece[1:])
            continue
        if held:
            yield held
        held = piece
    if held:
        yield held


def off_reason(schedule: Schedule, day: int) -> Reason:
    """Why a local day that does not work is off."""
    if off := schedule.days_off.get(day):
        return Reason("holiday", off.name, off.decision, off.status)
    return WEEKEND


def _worked(clock: Clock, schedule: Schedule, low: int, high: int) -> Iterator[Piece]:
    for start, end, day, stretch in clock.day_parts(low, high):
        midnight = day * MINUTES_A_DAY - stretch.offset
        for wall_start, wall_end, counted, reason in _day(schedule, day):
            a, b = max(start, midnight + wall_start), min(end, midnight + wall_end)
            if a < b:
                yield a, b, counted, reason


def _day(schedule: Schedule, day: int) -> Iterator[Piece]:
    """One local day in wall minutes."""
    shifts = schedule.shifts(day)
    if not shifts:
        yield 0, MINUTES_A_DAY, False, off_reason(schedule, day)
        return
    made_up = schedule.make_up_days.get(day)
    worked = Reason("make_up", made_up.name, made_up.decision, made_up.status) if made_up else SHIFT
    yield 0, shifts[0].start_minute, False, NIGHT
    for shift, following in pairwise((*shifts, None)):
        assert shift is not None  # only the last of the pairs has nothing after it
        yield shift.start_minute, shift.end_minute, True, worked
        if following:
            yield shift.end_minute, following.start_minute, False, LUNCH
    yield shifts[-1].end_minute, MINUTES_A_DAY, False, NIGHT


def _paused(worked: Iterable[Piece], stops: list[tuple[int, int]]) -> Iterator[Piece]:
    """The pieces with every stopped minute taken out of its piece and told as a pause."""
    for start, end, counted, reason in worked:
        for stop, resume in stops:
            if resume <= start or end <= stop:
                continue
            if start < stop:
                yield start, stop, counted, reason
            yield max(start, stop), min(end, resume), False, PAUSE
            start = min(end, resume)
        if start < end:
            yield start, end, counted, reason
