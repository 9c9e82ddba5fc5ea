"""By whose calendar a task's time runs, and how firmly it is reminded: the word of the unit that answers for it."""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from backend.calendars.queries import OFFICE, Calendars, calendars
from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import Policy
from backend.kit.db import Sql
from backend.tasks.firmness import Firmness, firmness


class _Row(msgspec.Struct):
    id: int
    path: str


async def calendar_of_task(task_id: int) -> WorkCalendar:
    """The calendar of one task; the whole office's for one that is not there."""
    sql = Sql()
    found = await sql.fetch(
        f"select u.id, u.path from task t join unit u on u.id = t.unit_id where t.id = {sql.arg(task_id)}", _Row
    )
    return (await calendars()).of(found[0].path if found else OFFICE)


class _Task(Protocol):
    @property
    def unit_id(self) -> int: ...

    @property
    def remind_preset(self) -> str | None: ...


class Clocks:
    """Calendars and policies of many tasks from one picture, for sweeps: three queries a batch, whatever its size."""

    def __init__(self, picture: Calendars, firm: Firmness, paths: dict[int, str]) -> None:
        self._picture = picture
        self._firm = firm
        self._paths = paths

    @classmethod
    async def of(cls, tasks: Iterable[_Task]) -> "Clocks":
        sql = Sql()
        units = sorted({task.unit_id for task in tasks})
        rows = await sql.fetch(f"select id, path from unit where {sql.any_of('id', units)}", _Row)
        return cls(await calendars(), await firmness(), {row.id: row.path for row in rows})

    def calendar(self, task: _Task) -> WorkCalendar:
        """The calendar of a task of the batch."""
        return self._picture.of(self._paths[task.unit_id])

    def policy(self, task: _Task) -> Policy:
        """How firmly a task of the batch is reminded."""
        return self._firm.of(self._paths[task.unit_id], task.remind_preset)
