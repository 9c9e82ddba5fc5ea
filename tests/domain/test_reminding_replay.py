"""A month lived again: by hand where it is small, by property where it is not; what another preset would have saved."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.domain.reminding import FIRM, GENTLE, NORMAL, History, Policy
from backend.domain.reminding_coming import coming
from backend.domain.reminding_estimate import Weighed, Worth, measure, weigh
from backend.domain.reminding_lives import Facts, Stint, holders
from backend.domain.reminding_replay import Away, Room, Told, replay
from backend.domain.scoring_history import Happened
from backend.domain.types import Status, Urgency
from tests.domain.test_reminding import CALENDAR
from tests.fakes import VIETNAM, vn

#: March 2026 has no days off; its second is a Monday.
START, END = vn("2026-03-01 00:00").astimezone(UTC), vn("2026-04-01 00:00").astimezone(UTC)
GIVER, OFFICER, OTHER, BOSS = 1, 2, 3, 9
WORRYING = History(still=(20, 20, 20, 20, 20), late=10)


def event(kind: str, at: str, actor: int = OFFICER, **data: Any) -> Happened:
    texts = {
        name: vn(value).isoformat() if name in ("due", "until", "answer_from") else value
        for name, value in data.items()
    }
    return Happened(kind, vn(f"2026-{at}").astimezone(UTC), actor, texts)


def assigned(at: str = "03-02 09:00", due: str = "2026-03-16 09:00", lead: int = OFFICER, by: int = GIVER) -> Happened:
    return event("assigned", at, by, lead=lead, due=due)


def stints(
    *events: Happened, task_id: int = 1, urgency: Urgency = Urgency.NORMAL, tapped: str = "", boss: int | None = BOSS
) -> list[Stint]:
    tapped_at = vn(f"2026-{tapped}").astimezone(UTC) if tapped else None
    return [
        Stint(
            task_id=task_id,
            holder_no=one.holder_no,
            person_id=one.person_id,
            boss_id=boss,
            calendar=CALENDAR,
            policy=NORMAL,
            given=one.given,
            acts=one.acts,
        )
        for one in holders(Facts(task_id, GIVER, urgency, True, tapped_at), events)
    ]


def lived(
    found: Sequence[Stint],
    policy: Policy = NORMAL,
    history: History = WORRYING,
    away: Sequence[Away] = (),
    room: Any = None,
) -> Any:
    return replay(found, [policy] * len(found), history, away, START, END, Counter() if room is None else room)


def texts(moments: Sequence[datetime]) -> list[str]:
    return [f"{at.astimezone(VIETNAM):%d/%m %H:%M}" for at in moments]


# --- what happened ----------------------------------------------------------------------------------------------------


def test_a_timeline_becomes_holders_and_what_they_did() -> None:
    first, second = stints(
        assigned(),
        event("acknowledged", "03-03 10:00"),
        event("acknowledged", "03-03 11:00", OTHER, part="coordinator"),
        event("waiting", "03-04 10:00", until="2026-03-09 08:00"),
        event("extension_asked", "03-05 10:00", due="2026-03-20 09:00"),
        event("extension_refused", "03-05 15:00", GIVER),
        event("extension_asked", "03-05 16:00", due="2026-03-20 09:00"),
        event("extension_approved", "03-06 10:00", GIVER, due="2026-03-20 09:00"),
        event("commented", "03-06 11:00"),
        event("declined", "03-09 10:00"),
        event("reassigned", "03-10 10:00", GIVER, lead=OTHER, due="2026-03-23 09:00"),
        event("reported", "03-11 10:00", OTHER, report=1, was="assigned", answer_from="2026-03-10 10:00"),
        event("undone", "03-11 10:05", OTHER, undone="reported"),
        event("reported", "03-12 10:00", OTHER, report=2, was="assigned", answer_from="2026-03-10 10:00"),
        event("accepted", "03-12 11:00", GIVER),
        event("undone", "03-12 11:05", GIVER, undone="accepted"),
        event("returned", "03-12 12:00", GIVER, due="2026-03-24 09:00"),
        event("due_moved", "03-13 10:00", GIVER, due="2026-03-18 09:00"),
        event("cancelled", "03-16 10:00", GIVER),
        tapped="03-13 09:00",
    )
    assert [span.reported for span in first.spans()] == [False]
    assert texts([first.spans()[0].start, first.spans()[0].due_at]) == ["02/03 09:00", "20/03 09:00"]
    times = first.given
    for act in first.acts[:3]:
        times = act.on(times)
    assert (times.status, times.waiting_until, times.answer_from_at) == (
        Status.ACKNOWLEDGED, vn("2026-03-09 08:00"), vn("2026-03-05 10:00"),
    )  # fmt: skip
    assert (second.holder_no, second.person_id, second.given.answer_from_at) == (2, OTHER, vn("2026-03-10 10:00"))
    ends = [(texts([span.start])[0], span.reported) for span in second.spans()]
    assert ends == [("10/03 10:00", True), ("11/03 10:05", True), ("12/03 12:00", False)]
    assert [act.at for act in second.acts if act.still] == [vn("2026-03-13 09:00")]
    times = second.given
    for act in second.acts:
        times = act.on(times)
    assert (times.status, times.due_at, times.empty_taps) == (Status.CANCELLED, vn("2026-03-18 09:00"), 0)


def test_an_assignment_that_was_taken_back_is_over_and_what_was_never_assigned_is_nothing() -> None:
    [taken_back] = stints(assigned(), event("undone", "03-02 09:05", GIVER, undone="assigned"))
    assert lived([taken_back]).slots == []
    assert stints(event("reported", "03-03 09:00", report=1)) == []


def test_what_somebody_took_upon_themselves_is_acknowledged() -> None:
    [own] = stints(assigned(lead=OFFICER, by=OFFICER))
    assert (own.given.status, own.given.tapped_at) == (Status.ACKNOWLEDGED, vn("2026-03-02 09:00"))
    _, back = stints(assigned(), event("reassigned", "03-03 09:00", GIVER, lead=GIVER, due="2026-03-16 09:00"))
    assert back.given.status is Status.ACKNOWLEDGED


# --- a month by hand --------------------------------------------------------------------------------------------------


def test_a_month_by_hand() -> None:
    """Ten working days of 480 minutes from Monday 2 March 09:00, with the mornings as the better half.

    Normal: 1/12 unacknowledged is 400 minutes: Tuesday 07:40, so 08:00. The answer at 10:00 buys a third of the 4260
    minutes that remain: Friday 09:40, so Monday 08:00. Silence: 2 working days, but at most a third of 2460 minutes: Tuesday
    15:40, so Wednesday 08:00. Two hours later it is reported. Gentle: acknowledged, so 1/3: Thursday 13:40, Friday 08:00;
    silence is 3 working days.
    """
    [task] = stints(
        assigned(),
        event("acknowledged", "03-03 10:00"),
        event("reported", "03-11 10:00", report=1, was="acknowledged", answer_from="2026-03-02 09:00"),
    )
    found = lived([task])
    assert texts(found.stints[0].lines) == ["03/03 08:00", "09/03 08:00", "11/03 08:00"]
    assert texts(found.slots) == texts(found.stints[0].lines)
    assert texts(lived([task], GENTLE).stints[0].lines) == ["06/03 08:00", "11/03 08:00"]


def test_nobody_answers_and_it_is_what_the_planner_lists() -> None:
    [task] = stints(assigned())
    for policy in (GENTLE, NORMAL, FIRM):
        listed = coming(task.given, task.given.assigned_at, CALENDAR, policy, WORRYING)
        found = lived([task], policy)
        assert found.stints[0].lines == [word.at for word in listed if word.at < END]
        assert len(found.stints[0].lines) > 3


def test_what_was_said_before_the_month_is_where_it_begins() -> None:
    """The same task, half lived: what is left is said as if nothing had been cut."""
    [task] = stints(assigned("02-23 09:00", "2026-03-16 09:00"))
    whole = (
        replay([task], [NORMAL], WORRYING, [], vn("2026-02-20 00:00").astimezone(UTC), END, Counter()).stints[0].lines
    )
    task.said = [at for at in whole if at < START] + [
        vn("2026-03-02 08:00")
    ]  # what is of the month itself does not count
    assert len(task.said) > 2
    assert lived([task]).stints[0].lines == [at for at in whole if at >= START]


def test_five_lines_a_message_the_nearest_deadlines_and_the_rest_later() -> None:
    many = [one for n in range(1, 9) for one in stints(assigned(due=f"2026-03-{15 + n:02} 17:30"), task_id=n)]
    found = lived(many)
    first = [one.task_id for one, told in zip(many, found.stints, strict=True) if found.slots[0] in told.lines]
    assert first == [1, 2, 3, 4, 5]
    for at in found.slots:
        assert 1 <= sum(at in told.lines for told in found.stints) <= 5
    assert all(told.lines for told in found.stints)
    assert max(Counter(at.date() for at in found.slots).values()) <= 2


def test_room_is_filled_with_what_comes_soon() -> None:
    pair = stints(assigned(), task_id=1) + stints(assigned("03-02 15:00", "2026-03-16 15:00"), task_id=2)
    alone = lived(pair[1:]).stints[0].lines
    together = lived(pair)
    assert together.stints[1].lines[0] == together.stints[0].lines[0] < alone[0] + timedelta(days=1)
    assert len(together.slots) < len(lived(pair[:1]).slots) + len(alone)


def test_short_work_is_one_word_outside_of_slots() -> None:
    [task] = stints(assigned("03-02 09:00", "2026-03-02 15:00"), urgency=Urgency.URGENT)
    found = lived([task])
    assert (len(found.stints[0].words), found.stints[0].words[0] < vn("2026-03-02 15:00")) == (1, True)
    # After the deadline it is spoken of in slots.
    assert found.stints[0].lines[0] > vn("2026-03-02 15:00")


def test_leave_moves_the_word() -> None:
    [task] = stints(assigned())
    away = [Away(date(2026, 3, 3), date(2026, 3, 5))]
    assert texts(lived([task]).stints[0].lines)[0] == "03/03 08:00"
    assert texts(lived([task], away=away).stints[0].lines)[0] == "06/03 08:00"


def test_the_leader_hears_once_and_has_room_for_five() -> None:
    """Acknowledged once and silent since; eight of them come to be said to the leader in the same slot."""
    many = [one for n in range(1, 9) for one in stints(assigned(), event("acknowledged", "03-02 09:30"), task_id=n)]
    room: Room = Counter()
    told = [at for task in many for at in lived([task], room=room).stints[0].leader]
    assert len(told) == 8
    assert sorted(Counter(told).values()) == [3, 5]
    assert max(room.values()) == 5
    [nobody] = stints(assigned(), event("acknowledged", "03-02 09:30"), boss=None)
    assert lived([nobody]).stints[0].leader == []


def test_firm_says_more_than_normal_and_normal_more_than_gentle() -> None:
    [task] = stints(assigned("03-02 09:00", "2026-03-27 17:30"))
    counts = [len(lived([task], policy).stints[0].lines) for policy in (GENTLE, NORMAL, FIRM)]
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


@example([(90, 8373, 0, 1.0), (4800, 480, 0, 1.0)], GENTLE)
@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 20 * 480), st.integers(60, 20 * 480), st.integers(0, 480), st.floats(0.1, 1.3)),
        min_size=1,
        max_size=25,
    ),
    st.sampled_from((GENTLE, NORMAL, FIRM)),
)
def test_whatever_the_month_it_keeps_the_rules(tasks: list[tuple[int, int, int, float]], policy: Policy) -> None:
    found = []
    for number, (offset, minutes, seen, gone) in enumerate(tasks, 1):
        at = CALENDAR.add(vn("2026-02-23 08:00"), offset).astimezone(UTC)
        due = CALENDAR.add(at, minutes).astimezone(UTC)
        events = [Happened("assigned", at, GIVER, {"lead": OFFICER, "due": due.isoformat()})]
        events.append(Happened("acknowledged", CALENDAR.add(at, seen).astimezone(UTC), OFFICER, {}))
        reported = CALENDAR.add(at, int(minutes * gone) + seen).astimezone(UTC)
        data = {"report": 1, "was": "acknowledged", "answer_from": at.isoformat()}
        events.append(Happened("reported", reported, OFFICER, data))
        found += stints(*events, task_id=number)
    said = lived(found, policy)
    assert said == lived(found, policy)
    for at in said.slots:
        assert CALENDAR.is_working(at)
        assert START <= at < END
        assert 1 <= sum(at in told.lines for told in said.stints) <= policy.lines
    assert max(Counter(at.astimezone(VIETNAM).date() for at in said.slots).values(), default=0) <= policy.a_day
    for one, told in zip(found, said.stints, strict=True):
        # Who acts at the very moment of a slot was faster: a task given then may come along.
        assert all(one.given.assigned_at <= at < one.acts[-1].at for at in (*told.lines, *told.words))
        assert len(told.leader) <= 1


# --- what it would have saved -----------------------------------------------------------------------------------------


def days() -> list[datetime]:
    on = [date(2026, 2, 26) + timedelta(days=n) for n in range(37)]
    return [CALENDAR.day_start(day).astimezone(UTC) for day in on if CALENDAR.is_working_day(day)]


REPORT = {"report": 1, "was": "acknowledged", "answer_from": "2026-03-02 09:00"}


def test_a_line_is_worth_what_came_after_it_and_not_by_itself() -> None:
    [spoken] = stints(assigned(), event("reported", "03-05 09:00", **REPORT))
    spoken.heard = [vn("2026-03-04 08:00"), vn("2026-03-02 10:00")]
    [quiet] = stints(assigned(), event("reported", "03-05 09:00", **REPORT))
    worth = Worth()
    for stint in (spoken, quiet):
        measure(worth, stint, days(), START, END, vn("2026-04-20 08:00"))
    # Wednesday's line was followed on Thursday, Monday's not within two days.
    assert (worth.lines, worth.followed) == (2, 1)
    # The quiet one was open on the mornings of 3, 4 and 5 March; on the last two the report came within two days.
    assert (worth.quiet, worth.reported) == (3, 2)
    assert worth.chance is None


def test_what_is_not_over_or_not_of_the_month_is_not_measured() -> None:
    [task] = stints(assigned())
    task.heard = [vn("2026-03-09 08:00"), vn("2026-04-02 08:00"), vn("2026-03-17 08:00")]
    worth = Worth()
    # Quiet were the mornings of 3, 4 and 5 March; before and after the others a line was said, or two days are not over.
    measure(worth, task, days(), START, END, vn("2026-03-10 08:00"))
    assert (worth.lines, worth.quiet) == (0, 3)
    measure(worth, task, days(), START, END, vn("2026-04-20 08:00"))
    assert worth.lines == 1


def test_the_chance_is_the_difference_and_never_below_nothing() -> None:
    assert Worth(lines=40, followed=20, quiet=100, reported=10).chance == pytest.approx(0.4)
    assert Worth(lines=40, followed=2, quiet=100, reported=10).chance == 0
    assert Worth(lines=29, followed=20, quiet=100, reported=10).chance is None
    assert Worth(lines=40, followed=20, quiet=29).chance is None


def test_more_lines_before_a_missed_deadline_may_have_saved_it() -> None:
    [task] = stints(assigned())
    task.late_at = vn("2026-03-16 09:00").astimezone(UTC)
    one, three = Told([vn("2026-03-10 08:00")]), Told([vn(f"2026-03-{day} 08:00") for day in (10, 11, 12, 17)])
    weighed = Weighed()
    weigh(weighed, task, one, three, START, END)
    assert (weighed.decided, weighed.late, dict(weighed.more)) == (1, 1, {2: 1})
    assert weighed.saved(0.5) == pytest.approx(0.75)
    assert weighed.expected(0.5) == pytest.approx(0.25)
    weigh(weighed, task, three, one, START, END)
    weigh(weighed, task, one, three, START, vn("2026-03-10 00:00"))
    assert (weighed.decided, weighed.late, weighed.saved(0.5)) == (2, 2, pytest.approx(0.75))


def test_a_line_in_the_last_third_that_would_not_be_said_may_have_been_what_saved_it() -> None:
    [task] = stints(assigned(), event("reported", "03-13 10:00", **REPORT))
    late_line, early_line = Told([vn("2026-03-12 08:00")]), Told([vn("2026-03-04 08:00")])
    word = Told([], [vn("2026-03-12 13:30")])
    lost = []
    for present, asked in (
        (late_line, Told()),
        (late_line, word),
        (early_line, Told()),
        (Told(), Told()),
        (word, Told()),
    ):
        weighed = Weighed()
        weigh(weighed, task, present, asked, START, END)
        assert (weighed.decided, weighed.late) == (1, 0)
        lost.append(weighed.lost)
    assert lost == [1, 0, 0, 0, 1]
    assert msgspec.structs.replace(weighed, lost=3).expected(0.2) == pytest.approx(0.6)


def test_what_is_open_or_called_off_is_no_deadline() -> None:
    weighed = Weighed()
    for events in ([assigned()], [assigned(), event("cancelled", "03-03 10:00", GIVER)]):
        [task] = stints(*events)
        weigh(weighed, task, Told(), Told(), START, END)
    assert weighed.decided == 0
