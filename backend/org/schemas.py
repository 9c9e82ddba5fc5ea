"""What the organisation looks like on the wire."""

from datetime import date

import msgspec
from msgspec import UNSET, UnsetType

from backend.org.queries_absences import DelegationBrief, LeaveBrief
from backend.org.queries_people import PersonBrief, Seat


class PersonRef(msgspec.Struct, frozen=True):
    handle: str
    name: str


class UnitView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A unit. ``leader`` is its chief by position; ``units`` are those below it, in the tree only."""

    code: str
    name: str
    kind: str
    parent: str | None
    leader: PersonRef | None = None
    overseer: PersonRef | None = None
    closed_on: date | None = None
    units: list["UnitView"] = []


class PositionView(msgspec.Struct, frozen=True):
    id: int
    unit: str
    unit_name: str
    title: str
    role: str
    rank: int
    from_on: date
    until_on: date | None


class PersonView(msgspec.Struct, frozen=True):
    """A person. ``email``, ``phone`` and ``until_on`` are left out for whoever may not see them; ``away_until`` is the
    last day of the absence they are in."""

    id: int
    handle: str
    full_name: str
    locale: str
    positions: list[PositionView]
    away_until: date | None = None
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    until_on: date | UnsetType | None = UNSET


class LeaveView(msgspec.Struct, frozen=True):
    id: int
    from_on: date
    until_on: date
    substitute: PersonRef | None
    reason: str


class DelegationView(msgspec.Struct, frozen=True):
    id: int
    title: str
    unit: str
    giver: PersonRef
    substitute: PersonRef
    from_on: date
    until_on: date
    reason: str
    ended: bool


class LeaveDraft(msgspec.Struct, forbid_unknown_fields=True):
    """Days away, both included. ``substitute`` is a person."""

    from_on: date
    until_on: date
    substitute: str | None = None
    reason: str = ""


class DelegationDraft(msgspec.Struct, forbid_unknown_fields=True):
    """Authority to lend, both days included. ``unit`` is a code, needed when the giver leads several."""

    substitute: str
    from_on: date
    until_on: date
    unit: str | None = None
    reason: str = ""


class PositionEnd(msgspec.Struct, forbid_unknown_fields=True):
    """``last_on`` None: over at once."""

    last_on: date | None = None


def position_view(seat: Seat) -> PositionView:
    return PositionView(
        seat.position_id, seat.unit_code, seat.unit_name, seat.title, seat.role, seat.rank, seat.from_on, seat.until_on
    )


def person_ref(brief: PersonBrief | None) -> PersonRef | None:
    return PersonRef(brief.handle, brief.name) if brief else None


def leave_view(leave: LeaveBrief, people: dict[int, PersonBrief]) -> LeaveView:
    substitute = people.get(leave.substitute_id) if leave.substitute_id is not None else None
    return LeaveView(leave.id, leave.from_on, leave.until_on, person_ref(substitute), leave.reason)


def delegation_view(lent: DelegationBrief, people: dict[int, PersonBrief]) -> DelegationView:
    giver, substitute = people[lent.giver_id], people[lent.substitute_id]
    return DelegationView(
        lent.id,
        lent.title,
        lent.unit_code,
        PersonRef(giver.handle, giver.name),
        PersonRef(substitute.handle, substitute.name),
        lent.from_on,
        lent.until_on,
        lent.reason,
        lent.ended,
    )
