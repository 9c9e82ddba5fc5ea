"""The sample office: a ward's people and a month of its work, with times that follow the demo's clock.

The CSV files beside this one are what ``giaoviec import-org`` reads (units, people, positions, leaves, delegations) and
``giaoviec import-tasks`` (tasks: the columns are those of :mod:`backend.tasks.importing_columns`, which decides them).
Times in ``tasks.csv`` are relative to the day of loading:

``-12d 08:30``
    08:30 twelve working days before today; ``+3d 17:30`` three after, ``0d 11:30`` today. When today is a day off, the
    next working day stands for it.
``prev:05 08:30``
    08:30 on the fifth working day of the previous calendar month; ``prev:-02 17:30`` on its last but one. A shorter
    month than the number asks for gives its last (or first) working day.

Without a time of day it is when the work of that day begins.
"""

import csv
import io
import re
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable

from backend.domain.calendar import WorkCalendar

_RELATIVE = re.compile(r"(?:([+-]?\d{1,3})d|prev:(-?\d{1,2}))(?: ([01]\d|2[0-3]):([0-5]\d))?")


def sample_folder() -> Traversable:
    """The folder of the sample office's CSV files, wherever the package is installed."""
    return files("backend") / "sample"


def read_sample_tasks() -> list[dict[str, str]]:
    """The rows of ``tasks.csv`` by column, times still relative."""
    text = (sample_folder() / "tasks.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def resolve_relative(text: str, today: date, calendar: WorkCalendar) -> datetime:
    """The instant that a relative time means on ``today``, in the calendar's zone.

    Raises ValueError for any other text and for day 0 of a month.
    """
    found = _RELATIVE.fullmatch(text)
    if found is None:
        raise ValueError(f"not a relative time: {text!r}")
    days, in_month, hour, minute = found.groups()
    if in_month is not None:
        on = _day_of_previous_month(int(in_month), today, calendar)
    else:
        start = calendar.working_day_from(today)
        on = calendar.nth_working_day(start, int(days)) if int(days) else start
    if hour is None:
        return calendar.day_start(on)
    return datetime.combine(on, time(int(hour), int(minute)), calendar.zone)


def _day_of_previous_month(number: int, today: date, calendar: WorkCalendar) -> date:
    if not number:
        raise ValueError("a month has no day 0")
    last = today.replace(day=1) - timedelta(days=1)
    month = [day for day in (last.replace(day=n) for n in range(1, last.day + 1)) if calendar.is_working_day(day)]
    at = number - 1 if number > 0 else len(month) + number
    return month[min(max(at, 0), len(month) - 1)]
