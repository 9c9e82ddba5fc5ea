"""Changes to people by HR and admins."""

from datetime import date
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from backend import audit
from backend.auth.actors import today
from backend.domain.types import Actor
from backend.errors import Conflict, Forbidden, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.kit.text import fold
from backend.models import Person
from backend.org.fields import read_fields
from backend.org.leaving import close_one
from backend.org.locks import lock_office
from backend.org.positions import PositionDraft, give
from backend.org.queries_people import PersonRow, find_person
from backend.org.values import handle_candidates
from backend.org.visible import check_keeps_records, visible_person


class PersonDraft(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody new, with at least one position; ``handle`` None: made from the name."""

    full_name: str
    positions: list[PositionDraft]
    handle: str | None = None
    email: str | None = None
    phone: str | None = None
    locale: str = "vi"
    until_on: date | None = None


class PersonPatch(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; null erases an e-mail, a phone or a last day."""

    full_name: str | UnsetType = UNSET
    handle: str | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    locale: str | UnsetType = UNSET
    until_on: date | UnsetType | None = UNSET


_TYPED = ("full_name", "handle", "email", "phone", "locale")


async def add_person(actor: Actor, draft: PersonDraft) -> PersonRow:
    """Take somebody into the office, with positions that the actor may give."""
    if not draft.positions:
        raise Unprocessable("person_needs_position")
    values = read_fields({name: getattr(draft, name) for name in _TYPED})
    async with transaction():
        await lock_office()
        values["handle"] = values["handle"] or await _free_handle(values["full_name"])
        await _check_unique(values, 0)
        person = await Person.create(
            **values, name_folded=fold(values["full_name"]), until_on=draft.until_on, created_at=clock.now()
        )
        await audit.record(actor, "person.created", "person", person.id, handle=values["handle"])
        for position in draft.positions:
            await give(actor, person.id, position)
    return await find_person(person.id)


async def change_person(actor: Actor, ref: str, patch: PersonPatch) -> PersonRow:
    """Change a person's record. A last day in the past ends their service at once; none, or a later one, lets somebody
    who left come back."""
    given = {name: value for name in patch.__struct_fields__ if (value := getattr(patch, name)) is not UNSET}
    async with transaction():
        await lock_office()
        person, _ = await visible_person(actor, ref)
        await check_keeps_records(actor, person)
        values = {**given, **read_fields({name: given[name] for name in _TYPED if name in given})}
        changes = {name: value for name, value in values.items() if value != getattr(person, name)}
        if changes.get("until_on") and person.id == actor.person_id and changes["until_on"] < today():
            raise Forbidden("cannot_close_self")
        if changes:
            await _check_unique(changes, person.id)
            await Person.filter(id=person.id).update(**_columns(changes))
            plain = {name: [_text(getattr(person, name)), _text(value)] for name, value in changes.items()}
            await audit.record(actor, "person.changed", "person", person.id, changes=plain)
            await close_one(actor, person.id)
    return await find_person(person.id)


def _columns(changes: dict[str, Any]) -> dict[str, Any]:
    columns = dict(changes)
    if "full_name" in changes:
        columns["name_folded"] = fold(changes["full_name"])
    if "until_on" in changes and (changes["until_on"] is None or changes["until_on"] >= today()):
        columns["left_at"] = None
    return columns


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


async def _free_handle(full_name: str) -> str:
    candidate, number = handle_candidates(full_name), 0
    while await _owner("handle", candidate(number)) is not None:
        number += 1
    return candidate(number)


async def _check_unique(values: dict[str, Any], person_id: int) -> None:
    for name in ("handle", "email", "phone"):
        if values.get(name) and (await _owner(name, values[name]) or person_id) != person_id:
            raise Conflict(f"{name}_taken", value=values[name])


async def _owner(column: str, value: str) -> int | None:
    sql = Sql()
    rows = await sql.rows(f"select id from person where {column} = {sql.arg(value)}")
    return int(rows[0]["id"]) if rows else None
