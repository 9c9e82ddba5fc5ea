"""Leave and delegations over HTTP."""

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, JSONBody

from backend.auth.guards import scope
from backend.kit.http import PathId
from backend.org import absences, delegations
from backend.org.queries_absences import DelegationBrief, LeaveBrief
from backend.org.queries_people import person_brief
from backend.org.schemas import (
    DelegationDraft,
    DelegationView,
    LeaveDraft,
    LeaveView,
    delegation_view,
    leave_view,
)

AnyRequest = Request[Any, Any, Any]
READERS = [scope("org:read")]
WRITERS = [scope("org:write")]


@get("/api/people/{person:str}/leaves", guards=READERS)
async def list_leaves(request: AnyRequest, person: FromPath[str]) -> list[LeaveView]:
    """A person's leaves that stand, newest first; for themself, leaders over them, HR and auditors."""
    return await _leaves(await absences.list_leaves(request.user, person))


@post("/api/people/{person:str}/leaves", guards=WRITERS)
async def record_leave(request: AnyRequest, person: FromPath[str], data: JSONBody[LeaveDraft]) -> LeaveView:
    """Enter days of absence, by the person, a leader over them or HR; the substitute is told."""
    leave = await absences.record_leave(
        request.user, person, data.from_on, data.until_on, substitute=data.substitute, reason=data.reason
    )
    return (await _leaves([leave]))[0]


@delete("/api/people/{person:str}/leaves/{leave_id:int}", guards=WRITERS)
async def cancel_leave(request: AnyRequest, person: FromPath[str], leave_id: PathId) -> None:
    """Take a leave back."""
    await absences.cancel_leave(request.user, person, leave_id)


@get("/api/people/{person:str}/delegations", guards=READERS)
async def list_delegations(request: AnyRequest, person: FromPath[str]) -> list[DelegationView]:
    """Delegations that a person gave or holds, newest first; for themself, leaders over them, HR and auditors."""
    return await _delegations(await delegations.list_delegations(request.user, person))


@post("/api/people/{person:str}/delegations", guards=WRITERS)
async def delegate(request: AnyRequest, person: FromPath[str], data: JSONBody[DelegationDraft]) -> DelegationView:
    """Lend a leader position's authority, by its holder, or by HR on a decision on paper; the substitute is told."""
    lent = await delegations.delegate(
        request.user,
        person,
        data.substitute,
        data.from_on,
        data.until_on,
        unit=data.unit,
        reason=data.reason,
    )
    return (await _delegations([lent]))[0]


@delete("/api/people/{person:str}/delegations/{delegation_id:int}", guards=WRITERS)
async def end_delegation(request: AnyRequest, person: FromPath[str], delegation_id: PathId) -> None:
    """Take lent authority back at once."""
    await delegations.end_delegation(request.user, person, delegation_id)


async def _leaves(leaves: list[LeaveBrief]) -> list[LeaveView]:
    people = await person_brief(leave.substitute_id for leave in leaves if leave.substitute_id is not None)
    return [leave_view(leave, people) for leave in leaves]


async def _delegations(lent: list[DelegationBrief]) -> list[DelegationView]:
    people = await person_brief(person_id for one in lent for person_id in (one.giver_id, one.substitute_id))
    return [delegation_view(one, people) for one in lent]


routes = [list_leaves, record_leave, cancel_leave, list_delegations, delegate, end_delegation]
