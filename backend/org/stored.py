"""What is stored, as the plan of an import reads it."""

from datetime import date

import msgspec

from backend.domain.types import Role
from backend.kit.db import Sql


class StoredUnit(msgspec.Struct, frozen=True):
    id: int
    code: str
    name: str
    kind: str
    path: str
    parent_id: int | None = None
    overseer_id: int | None = None
    closed_on: date | None = None


class StoredPerson(msgspec.Struct, frozen=True):
    id: int
    handle: str
    full_name: str
    email: str | None = None
    phone: str | None = None
    locale: str = "vi"
    until_on: date | None = None


class StoredPosition(msgspec.Struct, frozen=True):
    id: int
    person_id: int
    unit_id: int
    title: str
    role: Role
    rank: int
    from_on: date
    until_on: date | None = None


class StoredLeave(msgspec.Struct, frozen=True):
    """``over``: it was cancelled."""

    id: int
    person_id: int
    from_on: date
    until_on: date
    substitute_id: int | None = None
    reason: str = ""
    over: bool = False


class StoredDelegation(msgspec.Struct, frozen=True):
    """``over``: it was ended early."""

    id: int
    position_id: int
    substitute_id: int
    from_on: date
    until_on: date
    reason: str = ""
    over: bool = False


class Stored(msgspec.Struct, frozen=True):
    units: list[StoredUnit] = []
    people: list[StoredPerson] = []
    positions: list[StoredPosition] = []
    leaves: list[StoredLeave] = []
    delegations: list[StoredDelegation] = []


async def load() -> Stored:
    """Everything the plan needs to know of what is stored."""
    return Stored(
        units=await Sql().fetch(
            "select id, code, name, kind, path, parent_id, overseer_id, closed_on from unit order by path", StoredUnit
        ),
        people=await Sql().fetch(
            "select id, handle, full_name, email, phone, locale, until_on from person order by id", StoredPerson
        ),
        positions=await Sql().fetch(
            "select id, person_id, unit_id, title, role, rank, from_on, until_on from position order by id",
            StoredPosition,
        ),
        leaves=await Sql().fetch(
            "select id, person_id, from_on, until_on, substitute_id, reason, cancelled_at is not null as over "
            "from leave order by id",
            StoredLeave,
        ),
        delegations=await Sql().fetch(
            "select id, position_id, substitute_id, from_on, until_on, reason, ended_at is not null as over "
            "from delegation order by id",
            StoredDelegation,
        ),
    )
