"""Who is spoken to, why, and who is spared: rules 4 to 9 of the reminder planner by example."""

from datetime import timedelta

import msgspec
import pytest

from backend.domain.reminding import FIRM, GENTLE, NORMAL, History, Plan, Policy, plan
from backend.domain.reminding_policy import POINTS, points_passed, record, risk, worth_from
from backend.domain.times import TaskTimes
from backend.domain.types import Urgency
from tests.domain.test_reminding import CALENDAR, MONDAY, acknowledged, reminded, said, task
from tests.fakes import vn

#: An officer of whom 12 of 20 tasks still open at half of their time ended late.
FORGETFUL = History(still=(24, 20, 18, 16, 15), late=12, all_still=(90, 80, 60, 40, 30), all_late=25)
RELIABLE = History(still=(200, 150, 100, 50, 20), late=0, all_still=(500, 400, 300, 200, 100), all_late=5)


def ignored(row: TaskTimes, *at: str) -> TaskTimes:
    for text in at:
        row = reminded(row, vn(text))
    return row


def next_word(row: TaskTimes, now: str, policy: Policy = NORMAL, history: History | None = FORGETFUL) -> Plan:
    found = plan(row, vn(now), CALENDAR, policy, history)
    assert found is not None
    return found


# --- rule 7: the leader ---------------------------------------------------------------------------------------------

#: Ten working days from Monday 2 March 09:00 to Monday 16 March 09:00.
TWICE_IGNORED = ignored(acknowledged(days=10), "2026-03-06 08:00", "2026-03-10 08:00")


def test_the_leader_hears_after_two_unanswered_reminders_and_most_of_the_time():
    found = next_word(TWICE_IGNORED, "2026-03-10 08:01")
    assert said(found) == "12/03 08:00 soon unanswered"
    assert found.to == "leader"
    assert found.params == {"times": 2, "gone": 78, "late": 12, "still": 18}


def test_one_unanswered_reminder_is_not_enough():
    assert next_word(ignored(acknowledged(days=10), "2026-03-11 08:00"), "2026-03-11 08:01").to == "officer"


def test_an_answer_stops_the_way_to_the_leader():
    row = msgspec.structs.replace(TWICE_IGNORED, unanswered=0, tapped_at=vn("2026-03-10 09:00"))
    assert next_word(row, "2026-03-10 09:01").to == "officer"


def test_before_most_of_the_time_has_gone_the_leader_is_left_alone():
    row = ignored(acknowledged(days=10), "2026-03-04 08:00", "2026-03-05 08:00")
    found = next_word(row, "2026-03-05 08:01")
    assert said(found) == "10/03 08:00 soon silent"
    assert found.to == "officer"


def test_somebody_whose_tasks_end_in_time_is_not_reported():
    steady = History(still=(60, 50, 40, 30, 20), late=6, all_still=(90, 80, 60, 40, 30), all_late=8)
    assert risk(steady, 0.77) < NORMAL.lead_risk
    assert next_word(TWICE_IGNORED, "2026-03-10 08:01", history=steady).to == "officer"


def test_a_stranger_is_judged_by_the_prior():
    assert next_word(TWICE_IGNORED, "2026-03-10 08:01", history=None).to == "leader"
    assert next_word(TWICE_IGNORED, "2026-03-10 08:01", history=History()).to == "leader"


def test_the_leader_hears_once_and_the_officer_goes_on_hearing_in_the_next_slot():
    at = vn("2026-03-12 08:00")
    row = msgspec.structs.replace(TWICE_IGNORED, leader_told_at=at)
    for now in ("2026-03-12 08:00", "2026-03-12 08:01", "2026-03-12 12:00"):
        found = next_word(row, now)
        assert found.to == "officer"
        assert found.at > at + timedelta(hours=1)


def test_silence_about_a_task_nobody_took_up_climbs_by_the_acknowledgement_limit_not_here():
    row = ignored(task(days=10), "2026-03-06 08:00", "2026-03-10 08:00")
    assert next_word(row, "2026-03-10 08:01").to == "officer"


