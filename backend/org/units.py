"""Changes to units by HR and admins, and the paths that keep the tree."""

from datetime import date

import msgspec
from msgspec import UNSET, UnsetType

from backend import audit
from backend.auth.actors import today
from backend.domain.types import Actor
from backend.errors import Conflict, Forbidden, Unprocessable
from backend.kit.db import Sql, transaction
from backend.kit.text import fold
from backend.models import Unit
from backend.org.fields import read_fields
from backend.org.locks import lock_office
from backend.org.permissions import administers, rules_all
from backend.org.plan_units import MAX_DEPTH
from backend.org.queries_units import UnitRow, unit_by_id
from backend.org.sql import in_force, in_service
from backend.org.visible import visible_person, visible_unit


class UnitDraft(msgspec.Struct, forbid_unknown_fields=True):
    """A new unit. ``parent`` is a code, None = a root; ``overseer`` a person."""

    code: str
    name: str
    parent: str | None = None
    kind: str = "section"
    overseer: str | None = None


class UnitPatch(msgspec.Struct, forbid_unknown_fields=True):
    """What to change. ``closed_on`` is the first day on which the unit is closed, null opens it again."""

    name: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    parent: str | UnsetType | None = UNSET
    overseer: str | UnsetType | None = UNSET
    closed_on: date | UnsetType | None = UNSET


async def open_unit(actor: Actor, draft: UnitDraft) -> UnitRow:
    """Make a unit below one whose records the actor keeps; roots are made by those who keep everything."""
    values = read_fields({"code": draft.code, "name": draft.name, "kind": draft.kind})
    async with transaction():
        await lock_office()
        parent = await _parent(actor, draft.parent)
        if await Unit.filter(code=values["code"]).exists():
            raise Conflict("unit_exists", value=values["code"])
        unit = await Unit.create(
            code=values["code"],
            name=values["name"],
            name_folded=fold(values["name"]),
            kind=values["kind"] or "section",
            parent_id=parent.id if parent else None,
            path="",
        )
        path = f"{parent.path if parent else '/'}{unit.id}/"
        overseer_id = await _overseer(actor, draft.overseer, path)
        await Unit.filter(id=unit.id).update(path=path, overseer_id=overseer_id)
        await audit.record(actor, "unit.created", "unit", unit.id, code=values["code"], parent=draft.parent)
    return await unit_by_id(unit.id)


async def change_unit(actor: Actor, code: str, patch: UnitPatch) -> UnitRow:
    """Rename, move, close or reopen a unit. Moving takes the whole subtree along."""
    async with transaction():
        await lock_office()
        unit = await visible_unit(actor, code)
        if not administers(actor, unit.path):
            raise Forbidden("forbidden")
        given = {name: value for name in ("name", "kind") if (value := getattr(patch, name)) is not UNSET}
        new: dict[str, object] = {name: value for name, value in read_fields(given).items() if value is not None}
        path = unit.path
        if patch.parent is not UNSET:
            parent = await _parent(actor, patch.parent) if patch.parent or unit.parent_id is not None else None
            path = await _move(unit, parent)
            new |= {"parent_id": parent.id if parent else None}
        if patch.overseer is not UNSET:
            new["overseer_id"] = await _overseer(actor, patch.overseer, path)
        if patch.closed_on is not UNSET:
            new["closed_on"] = await _closing(unit, patch.closed_on)
        changes = {name: value for name, value in new.items() if value != getattr(unit, name)}
        if changes:
            folded = {"name_folded": fold(str(changes["name"]))} if "name" in changes else {}
            await Unit.filter(id=unit.id).update(**changes, **folded)
            plain = {name: [_text(getattr(unit, name)), _text(value)] for name, value in changes.items()}
            await audit.record(actor, "unit.changed", "unit", unit.id, changes=plain)
    return await unit_by_id(unit.id)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


async def _parent(actor: Actor, code: str | None) -> UnitRow | None:
    if code is None:
        if not rules_all(actor):
            raise Forbidden("forbidden")
        return None
    parent = await visible_unit(actor, code)
    if not administers(actor, parent.path):
        raise Forbidden("forbidden")
    if parent.closed_on is not None:
        raise Unprocessable("unit_closed", unit=parent.name)
    if parent.path.count("/") > MAX_DEPTH:
        raise Unprocessable("import_unit_too_deep", depth=MAX_DEPTH)
    return parent


async def _move(unit: UnitRow, parent: UnitRow | None) -> str:
    """Rewrite the paths of a unit and everything below it; returns the unit's new path."""
    path = f"{parent.path if parent else '/'}{unit.id}/"
    if path == unit.path:
        return path
    if path.startswith(unit.path):
        raise Unprocessable("unit_cycle", unit=unit.name)
    sql = Sql()
    below = f"path like {sql.arg(unit.path + '%')}"
    [deepest] = await sql.rows(
        f"select max(length(path) - length(replace(path, '/', ''))) as n from unit where {below}"
    )
    if deepest["n"] - unit.path.count("/") + path.count("/") - 1 > MAX_DEPTH:
        raise Unprocessable("import_unit_too_deep", depth=MAX_DEPTH)
    sql = Sql()
    start = sql.arg(len(unit.path) + 1)
    await sql.run(
        f"update unit set path = cast({sql.arg(path)} as varchar(255)) || substr(path, cast({start} as int)) "
        f"where path like {sql.arg(unit.path + '%')}"
    )
    return path


async def _overseer(actor: Actor, ref: str | None, path: str) -> int | None:
    """The person who will look after the unit at ``path``: a leader somewhere above it."""
    if ref is None:
        return None
    person, _ = await visible_person(actor, ref)
    sql = Sql()
    above = sql.arg(path)
    on = today()
    leads = await sql.rows(
        "select s.id from position s join unit u on u.id = s.unit_id join person p on p.id = s.person_id "
        f"where s.person_id = {sql.arg(person.id)} and s.role = 'leader' and {in_force(sql, on)} "
        f"and {in_service(sql, on)} and {above} like u.path || '%' and u.path <> {above}"
    )
    if not leads:
        raise Unprocessable("overseer_not_above", value=person.full_name)
    return person.id


async def _closing(unit: UnitRow, closed_on: date | None) -> date | None:
    """Only an empty unit closes: nobody in it, nothing open below it."""
    if closed_on is None or closed_on == unit.closed_on:
        return closed_on
    sql = Sql()
    day = sql.arg(closed_on)
    used = await sql.rows(
        f"select s.id from position s join person p on p.id = s.person_id where s.unit_id = {sql.arg(unit.id)} "
        f"and (s.until_on is null or s.until_on >= {day}) and (p.until_on is null or p.until_on >= {day}) "
        f"union all select id from unit where parent_id = {sql.arg(unit.id)} "
        f"and (closed_on is null or closed_on > {day})"
    )
    if used:
        raise Conflict("unit_in_use", unit=unit.name)
    return closed_on
