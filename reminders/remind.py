"""Reminding: at a slot each person hears once, of five things at most; what was not said is planned again.

Rows whose ``look_at`` has come are taken a whole person at a time, so that one message can be chosen from all of them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from backend import outbox
from backend.calendars.queries import OFFICE, Calendars, calendars
from backend.domain import reminding
from backend.domain.reminding import NORMAL, History, Plan
from backend.domain.reminding_dispatch import Line, along_minutes, choose
from backend.domain.times import TaskTimes
from backend.kit import clock, logs
from backend.kit.db import Sql, transaction
from backend.models import Task
from backend.org.queries import on_leave
from backend.tasks import record
from backend.tasks.change import times_of_many
from backend.tasks.clocks import Clocks
from reminders import words
from reminders.sweep import BAD_ROWS, PUSH_BACK, ROWS, claim

log = logs.get("reminders")

#: People in one transaction.
BATCH = 25
_MINUTE = timedelta(minutes=1)


class Row(msgspec.Struct):
    """A task as the engine has it in hand: as read, and as it is when one more reminder has been sent."""

    task: Task
    times: TaskTimes
    clocks: Clocks

    def plan(self, now: datetime, history: History, said: int) -> Plan | None:
        return reminding.plan(self.times, now, self.clocks.calendar(self.task), NORMAL, history, said_today=said)

    def line(self, at: datetime) -> Line:
        return Line(task_id=self.task.id, due_at=self.task.due_at, at=at, reminded_at=self.task.reminded_at)


class Desk(msgspec.Struct):
    """One person with what may be said to them now."""

    person_id: int
    #: Who hears it: the person, or whoever stands in while they are away.
    reader_id: int
    history: History
    said: int
    due: list[Row]
    along: list[Row]


async def tick(now: datetime | None = None) -> int:
    """Say what is due, and let the messages of the slot go; returns how many rows were handled."""
    now = now or clock.now()
    total = 0
    while people := await _whose(now):
        handled = await _batch(people, now)
        total += handled
        if not handled:
            # Somebody else has them in hand.
            break
    ROWS.labels("remind").inc(total)
    await outbox.let_go(now)
    return total


async def _whose(now: datetime) -> list[int]:
    """The next people with rows that are due, those who wait longest first."""
    sql = Sql()
    rows = await sql.rows(
        f"select lead_id from task where look_at <= {sql.arg(now)} "
        f"group by lead_id order by min(look_at), lead_id limit {sql.arg(BATCH)}"
    )
    return [int(row["lead_id"]) for row in rows]


async def _batch(people: list[int], now: datetime) -> int:
    """Many people in one transaction; if that fails, one by one, and whoever fails alone is pushed back."""
    try:
        async with transaction():
            return await _together(people, now)
    except Exception:
        log.warning("sweep.batch_failed", sweep="remind", exc_info=True)
    handled = 0
    for person_id in people:
        try:
            async with transaction():
                handled += await _together([person_id], now)
        except Exception:
            log.exception("sweep.row_failed", sweep="remind", person=person_id)
            handled += await _push_back([person_id], now)
    return handled


async def _push_back(people: Sequence[int], now: datetime) -> int:
    sql = Sql()
    pushed = await sql.run(
        f"update task set look_at = {sql.arg(now + PUSH_BACK)} "
        f"where {sql.any_of('lead_id', people)} and look_at <= {sql.arg(now)}"
    )
    BAD_ROWS.labels("remind").inc(pushed)
    return pushed


async def _together(people: list[int], now: datetime) -> int:
    """Everything due of these people, those left out whom somebody else has in hand; returns how many rows."""
    people = await _held(people)
    picture = await calendars()
    due, along = await _rows(people, now, picture)
    if not due:
        return 0
    for desk in await _desks(due, along, now, picture):
        await _speak(desk, now)
    if stuck := await _push_back(people, now):
        log.error("sweep.stuck", sweep="remind", rows=stuck)
    return len(due)


async def _held(people: list[int]) -> list[int]:
    sql = Sql()
    rows = await sql.rows(f"select id from person where {sql.any_of('id', people)} order by id {sql.skip_held}")
    return [int(row["id"]) for row in rows]


async def _rows(people: list[int], now: datetime, picture: Calendars) -> tuple[list[Row], list[Row]]:
    """What is due, and what is planned so soon that it may come along: all of it, also what a change has in hand now."""
    office = picture.of(OFFICE)
    soon = office.add(now, along_minutes(office)) + timedelta(days=1)
    sql = Sql()
    found = await sql.rows(
        f"select id from task where {sql.any_of('lead_id', people)} and look_at <= {sql.arg(soon)} "
        f"order by id {sql.hold}"
    )
    tasks = await Task.filter(id__in=[row["id"] for row in found]).order_by("look_at", "id")
    clocks = await Clocks.of(tasks)
    times = await times_of_many(tasks, now, clocks)
    rows = [Row(task, times[task.id], clocks) for task in tasks]
    return [row for row in rows if _look_at(row) <= now], [row for row in rows if _look_at(row) > now]


def _look_at(row: Row) -> datetime:
    assert row.task.look_at is not None
    return row.task.look_at


async def _desks(due: list[Row], along: list[Row], now: datetime, picture: Calendars) -> list[Desk]:
    people = sorted({row.task.lead_id for row in due})
    histories = await record.histories(people)
    midnight = now.astimezone(picture.of(OFFICE).zone).replace(hour=0, minute=0, second=0, microsecond=0)
    said = await record.said_since(people, midnight.astimezone(UTC))
    away = await on_leave(people)
    return [
        Desk(
            person_id,
            (away[person_id].substitute_id if person_id in away else None) or person_id,
            histories[person_id],
            said.get(person_id, 0),
            [row for row in due if row.task.lead_id == person_id],
            [row for row in along if row.task.lead_id == person_id],
        )
        for person_id in people
    ]


async def _speak(desk: Desk, now: datetime) -> None:
    """Sort a person's due rows into what is said at once, in the slot, or to their leader; say it, plan the rest again."""
    plans: dict[int, Plan] = {}
    for row in desk.due:
        calendar = row.clocks.calendar(row.task)
        plan = reminding.still_due(row.times, _look_at(row), now, calendar, NORMAL, desk.history, said_today=desk.said)
        if plan is None or plan.at > now:
            await claim(row.task, "look_at", look_at=plan.at if plan else None)
        elif plan.kind != "overdue" and reminding.is_short(row.times, calendar):
            await _say(desk, row, plan, now, in_slot=False)
        elif plan.to == "leader":
            await _tell_leader(desk, row, plan, now)
        else:
            plans[row.task.id] = plan
    if plans:
        await _in_slot(desk, plans, now)


