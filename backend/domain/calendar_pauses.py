"""Stopped clocks as minutes: read, checked, put in order and joined."""

from collections.abc import Iterable
from operator import itemgetter

from backend.domain.calendar_data import Pauses
from backend.domain.calendar_zone import minute_of


def minutes_of(pauses: Pauses) -> list[tuple[int, int | None]]:
    """Pauses in minutes, in order of their beginning. Raises ValueError for one that ends before it begins."""
    stops = [(minute_of(start), None if until is None else minute_of(until)) for start, until in pauses]
    if any(until is not None and until < start for start, until in stops):
        raise ValueError("a pause ends before it begins")
    stops.sort(key=itemgetter(0))
    return stops


def joined(stops: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping or touching stretches made one, empty ones dropped, in order."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stops):
        if start >= end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
