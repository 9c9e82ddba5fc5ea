"""What the engine has in hand: people, with the tasks that may be spoken of to them now, read many at a time."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from backend.calendars.queries import OFFICE, calendars
from backend.domain import reminding
from backend.domain.calendar import WorkCalendar
from backend.domain.reminding import History, Plan, Policy
from backend.domain.reminding_dispatch import Line, along_minutes
from backend.domain.times import TaskTimes
from backend.org.queries import Absences
from backend.tasks import record
from backend.tasks.change import leads_away, times_of_many
from backend.tasks.clocks import Clocks
from backend.tasks.rows import TaskRow, planned_until


class Row(msgspec.Struct):
    """A task as read, its times as they become while it is spoken of, and by what it is planned."""

    task: TaskRow
    times: TaskTimes
    calendar: WorkCalendar
    policy: Policy

    @property
    def look_at(self) -> datetime:
        assert self.task.look_at is not None
        return self.task.look_at

    def due(self, now: datetime, history: History, said: int) -> Plan | None:
        """The plan as the tick that comes a little after its moment sees it."""
        return reminding.still_due(self.times, self.look_at, now, self.calendar, self.policy, history, said_today=said)

    def plan(self, now: datetime, history: History, said: int) -> Plan | None:
        return reminding.plan(self.times, now, self.calendar, self.policy, history, said_today=said)

    def line(self, at: datetime) -> Line:
        return Line(task_id=self.task.id, due_at=self.task.due_at, at=at, reminded_at=self.times.reminded_at)


class Desk(msgspec.Struct):
    """One person with what may be said to them now."""

    person_id: int
    #: Who hears it: the person, or whoever stands in while they are away.
    reader_id: int
    history: History
    said: int
    due: list[Row]
    along: list[Row]


async def gather(people: list[int], now: datetime) -> list[Desk]:
    """The desks of those of ``people`` who have something due; their tasks are held until the transaction ends.

    All that is due, and what is planned so soon that it may come along, also what a change has in hand now.
    """
    office = (await calendars()).of(OFFICE)
    tasks = await planned_until(people, office.add(now, along_minutes(office)) + timedelta(days=1))
    if not any(task.look_at is not None and task.look_at <= now for task in tasks):
        return []
    clocks = await Clocks.of(tasks)
    away = await leads_away(tasks, now)
    times = await times_of_many(tasks, clocks, away)
    rows = [Row(task, times[task.id], clocks.calendar(task), clocks.policy(task)) for task in tasks]
    return await _desks(rows, now, office, away)


async def _desks(rows: Sequence[Row], now: datetime, office: WorkCalendar, away: Absences) -> list[Desk]:
    due, along = defaultdict[int, list[Row]](list), defaultdict[int, list[Row]](list)
    for row in rows:
        (due if row.look_at <= now else along)[row.task.lead_id].append(row)
    people = sorted(due)
    histories = await record.histories(people)
    midnight = now.astimezone(office.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    said = await record.said_since(people, midnight.astimezone(UTC))
    return [
        Desk(
            person_id,
            ((leave := away.now(person_id)) and leave.substitute_id) or person_id,
            histories[person_id],
            said.get(person_id, 0),
            due[person_id],
            along[person_id],
        )
        for person_id in people
    ]
