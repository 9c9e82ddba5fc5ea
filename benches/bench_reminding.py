"""What one call of the reminder planner costs, over rows such as an office has.

Run it with ``python benches/bench_reminding.py``. The target is at most 50 µs a call on average, so that a thousand
people's open tasks are planned in a few seconds of one core.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend.calendars.default import default_calendar
from backend.domain.reminding import NORMAL, History, plan
from backend.domain.reminding_dispatch import Line, choose
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency

ROWS, ROUNDS, TARGET_US = 20_000, 5, 50
START = datetime(2026, 1, 5, tzinfo=UTC)
random = Random(2026)
calendar = default_calendar()


def row() -> tuple[TaskTimes, datetime, History]:
    """A task of half a day to forty days somewhere in its life: nine in ten before the deadline, some short ones."""
    given = calendar.next_working(START + timedelta(minutes=random.randrange(300 * 1440))).astimezone(UTC)
    minutes = round(480 * random.choice((0.5, 1, 2, 3, 5, 5, 8, 10, 15, 20, 40)))
    due = calendar.add(given, minutes).astimezone(UTC)
    now = given + (due - given) * random.uniform(0, 1.1)
    reminded = random.choice((None, given + (now - given) * random.random()))
    tapped = random.choice((None, given, given + (now - given) * random.random()))
    task = TaskTimes(
        status=Status.ACKNOWLEDGED if tapped else Status.ASSIGNED,
        urgency=random.choices((Urgency.NORMAL, Urgency.URGENT, Urgency.EXPRESS), (90, 8, 2))[0],
        needs_acceptance=True,
        assigned_at=given,
        answer_from_at=given,
        due_at=due,
        tapped_at=tapped,
        reminded_at=reminded,
        reminded_count=int(reminded is not None),
        unanswered=random.randrange(4) if reminded else 0,
        waiting_until=now + timedelta(days=random.random() * 5) if random.random() < 0.1 else None,
        leave_until=now + timedelta(days=random.random() * 5) if random.random() < 0.05 else None,
    )
    late = random.randrange(20)
    still = tuple(late + random.randrange(50) for _ in range(5))
    halves = ((random.randrange(50), 10), (random.randrange(50), 10))
    return task, now, History(still=still, late=late, all_still=(900, 800, 600, 400, 300), all_late=200, halves=halves)


def microseconds(label: str, work: Callable[[], object], calls: int) -> float:
    """µs of processor time a call, the best of some rounds, printed."""
    work()
    best = min(_seconds(work) for _ in range(ROUNDS))
    print(f"{label:<56}{best / calls * 1e6:>10.1f} µs a call{calls / best:>14,.0f} /s")
    return best / calls * 1e6


def _seconds(work: Callable[[], object]) -> float:
    began = process_time()
    work()
    return process_time() - began


def main() -> None:
    rows = [row() for _ in range(ROWS)]

    def with_history() -> None:
        for task, now, history in rows:
            plan(task, now, calendar, NORMAL, history)

    def without() -> None:
        for task, now, _ in rows:
            plan(task, now, calendar)

    lines = [
        Line(task_id=n, due_at=task.due_at, at=now, reminded_at=task.reminded_at)
        for n, (task, now, _) in enumerate(rows[:200])
    ]
    slot = START + timedelta(days=150)
    cost = microseconds("plan, with the officer's record", with_history, ROWS)
    microseconds("plan, nothing known of the officer", without, ROWS)
    microseconds("choose: the right five of 200 open tasks", lambda: choose(lines[:3], lines[3:], slot, calendar), 1)
    print(f"target {TARGET_US} µs a plan: {'met' if cost <= TARGET_US else 'MISSED'}")


if __name__ == "__main__":
    main()
