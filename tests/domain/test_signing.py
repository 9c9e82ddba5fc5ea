"""Sign-off: whose turn, until when, when whoever holds it up is told; the last day of an appeal."""

import pytest

from backend.calendars.default import default_calendar
from backend.domain import signing
from tests.fakes import vn

pytestmark = pytest.mark.one_database

CALENDAR = default_calendar()
#: December 2026 has ended; 1 January 2027 is a day off.
END = vn("2027-01-01 00:00")


@pytest.mark.parametrize(
    ("step", "turn_at", "due"),
    [
        ("self", None, "2027-01-08 17:30"),
        ("head", None, "2027-01-13 17:30"),
        ("leader", None, "2027-01-18 17:30"),
        # Signed early: the plan stands.
        ("head", "2027-01-05 09:00", "2027-01-13 17:30"),
        # Signed late: three working days from there.
        ("head", "2027-01-15 16:00", "2027-01-20 17:30"),
    ],
)
def test_a_step_has_its_days_from_the_plan_or_from_its_turn(step, turn_at, due):
    assert signing.due_at(step, END, vn(turn_at) if turn_at else None, CALENDAR) == vn(due)


def test_the_next_step_is_the_first_that_is_wanted_and_not_taken():
    assert signing.current(("self", "head", "leader"), ()) == "self"
    assert signing.current(("self", "leader"), ("self",)) == "leader"
    assert signing.current(("leader",), ("leader",)) is None


def test_reminders_come_in_slots_before_after_and_up_the_line():
    first, second, third = signing.reminders(vn("2027-01-08 17:30"), CALENDAR)
    assert [at.astimezone(CALENDAR.zone).date().isoformat() for at in (first, second, third)] == [
        "2027-01-07",
        "2027-01-11",
        "2027-01-12",
    ]
    assert all(CALENDAR.is_working(at) for at in (first, second, third))


@pytest.mark.parametrize(
    ("told", "until"),
    [
        ("2027-01-05 08:00", "2027-01-14 17:30"),
        # Told on a Saturday: it is read on Monday, which is not counted.
        ("2027-01-09 08:00", "2027-01-20 17:30"),
    ],
)
def test_an_appeal_has_seven_working_days_after_the_day_of_the_notice(told, until):
    assert signing.appeal_until(vn(told), CALENDAR) == vn(until)
