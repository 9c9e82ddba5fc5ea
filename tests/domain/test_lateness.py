"""When a task is late, how often it is charged, and what a return or a pause does to its due time."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.calendars.default import default_calendar
from backend.domain.lateness import FURTHER_EVERY_MINUTES, due_after_pause, due_after_return, is_late, next_charge
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency
from tests.fakes import vn

pytestmark = pytest.mark.one_database

CALENDAR = default_calendar()
DUE = vn("2026-11-27 17:00")

moments = st.integers(0, 60 * 24 * 120).map(lambda minutes: vn("2026-10-01 00:00") + timedelta(minutes=minutes))


def task(**fields: Any) -> TaskTimes:
    given_ = vn("2026-11-23 08:00")
    base = TaskTimes(
        status=Status.ACKNOWLEDGED,
        urgency=Urgency.NORMAL,
        needs_acceptance=True,
        assigned_at=given_,
        due_at=DUE,
        answer_from_at=given_,
    )
    return msgspec.structs.replace(base, **fields)


def charged_at(**fields: Any) -> datetime | None:
    found = next_charge(task(**fields), CALENDAR)
    return found.at if found else None


def test_late_is_compared_as_instants() -> None:
    assert not is_late(DUE, DUE)
    assert is_late(DUE, DUE + timedelta(seconds=1))
    assert is_late(vn("2026-11-27 17:30"), vn("2026-11-28 09:00")), "no working minute has passed, and it is late"


def test_open_task_is_charged_at_its_due_time_and_every_five_working_days() -> None:
    seen = []
    for count in range(4):
        found = next_charge(task(late_count=count), CALENDAR)
        assert found is not None
        seen.append((found.instance, found.further, found.at))
    assert seen == [
        (1, False, DUE),
        (2, True, vn("2026-12-04 17:00")),
        (3, True, vn("2026-12-11 17:00")),
        (4, True, vn("2026-12-18 17:00")),
    ]


def test_clock_stops_at_the_report_at_a_decline_and_at_the_end() -> None:
    before, after = DUE - timedelta(hours=1), DUE + timedelta(days=3)
    for stopped in (
        {"status": Status.REPORTED, "reported_at": before},
        {"status": Status.REPORTED, "reported_at": DUE},
        {"status": Status.DONE, "reported_at": before, "closed_at": after},
        {"status": Status.DECLINED, "declined_at": before},
        {"status": Status.CANCELLED, "closed_at": before},
        {"status": Status.REPORTED, "reported_at": after, "late_count": 1},
    ):
        assert charged_at(**stopped) is None, stopped
    for late in (
        {"status": Status.REPORTED, "reported_at": after},
        {"status": Status.DONE, "reported_at": after, "closed_at": after},
        {"status": Status.DECLINED, "declined_at": after},
    ):
        assert charged_at(**late) == DUE, late


def test_waiting_for_a_decision_is_never_charged() -> None:
    reported = {"status": Status.REPORTED, "reported_at": vn("2026-12-01 08:00"), "late_count": 1}
    assert charged_at(**reported) is None, "however long the assigner takes"


def test_question_for_more_time_holds_the_first_instance_only() -> None:
    asked = vn("2026-11-26 10:00")
    assert charged_at(extension_asked_at=asked) is None
    assert charged_at(extension_asked_at=DUE + timedelta(minutes=1)) == DUE
    assert charged_at(extension_asked_at=asked, late_count=1) == vn("2026-12-04 17:00")
    assert charged_at(extension_asked_at=asked, late_count=2, late_base=2) is None, (
        "late before, asked about a new due time"
    )


def test_new_due_time_is_passed_again() -> None:
    found = next_charge(task(late_count=2, late_base=2, due_at=vn("2026-12-10 17:00")), CALENDAR)
    assert found is not None
    assert (found.instance, found.further, found.at) == (3, False, vn("2026-12-10 17:00"))


def test_new_holder_of_a_late_task_is_charged_from_the_taking_over() -> None:
    taken = vn("2026-11-30 08:00")
    first = next_charge(task(late_base=-1, late_from_at=taken), CALENDAR)
    assert first is not None
    assert (first.instance, first.further, first.at) == (1, True, vn("2026-12-07 08:00"))


def test_return_gives_what_remained_at_least_half_a_day() -> None:
    due = vn("2026-11-26 17:30")
    assert due_after_return(due, vn("2026-11-26 08:00"), vn("2026-11-27 08:00"), CALENDAR) == vn("2026-11-27 17:30")
    assert due_after_return(due, vn("2026-11-26 17:30"), vn("2026-11-27 07:30"), CALENDAR) == vn("2026-11-27 11:30")
    late = due_after_return(due, vn("2026-11-27 08:00"), vn("2026-11-27 10:00"), CALENDAR)
    assert late == vn("2026-11-27 09:30"), "a late report stays as late as it was"


@given(moments, moments, moments)
def test_return_never_costs_the_officer_time(due: datetime, reported: datetime, returned: datetime) -> None:
    """Property: the working time left at the report is there again after the return, and a late one is late by as much."""
    reported, returned = min(reported, returned), max(reported, returned)
    new = due_after_return(due, reported, returned, CALENDAR)
    if is_late(due, reported):
        assert CALENDAR.between(new, returned) == CALENDAR.between(due, reported)
    else:
        assert CALENDAR.between(returned, new) == max(240, CALENDAR.between(reported, due))


@given(moments, moments, moments)
def test_pause_moves_the_due_time_by_its_working_time(due: datetime, paused: datetime, resumed: datetime) -> None:
    paused, resumed = min(paused, resumed), max(paused, resumed)
    new = due_after_pause(due, paused, resumed, CALENDAR)
    assert CALENDAR.between(due, new) == CALENDAR.between(paused, resumed)


@given(moments, st.integers(0, 6), st.integers(-1, 6))
def test_charges_come_one_by_one_and_never_twice(due: datetime, count: int, base: int) -> None:
    """Property: charging what is next always leads to a later instance with the next number."""
    base = min(base, count)
    late_from = due if base < 0 else None
    first = next_charge(task(due_at=due, late_count=count, late_base=base, late_from_at=late_from), CALENDAR)
    second = next_charge(task(due_at=due, late_count=count + 1, late_base=base, late_from_at=late_from), CALENDAR)
    assert first is not None
    assert second is not None
    assert second.instance == first.instance + 1
    assert second.further
    assert CALENDAR.between(first.at, second.at) == FURTHER_EVERY_MINUTES
