"""The reminder planner: the rule of thirds by example, and what it must never do by property."""

import itertools
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.calendars.default import default_calendar
from backend.domain.calendar import CalendarData, CalendarVersion, WorkCalendar
from backend.domain.calendar_data import week
from backend.domain.reminding import FIRM, GENTLE, NORMAL, History, Plan, Policy, is_short, next_slot, plan, still_due
from backend.domain.reminding_policy import better_half, risk
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency
from tests.fakes import VIETNAM, vn

CALENDAR = default_calendar()
#: A week of Monday 2 March 2026 has no days off.
MONDAY = "2026-03-02 09:00"


def task(assigned: str = MONDAY, days: float = 5, **more: Any) -> TaskTimes:
    """A task of so many working days, not acknowledged."""
    at = vn(assigned)
    values: dict[str, Any] = {
        "status": Status.ASSIGNED,
        "urgency": Urgency.NORMAL,
        "needs_acceptance": True,
        "assigned_at": at,
        "answer_from_at": at,
        "due_at": CALENDAR.add(at, int(days * 480)),
    }
    return TaskTimes(**{**values, **more})


def acknowledged(assigned: str = MONDAY, days: float = 5, **more: Any) -> TaskTimes:
    return task(assigned, days, **{"status": Status.ACKNOWLEDGED, "tapped_at": vn(assigned), **more})


def said(found: Plan | None) -> str:
    """``02/03 08:00 soon share``."""
    assert found is not None
    return f"{found.at.astimezone(VIETNAM):%d/%m %H:%M} {found.kind} {found.why}"


def reminded(before: TaskTimes, at: datetime, *, answered: bool = False) -> TaskTimes:
    """The row after a reminder at ``at``; an answer comes five minutes later."""
    after = msgspec.structs.replace(
        before, reminded_count=before.reminded_count + 1, reminded_at=at, unanswered=before.unanswered + 1
    )
    if answered:
        after = msgspec.structs.replace(after, unanswered=0, tapped_at=at + timedelta(minutes=5))
    return after


# --- by example -----------------------------------------------------------------------------------------------------


def test_an_acknowledged_task_is_first_spoken_of_when_a_sixth_of_its_time_has_gone():
    found = plan(acknowledged(days=10), vn(MONDAY), CALENDAR)
    assert said(found) == "04/03 08:00 soon share"
    assert found is not None
    assert found.params == {"share": "1/6"}


def test_silence_brings_the_first_word_earlier():
    found = plan(task(days=10), vn(MONDAY), CALENDAR)
    assert said(found) == "03/03 08:00 soon share"
    assert found is not None
    assert found.params == {"share": "1/12"}


def test_an_answer_buys_a_third_of_what_remains():
    first = vn("2026-03-04 08:00")
    found = plan(reminded(acknowledged(), first, answered=True), first + timedelta(minutes=6), CALENDAR)
    assert said(found) == "05/03 13:30 soon answered"
    assert found is not None
    assert found.params == {"on": "04/03"}


