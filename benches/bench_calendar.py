"""How many deadlines a second: our calendar beside the libraries people use instead, on the same cases.

Run it with ``python benches/bench_calendar.py``. None of the others can do all of it: numpy counts days only and knows
no make-up days; pandas and businesstimedelta know shifts but no make-up days. They are measured on what they can do,
if they are installed.
"""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from importlib import import_module
from pathlib import Path
from random import Random
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend.calendars.default import DEFAULT_DATA
from backend.domain.calendar import CalendarData, WorkCalendar

CASES = 20_000
HOLIDAYS = [day.on for day in DEFAULT_DATA.days_off]
random = Random(2026)
calendar = WorkCalendar(DEFAULT_DATA)
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
    print(f"{label:<58}{cases / best:>14,.0f} /s")
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
    rate("giaoviec first answer of a fresh calendar", lambda: WorkCalendar(DEFAULT_DATA).add(starts[0], 60), 1)
    return add


def numpy_days() -> None:
    try:
        np = import_module("numpy")
    except ImportError:
        print("numpy is not installed: skipped")
        return
    table = np.busdaycalendar(weekmask="1111100", holidays=HOLIDAYS)
    on = [start.date() for start in starts]
    column, counts = np.array(on, dtype="datetime64[D]"), np.array(days)

    def one(day: date, n: int) -> object:
        return np.busday_offset(day, n, roll="backward", busdaycal=table).astype(object)

    rate("numpy busday_offset, one by one (days only)", each(one, on, days))
    rate(
        "numpy busday_offset, one whole column (days only)",
        lambda: np.busday_offset(column, counts, roll="backward", busdaycal=table),
    )


def pandas_hours() -> float | None:
    try:
        pd = import_module("pandas")
    except ImportError:
        print("pandas is not installed: CustomBusinessHour skipped")
        return None
    some = slice(0, 500)
    stamps = [pd.Timestamp(start) for start in starts[some]]
    offsets = [
        pd.offsets.CustomBusinessHour(n, start=["07:30", "13:30"], end=["11:30", "17:30"], holidays=HOLIDAYS)
        for n in hours[some]
    ]
    return rate("pandas CustomBusinessHour", each(lambda at, offset: at + offset, stamps, offsets), len(stamps))


def businesstimedelta_hours() -> float | None:
    try:
        btd = import_module("businesstimedelta")
    except ImportError:
        print("businesstimedelta is not installed: skipped")
        return None
    week = [
        btd.WorkDayRule(time.fromisoformat(a), time.fromisoformat(b), [0, 1, 2, 3, 4])
        for a, b in (("07:30", "11:30"), ("13:30", "17:30"))
    ]
    rules = btd.Rules([*week, btd.HolidayRule(dict.fromkeys(HOLIDAYS, "off"))])
    some = starts[:200]
    lengths = [btd.BusinessTimeDelta(rules, hours=n) for n in hours[:200]]
    return rate("businesstimedelta", each(lambda at, length: at + length, some, lengths), len(some))


def main() -> None:
    add = ours()
    numpy_days()
    others = [found for found in (pandas_hours(), businesstimedelta_hours()) if found]
    if others:
        print(f"add is {add / max(others):,.0f} times the fastest of them that knows two shifts")
    print(f"target 200,000 adds/s: {'kept' if add >= 200_000 else 'MISSED'}")


if __name__ == "__main__":
    main()
