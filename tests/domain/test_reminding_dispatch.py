"""What one person is told in one slot: the right five of many, in the right order."""

import itertools
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.reminding import FIRM, NORMAL, Policy
from backend.domain.reminding_dispatch import Line, choose
from tests.domain.test_reminding import CALENDAR
from tests.fakes import vn

#: A Thursday; the weeks around it have no days off.
NOW = vn("2026-03-12 08:00")


def line(task_id: int, due: str, at: str = "2026-03-12 08:00", reminded: str | None = None) -> Line:
    return Line(
        task_id=task_id, due_at=vn(f"2026-{due}"), at=vn(at), reminded_at=vn(f"2026-{reminded}") if reminded else None
    )


def ids(lines: tuple[Line, ...]) -> list[int]:
    return [one.task_id for one in lines]


def test_what_can_still_be_saved_comes_first_then_the_youngest_overdue():
    due = [line(1, "03-02 17:30"), line(2, "03-20 17:30"), line(3, "03-11 17:30"), line(4, "03-12 17:30")]
    assert ids(choose(due, [], NOW, CALENDAR)) == [4, 2, 3, 1]


def test_at_most_five_lines_and_the_rest_is_left_for_another_day():
    due = [line(n, f"03-{12 + n} 17:30") for n in (7, 3, 1, 5, 2, 6, 4)]
    assert ids(choose(due, [], NOW, CALENDAR)) == [1, 2, 3, 4, 5]


def test_nothing_due_is_no_message_however_much_is_planned():
    assert choose([], [line(1, "03-20 17:30", "2026-03-12 13:30")], NOW, CALENDAR) == ()


def test_room_is_filled_with_what_comes_within_two_working_days():
    planned = [
        line(2, "03-30 17:30", "2026-03-16 08:00"),  # Monday: two working days from Thursday
        line(3, "03-25 17:30", "2026-03-16 13:30"),
        line(4, "03-26 17:30", "2026-03-12 13:30"),
    ]
    assert ids(choose([line(1, "03-27 17:30")], planned, NOW, CALENDAR)) == [4, 1, 2]
    assert ids(choose([line(1, "03-27 17:30")], planned, NOW, CALENDAR, FIRM)) == [4, 1]


def test_what_was_said_in_the_last_half_day_is_not_taken_along():
    planned = [
        line(2, "03-30 17:30", "2026-03-13 08:00", reminded="03-11 14:00"),
        line(3, "03-30 17:30", "2026-03-13 08:00", reminded="03-11 14:01"),
    ]
    assert ids(choose([line(1, "03-20 17:30")], planned, NOW, CALENDAR)) == [1, 2]


def test_a_task_that_is_due_is_not_taken_along_as_well():
    one = line(1, "03-20 17:30")
    assert ids(choose([one], [one], NOW, CALENDAR)) == [1]


def test_the_number_of_lines_is_the_policys():
    due = [line(n, f"03-{12 + n} 17:30") for n in range(1, 8)]
    assert len(choose(due, [], NOW, CALENDAR, Policy(lines=3))) == 3


def test_the_same_deadline_keeps_the_order_of_the_tasks():
    due = [line(n, "03-20 17:30") for n in (3, 1, 2)]
    assert ids(choose(due, [], NOW, CALENDAR)) == [1, 2, 3]


around = st.integers(-9000, 9000).map(lambda minutes: NOW + timedelta(minutes=minutes))


@st.composite
def lines(draw: st.DrawFn, first: int) -> list[Line]:
    count = draw(st.integers(0, 9))
    return [
        Line(task_id=first + n, due_at=draw(around), at=draw(around), reminded_at=draw(st.none() | around))
        for n in range(count)
    ]


@given(lines(0), lines(100))
@settings(max_examples=60, deadline=None)
def test_it_is_the_dispatcher_of_the_specification(due: list[Line], planned: list[Line]):
    """Against the paragraph of reminders.md written out with sets: what is due first, room filled, savable on top."""
    chosen = choose(due, planned, NOW, CALENDAR)
    assert len(chosen) == min(NORMAL.lines, len(chosen))
    told, left = set(chosen) & set(due), set(due) - set(chosen)
    assert len(told) == min(len(due), NORMAL.lines)
    assert all(_before(a, b) for a in told for b in left)
    along, stayed = set(chosen) - set(due), set(planned) - set(chosen)
    assert all(_may(one) for one in along)
    if due and len(chosen) < NORMAL.lines:
        assert not any(_may(one) for one in stayed)
    assert all(_before(a, b) for a in along for b in stayed if _may(b))
    assert all(_before(a, b) for a, b in itertools.pairwise(chosen))
    assert bool(chosen) == bool(due)


def _may(one: Line) -> bool:
    rested = one.reminded_at is None or CALENDAR.between(one.reminded_at, NOW) >= 240
    return rested and CALENDAR.between(NOW, one.at) <= 960


def _before(a: Line, b: Line) -> bool:
    return _place(a) <= _place(b)


def _place(one: Line) -> tuple[int, float, int]:
    ahead = (one.due_at - NOW) / timedelta(minutes=1)
    return (0, ahead, one.task_id) if ahead > 0 else (1, -ahead, one.task_id)


def test_two_hundred_open_tasks_give_the_right_five():
    due = [line(n, "03-02 17:30") for n in range(195)]
    savable = [line(200 + n, f"03-{13 + n} 17:30") for n in range(5)]
    assert ids(choose(due + savable, [], NOW, CALENDAR)) == [200, 201, 202, 203, 204]


def test_a_slot_may_be_given_in_any_zone():
    due = [line(1, "03-02 17:30"), line(2, "03-20 17:30")]
    utc: datetime = NOW.astimezone(CALENDAR.zone)
    assert choose(due, [], utc, CALENDAR) == choose(due, [], NOW, CALENDAR)