@pytest.mark.parametrize(("policy", "unanswered", "gone"), [(GENTLE, 2, 0.7), (NORMAL, 2, 0.7), (FIRM, 1, 0.6)])
def test_the_switch_says_how_soon_the_leader_hears(policy: Policy, unanswered: int, gone: float):
    at = CALENDAR.add(vn(MONDAY), int(gone * 20 * 480) + 480)
    row = acknowledged(days=20, reminded_at=at, reminded_count=3)
    for silent in range(unanswered + 1):
        found = plan(msgspec.structs.replace(row, unanswered=silent), at, CALENDAR, policy, FORGETFUL)
        assert found is not None
        assert found.to == ("leader" if silent == unanswered else "officer")


def test_after_the_deadline_only_the_officer_hears():
    assert next_word(TWICE_IGNORED, "2026-03-16 09:01").to == "officer"
    assert next_word(TWICE_IGNORED, "2026-03-16 09:01").kind == "overdue"


# --- rule 5: an answer expires --------------------------------------------------------------------------------------


def test_the_second_answer_in_a_row_without_a_step_counts_as_silence():
    at, tapped = vn("2026-03-10 08:00"), vn("2026-03-10 09:00")
    row = acknowledged(days=30, reminded_at=at, reminded_count=2, tapped_at=tapped)
    once, twice = (
        plan(msgspec.structs.replace(row, empty_taps=taps), tapped, CALENDAR, NORMAL, FORGETFUL) for taps in (1, 2)
    )
    assert said(once) == "18/03 08:00 soon answered"
    assert said(twice) == "12/03 08:00 soon answered"
    assert twice is not None
    assert twice.params["on"] == "10/03"


def test_answers_that_lead_nowhere_bring_the_leader_in():
    row = msgspec.structs.replace(TWICE_IGNORED, unanswered=0, empty_taps=3, tapped_at=vn("2026-03-10 09:00"))
    assert next_word(row, "2026-03-10 09:01").to == "leader"


# --- rule 4: an answer buys quiet -----------------------------------------------------------------------------------


def test_an_answer_late_on_the_last_morning_buys_quiet_until_the_deadline():
    row = reminded(acknowledged(due_at=vn("2026-03-06 17:30")), vn("2026-03-06 08:00"))
    assert said(plan(row, vn("2026-03-06 08:01"), CALENDAR)) == "06/03 13:30 now silent"
    early, late = (
        msgspec.structs.replace(row, unanswered=0, tapped_at=vn(f"2026-03-06 {at}")) for at in ("08:30", "10:30")
    )
    assert said(plan(early, vn("2026-03-06 10:30"), CALENDAR)) == "06/03 13:30 now answered"
    assert said(plan(late, vn("2026-03-06 10:30"), CALENDAR)) == "11/03 08:00 overdue overdue"


def test_an_answer_after_the_deadline_buys_quiet_too():
    row = reminded(acknowledged(due_at=vn("2026-03-06 17:30")), vn("2026-03-11 08:00"))
    assert said(plan(row, vn("2026-03-13 16:00"), CALENDAR)) == "16/03 08:00 overdue overdue"
    row = msgspec.structs.replace(row, unanswered=0, tapped_at=vn("2026-03-13 17:00"))
    assert said(plan(row, vn("2026-03-13 17:00"), CALENDAR)) == "17/03 08:00 overdue overdue"


# --- rule 6: the reliable are spared ----------------------------------------------------------------------------------


def test_a_record_says_from_which_point_of_a_task_a_word_is_worth_it():
    assert worth_from(FORGETFUL, NORMAL.risk) == 0
    middling = History(still=(90, 60, 40, 20, 9), late=6, all_still=(900, 600, 400, 200, 90), all_late=60)
    assert worth_from(middling, NORMAL.risk) in POINTS
    assert worth_from(RELIABLE, NORMAL.risk) == 1
    assert worth_from(RELIABLE, 0) == 0


