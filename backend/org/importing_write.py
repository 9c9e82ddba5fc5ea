"""Carrying out a plan: the rows of every table in few statements, what is audited, who is told."""

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from backend.domain.types import Actor, Role
from backend.kit import clock, logs
from backend.kit.db import Sql
from backend.kit.text import fold
from backend.org import bulk
from backend.org.absences import say_substitute
from backend.org.draft import Draft, DraftDelegation, Drafted, DraftLeave, DraftPerson, DraftPosition, DraftUnit
from backend.org.plan import Plan

_D = TypeVar("_D", bound=Drafted)


async def carry_out(actor: Actor, plan: Plan) -> None:
    """Write everything the plan creates, changes or closes. Call it inside the transaction that read what is stored."""
    draft = plan.draft
    await _people(draft)
    await _units(draft)
    await _positions(draft)
    await _leaves(actor, draft)
    await _delegations(actor, draft)
    await _audit(actor, plan)
    await _tell(plan)


def _doing(things: Iterable[_D], *what: str) -> list[_D]:
    return [one for one in things if one.what in what]


_PERSON = ("handle", "full_name", "name_folded", "email", "phone", "locale", "until_on")


def _person(person: DraftPerson) -> tuple[Any, ...]:
    name = person.full_name
    return person.handle, name, fold(name), person.email, person.phone, person.locale, person.until_on


async def _people(draft: Draft) -> None:
    new, kept = _doing(draft.people, "created"), _doing(draft.people, "changed", "closed")
    # Two people may swap addresses or handles: give up the old ones first, or the unique keys refuse halfway.
    for key in ("email", "phone"):
        await bulk.update("person", (key,), [(person.id, None) for person in kept if key in person.changes])
    await bulk.update(
        "person", ("handle",), [(person.id, f"~{person.id}") for person in kept if "handle" in person.changes]
    )
    await bulk.update("person", _PERSON, [(person.id, *_person(person)) for person in kept])
    back = [person for person in kept if "until" in person.changes and person.active(draft.today)]
    await bulk.update("person", ("left_at",), [(person.id, None) for person in back])
    if new:
        before = await _last_id("person")
        columns = (*_PERSON, "must_change_password", "channels", "created_at")
        more = (True, "[]", clock.now())
        await bulk.insert("person", columns, [(*_person(person), *more) for person in new])
        ids = {row["handle"]: row["id"] for row in await _since("person", "handle", before)}
        for person in new:
            person.id = ids[person.handle]


async def _units(draft: Draft) -> None:
    new, kept = _doing(draft.units.values(), "created"), _doing(draft.units.values(), "changed", "closed")
    written = {id(unit) for unit in (*new, *kept)}
    if new:
        rows = [(unit.code, unit.name, fold(unit.name), unit.kind, "") for unit in new]
        await bulk.insert("unit", ("code", "name", "name_folded", "kind", "path"), rows)
        ids = {row["code"]: row["id"] for row in await Sql().rows("select code, id from unit where path = ''")}
        for unit in new:
            unit.id = ids[unit.code]
    every: list[tuple[Any, ...]] = []
    for unit in draft.units.values():
        path = "/" + "".join(f"{found.id}/" for found in reversed(list(unit.line())))
        if id(unit) in written or path != unit.path:
            parent_id = unit.parent.id if unit.parent else None
            overseer_id = unit.overseer.id if unit.overseer else None
            name = unit.name
            every.append((unit.id, name, fold(name), unit.kind, parent_id, overseer_id, unit.closed_on, path))
    columns = ("name", "name_folded", "kind", "parent_id", "overseer_id", "closed_on", "path")
    await bulk.update("unit", columns, every)


_POSITION = ("title", "title_folded", "rank", "from_on", "until_on")


def _position(position: DraftPosition) -> tuple[Any, ...]:
    return position.title, fold(position.title), position.rank, position.from_on, position.until_on


async def _positions(draft: Draft) -> None:
    new, kept = _doing(draft.positions, "created"), _doing(draft.positions, "changed", "closed")
    await bulk.update("position", _POSITION, [(position.id, *_position(position)) for position in kept])
    if not new:
        return
    before = await _last_id("position")
    rows = [(one.person.id, one.unit.id, one.role.value, *_position(one)) for one in new]
    await bulk.insert("position", ("person_id", "unit_id", "role", *_POSITION), rows)
    columns = "person_id, unit_id, role, title_folded, from_on"
    ids = {
        (row["person_id"], row["unit_id"], row["role"], row["title_folded"], str(row["from_on"])): row["id"]
        for row in await _since("position", columns, before)
    }
    for one in new:
        one.id = ids[one.person.id, one.unit.id, one.role.value, fold(one.title), one.from_on.isoformat()]


