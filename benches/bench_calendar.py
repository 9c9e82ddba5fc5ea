"""How many deadlines a second: our calendar beside the libraries people use instead, on the same cases.

Run it with ``python benches/bench_calendar.py``. None of the others can do all of it: numpy counts days only; pandas and
businesstimedelta know two shifts a day; none knows make-up days, pauses or reasons. Each is measured on what it can do,
against our engine on the same calendar and the very same cases, with how often the answers are the same.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend.calendars.default import DEFAULT_DATA
from backend.domain.calendar import CalendarData, WorkCalendar

CASES = 20_000
TARGET, TIMES = 200_000, 20
HOLIDAYS = [day.on for day in DEFAULT_DATA.days_off]
random = Random(2026)
calendar = WorkCalendar(DEFAULT_DATA)
#: What the others can know of it: no make-up days.
plain = WorkCalendar(CalendarData(DEFAULT_DATA.zone, DEFAULT_DATA.versions, DEFAULT_DATA.days_off))
starts = [
    datetime(2025, 6, 1, tzinfo=calendar.zone) + timedelta(minutes=random.randrange(525_600)) for _ in range(CASES)
]
hours = [random.randint(1, 80) for _ in range(CASES)]
minutes = [60 * n for n in hours]
days = [1 + n // 8 for n in hours]


def rate(label: str, work: Callable[[], object], cases: int = CASES, rounds: int = 5) -> float:
    """Operations a second of the best of some rounds, printed."""
    work()
    best = min(_seconds(work) for _ in range(rounds))
    print(f"{label:<64}{cases / best:>14,.0f} /s")
    return cases / best


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def each(function: Callable[..., object], *columns: Sequence[object]) -> Callable[[], object]:
    def work() -> None:
        for row in zip(*columns, strict=True):
            function(*row)

    return work


def beside(other: float, ours: float, same: Iterable[bool]) -> float:
    """One line: how many times faster we are, and how often both say the same. Returns the ratio."""
    agreed = list(same)
    print(f"{'':>4}ours on the same cases: {ours / other:,.1f} × that; same answer in {sum(agreed)} of {len(agreed)}")
    return ours / other


def library(name: str) -> Any:
    """A library to compare with, None (and a line) when it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        print(f"{name} is not installed: skipped")
        return None


def ours() -> float:
    in_utc = [start.astimezone(UTC) for start in starts]
    ends = [calendar.add(start, n) for start, n in zip(starts, minutes, strict=True)]
    pause = [[(start + timedelta(hours=3), start + timedelta(days=2))] for start in starts]
    new_york = WorkCalendar(CalendarData("America/New_York", DEFAULT_DATA.versions, DEFAULT_DATA.days_off))
    add = rate("giaoviec add, minutes over two shifts", each(calendar.add, starts, minutes))
    rate("giaoviec add, starts in UTC", each(calendar.add, in_utc, minutes))
    rate("giaoviec add, a zone with daylight saving", each(new_york.add, in_utc, minutes))
    rate("giaoviec add, one pause", each(calendar.add, starts, minutes, pause))
    rate("giaoviec subtract", each(calendar.subtract, ends, minutes))
    rate("giaoviec between", each(calendar.between, starts, ends))
    rate("giaoviec due in working days", each(calendar.due_in_working_days, starts, days))
    rate("giaoviec explain, ten working days", each(calendar.explain, starts[:500], ends[:500]), 500)
    rate("giaoviec first answer of a fresh calendar", lambda: WorkCalendar(DEFAULT_DATA).add(starts[0], 60), 1)
    return add


def numpy_days() -> None:
    np = library("numpy")
    if np is None:
        return
    table = np.busdaycalendar(weekmask="1111100", holidays=HOLIDAYS)
    on = [start.date() for start in starts]
    column, counts = np.array(on, dtype="datetime64[D]"), np.array(days)

    def one(day: date, n: int) -> Any:
        return np.busday_offset(day, n, roll="backward", busdaycal=table).astype(object)

    mine = rate("giaoviec n-th working day", each(plain.nth_working_day, on, days))
    theirs = rate("numpy busday_offset, one by one", each(one, on, days))
    beside(theirs, mine, (one(day, n) == plain.nth_working_day(day, n) for day, n in zip(on, days, strict=True)))
    whole = rate(
        "numpy busday_offset, one whole column",
        lambda: np.busday_offset(column, counts, roll="backward", busdaycal=table),
    )
    print(f"{'':>4}ours on the same cases: {mine / whole:,.3f} × that (a column at once is another kind of question)")


def added(some: slice) -> float:
    """Our adds a second on a part of the cases, on the calendar that the others know."""
    return rate("giaoviec add", each(plain.add, starts[some], minutes[some]), len(starts[some]))


def pandas_hours() -> float | None:
    pd = library("pandas")
    if pd is None:
        return None
    some = slice(0, 500)
    stamps = [pd.Timestamp(start) for start in starts[some]]
    offsets = [
        pd.offsets.CustomBusinessHour(n, start=["07:30", "13:30"], end=["11:30", "17:30"], holidays=HOLIDAYS)
        for n in hours[some]
    ]
    theirs = rate("pandas CustomBusinessHour", each(lambda at, offset: at + offset, stamps, offsets), len(stamps))
    due = [plain.add(start, n) for start, n in zip(starts[some], minutes[some], strict=True)]
    # What ends with a shift pandas calls the start of the next one.
    same = (
        (at + offset).to_pydatetime() in (end, plain.next_working(end))
        for at, offset, end in zip(stamps, offsets, due, strict=True)
    )
    return beside(theirs, added(some), same)


def businesstimedelta_hours() -> float | None:
    btd = library("businesstimedelta")
    if btd is None:
        return None
    week = [
        btd.WorkDayRule(time.fromisoformat(a), time.fromisoformat(b), [0, 1, 2, 3, 4])
        for a, b in (("07:30", "11:30"), ("13:30", "17:30"))
    ]
    rules = btd.Rules([*week, btd.HolidayRule(dict.fromkeys(HOLIDAYS, "off"))])
    some = slice(0, 200)
    lengths = [btd.BusinessTimeDelta(rules, hours=n) for n in hours[some]]
    due = [plain.add(start, n) for start, n in zip(starts[some], minutes[some], strict=True)]
    # Its rules are in UTC unless told otherwise by pytz: it is asked about wall times instead.
    walls, ends = ([at.replace(tzinfo=None) for at in column] for column in (starts[some], due))
    theirs = rate("businesstimedelta add", each(lambda at, length: at + length, walls, lengths), len(lengths))
    same = ((at + length).replace(tzinfo=None) == end for at, length, end in zip(walls, lengths, ends, strict=True))
    times = beside(theirs, added(some), same)
    theirs = rate("businesstimedelta difference", each(rules.difference, walls, ends), len(ends))
    mine = rate("giaoviec between", each(plain.between, starts[some], due), len(due))
    found = (rules.difference(at, end) for at, end in zip(walls, ends, strict=True))
    counted = (60 * one.hours + one.seconds // 60 for one in found)
    beside(theirs, mine, (one == n for one, n in zip(counted, minutes[some], strict=True)))
    return times


def main() -> None:
    add = ours()
    numpy_days()
    others = [found for found in (pandas_hours(), businesstimedelta_hours()) if found]
    print(f"target {TARGET:,} adds/s: {'kept' if add >= TARGET else 'MISSED'}")
    if others:
        kept = "kept" if min(others) >= TIMES else "MISSED"
        print(f"target {TIMES} × the fastest that knows two shifts: {min(others):,.0f} ×, {kept}")


if __name__ == "__main__":
    main()
