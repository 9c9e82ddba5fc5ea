"""Sign-off, closing, adjustments, requests to waive and appeals over HTTP."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from backend.auth.guards import scope
from backend.kit.http import PathId
from backend.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, link_header
from backend.scores import appeal_views, queries, requests, service, standing_queries
from backend.scores.schemas_signing import (
    AdjustDraft,
    Adjusted,
    AppealDraft,
    AppealView,
    Closed,
    DecideAppeal,
    DecideRequest,
    PassDraft,
    RequestDraft,
    RequestView,
    SignDraft,
    SignView,
    Standing,
    WithdrawDraft,
)

AnyRequest = Request[Any, Any, Any]
READ = [scope("scores:read")]
WRITE = [scope("scores:write")]
TAGS = ["scores"]

_Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT)]
_Open = Annotated[bool | None, QueryParameter(name="open")]


@get("/api/scores/{period:str}/sign-offs", guards=READ, tags=TAGS, summary="Who owes what")
async def sign_offs(request: AnyRequest, period: FromPath[str]) -> Standing:
    """The stage of a period's sign-off, its steps counted, and every step that somebody owes, of the people and units
    whose scores the reader sees; `can` says which of them the reader may take."""
    return await standing_queries.standing(request.user, period)


@post("/api/scores/{period:str}/sign-offs", guards=WRITE, tags=TAGS, summary="Sign off a step")
async def sign(request: AnyRequest, period: FromPath[str], data: JSONBody[SignDraft]) -> SignView:
    """Take a step of a person's sign-off (`self`, `head`, `leader`), or a unit's one step, with its common mark."""
    return await service.sign(request.user, period, data)


@post("/api/scores/{period:str}/sign-offs/pass", guards=WRITE, tags=TAGS, summary="Pass over a step")
async def pass_over(request: AnyRequest, period: FromPath[str], data: JSONBody[PassDraft]) -> SignView:
    """HR passes over a step that nobody took within its limit, with the reason."""
    return await service.pass_over(request.user, period, data)


@post(
    "/api/scores/{period:str}/sign-offs/withdraw",
    status_code=204,
    guards=WRITE,
    tags=TAGS,
    summary="Take a step back",
)
async def withdraw(request: AnyRequest, period: FromPath[str], data: JSONBody[WithdrawDraft]) -> None:
    """Take back a step that was signed, as long as nothing was built on it; by whoever signed it or HR."""
    await service.withdraw(request.user, period, data.step, data.person, data.unit)


@post("/api/scores/{period:str}/close", status_code=200, guards=WRITE, tags=TAGS, summary="Close a period")
async def close(request: AnyRequest, period: FromPath[str]) -> Closed:
    """HR closes a period that has ended and is signed off: its results are stored and sealed. What stands in the way is
    listed, each with whose turn it is."""
    seal = await service.close_period(request.user, period)
    return Closed(period, seal)


@post("/api/scores/{period:str}/adjustments", guards=WRITE, tags=TAGS, summary="Adjust a score")
async def adjust(request: AnyRequest, period: FromPath[str], data: JSONBody[AdjustDraft]) -> Adjusted:
    """HR adds points to a person's open period, or takes them away, with the reason: an entry of its own."""
    person = await queries.subject(data.person)
    return Adjusted(await service.correct(request.user, person, period, data.points, data.reason))


@post("/api/scores/entries/{entry_id:int}/waiver-requests", guards=WRITE, tags=TAGS, summary="Ask for a waiver")
async def ask_waiver(request: AnyRequest, entry_id: PathId, data: JSONBody[RequestDraft]) -> RequestView:
    """The officer asks that a delay or error charged to them be waived for an objective cause, with evidence."""
    return await service.ask_waiver(request.user, entry_id, data)


@get("/api/waiver-requests", guards=READ, tags=TAGS, summary="List waiver requests")
async def list_requests(
    request: AnyRequest,
    is_open: _Open = None,
    task: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
    limit: _Limit = DEFAULT_LIMIT,
) -> Response[list[RequestView]]:
    """The reader's own requests and those of everybody whose scores they see, newest first; `task` is a code. The next
    page is in the Link header."""
    page = await requests.waiver_requests(request.user, is_open=is_open, task=task, after=after, limit=limit)
    return Response(page.items, headers=link_header(str(request.url), page.next))


@get("/api/waiver-requests/{request_id:int}", guards=READ, tags=TAGS, summary="One waiver request")
async def one_request(request: AnyRequest, request_id: PathId) -> RequestView:
    """A request with its evidence (files are read at `/api/files/{id}`) and its decision."""
    return await requests.view(request.user, request_id)


@post(
    "/api/waiver-requests/{request_id:int}/decide",
    status_code=200,
    guards=WRITE,
    tags=TAGS,
    summary="Decide a waiver request",
)
async def decide_request(request: AnyRequest, request_id: PathId, data: JSONBody[DecideRequest]) -> RequestView:
    """Grant the request, which waives the instance for officer and unit, or refuse it with a reason; never one's own."""
    return await service.decide_waiver(request.user, request_id, data)


@post("/api/scores/{period:str}/appeals", guards=WRITE, tags=TAGS, summary="Appeal")
async def appeal(request: AnyRequest, period: FromPath[str], data: JSONBody[AppealDraft]) -> AppealView:
    """Object to one's own score of a closed period, within seven working days of its notice."""
    return await service.appeal(request.user, period, data)


@get("/api/appeals", guards=READ, tags=TAGS, summary="List appeals")
async def list_appeals(
    request: AnyRequest,
    is_open: _Open = None,
    period: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
    limit: _Limit = DEFAULT_LIMIT,
) -> Response[list[AppealView]]:
    """The reader's own appeals and those of everybody whose scores they see, newest first. The next page is in the Link
    header."""
    page = await appeal_views.appeals_seen(request.user, is_open=is_open, period=period, after=after, limit=limit)
    return Response(page.items, headers=link_header(str(request.url), page.next))


@get("/api/appeals/{appeal_id:int}", guards=READ, tags=TAGS, summary="One appeal")
async def one_appeal(request: AnyRequest, appeal_id: PathId) -> AppealView:
    """An appeal with its evidence and its decision."""
    return await appeal_views.view(request.user, appeal_id)


@post("/api/appeals/{appeal_id:int}/decide", status_code=200, guards=WRITE, tags=TAGS, summary="Decide an appeal")
async def decide_appeal(request: AnyRequest, appeal_id: PathId, data: JSONBody[DecideAppeal]) -> AppealView:
    """Accept the appeal with the points it gives, or reject it; by HR or a leader above whoever gave the mark."""
    return await service.decide_appeal(request.user, appeal_id, data)


routes = [
    sign_offs,
    sign,
    pass_over,
    withdraw,
    close,
    adjust,
    ask_waiver,
    list_requests,
    one_request,
    decide_request,
    appeal,
    list_appeals,
    one_appeal,
    decide_appeal,
]