def test_silence_is_asked_again_after_two_four_and_eight_working_days():
    row, now, at = acknowledged(days=50), vn(MONDAY), []
    for _ in range(4):
        found = plan(row, now, CALENDAR)
        assert found is not None
        at.append(found.at)
        row, now = reminded(row, found.at), found.at
    assert [CALENDAR.between(a, b) // 480 for a, b in itertools.pairwise(at)] == [2, 4, 8]


def test_the_last_word_before_the_deadline_is_the_last_useful_slot():
    row = reminded(acknowledged(), vn("2026-03-06 08:00"))
    assert said(plan(row, vn("2026-03-06 08:01"), CALENDAR)) == "06/03 13:30 now silent"


def test_a_waiting_officer_hears_again_when_they_said():
    row = acknowledged(days=10, waiting_until=vn("2026-03-06 13:30"), tapped_at=vn("2026-03-03 10:00"))
    assert said(plan(row, vn("2026-03-03 10:00"), CALENDAR)) == "06/03 13:30 soon waiting"


def test_waiting_ends_at_the_latest_one_working_day_before_the_deadline():
    row = acknowledged(days=5, waiting_until=vn("2026-03-20 08:00"), tapped_at=vn("2026-03-03 10:00"))
    assert said(plan(row, vn("2026-03-03 10:00"), CALENDAR)) == "06/03 13:30 now waiting"
    longer = msgspec.structs.replace(row, due_at=vn("2026-03-13 17:30"))
    assert said(plan(longer, vn("2026-03-03 10:00"), CALENDAR)) == "13/03 08:00 soon waiting"


def test_a_wait_that_was_obeyed_does_not_hold_any_longer():
    row = acknowledged(days=10, waiting_until=vn("2026-03-06 13:30"), tapped_at=vn("2026-03-03 10:00"))
    found = plan(reminded(row, vn("2026-03-06 13:30")), vn("2026-03-06 13:31"), CALENDAR)
    assert found is not None
    assert found.why == "silent"


def test_leave_moves_a_reminder_to_the_first_slot_after_it():
    row = acknowledged(days=10, leave_until=vn("2026-03-11 00:00"))
    assert said(plan(row, vn(MONDAY), CALENDAR)) == "11/03 08:00 soon share"


def test_leave_past_the_deadline_moves_nothing():
    row = acknowledged(days=10, leave_until=vn("2026-04-11 00:00"))
    assert said(plan(row, vn(MONDAY), CALENDAR)) == said(plan(acknowledged(days=10), vn(MONDAY), CALENDAR))


def test_after_the_deadline_three_words_and_then_silence():
    row, now, heard = reminded(acknowledged(), vn("2026-03-06 13:30")), vn("2026-03-09 09:00"), []
    while (found := plan(row, now, CALENDAR)) is not None:
        heard.append((said(found), found.params["days"]))
        row, now = reminded(row, found.at), found.at
    assert heard == [
        ("12/03 08:00 overdue overdue", 2),
        ("17/03 08:00 overdue overdue", 5),
        ("24/03 08:00 overdue overdue", 10),
    ]


def test_words_after_the_deadline_that_an_outage_swallowed_are_said_once_not_thrice():
    now = vn("2026-05-04 09:00")
    found = plan(acknowledged(), now, CALENDAR)
    assert said(found) == "05/05 08:00 overdue overdue"
    assert found is not None
    assert plan(reminded(acknowledged(), found.at), found.at, CALENDAR) is None


def test_nobody_is_told_that_they_are_overdue_while_their_question_for_more_time_waits():
    row = acknowledged(extension_asked_at=vn("2026-03-05 09:00"))
    assert plan(row, vn("2026-03-09 09:01"), CALENDAR) is None
    # Asked too late, it holds nothing.
    late = msgspec.structs.replace(row, extension_asked_at=vn("2026-03-09 10:00"))
    assert plan(late, vn("2026-03-09 10:01"), CALENDAR) is not None


def test_a_lead_who_asked_to_wait_after_the_deadline_is_left_alone_until_then():
    row = acknowledged(waiting_until=vn("2026-03-16 08:00"))
    assert said(plan(row, vn("2026-03-09 09:01"), CALENDAR)) == "16/03 08:00 overdue overdue"


@pytest.mark.parametrize("status", [Status.REPORTED, Status.DECLINED, Status.DONE, Status.CANCELLED])
def test_nothing_is_said_of_a_task_that_is_not_the_leads_to_do(status: Status):
    assert plan(task(status=status), vn(MONDAY), CALENDAR) is None
    assert plan(task(status=status), vn("2026-04-02 08:00"), CALENDAR) is None


def test_a_task_of_less_than_a_day_gets_one_word_at_two_thirds_outside_the_slots():
    row = task(days=0.5)
    assert is_short(row, CALENDAR)
    found = plan(row, vn(MONDAY), CALENDAR)
    assert said(found) == "02/03 13:40 soon share"  # 240 minutes from 09:00: due 15:00, lunch from 11:30 to 13:30
    after = plan(reminded(row, vn("2026-03-02 13:40")), vn("2026-03-02 13:41"), CALENDAR)
    assert said(after) == "05/03 08:00 overdue overdue"


def test_an_urgent_task_does_not_wait_for_slots_however_long_it_is():
    row = task(days=3, urgency=Urgency.URGENT)
    assert is_short(row, CALENDAR)
    assert said(plan(row, vn(MONDAY), CALENDAR)) == "04/03 09:00 soon share"


def test_a_one_day_task_is_an_ordinary_one():
    assert not is_short(task(days=1), CALENDAR)


def test_the_word_at_two_thirds_leaves_at_least_fifteen_minutes():
    row = task(days=30 / 480)
    assert said(plan(row, vn(MONDAY), CALENDAR)) == "02/03 09:15 soon share"
    # Fifteen minutes in all: a word would only repeat the assignment.
    found = plan(task(days=15 / 480), vn(MONDAY), CALENDAR)
    assert found is not None
    assert found.kind == "overdue"


def test_a_short_task_obeys_a_wait_even_after_its_one_word():
    row = reminded(task(days=3, urgency=Urgency.URGENT), vn("2026-03-04 09:00"))
    row = msgspec.structs.replace(row, unanswered=0, waiting_until=vn("2026-03-04 15:00"))
    assert said(plan(row, vn("2026-03-04 09:10"), CALENDAR)) == "04/03 15:00 soon waiting"


def test_a_short_task_of_somebody_on_leave_waits_for_their_return():
    row = task(days=3, urgency=Urgency.URGENT, leave_until=vn("2026-03-05 00:00"))
    assert said(plan(row, vn(MONDAY), CALENDAR)) == "05/03 07:30 soon share"


def test_express_runs_by_the_clock_at_night():
    at = vn("2026-03-07 22:00")  # a Saturday
    row = task(urgency=Urgency.EXPRESS, assigned_at=at, answer_from_at=at, due_at=at + timedelta(hours=3))
    assert said(plan(row, at, CALENDAR)) == "08/03 00:00 soon share"


def test_a_reassigned_task_starts_anew_for_the_new_lead():
    row = task(days=10, answer_from_at=vn("2026-03-10 09:00"))
    assert said(plan(row, vn("2026-03-10 09:00"), CALENDAR)) == "11/03 08:00 soon share"


@pytest.mark.parametrize(("policy", "first"), [(GENTLE, "10/03 08:00"), (NORMAL, "05/03 08:00"), (FIRM, "04/03 08:00")])
def test_the_switch_moves_the_first_word(policy: Policy, first: str):
    assert said(plan(acknowledged(days=15), vn(MONDAY), CALENDAR, policy)).startswith(first)


def test_each_position_of_the_switch_speaks_at_least_as_often_as_the_gentler_one():
    counts = [len(life(acknowledged(days=20), policy=policy)) for policy in (GENTLE, NORMAL, FIRM)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_slots_that_a_calendar_does_not_work_are_not_used():
    mornings = _calendar("Asia/Ho_Chi_Minh", *["07:30-11:30"] * 7)
    assert next_slot(vn("2026-03-02 09:00"), mornings) == vn("2026-03-03 08:00")
    nights = _calendar("Asia/Ho_Chi_Minh", *["20:00-24:00"] * 7)
    assert next_slot(vn("2026-03-02 09:00"), nights) == vn("2026-03-02 20:00")


# --- history --------------------------------------------------------------------------------------------------------

RELIABLE = History(still=(200, 150, 100, 50, 20), late=0, all_still=(500, 400, 300, 200, 100), all_late=5)


def test_the_reliable_are_spared_until_the_risk_is_worth_a_word():
    spared, told = (
        plan(acknowledged(days=20), vn(MONDAY), CALENDAR, NORMAL, RELIABLE),
        plan(acknowledged(days=20), vn(MONDAY), CALENDAR),
    )
    assert spared is not None
    assert told is not None
    assert spared.at > told.at


def test_firm_spares_nobody():
    told = plan(acknowledged(days=20), vn(MONDAY), CALENDAR, FIRM, RELIABLE)
    assert said(told) == said(plan(acknowledged(days=20), vn(MONDAY), CALENDAR, FIRM))


def test_who_answers_in_the_afternoon_is_spoken_to_in_the_afternoon():
    afternoons = History(halves=((20, 2), (20, 15)))
    assert said(plan(acknowledged(days=20), vn(MONDAY), CALENDAR, NORMAL, afternoons)).split()[1] == "13:30"
    assert better_half(None) == better_half(History()) == 0


def test_the_risk_of_a_stranger_is_the_prior_and_grows_with_the_time_gone():
    risks = [risk(History(), share) for share in (0.1, 0.5, 0.8, 0.9, 0.99)]
    assert risks == pytest.approx([0.30, 0.35, 0.45, 0.55, 0.65])


# --- a tick that comes late -----------------------------------------------------------------------------------------


def test_a_tick_some_seconds_after_the_slot_still_speaks_in_it():
    row, slot = acknowledged(), vn("2026-03-04 08:00")
    found = still_due(row, slot, slot + timedelta(seconds=20), CALENDAR)
    assert found is not None
    assert found.at <= slot + timedelta(seconds=20)


def test_after_an_outage_the_word_waits_for_the_next_slot():
    row, slot = acknowledged(days=10), vn("2026-03-05 08:00")
    found = still_due(row, slot, vn("2026-03-05 23:00"), CALENDAR)
    assert said(found).startswith("06/03 08:00")


def test_a_late_tick_never_calls_a_passed_deadline_near():
    row = task(days=0.5)
    found = still_due(row, vn("2026-03-02 14:50"), vn("2026-03-02 15:05"), CALENDAR)
    assert found is not None
    assert found.kind == "overdue"


# --- by property ----------------------------------------------------------------------------------------------------


def _calendar(zone: str, *hours: str) -> WorkCalendar:
    return WorkCalendar(CalendarData(zone, (CalendarVersion(date(2000, 1, 1), week(hours)),)))


CALENDARS = [
    CALENDAR,
    _calendar("Asia/Ho_Chi_Minh", *["07:30-11:30 13:00-17:00"] * 5, "07:30-11:30", ""),
    _calendar("Asia/Ho_Chi_Minh", *["18:00-22:00"] * 7),
    _calendar("America/New_York", *["09:00-17:00"] * 4, "09:00-12:00", "", ""),
    _calendar("Asia/Ho_Chi_Minh", "", "", "13:00-14:00", "", "", "", ""),
]
START = datetime(2026, 1, 5, tzinfo=UTC)
instants = st.integers(0, 200 * 1440).map(lambda minutes: START + timedelta(minutes=minutes))
seconds = st.integers(0, 3599).map(lambda n: timedelta(seconds=n))


@st.composite
def rows(draw: st.DrawFn) -> tuple[TaskTimes, WorkCalendar, Policy]:
    """Any row that the services could write, and some they could not."""
    calendar = draw(st.sampled_from(CALENDARS))
    assigned = draw(instants) + draw(seconds)
    due = draw(st.one_of(st.integers(1, 600), st.integers(600, 60000)).map(lambda n: assigned + timedelta(minutes=n)))
    within = st.integers(0, 80000).map(lambda n: assigned + timedelta(minutes=n))
    maybe = st.none() | within
    reminded_at = draw(maybe)
    row = TaskTimes(
        status=draw(st.sampled_from([Status.ASSIGNED, Status.ACKNOWLEDGED])),
        urgency=draw(st.sampled_from(Urgency)),
        needs_acceptance=True,
        assigned_at=assigned,
        due_at=due,
        answer_from_at=draw(st.sampled_from([assigned, assigned + (due - assigned) / 3])),
        reminded_count=int(reminded_at is not None),
        reminded_at=reminded_at,
        unanswered=draw(st.integers(0, 30)) if reminded_at else 0,
        tapped_at=draw(maybe),
        waiting_until=draw(maybe),
        leave_until=draw(maybe),
    )
    return row, calendar, draw(st.sampled_from([GENTLE, NORMAL, FIRM]))


@given(rows(), instants, seconds)
@settings(max_examples=400, deadline=None)
def test_a_plan_is_never_before_now_and_in_working_time_unless_express(
    case: tuple[TaskTimes, WorkCalendar, Policy], now: datetime, more: timedelta
):
    row, calendar, policy = case
    now += more
    found = plan(row, now, calendar, policy)
    if found is not None:
        assert found.at >= now
        assert found.at.tzinfo is UTC
        assert calendar.is_working(found.at) or row.urgency is Urgency.EXPRESS
        assert (found.at >= row.due_at) == (found.kind == "overdue")


@given(rows(), instants, st.floats(0, 1))
@settings(max_examples=400, deadline=None)
def test_planning_again_before_the_planned_moment_gives_the_same_plan(
    case: tuple[TaskTimes, WorkCalendar, Policy], now: datetime, share: float
):
    row, calendar, policy = case
    found = plan(row, now, calendar, policy)
    if found is not None:
        between = now + (found.at - now) * share
        assert plan(row, between, calendar, policy) == found
        assert plan(row, found.at, calendar, policy) == found


@given(rows(), instants, instants)
@settings(max_examples=400, deadline=None)
def test_planning_later_never_gives_an_earlier_plan(
    case: tuple[TaskTimes, WorkCalendar, Policy], one: datetime, other: datetime
):
    row, calendar, policy = case
    earlier, later = (plan(row, at, calendar, policy) for at in sorted([one, other]))
    if later is not None:
        assert earlier is not None
        assert earlier.at <= later.at


def life(
    row: TaskTimes, answers: list[bool] | None = None, policy: Policy = NORMAL, calendar: WorkCalendar = CALENDAR
) -> list[Plan]:
    """Every reminder of a task that is never closed; ``answers`` says which ones were answered."""
    now, heard = row.assigned_at, []
    while (found := plan(row, now, calendar, policy)) is not None:
        heard.append(found)
        answered = bool(answers) and answers[(len(heard) - 1) % len(answers)]
        row, now = reminded(row, found.at, answered=answered), found.at + timedelta(minutes=6)
        assert len(heard) < 200
    return heard


@given(st.integers(480, 480 * 400), instants)
@settings(max_examples=100, deadline=None)
def test_the_number_of_ignored_reminders_is_logarithmic_in_the_length(minutes: int, assigned: datetime):
    at = CALENDAR.next_working(assigned)
    heard = life(task(assigned_at=at, answer_from_at=at, due_at=CALENDAR.add(at, minutes)))
    assert len(heard) <= 8 + 2 * math.log2(minutes / 480)


@given(st.integers(480, 480 * 200), st.lists(st.booleans(), min_size=1, max_size=8), instants)
@settings(max_examples=100, deadline=None)
def test_answers_buy_at_most_a_week_of_quiet_and_never_cause_a_flood(
    minutes: int, answers: list[bool], assigned: datetime
):
    at = CALENDAR.next_working(assigned)
    row = acknowledged(assigned_at=at, answer_from_at=at, tapped_at=at, due_at=CALENDAR.add(at, minutes))
    heard, days = life(row, answers), minutes / 480
    assert len(heard) <= 8 + 2 * math.log2(days) + days / 3
    assert len([found for found in heard if found.kind == "overdue"]) <= 3
    # At least an hour apart, and so at most one in a slot.
    assert all(b.at - a.at >= timedelta(hours=1) for a, b in itertools.pairwise(heard))


@pytest.mark.parametrize(("days", "ignored", "answered"), [(5, 5, 4), (10, 8, 5), (20, 10, 6), (40, 12, 9)])
def test_the_published_bounds_hold_before_the_deadline(days: int, ignored: int, answered: int):
    """reminders.md: 5 / 8 / 10 / 12 words for a task ignored every time, 4 / 5 / 6 / 9 for one answered every time."""
    before = [found for found in life(task(days=days)) if found.kind != "overdue"]
    assert len(before) <= ignored
    before = [found for found in life(acknowledged(days=days), [True]) if found.kind != "overdue"]
    assert len(before) <= answered


@given(rows(), st.integers(0, 1700))
@settings(max_examples=300, deadline=None)
def test_a_due_row_is_spoken_of_or_moved_into_the_future(case: tuple[TaskTimes, WorkCalendar, Policy], late_s: int):
    row, calendar, _ = case
    found = plan(row, row.assigned_at, calendar)
    if found is not None:
        now = found.at + timedelta(seconds=late_s)
        again = still_due(row, found.at, now, calendar)
        if again is not None and again.kind == found.kind:
            assert again.at <= now
