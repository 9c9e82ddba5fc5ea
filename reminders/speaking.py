"""What is said to the people at hand, written in a few statements however many they are.

First every desk decides for itself; then the messages are counted, which changes what is known of each person; then the
rows are planned on and everything is written.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from backend import outbox
from backend.domain import limits
from backend.domain.reminding import Plan
from backend.domain.reminding_dispatch import choose
from backend.domain.reminding_policy import risk
from backend.domain.trial import eligible, held
from backend.kit.db import Sql
from backend.models import Task
from backend.tasks import facts, record, trial
from reminders import at_risk, words
from reminders.desks import Desk, Row

_MINUTE = timedelta(minutes=1)


class Sheet(msgspec.Struct):
    """What one desk has decided."""

    desk: Desk
    #: Planned again and nothing else: not due yet after all, or cut from a full message.
    later: list[tuple[Row, datetime]] = []
    #: Said at once, outside of slots.
    now: list[tuple[Row, Plan]] = []
    #: The lines of the message, and the slot it is for, in the calendar's zone.
    lines: list[tuple[Row, Plan]] = []
    slot: datetime | None = None
    #: Lines that the field trial keeps back.
    held: list[tuple[Row, Plan]] = []
    entries: list[trial.Entry] = []
    leader: list[tuple[Row, Plan]] = []


async def speak(desks: Sequence[Desk], now: datetime) -> bool:
    """Say what is due at these desks, and plan every row of theirs that was due or is spoken of. Returns whether all of
    them are planned for later now: what is due still would be said again and again."""
    sheets = [_decide(desk, now) for desk in desks]
    await _count(sheets)
    said: list[outbox.Said] = []
    moved: list[_Moved] = []
    for sheet in sheets:
        for row, plan in sheet.leader:
            await _tell_leader(sheet, row, plan, now)
        _write_up(sheet, now, said, moved)
    planned = await _move(moved)
    await outbox.enqueue_all(said)
    await trial.enter([entry for sheet in sheets for entry in sheet.entries], now)
    return planned == len(moved) and all(one.look_at is None or one.look_at > now for one in moved)


def _decide(desk: Desk, now: datetime) -> Sheet:
    """Sort a person's due rows into what is said at once, in the slot, to their leader, or later."""
    sheet = Sheet(desk)
    plans: dict[int, tuple[Row, Plan]] = {}
    for row in desk.due:
        plan = row.due(now, desk.history, desk.said)
        if plan is None or plan.at > now:
            sheet.later.append((row, now))
        elif plan.short:
            sheet.now.append((row, plan))
        elif plan.to == "leader":
            sheet.leader.append((row, plan))
        else:
            plans[row.task.id] = row, plan
    if plans:
        _choose(sheet, plans, now)
    return sheet


def _choose(sheet: Sheet, due: dict[int, tuple[Row, Plan]], now: datetime) -> None:
    """The lines of the slot's message: what is due, and what comes along while there is room."""
    desk = sheet.desk
    first = desk.due[0]
    lines = [row.line(plan.at) for row, plan in due.values()]
    sheet.slot = max(line.at for line in lines).astimezone(first.calendar.zone)
    along = {row.task.id: row for row in desk.along}
    chosen: list[tuple[Row, Plan]] = []
    while not chosen:
        picked = choose(lines, [row.line(row.look_at) for row in along.values()], now, first.calendar, first.policy)
        chosen = _planned([line.task_id for line in picked], due, along, desk, now)
    for row, plan in chosen:
        (sheet.held if _on_trial(sheet, row, plan) else sheet.lines).append((row, plan))
    here = {row.task.id for row, _ in chosen}
    # There was no room: nothing was said, so nothing counts, and the row is planned from the next slot on.
    sheet.later += [(row, now + _MINUTE) for row, _ in due.values() if row.task.id not in here]


def _planned(
    picked: Sequence[int], due: dict[int, tuple[Row, Plan]], along: dict[int, Row], desk: Desk, now: datetime
) -> list[tuple[Row, Plan]]:
    """The picked lines with their plans. A row that would come along (:func:`_comes_along`) but should not
    is struck from ``along``, and nothing is answered: pick again."""
    found: list[tuple[Row, Plan]] = []
    struck = []
    for task_id in picked:
        if task_id in due:
            found.append(due[task_id])
            continue
        row = along[task_id]
        plan = row.plan(now, desk.history, desk.said)
        if plan is not None and _comes_along(row, plan):
            found.append((row, plan))
        else:
            struck.append(task_id)
    for task_id in struck:
        del along[task_id]
    return [] if struck else found


