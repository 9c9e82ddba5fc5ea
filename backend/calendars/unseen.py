"""Changes of calendars whose effect on open deadlines nobody has looked at yet."""

from datetime import datetime
from typing import Any

import msgspec

from backend.calendars.queries import change_of
from backend.domain.calendar import CalendarChange
from backend.kit.db import Sql
from backend.models import Calendar


class Unseen(msgspec.Struct, frozen=True):
    """A place whose change nobody has looked at yet: what it said before the first such change."""

    id: int
    path: str
    version: int
    recorded_at: datetime
    before: CalendarChange


async def unseen_changes() -> list[Unseen]:
    """Places that changed since their effect on open deadlines was last looked at."""
    rows = await Sql().fetch(
        "select c.id, c.version, c.recorded_at, c.before, coalesce(u.path, '/') as path "
        "from calendar c left join unit u on u.id = c.unit_id where c.before is not null order by c.id",
        _Row,
    )
    return [Unseen(row.id, row.path, row.version, row.recorded_at, change_of(row.before)) for row in rows]


class _Row(msgspec.Struct):
    id: int
    path: str
    version: int
    recorded_at: datetime
    before: Any


class Unplanned(msgspec.Struct, frozen=True):
    """A place whose open tasks have due columns computed by an older calendar."""

    id: int
    path: str
    version: int


async def unplanned_changes() -> list[Unplanned]:
    """Places that changed since the due columns of their tasks were computed."""
    return await Sql().fetch(
        "select c.id, c.version, coalesce(u.path, '/') as path from calendar c left join unit u on u.id = c.unit_id "
        "where c.planned_version < c.version order by c.id",
        Unplanned,
    )


async def mark_planned(change: Unplanned) -> None:
    """The due columns under the place are those of this version; one that came since is still to be looked at."""
    await Calendar.filter(id=change.id, planned_version__lt=change.version).update(planned_version=change.version)


async def mark_seen(changes: list[Unseen]) -> bool:
    """Inside a transaction: nobody needs to look at these again. False when one changed meanwhile, or somebody else
    was faster: then nothing may be written on their account."""
    for change in changes:
        if not await Calendar.filter(id=change.id, version=change.version, before__isnull=False).update(before=None):
            return False
    return True
