"""What the past says of each officer: counts, written in the transaction of their causes (reminders.md)."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import POINTS, History, points_passed
from backend.domain.reminding_slots import half_of
from backend.kit import clock, db
from backend.kit.db import Sql
from backend.kit.kept import Kept
from backend.models import SlotMessage, Task

_STILL = tuple(f"still_{number}" for number in range(1, len(POINTS) + 1))
_COUNTS = (*_STILL, "late", "morning_sent", "morning_answered", "afternoon_sent", "afternoon_answered")
#: How long a process keeps the sums over everybody; they move slowly, and adding them up reads the whole table.
_SUMS_FOR_S = 600

_sums: Kept[tuple[int, int], "_Sums"] = Kept(2)


class _Sums(msgspec.Struct):
    still_1: int
    still_2: int
    still_3: int
    still_4: int
    still_5: int
    late: int


class _Row(_Sums):
    person_id: int
    morning_sent: int
    morning_answered: int
    afternoon_sent: int
    afternoon_answered: int


def _still(row: _Sums) -> tuple[int, ...]:
    return (row.still_1, row.still_2, row.still_3, row.still_4, row.still_5)


async def histories(people: Iterable[int]) -> dict[int, History]:
    """What is known of each of these people, and of everybody."""
    people = sorted(set(people))
    sums = await _everybody()
    sql = Sql()
    rows = await sql.fetch(
        f"select person_id, {', '.join(_COUNTS)} from track_record where {sql.any_of('person_id', people)}", _Row
    )
    nothing = History(all_still=_still(sums), all_late=sums.late)
    known = {
        row.person_id: msgspec.structs.replace(
            nothing,
            still=_still(row),
            late=row.late,
            halves=(
                (row.morning_sent, row.morning_answered),
                (row.afternoon_sent, row.afternoon_answered),
            ),
        )
        for row in rows
    }
    return {person: known.get(person, nothing) for person in people}


async def history_of(person_id: int) -> History:
    """What is known of one person, and of everybody."""
    return (await histories([person_id]))[person_id]


async def _everybody() -> _Sums:
    key = (db.opening(), int(clock.real().timestamp()) // _SUMS_FOR_S)
    found = _sums.get(key)
    if found is None:
        columns = ", ".join(f"coalesce(sum({name}), 0) as {name}" for name in (*_STILL, "late"))
        [sums] = await Sql().fetch(f"select {columns} from track_record", _Sums)
        found = _sums.put(key, sums)
    return found


async def closed(task: Task, calendar: WorkCalendar, *, again: bool = False) -> None:
    """A task was done: in time, it counts where it was still open; late, it was counted when its deadline passed.

    ``again``: the task is open again, the count is taken back.
    """
    if task.reported_at is None or task.reported_at > task.due_at or task.late_count:
        return
    total = max(calendar.between(task.assigned_at, task.due_at), 1)
    share = calendar.between(task.assigned_at, task.reported_at) / total
    step = -1 if again else 1
    await _count(task.lead_id, dict.fromkeys(_STILL[: points_passed(share)], step))


async def passed_open(task: Task) -> None:
    """A deadline passed while the task was open with its holder: counted once for them, at every point."""
    await _count(task.lead_id, dict.fromkeys((*_STILL, "late"), 1))


class Spoken(msgspec.Struct, frozen=True):
    """That a slot (an instant in the calendar's zone) spoke to somebody, with so many lines; 0 = a digest alone."""

    person_id: int
    slot: datetime
    lines: int


_SLOTS = {"person_id": "bigint", "slot_at": "timestamptz", "morning": "boolean", "lines": "int"}


async def spoke(messages: Sequence[Spoken]) -> set[int]:
    """Note messages of slots, one a person, and count each once; returns the people whose first lines these are.

    A digest alone is one of the day's messages, and says nothing of when somebody answers.
    """
    if not messages:
        return set()
    sql = Sql()
    rows = [(one.person_id, one.slot.astimezone(UTC), half_of(one.slot) == 0, one.lines) for one in messages]
    made = await sql.fetch(
        f"insert into slot_message ({', '.join(_SLOTS)}) select {', '.join(_SLOTS)} "
        f"from {sql.table('said', _SLOTS, rows)} where true "
        "on conflict (person_id, slot_at) do update set lines = excluded.lines "
        "where slot_message.lines = 0 and excluded.lines > 0 returning person_id, morning, lines",
        _Made,
    )
    made = [one for one in made if one.lines]
    await _count_many({one.person_id: {"morning_sent" if one.morning else "afternoon_sent": 1} for one in made})
    return {one.person_id for one in made}


class _Made(msgspec.Struct):
    person_id: int
    morning: bool
    lines: int


def with_one_more(history: History, slot: datetime) -> History:
    """What is known of somebody, with one more message that they have not answered."""
    (early, early_answered), (late, late_answered) = history.halves
    morning = half_of(slot) == 0
    halves = ((early + morning, early_answered), (late + (not morning), late_answered))
    return msgspec.structs.replace(history, halves=halves)


async def answered(person_id: int, now: datetime) -> None:
    """Somebody answered a reminder: the last slot that spoke to them is answered, once."""
    last = await SlotMessage.filter(person_id=person_id, lines__gt=0).order_by("-slot_at").first()
    if last is None or last.answered_at is not None:
        return
    if await SlotMessage.filter(id=last.id, answered_at=None).update(answered_at=now):
        await _count(person_id, {"morning_answered" if last.morning else "afternoon_answered": 1})


class _Said(msgspec.Struct):
    person_id: int
    n: int


async def said_since(people: Iterable[int], start: datetime) -> dict[int, int]:
    """How many slots spoke to each of these people from ``start`` on; who is not named had none."""
    sql = Sql()
    rows = await sql.fetch(
        f"select person_id, count(*) as n from slot_message where slot_at >= {sql.arg(start)} "
        f"and {sql.any_of('person_id', sorted(set(people)))} group by person_id",
        _Said,
    )
    return {row.person_id: row.n for row in rows}


async def _count(person_id: int, more: dict[str, int]) -> None:
    """Add to a person's counts; their row is made with the first."""
    if more:
        await _count_many({person_id: more})


_ADDED = {"person_id": "bigint", **dict.fromkeys(_COUNTS, "int")}


async def _count_many(more: dict[int, dict[str, int]]) -> None:
    """Add to the counts of many people, in the order of their ids, so that nobody waits in a circle."""
    if not more:
        return
    rows = [(person_id, *(added.get(name, 0) for name in _COUNTS)) for person_id, added in sorted(more.items())]
    sql = Sql()
    sums = ", ".join(f"{name} = track_record.{name} + excluded.{name}" for name in _COUNTS)
    await sql.run(
        f"insert into track_record ({', '.join(_ADDED)}) select {', '.join(_ADDED)} "
        f"from {sql.table('added', _ADDED, rows)} where true on conflict (person_id) do update set {sums}"
    )
