"""People and their positions over HTTP."""

from typing import Any

from litestar import Request, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from backend.auth.guards import has_role, scope
from backend.domain.types import Role
from backend.kit.http import PathId
from backend.kit.paging import DEFAULT_LIMIT, link_header
from backend.org import directory, people, positions
from backend.org.people import PersonDraft, PersonPatch
from backend.org.positions import PositionDraft
from backend.org.schemas import PersonView, PositionEnd, PositionView, position_view

AnyRequest = Request[Any, Any, Any]
KEEPERS = [has_role(Role.HR, Role.ADMIN), scope("org:write")]
READERS = [scope("org:read")]


@get("/api/people", guards=READERS)
async def list_people(
    request: AnyRequest,
    q: FromQuery[str] = "",
    unit: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
    limit: FromQuery[int] = DEFAULT_LIMIT,
) -> Response[list[PersonView]]:
    """People of the reader's organisation by name: ``q`` finds words of names and handles without accents, ``unit``
    is a code and takes everything below along. The next page is in the Link header."""
    page = await directory.list_people(request.user, q=q, unit=unit, after=after, limit=limit)
    return Response(page.items, headers=link_header(str(request.url), page.next))


@get("/api/people/{person:str}", guards=READERS)
async def person(request: AnyRequest, person: FromPath[str]) -> PersonView:
    """One person by handle, e-mail or id."""
    return await directory.person_view(request.user, person)


@post("/api/people", guards=KEEPERS)
async def add_person(request: AnyRequest, data: JSONBody[PersonDraft]) -> PersonView:
    """Take somebody into the office, with at least one position."""
    made = await people.add_person(request.user, data)
    return await directory.person_view(request.user, str(made.id))


@patch("/api/people/{person:str}", guards=KEEPERS)
async def change_person(request: AnyRequest, person: FromPath[str], data: JSONBody[PersonPatch]) -> PersonView:
    """Change a person's record; a last day in the past ends their service at once."""
    changed = await people.change_person(request.user, person, data)
    return await directory.person_view(request.user, str(changed.id))


@post("/api/people/{person:str}/positions", guards=KEEPERS)
async def add_position(request: AnyRequest, person: FromPath[str], data: JSONBody[PositionDraft]) -> PositionView:
    """Give a person a position."""
    return position_view(await positions.add_position(request.user, person, data))


@post("/api/people/{person:str}/positions/{position_id:int}/end", status_code=200, guards=KEEPERS)
async def end_position(
    request: AnyRequest, person: FromPath[str], position_id: PathId, data: JSONBody[PositionEnd]
) -> PositionView:
    """End a position, after its last day or at once."""
    return position_view(await positions.end_position(request.user, person, position_id, data.last_on))


routes = [list_people, person, add_person, change_person, add_position, end_position]
