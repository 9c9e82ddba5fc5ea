"""Scores over HTTP: the table, one explained, marks and waivers."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from backend.auth.guards import scope
from backend.domain.types import Actor
from backend.kit.http import PathId
from backend.kit.paging import DEFAULT_LIMIT, link_header
from backend.scores import queries, service
from backend.scores.schemas import Explanation, MarkDraft, MarkView, ScoreTable, Waived, WaiverDraft

AnyRequest = Request[Any, Any, Any]
READERS = [scope("scores:read")]
WRITERS = [scope("scores:write")]


def _actor(request: AnyRequest) -> Actor:
    actor: Actor = request.user
    return actor


@get("/api/scores", guards=READERS)
async def list_scores(
    request: AnyRequest,
    period: FromQuery[str | None] = None,
    unit: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
    limit: FromQuery[int] = DEFAULT_LIMIT,
) -> Response[ScoreTable]:
    """The scores of a period (``2026-10``, ``2026-Q4``; default the month that runs) that the reader may see, by name;
    ``unit`` is a code and takes everything below along. The next page is in the Link header."""
    found = await queries.table(_actor(request), period or queries.current_month(), unit, after, limit)
    return Response(found, headers=link_header(str(request.url), found.next))


@get("/api/people/{person:str}/scores/{period:str}", guards=READERS)
async def person_score(request: AnyRequest, person: FromPath[str], period: FromPath[str]) -> Explanation:
    """A person's score with every entry and the points it cost."""
    return await queries.explain(_actor(request), await queries.subject(person), period)


@get("/api/units/{unit:str}/scores/{period:str}", guards=READERS)
async def unit_score(request: AnyRequest, unit: FromPath[str], period: FromPath[str]) -> Explanation:
    """A unit's score with every entry and the points it cost."""
    return await queries.explain_unit(_actor(request), unit, period)


@post("/api/scores/{period:str}/marks", status_code=200, guards=WRITERS)
async def mark(request: AnyRequest, period: FromPath[str], data: JSONBody[MarkDraft]) -> MarkView:
    """Enter or change a mark: the common points of a person or unit, or a leader's parts d, dd, e."""
    return await service.mark(_actor(request), period, data)


@post("/api/scores/entries/{entry_id:int}/waive", status_code=200, guards=WRITERS)
async def waive(request: AnyRequest, entry_id: PathId, data: JSONBody[WaiverDraft]) -> Waived:
    """Confirm the objective cause of a delay or error: a compensating entry for the officer and one for the unit."""
    return await service.waive(_actor(request), entry_id, data.reason)


routes = [list_scores, person_score, unit_score, mark, waive]
