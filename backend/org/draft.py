"""The office as it will be: what is stored with a file laid over it, still only in memory."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import msgspec

from backend.domain.types import Role
from backend.kit.text import fold
from backend.org.stored import Stored


class Drafted(msgspec.Struct, eq=False, kw_only=True):
    """Base of the drafted things. ``id`` None: to be created. ``row``: the file's row that speaks of it, 0 none.
    ``closing``: it is missing from the file and will be closed. ``before``: its fields when the row was met, None for
    something new."""

    id: int | None = None
    row: int = 0
    closing: bool = False
    before: dict[str, Any] | None = None
    #: ``what`` once the draft is settled: it is asked for many times.
    settled: str | None = None

    @property
    def key_id(self) -> int:
        """The id of what is stored by now."""
        assert self.id is not None
        return self.id

    def fields(self) -> dict[str, Any]:
        """What a row can change, as plain values."""
        raise NotImplementedError

    def touch(self, row: int) -> None:
        """A row of the file speaks of it: remember how it was."""
        self.row = row
        self.before = self.fields() if self.id is not None else None

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Field → (before, after), of an existing thing that was touched."""
        if self.before is None:
            return {}
        return {key: (self.before[key], after) for key, after in self.fields().items() if after != self.before[key]}

    @property
    def what(self) -> str:
        """``created``, ``changed``, ``unchanged``, ``closed``, or nothing when the file is silent about it."""
        if self.settled is not None:
            return self.settled
        if self.closing:
            return "closed"
        if not self.row:
            return ""
        return "created" if self.before is None else "changed" if self.changes else "unchanged"


class DraftUnit(Drafted, eq=False, kw_only=True):
    code: str
    name: str
    kind: str = "section"
    parent: "DraftUnit | None" = None
    overseer: "DraftPerson | None" = None
    closed_on: date | None = None
    #: As stored; empty for a new unit.
    path: str = ""

    def fields(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": self.kind,
            "parent": self.parent.code if self.parent else None,
            "overseer": self.overseer.handle if self.overseer else None,
            "closed_on": self.closed_on,
        }

    def line(self) -> Iterator["DraftUnit"]:
        """The unit, its parent, … to the root; stops short of walking a circle twice."""
        seen: set[int] = set()
        unit: DraftUnit | None = self
        while unit is not None and id(unit) not in seen:
            seen.add(id(unit))
            yield unit
            unit = unit.parent

    @property
    def root(self) -> "DraftUnit":
        return list(self.line())[-1]


class DraftPerson(Drafted, eq=False, kw_only=True):
    handle: str
    full_name: str
    email: str | None = None
    phone: str | None = None
    locale: str = "vi"
    until_on: date | None = None

    def fields(self) -> dict[str, Any]:
        return {
            "handle": self.handle,
            "full_name": self.full_name,
            "email": self.email,
            "phone": self.phone,
            "locale": self.locale,
            "until": self.until_on,
        }

    def active(self, on: date) -> bool:
        return self.until_on is None or self.until_on >= on


class DraftPosition(Drafted, eq=False, kw_only=True):
    person: DraftPerson
    unit: DraftUnit
    title: str
    role: Role
    rank: int
    from_on: date
    until_on: date | None = None

    def fields(self) -> dict[str, Any]:
        return {"title": self.title, "rank": self.rank, "from": self.from_on, "until": self.until_on}

    @property
    def key(self) -> tuple[int, int, Role, str, date]:
        """The table's own unique key."""
        return (id(self.person), id(self.unit), self.role, fold(self.title), self.from_on)

    @property
    def last_on(self) -> date:
        """The last day it is in force, the person's own end considered."""
        return min(self.until_on or date.max, self.person.until_on or date.max)

    def lasts(self, on: date) -> bool:
        """Whether it is in force on a day or will be later."""
        return self.last_on >= on and self.last_on >= self.from_on


class DraftLeave(Drafted, eq=False, kw_only=True):
    person: DraftPerson
    from_on: date
    until_on: date
    substitute: DraftPerson | None = None
    reason: str = ""
    over: bool = False

    def fields(self) -> dict[str, Any]:
        substitute = self.substitute.handle if self.substitute else None
        return {"until": self.until_on, "substitute": substitute, "reason": self.reason}


class DraftDelegation(Drafted, eq=False, kw_only=True):
    position: DraftPosition
    substitute: DraftPerson
    from_on: date
    until_on: date
    reason: str = ""
    over: bool = False

    def fields(self) -> dict[str, Any]:
        return {"until": self.until_on, "reason": self.reason}


class Draft:
    """Everything stored, linked up, ready for a file to be laid over it."""

    def __init__(self, stored: Stored, today: date) -> None:
        self.today = today
        self.units = {unit.code: DraftUnit(**_own(unit, DraftUnit)) for unit in stored.units}
        self.people = [DraftPerson(**_own(person, DraftPerson)) for person in stored.people]
        self.positions: list[DraftPosition] = []
        self.leaves: list[DraftLeave] = []
        self.delegations: list[DraftDelegation] = []
        self.positions_of: defaultdict[int, list[DraftPosition]] = defaultdict(list)
        units = {unit.id: unit for unit in self.units.values()}
        people = {person.id: person for person in self.people}
        for stored_unit in stored.units:
            unit = self.units[stored_unit.code]
            unit.parent = units.get(stored_unit.parent_id)
            unit.overseer = people.get(stored_unit.overseer_id)
        for row in stored.positions:
            self.add_position(
                DraftPosition(person=people[row.person_id], unit=units[row.unit_id], **_own(row, DraftPosition))
            )
        positions = {position.id: position for position in self.positions}
        for leave in stored.leaves:
            substitute = people.get(leave.substitute_id)
            self.leaves.append(
                DraftLeave(person=people[leave.person_id], substitute=substitute, **_own(leave, DraftLeave))
            )
        for lent in stored.delegations:
            position, holder = positions[lent.position_id], people[lent.substitute_id]
            self.delegations.append(
                DraftDelegation(position=position, substitute=holder, **_own(lent, DraftDelegation))
            )

    def add_position(self, position: DraftPosition) -> None:
        self.positions.append(position)
        self.positions_of[id(position.person)].append(position)

    def lasting(self, person: DraftPerson, on: date | None = None) -> list[DraftPosition]:
        """The person's positions in force on a day (default today) or later that are not being closed."""
        on = on or self.today
        return [post for post in self.positions_of[id(person)] if not post.closing and post.lasts(on)]

    def roots(self, person: DraftPerson) -> set[str]:
        """Codes of the trees in which the person has a position."""
        return {position.unit.root.code for position in self.lasting(person)}

    def settle(self) -> None:
        """Nothing is drafted any more."""
        for one in self.everything():
            one.settled = one.what

    def everything(self) -> Iterable[Drafted]:
        yield from self.units.values()
        yield from self.people
        yield from self.positions
        yield from self.leaves
        yield from self.delegations


def _own(stored: msgspec.Struct, into: type[Drafted]) -> dict[str, Any]:
    """The stored fields that the draft has under the same name."""
    return {name: getattr(stored, name) for name in stored.__struct_fields__ if name in into.__struct_fields__}