async def _leaves(actor: Actor, draft: Draft) -> None:
    for leave in _doing(draft.leaves, "created"):
        leave.id = await _create(
            "leave", actor, person_id=leave.person.id, substitute_id=leave.substitute.id if leave.substitute else None,
            from_on=leave.from_on, until_on=leave.until_on, reason=leave.reason,
        )  # fmt: skip
    rows = [
        (leave.id, leave.substitute.id if leave.substitute else None, leave.until_on, leave.reason)
        for leave in _doing(draft.leaves, "changed")
    ]
    await bulk.update("leave", ("substitute_id", "until_on", "reason"), rows)


async def _delegations(actor: Actor, draft: Draft) -> None:
    for lent in _doing(draft.delegations, "created"):
        lent.id = await _create(
            "delegation", actor, position_id=lent.position.id, giver_id=lent.position.person.id,
            substitute_id=lent.substitute.id, from_on=lent.from_on, until_on=lent.until_on, reason=lent.reason,
        )  # fmt: skip
    rows = [(lent.id, lent.until_on, lent.reason) for lent in _doing(draft.delegations, "changed")]
    await bulk.update("delegation", ("until_on", "reason"), rows)


async def _create(table: str, actor: Actor, **values: Any) -> int:
    values |= {"recorded_by_id": actor.person_id, "recorded_at": clock.now()}
    sql = Sql()
    places = ", ".join(sql.arg(value) for value in values.values())
    [row] = await sql.rows(f"insert into {table} ({', '.join(values)}) values ({places}) returning id")
    return int(row["id"])


async def _last_id(table: str) -> int:
    [row] = await Sql().rows(f"select coalesce(max(id), 0) as last from {table}")
    return int(row["last"])


async def _since(table: str, columns: str, last_id: int) -> list[dict[str, Any]]:
    sql = Sql()
    return await sql.rows(f"select id, {columns} from {table} where id > {sql.arg(last_id)}")


_KINDS: dict[type[Drafted], str] = {
    DraftUnit: "unit",
    DraftPerson: "person",
    DraftPosition: "position",
    DraftLeave: "leave",
    DraftDelegation: "delegation",
}


async def _audit(actor: Actor, plan: Plan) -> None:
    """One row for the import with its counts, and one for each thing that was changed or closed, each leave and
    delegation, and each new position that carries authority: who made somebody an admin must always be found."""
    counts: dict[str, int] = {}
    rows: list[tuple[Any, ...]] = []
    at, request_id = clock.now(), logs.request_id()
    for one in plan.draft.everything():
        what = one.what
        if what not in ("created", "changed", "closed"):
            continue
        kind = _KINDS[type(one)]
        counts[f"{kind}.{what}"] = counts.get(f"{kind}.{what}", 0) + 1
        if what != "created" or _authority(one):
            data = {"via": "import", **_facts(one)}
            rows.append((at, actor.person_id, f"{kind}.{what}", kind, one.id, _json(data), request_id))
    rows.append((at, actor.person_id, "org.imported", "org", None, _json(counts), request_id))
    columns = ("at", "actor_id", "action", "object_kind", "object_id", "data", "request_id")
    await bulk.insert("audit_row", columns, rows)


def _authority(one: Drafted) -> bool:
    return not isinstance(one, DraftUnit | DraftPerson | DraftPosition) or (
        isinstance(one, DraftPosition) and one.role is not Role.OFFICER
    )


def _facts(one: Drafted) -> dict[str, Any]:
    if isinstance(one, DraftPosition):
        return {"person": one.person.handle, "unit": one.unit.code, "role": one.role, "changes": one.changes}
    if isinstance(one, DraftDelegation):
        return {"giver": one.position.person.handle, "substitute": one.substitute.handle, "changes": one.changes}
    if isinstance(one, DraftLeave):
        return {"person": one.person.handle, "changes": one.changes}
    return {"changes": one.changes}


def _json(data: Any) -> str:
    return msgspec.json.encode(data).decode()


async def _tell(plan: Plan) -> None:
    """Tell substitutes of leave and delegations that are new to them and not over."""
    for leave in _doing(plan.draft.leaves, "created", "changed"):
        new = leave.before is None or "substitute" in leave.changes
        if leave.substitute is not None and new and leave.until_on >= plan.today:
            name, days = leave.person.full_name, (leave.from_on, leave.until_on)
            await say_substitute("leave", leave.key_id, name, leave.substitute.key_id, *days)
    for lent in _doing(plan.draft.delegations, "created"):
        if lent.until_on >= plan.today:
            name, days = lent.position.person.full_name, (lent.from_on, lent.until_on)
            await say_substitute("delegation", lent.key_id, name, lent.substitute.key_id, *days)
