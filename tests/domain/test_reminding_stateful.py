"""What must hold whatever happens to a task and to a person: the reminder planner by stateful property."""

import itertools
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from backend.domain.reminding import FIRM, GENTLE, NORMAL, History, Plan, Policy, is_short, plan
from backend.domain.reminding_dispatch import Line, choose
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency
from tests.domain.test_reminding import CALENDARS, START

POLICIES = [GENTLE, NORMAL, FIRM]
HISTORIES = [
    None,
    History(),
    History(still=(24, 20, 18, 16, 15), late=12, all_still=(90, 80, 60, 40, 30), all_late=25),
    History(
        still=(90, 60, 40, 20, 9), late=6, all_still=(900, 600, 400, 200, 90), all_late=60, halves=((9, 1), (9, 8))
    ),
    History(still=(900, 900, 900, 900, 900), all_still=(900, 900, 900, 900, 900)),
]


class Life(RuleBasedStateMachine):
    """One task from its assignment on: it is reminded of, answered, moved, left for a holiday, and closed."""

    @initialize(
        calendar=st.sampled_from(CALENDARS),
        policy=st.sampled_from(POLICIES),
        history=st.sampled_from(HISTORIES),
        minutes=st.integers(0, 200 * 1440),
        length=st.integers(30, 480 * 60),
        urgency=st.sampled_from([Urgency.NORMAL] * 6 + [Urgency.URGENT, Urgency.EXPRESS]),
    )
    def assign(
        self, calendar: Any, policy: Policy, history: History | None, minutes: int, length: int, urgency: Urgency
    ) -> None:
        self.calendar, self.policy, self.history = calendar, policy, history
        self.now: datetime = calendar.next_working(START + timedelta(minutes=minutes)).astimezone(UTC)
        self.row = TaskTimes(
            status=Status.ASSIGNED,
            urgency=urgency,
            needs_acceptance=True,
            assigned_at=self.now,
            answer_from_at=self.now,
            due_at=calendar.add(self.now, length).astimezone(UTC),
        )
        self.heard: list[tuple[Plan, bool]] = []

    def plan(self, row: TaskTimes | None = None, now: datetime | None = None) -> Plan | None:
        return plan(row or self.row, now or self.now, self.calendar, self.policy, self.history)

    def put(self, **new: Any) -> None:
        self.row = msgspec.structs.replace(self.row, **new)

    # --- what happens ---

    @rule(late_s=st.integers(0, 300))
    def remind(self, late_s: int) -> None:
        found = self.plan()
        if found is None:
            return
        self.now = found.at + timedelta(seconds=late_s)
        if found.to == "leader":
            self.put(leader_told_at=self.now)
        else:
            self.put(
                reminded_at=self.now, reminded_count=self.row.reminded_count + 1, unanswered=self.row.unanswered + 1
            )
        self.heard.append((found, self.short))

    @rule(hours=st.floats(0, 60))
    def wait(self, hours: float) -> None:
        """Time passes, but no further than to what is planned."""
        found, later = self.plan(), self.now + timedelta(hours=hours)
        self.now = min(later, found.at) if found else later

    @precondition(lambda self: self.row.status is not Status.DONE)
    @rule()
    def answer(self) -> None:
        before = self.plan()
        self.put(
            status=Status.ACKNOWLEDGED,
            tapped_at=self.now,
            empty_taps=self.row.empty_taps + bool(self.row.unanswered),
            unanswered=0,
        )
        after = self.plan()
        if self.row.reminded_at is None or self.row.empty_taps > 1 or after is None or self.short:
            return
        assert before is not None
        assert after.to == "officer"
        if self.row.waiting_until is None:
            least = self.policy.quiet_min_days * 480 if after.kind == "soon" else self.policy.quiet_last_minutes
            assert after.at >= self.calendar.add(self.now, round(least))

    @rule(hours=st.floats(0.1, 200))
    def ask_to_wait(self, hours: float) -> None:
        self.put(waiting_until=self.now + timedelta(hours=hours), unanswered=0, tapped_at=self.now)

    @rule()
    def take_a_step(self) -> None:
        self.put(empty_taps=0)

    @rule(hours=st.floats(1, 200))
    def go_on_leave(self, hours: float) -> None:
        self.put(leave_until=self.now + timedelta(hours=hours))

    @rule(length=st.integers(30, 480 * 60))
    def move_deadline(self, length: int) -> None:
        """A nearer deadline never reminds later, as long as there is a slot before it."""
        other = msgspec.structs.replace(self.row, due_at=self.calendar.add(self.now, length).astimezone(UTC))
        rows = sorted((self.row, other), key=lambda row: row.due_at)
        nearer, further = (self.plan(row) for row in rows)
        both = nearer is not None and further is not None and "overdue" not in (nearer.kind, further.kind)
        if both and is_short(rows[0], self.calendar) == is_short(rows[1], self.calendar):
            assert nearer is not None
            assert further is not None
            assert nearer.at <= further.at
        self.row = other

    @rule()
    def close(self) -> None:
        self.put(status=Status.DONE, closed_at=self.now)
        assert self.plan() is None

    @rule()
    def reopen(self) -> None:
        self.put(status=Status.ACKNOWLEDGED, closed_at=None)

    # --- what holds ---

    @property
    def short(self) -> bool:
        return is_short(self.row, self.calendar)

    @invariant()
    def in_working_time_and_not_before_now(self) -> None:
        found = self.plan()
        assert (found is None) or self.row.status is not Status.DONE
        if found is not None:
            assert found.at >= self.now
            assert self.calendar.is_working(found.at) or self.row.urgency is Urgency.EXPRESS

    @invariant()
    def a_restart_at_any_point_gives_the_same_plan(self) -> None:
        found = self.plan()
        if found is not None:
            for share in (0.3, 0.9, 1):
                assert self.plan(now=self.now + (found.at - self.now) * share) == found

    @invariant()
    def the_leader_hears_once_and_nobody_twice_in_an_hour(self) -> None:
        assert sum(found.to == "leader" for found, _ in self.heard) <= 1
        in_slots = [found.at for found, short in self.heard if not short]
        assert all(b - a >= timedelta(minutes=60) for a, b in itertools.pairwise(in_slots))


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@given(
    st.lists(st.tuples(st.integers(0, 4000), st.integers(480, 480 * 15)), min_size=1, max_size=25),
    st.integers(0, 2**30),
    st.sampled_from([NORMAL, FIRM, Policy(slots=(480, 540, 600, 840, 900))]),
)
@settings(max_examples=25, deadline=None)
def test_one_person_gets_at_most_two_messages_a_day_of_at_most_five_lines(
    given_: list[tuple[int, int]], answers: int, policy: Policy
):
    """A person's month as the dispatcher runs it; every third or so of their reminders is answered."""
    calendar = CALENDARS[0]
    start = calendar.next_working(START)
    rows = {}
    for number, (after, length) in enumerate(given_):
        at = calendar.add(start, after).astimezone(UTC)
        due = calendar.add(at, length).astimezone(UTC)
        rows[number] = TaskTimes(
            status=Status.ACKNOWLEDGED,
            urgency=Urgency.NORMAL,
            needs_acceptance=True,
            assigned_at=at,
            answer_from_at=at,
            tapped_at=at,
            due_at=due,
        )
    now, days, cut = start, Counter[date](), set[int]()
    for _ in range(60):
        today = days[now.astimezone(calendar.zone).date()]
        plans = {n: plan(row, now, calendar, policy, said_today=today) for n, row in rows.items()}
        coming = [found.at for found in plans.values() if found is not None]
        if not coming:
            break
        now = min(coming)
        today = days[now.astimezone(calendar.zone).date()]
        plans = {n: plan(row, now, calendar, policy, said_today=today) for n, row in rows.items()}
        lines = [
            Line(task_id=n, due_at=rows[n].due_at, at=found.at, reminded_at=rows[n].reminded_at)
            for n, found in plans.items()
            if found is not None
        ]
        due = [line for line in lines if line.at <= now]
        chosen = choose(due, [line for line in lines if line.at > now], now, calendar, policy)
        days[now.astimezone(calendar.zone).date()] += bool(chosen)
        assert len(chosen) <= policy.lines
        for line in chosen:
            answered = (answers >> (line.task_id % 30)) & 1
            rows[line.task_id] = msgspec.structs.replace(
                rows[line.task_id],
                reminded_at=now,
                unanswered=0 if answered else rows[line.task_id].unanswered + 1,
                tapped_at=now + timedelta(minutes=5) if answered else rows[line.task_id].tapped_at,
            )
        cut |= {line.task_id for line in due} - {line.task_id for line in chosen}
        now += timedelta(minutes=6)
    assert max(days.values(), default=0) <= policy.a_day
