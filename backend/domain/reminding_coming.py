"""The reminders that are to come if nobody answers: what the planner would say, one after the other."""

from datetime import datetime, timedelta

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.reminding import NORMAL, History, Plan, Policy, plan
from backend.domain.times import TaskTimes

_MINUTE = timedelta(minutes=1)


def coming(
    task: TaskTimes,
    now: datetime,
    calendar: WorkCalendar,
    policy: Policy = NORMAL,
    history: History | None = None,
    *,
    most: int = 20,
) -> list[Plan]:
    """The reminders from ``now`` on, at most ``most``, as the row would be planned if each met silence.

    A message may still leave one out for want of room, or take one along earlier; an answer plans all of them anew.
    """
    found: list[Plan] = []
    while len(found) < most and (word := plan(task, now, calendar, policy, history)) is not None:
        found.append(word)
        now = word.at
        if word.to == "leader":
            task = msgspec.structs.replace(task, leader_told_at=word.at)
            now += _MINUTE
        else:
            task = msgspec.structs.replace(
                task,
                reminded_count=task.reminded_count + 1,
                reminded_at=word.at,
                unanswered=task.unanswered + 1,
            )
    return found
