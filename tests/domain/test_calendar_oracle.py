"""The fast engine against one that steps through the minutes, on random calendars in zones of every kind.

The oracle asks, minute by minute, what the wall clock shows and whether that is inside a shift of that day. It knows
nothing of offsets, prefix sums or changes of clocks. Each calendar is stepped once; its cases are read off the result.
"""

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.domain.calendar import (
    CalendarData,
    CalendarVersion,
    DayOff,
    MakeUpDay,
    Pause,
    Shift,
    StillPaused,
    WorkCalendar,
)

CASES = 250
ZONES = [
    *("Asia/Ho_Chi_Minh", "UTC", "Asia/Kathmandu", "Pacific/Kiritimati", "Etc/GMT+12"),  # no changes
    *("America/New_York", "Europe/London", "Europe/Berlin", "Australia/Sydney", "Pacific/Chatham"),  # ordinary ones
    "Australia/Lord_Howe",  # by half an hour
    *("America/St_Johns", "America/Havana", "Asia/Beirut", "America/Sao_Paulo", "Africa/Cairo"),  # at midnight
    *("Africa/Casablanca", "Antarctica/Troll", "America/Caracas", "Asia/Pyongyang"),  # Ramadan, two hours, new offsets
    "Pacific/Apia",  # a whole day, in 2011
]


@st.composite
def windows(draw: st.DrawFn) -> tuple[str, date, int]:
    """A zone and some days of it, mostly with a change of clocks if the zone has any that year."""
    zone = draw(st.sampled_from(ZONES))
    year = draw(st.sampled_from([2011, 2026]) | st.integers(2003, 2030))
    noons = [datetime(year, 1, 4, 12, tzinfo=ZoneInfo(zone)) + timedelta(n) for n in range(355)]
    changes = [a for a, b in itertools.pairwise(noons) if a.utcoffset() != b.utcoffset()]
    near = draw(st.sampled_from(changes or noons) if draw(st.integers(0, 3)) else st.sampled_from(noons))
    return zone, near.date() - timedelta(draw(st.integers(1, 6))), draw(st.integers(7, 10))


@st.composite
def weeks(draw: st.DrawFn) -> tuple[tuple[Shift, ...], ...]:
    edges = draw(st.sampled_from([st.integers(0, 1440), st.integers(0, 48).map(lambda n: n * 30), st.integers(0, 200)]))
    day = st.lists(edges, max_size=6, unique=True).map(sorted).map(_shifts)
    return tuple(draw(st.tuples(*[day] * 7)))


