"""Days of things that recur: weeks, months, quarters, last days, days off."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.calendars.default import default_calendar
from backend.domain.recurring import Every, due_at, first_from, following, highest_day, make_at, next_on, previous_on
from tests.fakes import vn

pytestmark = pytest.mark.one_database

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("every", "day", "after", "expected"),
    [
        (Every.DAILY, 1, "2026-11-23", "2026-11-24"),
        (Every.WEEKLY, 5, "2026-11-23", "2026-11-27"),
        (Every.WEEKLY, 1, "2026-11-23", "2026-11-30"),
        (Every.MONTHLY, 25, "2026-11-23", "2026-11-25"),
        (Every.MONTHLY, 23, "2026-11-23", "2026-12-23"),
        (Every.MONTHLY, 31, "2027-01-31", "2027-02-28"),
        (Every.MONTHLY, 30, "2028-02-01", "2028-02-29"),
        (Every.QUARTERLY, 25, "2026-11-23", "2026-12-25"),
        (Every.QUARTERLY, 25, "2026-12-25", "2027-03-25"),
        (Every.QUARTERLY, 31, "2026-10-01", "2026-12-31"),
    ],
)
def test_next_day_of_a_rule(every: Every, day: int, after: str, expected: str) -> None:
    assert next_on(every, day, date.fromisoformat(after)) == date.fromisoformat(expected)


def fits(every: Every, day: int, on: date) -> bool:
    """Read straight from the rule's words."""
    if every is Every.DAILY:
        return True
    if every is Every.WEEKLY:
        return on.isoweekday() == day
    return on.day == min(day, monthrange(on.year, on.month)[1]) and (every is Every.MONTHLY or on.month % 3 == 0)


@given(st.sampled_from(Every), st.integers(1, 31), days)
def test_next_and_previous_are_the_nearest_days_of_the_rule(every: Every, day: int, on: date) -> None:
    day = (day - 1) % highest_day(every) + 1
    after, before = next_on(every, day, on), previous_on(every, day, on)
    assert before < on < after
    between = [before + timedelta(days=n) for n in range((after - before).days + 1)]
    assert [found for found in between if found != on and fits(every, day, found)] == [before, after]


def test_day_off_moves_to_the_next_working_day() -> None:
    calendar = default_calendar()
    tuesday_off = date(2026, 11, 24)
    assert due_at(tuesday_off, None, calendar) == vn("2026-11-25 17:30")
    assert due_at(tuesday_off, 9 * 60 + 15, calendar) == vn("2026-11-25 09:15")
    assert due_at(date(2026, 11, 27), 17 * 60, calendar) == vn("2026-11-27 17:00")


def test_task_is_made_when_work_begins_one_period_ahead() -> None:
    calendar = default_calendar()
    assert make_at(Every.WEEKLY, 5, date(2026, 12, 4), calendar) == vn("2026-11-27 07:30")
    assert make_at(Every.WEEKLY, 2, date(2026, 12, 1), calendar) == vn("2026-11-25 07:30"), "Tuesday 24 is a day off"
    assert make_at(Every.MONTHLY, 31, date(2026, 11, 30), calendar) == vn("2026-11-02 07:30"), (
        "31 October is a Saturday"
    )


def test_daily_is_once_for_each_working_day_made_the_working_day_before() -> None:
    calendar = default_calendar()
    assert following(Every.DAILY, 1, date(2026, 11, 23), calendar) == date(2026, 11, 25), "Tuesday 24 is a day off"
    assert following(Every.DAILY, 1, date(2026, 11, 27), calendar) == date(2026, 11, 30)
    assert first_from(Every.DAILY, 1, date(2026, 11, 27), calendar) == date(2026, 11, 27)
    assert first_from(Every.DAILY, 1, date(2026, 11, 28), calendar) == date(2026, 11, 30)
    assert make_at(Every.DAILY, 1, date(2026, 11, 30), calendar) == vn("2026-11-27 07:30")
    assert make_at(Every.DAILY, 1, date(2026, 11, 25), calendar) == vn("2026-11-23 07:30")
    assert following(Every.WEEKLY, 5, date(2026, 11, 23), calendar) == date(2026, 11, 27)
