"""Changes to a calendar: each one is a new word of a unit (or of the whole office) and takes effect with the next question.

Deadlines do not move by themselves: what a change would move is found afterwards by a sweep (``tasks.calendar_moves``),
to which the row leaves what it said before.
"""

import secrets
from datetime import date
from typing import Any

import msgspec

from backend import audit
from backend.auth.actors import today
from backend.calendars import edits, reading
from backend.calendars.edits import Edit
from backend.calendars.places import Place, find_place
from backend.calendars.queries import SILENT, Calendars, Word, calendars
from backend.calendars.schemas import AddVersionDraft, CalendarDraft, ConfirmDraft, DaysDraft, YearDraft
from backend.domain.access import may_change_calendar
from backend.domain.calendar import CalendarChange, inherit
from backend.domain.types import Actor
from backend.errors import Forbidden, Stale, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, is_postgres, transaction
from backend.kit.text import clean
from backend.models import Calendar

#: Any number that no other advisory lock of ours uses.
_LOCK = 7_201_002


class Planned(msgspec.Struct, frozen=True):
    """A change worked out and not carried out: the place, the picture before it, and what the place would say.

    ``changed`` is False when it says so already.
    """

    place: Place
    calendars: Calendars
    change: CalendarChange
    changed: bool

    @property
    def after(self) -> Calendars:
        """The picture after the change."""
        return self.calendars.saying({self.place.path: self.change})


class Kept(msgspec.Struct, frozen=True):
    """What a change left: the version of the place's word, and whether anything changed at all."""

    place: Place
    version: int
    changed: bool


async def replace(actor: Actor, code: str, draft: CalendarDraft, version: int | None = None) -> Kept:
    """Say the unit's whole own word anew."""
    return await _carry_out(
        actor, code, edits.replace(draft), "calendar.replaced", draft.reason, version, name=clean(draft.name), told={}
    )


async def clear(actor: Actor, code: str, reason: str = "", version: int | None = None) -> Kept:
    """Take back everything the unit says: from now on it only inherits."""
    return await _carry_out(actor, code, lambda *_: SILENT, "calendar.cleared", reason, version)


async def set_days(actor: Actor, code: str, draft: DaysDraft, version: int | None = None) -> Kept:
    """Add days off and make-up days; a date the unit already speaks of is replaced."""
    told = {"days": msgspec.to_builtins([*draft.days_off, *draft.make_up_days])}
    return await _carry_out(actor, code, edits.days(draft), "calendar.days_set", draft.reason, version, told=told)


async def remove_day(actor: Actor, code: str, on: date, reason: str = "", version: int | None = None) -> Kept:
    """Take back the unit's own word on a date; of a date that is inherited, say that it is an ordinary day here.

    Raises NotFound for a date that is ordinary already.
    """
    told = {"on": on.isoformat()}
    return await _carry_out(actor, code, edits.removal(on), "calendar.day_removed", reason, version, told=told)


async def confirm_day(actor: Actor, code: str, on: date, draft: ConfirmDraft, version: int | None = None) -> Kept:
    """An unconfirmed day is certain now, with the number of its decision when it is known. Again = no change."""
    told = {"on": on.isoformat(), "decision": draft.decision}
    return await _carry_out(
        actor, code, edits.confirmation(on, draft), "calendar.day_confirmed", "", version, told=told
    )


async def add_version(actor: Actor, code: str, draft: AddVersionDraft, version: int | None = None) -> Kept:
    """New weekly hours from a date on; one that starts on the same date is replaced."""
    told = {"effective_from": draft.effective_from.isoformat(), "hours": draft.hours}
    return await _carry_out(
        actor, code, edits.version(draft), "calendar.version_added", draft.reason, version, told=told
    )


async def set_year(actor: Actor, code: str, year: int, draft: YearDraft, version: int | None = None) -> Kept:
    """Set every special day of a year at once; what stands above the unit and is not among them is an ordinary day."""
    told = {"year": year, "days": msgspec.to_builtins([*draft.days_off, *draft.make_up_days])}
    return await _carry_out(actor, code, edits.year(year, draft), "calendar.year_set", draft.reason, version, told=told)


async def plan(
    actor: Actor, code: str, edit: Edit, reason: str = "", version: int | None = None, *, asks_reason: bool = True
) -> Planned:
    """Work a change out. Raises NotFound, Forbidden, Stale when ``version`` is not the present one, and Unprocessable
    when days already past would work other than they did and nobody says why (``asks_reason`` False only looks)."""
    place = await find_place(actor, code)
    if not may_change_calendar(actor, None if place.unit_id is None else place.path):
        raise Forbidden("forbidden")
    now = await calendars()
    word = now.own(place.path)
    present = word.version if word else 0
    if version is not None and version != present:
        raise Stale("calendar_stale", version=present)
    own, above = word.change if word else SILENT, now.above(place.path)
    change = edit(own, above)
    was, will_be = inherit(above, own), inherit(above, change)
    if asks_reason and not clean(reason) and reading.changes_before(today(), was, will_be):
        raise Unprocessable("calendar_past_needs_reason")
    return Planned(place, now, change, change != own)


async def _carry_out(
    actor: Actor,
    code: str,
    edit: Edit,
    action: str,
    reason: str,
    version: int | None,
    *,
    name: str | None = None,
    told: dict[str, Any] | None = None,
) -> Kept:
    async with transaction():
        await _lock()
        planned = await plan(actor, code, edit, reason, version)
        word = planned.calendars.own(planned.place.path)
        if not planned.changed and (name is None or name == (word.name if word else "")):
            return Kept(planned.place, word.version if word else 0, False)
        row_id, number = await _write(planned, word, name)
        await audit.record(
            actor,
            action,
            "calendar",
            row_id,
            unit=planned.place.code,
            version=number,
            reason=clean(reason),
            **(told or {}),
        )
    return Kept(planned.place, number, True)


async def _lock() -> None:
    """One change of any calendar at a time; SQLite has one writer anyway."""
    if is_postgres():
        sql = Sql()
        await sql.rows(f"select pg_advisory_xact_lock({sql.arg(_LOCK)})")


async def _write(planned: Planned, word: Word | None, name: str | None) -> tuple[int, int]:
    """The row's id and new version."""
    place, data = planned.place, msgspec.to_builtins(planned.change)
    new: dict[str, Any] = {"data": data, "recorded_at": clock.now(), "token": secrets.token_hex(12)}
    if name is not None:
        new["name"] = name[:120]
    if word is None:
        made = await Calendar.create(
            **{"name": "", **new}, unit_id=place.unit_id, version=1, before=msgspec.to_builtins(SILENT)
        )
        return int(made.id), 1
    row = await Calendar.get(id=word.id)
    above = planned.calendars.above(place.path)
    if not reading.same_working_time(inherit(above, word.change), inherit(above, planned.change)):
        # Of several changes in a row it is the word before the first that open deadlines were counted by.
        if row.before is None:
            new["before"] = msgspec.to_builtins(word.change)
    elif row.planned_version == word.version:
        new["planned_version"] = word.version + 1
    if not await Calendar.filter(id=word.id, version=word.version).update(**new, version=word.version + 1):
        raise Stale("calendar_stale", version=word.version)
    return word.id, word.version + 1
