"""The judge's adapter asks the production planner and adds nothing of its own."""

import ast
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backend.domain import reminding, reminding_dispatch
from backend.domain.reminding import NORMAL, History
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency
from benches import judge_adapter

DAY = 1440.0


class Calendar:
    """The judge's: five weeks in which the second Wednesday is a holiday."""

    open_day = [day % 7 < 5 and day != 9 for day in range(35)]


CAL = Calendar()


class Table(list[Any]):
    def tolist(self) -> list[Any]:
        return list(self)


HISTORY = SimpleNamespace(
    cal=CAL,
    still=[Table([24.0, 20.0, 18.0, 16.0, 15.0]), Table([90.0, 80.0, 60.0, 40.0, 30.0])],
    late=[12.0, 25.0],
    half=[Table([[9.0, 1.0], [9.0, 8.0]])],
)
KNOWN = History(
    still=(24, 20, 18, 16, 15), late=12, all_still=(90, 80, 60, 40, 30), all_late=25, halves=((9, 1), (9, 8))
)


def asked(now: float, sent_today: int = 0, **more: Any) -> tuple[float, str, str] | None:
    task = SimpleNamespace(
        **{
            "officer": 0,
            "assigned": 480.0,
            "deadline": 14 * DAY + 480,
            "acked": None,
            "waiting_until": None,
            "sent": 0,
            "last_sent": None,
            "unanswered": 0,
            "last_escalated": None,
            **more,
        }
    )
    return judge_adapter.plan(now, task, SimpleNamespace(sent_today=sent_today, leave_until=None), HISTORY)


def test_the_answer_is_the_planners_in_the_judges_minutes():
    acked, last = 480.0, 10 * DAY + 480
    found = reminding.plan(
        TaskTimes(
            status=Status.ACKNOWLEDGED,
            urgency=Urgency.NORMAL,
            needs_acceptance=False,
            assigned_at=judge_adapter.MONDAY + timedelta(minutes=480),
            answer_from_at=judge_adapter.MONDAY + timedelta(minutes=480),
            due_at=judge_adapter.MONDAY + timedelta(days=14, minutes=480),
            tapped_at=judge_adapter.MONDAY + timedelta(minutes=acked),
            reminded_count=3,
            reminded_at=judge_adapter.MONDAY + timedelta(minutes=last),
            unanswered=2,
        ),
        judge_adapter.MONDAY + timedelta(minutes=last + 1),
        judge_adapter._calendar(CAL),
        NORMAL,
        KNOWN,
    )
    answer = asked(last + 1, acked=acked, sent=3, last_sent=last, unanswered=2)
    assert found is not None
    assert found.to == "leader"
    assert answer == ((found.at - judge_adapter.MONDAY) / timedelta(minutes=1), "leader", "unanswered")


@pytest.mark.parametrize("now", [480.0, 8 * DAY, 20 * DAY])
def test_answers_are_slots_of_the_judges_working_days(now: float):
    answer = asked(now)
    assert answer is not None
    day, minute = divmod(answer[0], DAY)
    assert CAL.open_day[int(day)]
    assert minute in NORMAL.slots


def test_nothing_more_is_said_when_the_judge_has_heard_all_words():
    assert asked(34 * DAY, sent=9, last_sent=33 * DAY) is None


def test_a_person_who_has_had_two_messages_hears_on_another_day():
    slot = asked(480.0)
    assert slot is not None
    later = asked(slot[0], sent_today=2)
    assert later is not None
    assert later[0] // DAY > slot[0] // DAY


def test_the_dispatchers_attributes_are_productions():
    plan: Any = judge_adapter.plan
    assert plan.coalesce is True
    assert plan.max_items == NORMAL.lines
    assert plan.pull == NORMAL.along_days * 480
    tasks = [SimpleNamespace(deadline=DAY * day) for day in (3, 9, 1, 5)]
    tasks.sort(key=lambda task: plan.order(task, 4 * DAY))
    assert [task.deadline / DAY for task in tasks] == [5, 9, 3, 1]
    assert reminding_dispatch.along_minutes(judge_adapter._working_week()) == plan.pull


def test_the_adapter_decides_nothing():
    """No branch but the conversion of a missing instant, and no number but those of types and of the calendar."""
    tree = ast.parse(Path(judge_adapter.__file__).read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.If | ast.While | ast.For | ast.Match)]
    plans = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "plan")
    assert not [
        n for n in ast.walk(plans) if isinstance(n, ast.Constant) and isinstance(n.value, int | float) and n.value
    ]
