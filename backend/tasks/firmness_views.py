"""How firmly a unit is reminded: what its people may look at, and its leaders, HR and admins may change."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from backend import audit
from backend.calendars.queries import calendars
from backend.domain import access
from backend.domain.calendar import WorkCalendar
from backend.domain.types import Actor
from backend.errors import Forbidden, InvalidFields
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import Unit
from backend.org.queries_units import UnitRow
from backend.org.sql import under_any
from backend.org.visible import visible_unit
from backend.tasks.bodies import Preset
from backend.tasks.firmness import firmness

#: A moment of a day: ``08:00``.
Slot = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
#: A person gets as many messages a day and no more (reminders.md rule 2).
_SLOTS_A_DAY = 2
#: A slot must lie inside a shift on one of so many days ahead.
_DAYS = 14


class FirmnessBody(msgspec.Struct, forbid_unknown_fields=True):
    """``preset`` null: as the unit above; ``slots`` (one or two local times) null likewise."""

    preset: Preset | None = None
    slots: Annotated[list[Slot], msgspec.Meta(min_length=1, max_length=_SLOTS_A_DAY)] | None = None


class FirmnessView(msgspec.Struct, frozen=True, kw_only=True):
    """``preset`` and ``slots`` are in force; the unit's ``own_…`` are null where it says nothing itself."""

    unit: str
    name: str
    preset: str
    slots: list[str]
    own_preset: str | None
    own_slots: list[str] | None
    may_change: bool


async def unit_firmness(actor: Actor, code: str) -> FirmnessView:
    """What is in force at a unit and what it says itself. Raises NotFound."""
    return await _view(actor, await visible_unit(actor, code))


async def _view(actor: Actor, unit: UnitRow) -> FirmnessView:
    picture = await firmness()
    policy, said = picture.of(unit.path), picture.said(unit.path)
    return FirmnessView(
        unit=unit.code,
        name=unit.name,
        preset=policy.name,
        slots=_written(policy.slots),
        own_preset=said.preset,
        own_slots=_written(said.slots) if said.slots else None,
        may_change=may_change(actor, unit.path),
    )


def may_change(actor: Actor, path: str) -> bool:
    """The leaders of a unit and above it, and those who keep its records."""
    return access.leads_over(actor, path) is not None or access.administers(actor, path)


async def set_firmness(actor: Actor, code: str, body: FirmnessBody) -> FirmnessView:
    """Set how firmly a unit and what is below it are reminded; every open task there is planned anew.

    Raises NotFound, Forbidden, InvalidFields when a slot is never inside a shift.
    """
    async with transaction():
        unit = await visible_unit(actor, code)
        if not may_change(actor, unit.path):
            raise Forbidden("forbidden")
        slots = _minutes(body.slots, (await calendars()).of(unit.path))
        before = (await firmness()).said(unit.path)
        if (before.preset, before.slots) != (body.preset, slots):
            await Unit.filter(id=unit.id).update(remind_preset=body.preset, remind_slots=list(slots) if slots else None)
            await look_again(unit.path)
            await audit.record(actor, "unit.reminding_changed", "unit", unit.id, preset=body.preset, slots=body.slots)
        return await _view(actor, unit)


async def look_again(path: str) -> int:
    """The engine looks at every task below a unit with its next tick, and plans it by what is in force then."""
    sql = Sql()
    now = sql.arg(clock.now())
    return await sql.run(
        f"update task set look_at = {now} where status in ('assigned', 'acknowledged') "
        f"and (look_at is null or look_at > {now}) "
        f"and unit_id in (select u.id from unit u where {under_any(sql, [path])})"
    )


def _minutes(slots: list[str] | None, calendar: WorkCalendar) -> tuple[int, ...] | None:
    if slots is None:
        return None
    found = sorted({int(slot[:2]) * 60 + int(slot[3:]) for slot in slots})
    outside = [slot for slot in found if not _ever_works(slot, calendar)]
    if outside:
        raise InvalidFields(
            "invalid_fields", [{"where": "slots", "code": "slot_outside_shifts", "at": _written(tuple(outside))[0]}]
        )
    return tuple(found)


def _ever_works(slot: int, calendar: WorkCalendar) -> bool:
    today = clock.now().astimezone(calendar.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return any(calendar.is_working(_at(today, day, slot)) for day in range(_DAYS))


def _at(midnight: datetime, day: int, minute: int) -> datetime:
    on = midnight + timedelta(days=day)
    return on.replace(hour=minute // 60, minute=minute % 60)


def _written(slots: tuple[int, ...]) -> list[str]:
    return [f"{slot // 60:02}:{slot % 60:02}" for slot in slots]
