"""Looking at what a change of a calendar would do to open deadlines, before it is made."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from backend.calendars import edits
from backend.calendars import service as calendars_service
from backend.calendars.edits import Edit
from backend.calendars.queries import SILENT
from backend.calendars.schemas import AddVersionDraft, CalendarDraft, DaysDraft, YearDraft
from backend.calendars.service import Planned
from backend.domain.types import Actor
from backend.errors import Unprocessable
from backend.kit import clock
from backend.kit.db import Sql
from backend.tasks.calendar_moves import Move, moves
from backend.tasks.visibility import visible_to

#: As many as a preview lists; it counts them all.
_LISTED = 200


class PreviewDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A change to look at, in exactly one way: the whole ``calendar``, some ``days``, a day to ``remove``, new
    weekly hours (``version``), a ``year`` with its number, or to ``clear`` everything."""

    calendar: CalendarDraft | None = None
    days: DaysDraft | None = None
    remove: date | None = None
    version: AddVersionDraft | None = None
    year: YearDraft | None = None
    number: int | None = None
    clear: bool = False


class MoveView(msgspec.Struct, frozen=True):
    """A deadline that would move, for a reader who may see the task."""

    code: str
    title: str
    lead: str
    assigner: str
    due_before: datetime
    due_proposed: datetime


class PreviewView(msgspec.Struct, frozen=True):
    """What a change would do. ``total`` deadlines of ``assigners`` people would be proposed to move; ``tasks`` are the
    first of those the reader may see. ``changed`` False: the calendar says so already."""

    unit: str
    changed: bool
    total: int
    assigners: int
    tasks: list[MoveView]


async def preview(actor: Actor, unit: str, edit: Edit) -> PreviewView:
    """Which open deadlines a change would move. Raises as the change itself would; changes nothing."""
    return await preview_of(actor, await calendars_service.plan(actor, unit, edit, asks_reason=False))


async def preview_year(actor: Actor, unit: str, year: int, draft: YearDraft) -> PreviewView:
    """The same for a whole year."""
    return await preview(actor, unit, edits.year(year, draft))


async def preview_of(actor: Actor, planned: Planned) -> PreviewView:
    """The same for a change that is worked out already."""
    found: list[Move] = []
    if planned.changed:
        both = planned.calendars, planned.after
        found = [move async for _, move in moves(*both, [planned.place.path], clock.now()) if move is not None]
    return PreviewView(
        unit=planned.place.code,
        changed=planned.changed,
        total=len(found),
        assigners=await _assigners(found),
        tasks=await _shown(actor, found),
    )


def edit_of(draft: PreviewDraft) -> Edit:
    """The one change that a draft names. Raises Unprocessable unless there is exactly one."""
    ways: list[Edit] = []
    if draft.calendar is not None:
        ways.append(edits.replace(draft.calendar))
    if draft.days is not None:
        ways.append(edits.days(draft.days))
    if draft.remove is not None:
        ways.append(edits.removal(draft.remove))
    if draft.version is not None:
        ways.append(edits.version(draft.version))
    if draft.year is not None and draft.number is not None:
        ways.append(edits.year(draft.number, draft.year))
    if draft.clear:
        ways.append(lambda *_: SILENT)
    if len(ways) != 1:
        raise Unprocessable("calendar_one_change")
    return ways[0]


async def _assigners(found: Sequence[Move]) -> int:
    people: set[int] = set()
    for chunk in _chunks(found):
        sql = Sql()
        rows = await sql.rows(f"select distinct assigner_id from task where {sql.any_of('id', chunk)}")
        people |= {int(row["assigner_id"]) for row in rows}
    return len(people)


async def _shown(actor: Actor, found: Sequence[Move]) -> list[MoveView]:
    by_id = {move.task_id: move for move in found}
    listed: list[MoveView] = []
    for chunk in _chunks(found):
        sql = Sql()
        rows = await sql.fetch(
            "select t.id, t.code, t.title, l.full_name as lead, a.full_name as assigner from task t "
            "join unit u on u.id = t.unit_id join person l on l.id = t.lead_id join person a on a.id = t.assigner_id "
            f"where {sql.any_of('t.id', chunk)} and {visible_to(actor, sql)} order by t.due_at, t.id",
            _Line,
        )
        listed += [
            MoveView(row.code, row.title, row.lead, row.assigner, by_id[row.id].due_at, by_id[row.id].due_proposed)
            for row in rows
        ]
        if len(listed) >= _LISTED:
            break
    return listed[:_LISTED]


class _Line(msgspec.Struct):
    id: int
    code: str
    title: str
    lead: str
    assigner: str


def _chunks(found: Sequence[Move]) -> list[list[int]]:
    ids = [move.task_id for move in found]
    return [ids[start : start + 500] for start in range(0, len(ids), 500)]