def _shifts(edges: list[int]) -> tuple[Shift, ...]:
    """Every second gap between the edges; neighbours touch where the list was odd, as shifts over midnight do."""
    if len(edges) % 2:
        edges = [*edges[:2], edges[1], *edges[2:]] if len(edges) > 2 else edges[:-1]
    return tuple(Shift(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[CalendarData, date, int]:
    zone, first, length = draw(windows())
    days = [first + timedelta(n) for n in range(length)]
    special = draw(st.lists(st.sampled_from(days), max_size=4, unique=True))
    off = draw(st.integers(0, len(special)))
    versions = [CalendarVersion(date(2000, 1, 1), draw(weeks()))]
    if draw(st.booleans()):
        versions.append(CalendarVersion(draw(st.sampled_from(days)), draw(weeks())))
    data = CalendarData(
        zone=zone,
        versions=tuple(versions),
        days_off=tuple(DayOff(on, "off") for on in special[:off]),
        make_up_days=tuple(MakeUpDay(on, draw(st.integers(0, 6)), "made up") for on in special[off:]),
    )
    return data, first, length


class Oracle:
    """Every minute of a window of days, stepped; minutes are numbered from the start of the window."""

    def __init__(self, data: CalendarData, first: date, length: int) -> None:
        self.data = data
        self.zone = ZoneInfo(data.zone)
        start = datetime(first.year, first.month, first.day, tzinfo=self.zone)
        self.origin = int(start.timestamp()) // 60
        self.size = length * 1440
        self.works = bytearray(self.size)
        self.days: dict[date, list[int]] = {}
        """The working minutes of every day the window meets."""
        tables: dict[date, bytearray] = {}
        for minute in range(self.size):
            wall = datetime.fromtimestamp((self.origin + minute) * 60, self.zone)
            on = wall.date()
            if on not in tables:
                tables[on], self.days[on] = self._table(on), []
            if tables[on][wall.hour * 60 + wall.minute]:
                self.works[minute] = 1
                self.days[on].append(minute)

    def _table(self, on: date) -> bytearray:
        """For each minute of the wall clock, whether the day works then."""
        table = bytearray(1440)
        version = [version for version in self.data.versions if version.effective_from <= on][-1]
        like = {day.on: day.like_weekday for day in self.data.make_up_days}
        for shift in version.shifts[like.get(on, on.weekday())]:
            for minute in range(shift.start_minute, shift.end_minute):
                table[minute] = not any(day.on == on for day in self.data.days_off)
        return table

    def at(self, minute: int) -> datetime:
        return datetime.fromtimestamp((self.origin + minute) * 60, self.zone)

    def masked(self, pauses: list[tuple[int, int | None]]) -> bytearray:
        """The working minutes that are not paused; from an open pause on, 2 marks that nobody knows."""
        works = bytearray(self.works)
        for start, until in pauses:
            end = self.size if until is None else until
            works[start:end] = bytes(end - start)
        for start in (start for start, until in pauses if until is None):
            works[start:] = b"\x02" * (self.size - start)
        return works


Case = Callable[[WorkCalendar, Oracle, Random], None]


def _ask(oracle: Oracle, minute: int, random: Random) -> datetime:
    """The instant as someone might give it: any second of the minute, in the office's zone or another."""
    exact = oracle.at(minute).astimezone(UTC) + timedelta(seconds=random.choice([0, 0, 59]))
    return exact.astimezone(random.choice([oracle.zone, UTC, ZoneInfo("Asia/Ho_Chi_Minh")]))


def _same(answer: datetime, oracle: Oracle, minute: int) -> None:
    """The same instant, and named by the same hands of the same clock."""
    expected = oracle.at(minute)
    assert answer.astimezone(UTC) == expected.astimezone(UTC)
    assert (answer.replace(tzinfo=None), answer.fold, answer.tzinfo) == (
        expected.replace(tzinfo=None),
        expected.fold,
        oracle.zone,
    )


def _pauses(oracle: Oracle, random: Random) -> list[tuple[int, int | None]]:
    starts = [random.randrange(oracle.size) for _ in range(random.choice([0, 1, 1, 2, 4]))]
    return [
        (start, None if random.random() < 0.05 else random.randrange(start, min(start + 4000, oracle.size)))
        for start in starts
    ]


def _told(oracle: Oracle, pauses: list[tuple[int, int | None]]) -> list[Pause]:
    return [(oracle.at(a), None if b is None else oracle.at(b)) for a, b in pauses]


def case_add(office: WorkCalendar, oracle: Oracle, random: Random) -> None:
    pauses = _pauses(oracle, random) if random.random() < 0.5 else []
    works = oracle.masked(pauses)
    start = random.randrange(oracle.size)
    left = works.count(1, start)
    n = random.choice([0, left, random.randint(0, min(left, 90)), random.randint(0, left)])
    at = start
    for _ in range(n):
        at = works.index(1, at) + 1
    if 2 in works[start:at]:
        with pytest.raises(StillPaused):
            office.add(oracle.at(start), n, _told(oracle, pauses))
    else:
        answer = office.add(_ask(oracle, start, random), n, _told(oracle, pauses))
        _same(answer, oracle, at)
        assert office.between(oracle.at(start), answer, _told(oracle, pauses)) == n
        if n and not pauses:
            _same(office.reached(office.position(oracle.at(start)) + n), oracle, at)


def case_still_paused(office: WorkCalendar, oracle: Oracle, random: Random) -> None:
    start, stop = sorted(random.randrange(oracle.size) for _ in range(2))
    n = oracle.works.count(1, start, stop)
    if n:
        _same(
            office.add(oracle.at(start), n, [(oracle.at(stop), None)]), oracle, oracle.works.rindex(1, start, stop) + 1
        )
    with pytest.raises(StillPaused):
        office.add(_ask(oracle, start, random), n + 1, [(oracle.at(stop), None)])


def case_subtract(office: WorkCalendar, oracle: Oracle, random: Random) -> None:
    at = end = random.randrange(oracle.size)
    before = oracle.works.count(1, 0, end)
    n = random.choice([0, before, random.randint(0, min(before, 90)), random.randint(0, before)])
    for _ in range(n):
        at = oracle.works.rindex(1, 0, at)
    _same(office.subtract(_ask(oracle, end, random), n), oracle, at)
    if n:
        _same(office.left(office.position(_ask(oracle, end, random)) - n), oracle, at)


def case_between(office: WorkCalendar, oracle: Oracle, random: Random) -> None:
    a, b = random.randrange(oracle.size), random.randrange(oracle.size)
    pauses = _pauses(oracle, random) if random.random() < 0.5 else []
    expected = oracle.masked(pauses).count(1, min(a, b), max(a, b)) * (1 if a <= b else -1)
    assert office.between(_ask(oracle, a, random), _ask(oracle, b, random), _told(oracle, pauses)) == expected


def case_moment(office: WorkCalendar, oracle: Oracle, random: Random) -> None:
    minute = random.randrange(oracle.size)
    assert office.is_working(_ask(oracle, minute, random)) == bool(oracle.works[minute])
    following, before = oracle.works.find(1, minute), oracle.works.rfind(1, 0, minute)
    if following >= 0:
        _same(office.next_working(_ask(oracle, minute, random)), oracle, following)
    if before >= 0:
        inside = minute if oracle.works[minute] else before + 1
        _same(office.previous_working(_ask(oracle, minute, random)), oracle, inside)


def case_day(office: WorkCalendar, oracle: Oracle, random: Random) -> None:
    """Days well inside the window, so that the oracle has seen all of them."""
    *seen, _last = oracle.days
    working = sorted(on for on in seen if oracle.days[on])
    on = seen[0] + timedelta(random.randrange(1, 6))
    minutes = oracle.days.get(on, [])  # none if the zone skipped the day
    assert office.is_working_day(on) == bool(minutes) == (office.why_off(on) is None)
    shifts = office.shifts_on(on)
    assert sum(office.between(*shift) for shift in shifts) == len(minutes)
    if minutes:
        _same(office.day_start(on), oracle, minutes[0])
        _same(office.day_end(on), oracle, minutes[-1] + 1)
        _same(shifts[-1][1], oracle, minutes[-1] + 1)
    following = working[bisect_right(working, on) :]
    for n, expected in enumerate(following[:3], start=1):
        assert office.nth_working_day(on, n) == expected
        if minutes:
            assert office.due_in_working_days(_ask(oracle, minutes[0], random), n) == office.day_end(expected)
    earlier = working[: bisect_left(working, on)]
    for n, expected in enumerate(earlier[:-3:-1], start=1):
        assert office.nth_working_day(on, -n) == expected


KINDS: list[tuple[Case, int]] = [
    (case_add, 100),
    (case_still_paused, 20),
    (case_subtract, 50),
    (case_between, 50),
    (case_moment, 25),
    (case_day, 5),
]


@pytest.mark.parametrize("amount", [50, pytest.param(400, marks=pytest.mark.soak)])
def test_agrees_with_stepping(amount: int) -> None:
    """So many calendars, 250 cases each: 100,000 in `make soak`."""
    agreed = 0

    @settings(max_examples=amount, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(calendars(), st.integers(0, 2**32))
    def agree(made: tuple[CalendarData, date, int], seed: int) -> None:
        nonlocal agreed
        oracle, office, random = Oracle(*made), WorkCalendar(made[0]), Random(seed)
        for case, times in KINDS:
            for _ in range(times):
                case(office, oracle, random)
                agreed += 1

    agree()
    assert agreed >= amount * CASES
