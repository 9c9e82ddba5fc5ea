"""How long an answer may take: acknowledging by urgency, deciding within a day, and the steps after silence."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.calendars.default import default_calendar
from backend.domain.limits import ACKNOWLEDGE_MINUTES, DECIDE_REMINDERS, acknowledge_limit, answer_at
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency
from tests.fakes import vn

pytestmark = pytest.mark.one_database

CALENDAR = default_calendar()


def task(**fields: Any) -> TaskTimes:
    """Assigned on Wednesday morning for a whole month."""
    given_ = vn("2026-11-25 08:00")
    base = TaskTimes(
        status=Status.ASSIGNED,
        urgency=Urgency.NORMAL,
        needs_acceptance=True,
        assigned_at=given_,
        due_at=vn("2026-12-25 17:00"),
        answer_from_at=given_,
    )
    return msgspec.structs.replace(base, **fields)


def steps(count: int, **fields: Any) -> list[datetime | None]:
    return [answer_at(task(answer_step=step, **fields), CALENDAR) for step in range(count)]


@pytest.mark.parametrize(
    ("urgency", "minutes", "first", "second"),
    [
        (Urgency.NORMAL, 480, "2026-11-26 08:00", "2026-11-27 08:00"),
        (Urgency.URGENT, 120, "2026-11-25 10:00", "2026-11-25 14:00"),
        (Urgency.VERY_URGENT, 60, "2026-11-25 09:00", "2026-11-25 10:00"),
        (Urgency.EXPRESS, 15, "2026-11-25 08:15", "2026-11-25 08:30"),
    ],
)
def test_limit_by_urgency_and_twice_it(urgency: Urgency, minutes: int, first: str, second: str) -> None:
    assert acknowledge_limit(task(urgency=urgency), CALENDAR) == minutes
    assert steps(2, urgency=urgency) == [vn(first), vn(second)]


def test_never_more_than_a_third_of_the_time() -> None:
    assert acknowledge_limit(task(due_at=vn("2026-11-25 17:00")), CALENDAR) == 140
    assert acknowledge_limit(task(due_at=vn("2026-11-25 08:02")), CALENDAR) == 1
    assert acknowledge_limit(task(due_at=vn("2026-11-20 08:00")), CALENDAR) == 1, "taken over when it was late already"


def test_express_counts_by_the_clock() -> None:
    night = {"urgency": Urgency.EXPRESS, "answer_from_at": vn("2026-11-25 22:00"), "due_at": vn("2026-11-26 00:00")}
    assert steps(1, **night) == [vn("2026-11-25 22:15")]


def test_decision_is_reminded_three_times_and_then_left_on_the_board() -> None:
    for status in (Status.REPORTED, Status.DECLINED):
        assert steps(DECIDE_REMINDERS + 1, status=status) == [
            vn("2026-11-26 08:00"),
            vn("2026-11-27 08:00"),
            vn("2026-11-30 08:00"),
            None,
        ]


@pytest.mark.parametrize("status", [Status.ACKNOWLEDGED, Status.DONE, Status.CANCELLED])
def test_nobody_owes_an_answer(status: Status) -> None:
    assert steps(1, status=status) == [None]


def test_a_question_for_more_time_waits_like_a_report() -> None:
    asked = vn("2026-11-25 09:00")
    assert steps(4, status=Status.ACKNOWLEDGED, extension_asked_at=asked) == steps(4, status=Status.REPORTED)


@given(st.sampled_from(Urgency), st.integers(1, 60 * 24 * 60), st.integers(0, 8))
def test_limits_grow_step_by_step(urgency: Urgency, minutes: int, step: int) -> None:
    """Property: within its limit, at most a third of the task's time, and every step later than the one before."""
    subject = task(urgency=urgency, due_at=CALENDAR.add(vn("2026-11-25 08:00"), minutes))
    limit = acknowledge_limit(subject, CALENDAR)
    assert 1 <= limit <= ACKNOWLEDGE_MINUTES[urgency]
    if urgency is not Urgency.EXPRESS:
        assert limit == 1 or limit * 3 <= minutes
    now, then = (answer_at(msgspec.structs.replace(subject, answer_step=taken), CALENDAR) for taken in (step, step + 1))
    assert now is not None
    assert then is not None
    assert now < then
