"""The life of a task as a state machine: what is possible where, and where it leads."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.lifecycle import UNDO_FOR, Act, can_undo, possible, transition
from backend.domain.types import Status
from backend.tasks.change import EVENT
from tests.fakes import vn

pytestmark = pytest.mark.one_database

A, K, R, X, D, C = (
    Status.ASSIGNED,
    Status.ACKNOWLEDGED,
    Status.REPORTED,
    Status.DECLINED,
    Status.DONE,
    Status.CANCELLED,
)

#: The drawing of domain.md §2, act by act: from where, and to where.
DRAWING = {
    Act.ACKNOWLEDGE: ({A}, K),
    Act.DECLINE: ({A, K}, X),
    Act.REPORT: ({A, K}, R),
    Act.ACCEPT: ({R}, D),
    Act.RETURN: ({R}, K),
    Act.CANCEL: ({A, K, R, X}, C),
    Act.REASSIGN: ({A, K, X}, A),
}


@pytest.mark.parametrize("act", DRAWING)
@pytest.mark.parametrize("status", Status)
def test_arrows_of_the_drawing_and_no_others(act: Act, status: Status) -> None:
    begins, ends = DRAWING[act]
    assert possible(status, act) == (status in begins)
    if status in begins:
        assert transition(status, act) is ends
    else:
        with pytest.raises(ValueError, match="impossible"):
            transition(status, act)


@pytest.mark.parametrize("act", sorted(set(Act) - set(DRAWING) - {Act.UNDO}))
@pytest.mark.parametrize("status", Status)
def test_other_acts_leave_the_state_as_it_is(act: Act, status: Status) -> None:
    if possible(status, act):
        assert transition(status, act) is status


def test_report_finishes_what_needs_no_acceptance() -> None:
    assert transition(A, Act.REPORT, needs_acceptance=False) is D
    assert transition(K, Act.REPORT, needs_acceptance=False) is D


@given(st.lists(st.sampled_from([act for act in Act if act is not Act.UNDO]), max_size=60), st.booleans())
def test_any_walk_ends_only_where_the_drawing_ends(acts: list[Act], needs_acceptance: bool) -> None:
    status = A
    for act in acts:
        before = status
        if possible(status, act):
            status = transition(status, act, needs_acceptance=needs_acceptance)
        if not before.is_open:
            assert status is before, "what is closed stays closed"
        if status is D and before is not D:
            assert act is (Act.ACCEPT if needs_acceptance else Act.REPORT)
        if status is A and before is not A:
            assert act is Act.REASSIGN


def test_question_for_more_time_outlives_the_report() -> None:
    for act in (Act.APPROVE_EXTENSION, Act.REFUSE_EXTENSION):
        assert {status for status in Status if possible(status, act)} == {A, K, R, D}


@pytest.mark.parametrize("event", ["assigned", "reported", "accepted"])
def test_undo_reaches_ten_minutes_back(event: str) -> None:
    at = vn("2026-11-23 08:00")
    assert can_undo(event, at, at + UNDO_FOR)
    assert not can_undo(event, at, at + UNDO_FOR + timedelta(seconds=1))


def test_nothing_else_can_be_undone() -> None:
    at = vn("2026-11-23 08:00")
    others = set(EVENT.values()) - {"reported", "accepted"}
    assert others
    assert not any(can_undo(event, at, at) for event in others)