def _comes_along(row: Row, plan: Plan) -> bool:
    """Not a word for the leader; not one whose moment counts (the lead named it, the task is short, or it is a day after
    the deadline); and not one that was planned before its holder went away and is for after that now."""
    moved = row.times.leave_until is not None and plan.at > row.look_at
    counts = plan.why == "waiting" or plan.short or plan.kind == "overdue"
    return plan.to == "officer" and not counts and not moved


def _on_trial(sheet: Sheet, row: Row, plan: Plan) -> bool:
    """Whether the field trial keeps this line back; either way it is entered when it takes part."""
    task, desk = row.task, sheet.desk
    if not eligible(plan.kind, plan.why, risk(desk.history, plan.share), task.held_at is not None):
        return False
    kept = held(task.id, task.holder_no)
    sheet.entries.append(trial.Entry(task_id=task.id, holder_no=task.holder_no, held=kept))
    return kept


async def _count(sheets: Sequence[Sheet]) -> None:
    """Note the messages of the slot; who has had it is known to have had one more."""
    speaking = [sheet for sheet in sheets if sheet.lines and sheet.slot is not None]
    new = await record.spoke(
        [record.Spoken(sheet.desk.person_id, sheet.slot, len(sheet.lines)) for sheet in speaking if sheet.slot]
    )
    for sheet in speaking:
        assert sheet.slot is not None
        sheet.desk.said += 1
        if sheet.desk.person_id in new:
            sheet.desk.history = record.with_one_more(sheet.desk.history, sheet.slot)


async def _tell_leader(sheet: Sheet, row: Row, plan: Plan, now: datetime) -> None:
    """Rule 7: once a leader and task, in the leader's own message of the slot; when that is full, in a later one."""
    first = row.times.leader_told_at is None
    rest = await at_risk.tell(row.task, plan.params, row.policy, now, first=first)
    if rest is not None:
        row.times = msgspec.structs.replace(row.times, leader_told_at=now, line_left=bool(rest))
        next_at = limits.answer_at(row.times, row.calendar)
        await Task.filter(id=row.task.id).update(answer_line=rest, answer_at=facts.utc(next_at))
    sheet.later.append((row, now + _MINUTE))


class _Moved(msgspec.Struct, frozen=True):
    """The new values of a row, and the ``look_at`` by which it was taken."""

    id: int
    was: datetime
    look_at: datetime | None
    reminded_count: int
    reminded_at: datetime | None
    unanswered: int
    held_at: datetime | None
    leader_told_at: datetime | None


_MOVED = {
    "id": "bigint",
    "was": "timestamptz",
    "look_at": "timestamptz",
    "reminded_count": "int",
    "reminded_at": "timestamptz",
    "unanswered": "int",
    "held_at": "timestamptz",
    "leader_told_at": "timestamptz",
}


def _write_up(sheet: Sheet, now: datetime, said: list[outbox.Said], moved: list[_Moved]) -> None:
    """One desk's notices and the new values of its rows."""
    for row, plan in (*sheet.now, *sheet.lines):
        times = row.times
        row.times = msgspec.structs.replace(
            times, reminded_count=times.reminded_count + 1, reminded_at=now, unanswered=times.unanswered + 1
        )
        said.append(words.remind(row.task, plan, sheet.desk.reader_id, times.reminded_count + 1, now))
        moved.append(_moved(row, now, sheet.desk))
    for row, _ in sheet.held:
        row.times = msgspec.structs.replace(row.times, held_at=now)
        moved.append(_moved(row, now, sheet.desk))
    for row, after in sheet.later:
        moved.append(_moved(row, after, sheet.desk))


def _moved(row: Row, after: datetime, desk: Desk) -> _Moved:
    """A row planned on from a moment; a plan that is due still would be found for ever."""
    times, plan = row.times, row.plan(after, desk.history, desk.said)
    return _Moved(
        row.task.id,
        row.look_at,
        plan.at if plan else None,
        times.reminded_count,
        times.reminded_at,
        times.unanswered,
        times.held_at,
        times.leader_told_at,
    )


async def _move(moved: Sequence[_Moved]) -> int:
    """Write the rows that nobody has taken from us since they were read; returns how many."""
    if not moved:
        return 0
    sql = Sql()
    table = sql.table("m", _MOVED, [msgspec.structs.astuple(one) for one in moved])
    new = ", ".join(f"{name} = m.{name}" for name in _MOVED if name not in ("id", "was"))
    return await sql.run(f"update task set {new} from {table} where task.id = m.id and task.look_at = m.was")