async def _in_slot(desk: Desk, plans: dict[int, Plan], now: datetime) -> None:
    rows = {row.task.id: row for row in (*desk.due, *desk.along)}
    for row in desk.along:
        plan = row.plan(now, desk.history, desk.said)
        if (
            plan is not None
            and plan.to == "officer"
            and not reminding.is_short(row.times, row.clocks.calendar(row.task))
        ):
            plans[row.task.id] = plan
    due = [rows[task_id].line(plan.at) for task_id, plan in plans.items() if plan.at <= now]
    planned = [rows[task_id].line(plan.at) for task_id, plan in plans.items() if plan.at > now]
    calendar = desk.due[0].clocks.calendar(desk.due[0].task)
    chosen = choose(due, planned, now, calendar, NORMAL)
    slot = max(line.at for line in due).astimezone(calendar.zone)
    desk.history = await record.spoke(desk.person_id, slot, len(chosen), desk.history)
    desk.said += 1
    for line in chosen:
        await _say(desk, rows[line.task_id], plans[line.task_id], now, in_slot=True)
    for line in due:
        if line not in chosen:
            await _later(desk, rows[line.task_id], now)


async def _later(desk: Desk, row: Row, now: datetime) -> None:
    """There was no room: nothing was said, so nothing counts, and the row is planned from the next slot on."""
    plan = row.plan(now + _MINUTE, desk.history, desk.said)
    await claim(row.task, "look_at", look_at=plan.at if plan else None)


async def _say(desk: Desk, row: Row, plan: Plan, now: datetime, *, in_slot: bool) -> None:
    """One reminder, counted, and the row planned on."""
    task = row.task
    row.times = msgspec.structs.replace(
        row.times,
        reminded_count=row.times.reminded_count + 1,
        reminded_at=now,
        unanswered=row.times.unanswered + 1,
    )
    following = row.plan(now, desk.history, desk.said)
    if await claim(
        task,
        "look_at",
        look_at=following.at if following else None,
        reminded_count=row.times.reminded_count,
        reminded_at=now,
        unanswered=row.times.unanswered,
    ):
        await words.remind(task, plan, desk.reader_id, row.times.reminded_count, now, in_slot=in_slot)


async def _tell_leader(desk: Desk, row: Row, plan: Plan, now: datetime) -> None:
    """Rule 7: once a task, in the leader's own message of the slot; when that is full, in a later one."""
    if not await words.at_risk(row.task, plan, now):
        await _later(desk, row, now)
        return
    row.times = msgspec.structs.replace(row.times, leader_told_at=now)
    following = row.plan(now + _MINUTE, desk.history, desk.said)
    await claim(row.task, "look_at", look_at=following.at if following else None, leader_told_at=now)
