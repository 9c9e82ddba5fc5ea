"""Codes that are never reused, and the short numbers by which people call their tasks in chat (domain.md §6)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from backend.kit import clock, rows
from backend.kit.db import Sql
from backend.models import TaskNumber
from backend.short_numbers import numbers

#: A number rests this long after its task closed.
RESTS_FOR = timedelta(days=60)
_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


async def next_codes(count: int, at: datetime) -> list[str]:
    """Fresh task codes, ``CV26-000123``, of the year of ``at`` in Vietnam; call inside the transaction."""
    year = at.astimezone(_ZONE).year
    sql = Sql()
    [row] = await sql.rows(
        f"insert into code_counter (year, last_number) values ({sql.arg(year)}, {sql.arg(count)}) "
        "on conflict (year) do update set last_number = code_counter.last_number + excluded.last_number "
        "returning last_number"
    )
    last = int(row["last_number"])
    return [f"CV{year % 100:02d}-{number:06d}" for number in range(last - count + 1, last + 1)]


async def give(task_id: int, people: Iterable[int]) -> None:
    """Give everyone with a part in the task their own number for it: the smallest that is free for them."""
    now = clock.now()
    # Always in the same order, so that two transactions that number the same people wait for each other in turn.
    for person in sorted(set(people)):
        sql = Sql()
        if sql.postgres:
            # Two tasks made at the same moment may not give one person the same number twice.
            await sql.rows(f"select id from person where id = {sql.arg(person)} for no key update")
            sql = Sql()
        rows = await sql.rows(
            f"select number, task_id from task_number where person_id = {sql.arg(person)} "
            f"and (free_at is null or free_at > {sql.arg(now)} or task_id = {sql.arg(task_id)}) order by number"
        )
        if any(row["task_id"] == task_id for row in rows):
            continue
        taken = {row["number"] for row in rows}
        number = next(number for number in range(1, len(taken) + 2) if number not in taken)
        await TaskNumber.create(person_id=person, task_id=task_id, number=number)


async def release(task_id: int, closed_at: datetime | None) -> None:
    """A closed task's numbers become free after their rest; an opened-again one's are taken again."""
    await rows.update(TaskNumber, {"free_at": closed_at + RESTS_FOR if closed_at else None}, task_id=task_id)


class Called(msgspec.Struct, frozen=True):
    """The task that a number names, or, when it rests no more (``free_at`` has passed), the one that it named last."""

    task_id: int
    code: str
    closed_at: datetime | None
    free_at: datetime | None

    @property
    def is_over(self) -> bool:
        return self.free_at is not None and self.free_at <= clock.now()


async def called(person_id: int, number: int) -> Called | None:
    """What a person calls by a number; None when nothing ever was."""
    sql = Sql()
    found = await sql.fetch(
        "select n.task_id, t.code, t.closed_at, n.free_at from task_number n join task t on t.id = n.task_id "
        f"where n.person_id = {sql.arg(person_id)} and n.number = {sql.arg(number)} order by n.id desc",
        Called,
    )
    return next((one for one in found if not one.is_over), found[0] if found else None)


async def numbers_of(person_id: int, task_ids: Sequence[int]) -> dict[int, int]:
    """A person's numbers by task, of those tasks that they have a number for."""
    return (await numbers({person_id: task_ids})).get(person_id, {})
