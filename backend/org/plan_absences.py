"""Leave and delegations of a file."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Protocol

from backend.domain.types import Role
from backend.org.draft import DraftDelegation, DraftLeave, DraftPerson, DraftPosition
from backend.org.plan import Plan
from backend.org.rules import DelegationLine, LeaveLine

#: A longer absence is a typing mistake; somebody away for longer has left their position.
MAX_DAYS = 731


class _Span(Protocol):
    from_on: date
    until_on: date
    over: bool


def lay_leaves(plan: Plan) -> None:
    """Match lines by person and first day; what is new or changed must be possible. A leave that was cancelled since
    stays cancelled: the act came after the file."""
    stored: defaultdict[int, list[DraftLeave]] = defaultdict(list)
    for leave in plan.draft.leaves:
        stored[id(leave.person)].append(leave)
    for line in plan.office.leaves or []:
        person = plan.person("leaves", line.row, "person", line.person)
        substitute = plan.person("leaves", line.row, "substitute", line.substitute) if line.substitute else None
        if person is None or (line.substitute and substitute is None):
            continue
        mine = stored[id(person)]
        known = next((one for one in mine if one.from_on == line.from_on and not one.row), None)
        if known is not None and not (known.over and not _same_leave(known, line, substitute)):
            leave = known
        else:
            leave = DraftLeave(person=person, from_on=line.from_on, until_on=line.until)
            mine.append(leave)
            plan.draft.leaves.append(leave)
        leave.touch(line.row)
        leave.until_on, leave.substitute, leave.reason = line.until, substitute, line.reason or ""
        if leave.what != "unchanged":
            _check_leave(plan, leave, mine)


def _same_leave(leave: DraftLeave, line: LeaveLine, substitute: DraftPerson | None) -> bool:
    return (leave.until_on, leave.substitute, leave.reason) == (line.until, substitute, line.reason or "")


def _check_leave(plan: Plan, leave: DraftLeave, others: list[DraftLeave]) -> None:
    _check_length(plan, "leaves", leave.row, leave)
    if other := _overlapping(leave, others):
        plan.issue("leaves", leave.row, "from", "leave_overlaps", **_days(other))
    if not leave.person.active(leave.from_on):
        until_on = f"{leave.person.until_on:%d/%m/%Y}"
        plan.issue("leaves", leave.row, "from", "import_person_left", value=leave.person.full_name, until_on=until_on)
    if leave.substitute is not None:
        _check_substitute(plan, "leaves", leave.row, leave.person, leave.substitute, leave.until_on)


def lay_delegations(plan: Plan) -> None:
    """Match lines by giver, substitute, unit and first day; what is new or changed must be possible."""
    for line in plan.office.delegations or []:
        giver = plan.person("delegations", line.row, "person", line.person)
        substitute = plan.person("delegations", line.row, "substitute", line.substitute)
        if giver is None or substitute is None:
            continue
        lent = _find_delegation(plan, line, giver, substitute)
        if lent is None:
            position = _position(plan, line, giver)
            if position is None:
                continue
            lent = DraftDelegation(position=position, substitute=substitute, from_on=line.from_on, until_on=line.until)
            plan.draft.delegations.append(lent)
        lent.touch(line.row)
        lent.until_on, lent.reason = line.until, line.reason
        if lent.what != "unchanged":
            _check_delegation(plan, lent)


def _find_delegation(
    plan: Plan, line: DelegationLine, giver: DraftPerson, substitute: DraftPerson
) -> DraftDelegation | None:
    for lent in plan.draft.delegations:
        same = lent.position.person is giver and lent.substitute is substitute and lent.from_on == line.from_on
        if same and not lent.row and (not line.unit or lent.position.unit.code == line.unit):
            changed = (lent.until_on, lent.reason) != (line.until, line.reason)
            if not (lent.over and changed):
                return lent
    return None


def _position(plan: Plan, line: DelegationLine, giver: DraftPerson) -> DraftPosition | None:
    """The giver's leader position that is lent; reported when there is none, or several and no unit named."""
    if line.unit and plan.unit("delegations", line.row, "unit", line.unit) is None:
        return None
    posts = [
        post
        for post in plan.draft.lasting(giver, line.until)
        if post.role is Role.LEADER and post.from_on <= line.from_on and (not line.unit or post.unit.code == line.unit)
    ]
    if not posts:
        plan.issue("delegations", line.row, "person", "delegation_no_position", value=giver.full_name)
    elif len(posts) > 1:
        units = ", ".join(post.unit.code for post in posts)
        plan.issue("delegations", line.row, "unit", "delegation_which_unit", value=giver.full_name, units=units)
    return posts[0] if len(posts) == 1 else None


def _check_delegation(plan: Plan, lent: DraftDelegation) -> None:
    _check_length(plan, "delegations", lent.row, lent)
    same = [other for other in plan.draft.delegations if other.position is lent.position]
    if other := _overlapping(lent, same):
        plan.issue("delegations", lent.row, "from", "delegation_overlaps", **_days(other))
    _check_substitute(plan, "delegations", lent.row, lent.position.person, lent.substitute, lent.until_on)


def _overlapping(one: _Span, others: Iterable[_Span]) -> _Span | None:
    for other in others:
        if other is not one and not other.over and other.from_on <= one.until_on and one.from_on <= other.until_on:
            return other
    return None


def _days(span: _Span) -> dict[str, str]:
    return {"from_on": f"{span.from_on:%d/%m/%Y}", "until_on": f"{span.until_on:%d/%m/%Y}"}


def _check_length(plan: Plan, sheet: str, row: int, span: _Span) -> None:
    if (span.until_on - span.from_on).days >= MAX_DAYS:
        plan.issue(sheet, row, "until", "absence_too_long", days=MAX_DAYS)


def _check_substitute(
    plan: Plan, sheet: str, row: int, person: DraftPerson, substitute: DraftPerson, until_on: date
) -> None:
    if substitute is person:
        plan.issue(sheet, row, "substitute", "substitute_is_self")
    elif not substitute.active(until_on):
        plan.issue(sheet, row, "substitute", "substitute_gone", value=substitute.full_name)
    elif not plan.draft.roots(person) & plan.draft.roots(substitute):
        plan.issue(sheet, row, "substitute", "substitute_elsewhere", value=substitute.full_name)
