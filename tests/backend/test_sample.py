"""The sample office: its relative times, that its files are what the imports read, and a demo loaded from them."""

from datetime import date, datetime, timedelta

import pytest

from backend.calendars.default import default_calendar
from backend.sample import read_sample_tasks, resolve_relative
from tests.fakes import vn

CALENDAR = default_calendar()
MONDAY = date(2026, 11, 23)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0d 11:30", "2026-11-23 11:30"),
        ("-1d 08:30", "2026-11-20 08:30"),
        ("-12d 08:30", "2026-11-05 08:30"),
        # 24 November is a holiday in 2026.
        ("+1d 17:30", "2026-11-25 17:30"),
        ("3d 17:30", "2026-11-27 17:30"),
        ("-0d 09:05", "2026-11-23 09:05"),
        ("prev:01 08:30", "2026-10-01 08:30"),
        ("prev:05 08:30", "2026-10-07 08:30"),
        ("prev:-01 17:30", "2026-10-30 17:30"),
        ("prev:-05 07:30", "2026-10-26 07:30"),
        ("prev:31 17:30", "2026-10-30 17:30"),
        ("prev:-31 17:30", "2026-10-01 17:30"),
        ("prev:03", "2026-10-05 07:30"),
        ("-2d", "2026-11-19 07:30"),
    ],
)
def test_a_relative_time_counts_working_days_from_today_or_within_the_previous_month(text: str, expected: str) -> None:
    assert resolve_relative(text, MONDAY, CALENDAR) == vn(expected)


@pytest.mark.one_database
@pytest.mark.parametrize("text", ["-1d 08:30", "0d 08:30", "+1d 08:30"])
def test_a_day_off_is_read_as_the_next_working_day(text: str) -> None:
    saturday, monday = date(2026, 3, 7), date(2026, 3, 9)
    assert resolve_relative(text, saturday, CALENDAR) == resolve_relative(text, monday, CALENDAR)


@pytest.mark.one_database
def test_the_previous_month_of_january_is_december() -> None:
    assert resolve_relative("prev:01", date(2027, 1, 15), CALENDAR) == vn("2026-12-01 07:30")


@pytest.mark.one_database
@pytest.mark.parametrize("text", ["", "08:30", "-1d 8:30", "-1d 24:00", "prev:0 08:30", "prev:00", "2026-11-23 08:30"])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"relative time|day 0"):
        resolve_relative(text, MONDAY, CALENDAR)