def test_even_the_most_reliable_hear_once_before_the_deadline():
    angel = History(still=(9000, 9000, 9000, 9000, 9000), all_still=(9000,) * 5)
    found = next_word(acknowledged(days=10), MONDAY, history=angel)
    assert found.kind in ("soon", "now")
    assert found.at < acknowledged(days=10).due_at


def test_a_moment_the_officer_named_is_kept_for_the_reliable_too():
    row = acknowledged(days=20, waiting_until=vn("2026-03-06 13:30"))
    assert said(next_word(row, MONDAY, history=RELIABLE)) == "06/03 13:30 soon waiting"


# --- rule 9: the counts behind it -------------------------------------------------------------------------------------


def test_every_reason_carries_the_officers_own_counts():
    assert next_word(acknowledged(days=20), MONDAY).params == {"share": "1/6", "late": 12, "still": 24}
    overdue = next_word(acknowledged(), "2026-03-09 09:01")
    assert overdue.params == {"days": 2, "late": 12, "still": 15}


def test_somebody_without_a_record_hears_no_empty_counts():
    assert next_word(acknowledged(days=20), MONDAY, history=History(all_still=(9, 9, 9, 9, 9))).params == {
        "share": "1/6"
    }


def test_the_record_is_read_at_the_point_the_task_has_reached():
    assert [record(FORGETFUL, share) for share in (0.1, 0.3, 0.5, 0.8, 0.9, 1)] == [
        (12, 24),
        (12, 24),
        (12, 20),
        (12, 18),
        (12, 16),
        (12, 15),
    ]


def test_a_closed_task_counts_at_the_points_where_it_was_still_open():
    assert [points_passed(share) for share in (0.1, 0.25, 0.3, 0.6, 0.99, 1.5)] == [0, 0, 1, 2, 5, 5]


# --- rule 2: two a day ------------------------------------------------------------------------------------------------


def test_who_has_had_the_days_messages_hears_tomorrow():
    row, slot = acknowledged(), vn("2026-03-04 08:00")
    for said_today, at in ((0, "04/03 08:00"), (1, "04/03 08:00"), (2, "05/03 08:00")):
        assert said(plan(row, slot, CALENDAR, said_today=said_today)).startswith(at)


def test_a_short_task_is_outside_the_two_a_day():
    row = task(days=3, urgency=Urgency.URGENT)
    assert plan(row, vn("2026-03-04 08:00"), CALENDAR, said_today=2) == plan(row, vn("2026-03-04 08:00"), CALENDAR)


# --- the bounds -------------------------------------------------------------------------------------------------------


def lines_before_the_deadline(row: TaskTimes, policy: Policy, *, answered: bool) -> list[str]:
    """To whom every line goes until the deadline of a task that is never closed."""
    now, heard = row.assigned_at, []
    while (found := plan(row, now, CALENDAR, policy, History())) is not None and found.kind != "overdue":
        heard.append(found.to)
        now = found.at + timedelta(minutes=6)
        if found.to == "leader":
            row = msgspec.structs.replace(row, leader_told_at=found.at)
        else:
            row = reminded(row, found.at, answered=answered)
    return heard


@pytest.mark.parametrize("assigned", ["2026-03-02 07:30", "2026-03-02 09:00", "2026-03-03 08:00", "2026-03-05 10:00"])
@pytest.mark.parametrize(("days", "ignored", "answered"), [(5, 5, 4), (10, 8, 6), (20, 10, 7), (40, 12, 10)])
def test_the_number_of_lines_stays_within_the_published_bounds(days: int, ignored: int, answered: int, assigned: str):
    """reminders.md: 5 / 8 / 10 / 12 lines, one of them the leader's; 4 / 5 / 6 / 9 if answered, one more where the slots
    fall badly."""
    silent = lines_before_the_deadline(acknowledged(assigned, days), NORMAL, answered=False)
    assert silent.count("leader") == 1
    assert len(silent) <= ignored
    assert len(lines_before_the_deadline(acknowledged(assigned, days), NORMAL, answered=True)) <= answered
