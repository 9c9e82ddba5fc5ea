"""Recurring tasks over HTTP."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody

from backend.kit.http import PathId
from backend.tasks import recurring
from backend.tasks.routes import READ, WRITE
from backend.tasks.schemas import RecurrenceDraft, RecurrenceView

AnyRequest = Request[Any, Any, Any]
TAGS = ["recurring tasks"]


@get("/api/recurrences", guards=READ, tags=TAGS, summary="List recurring tasks")
async def list_recurrences(request: AnyRequest) -> list[RecurrenceView]:
    """The reader's own, and those of people they stand in for or lead."""
    return await recurring.list_recurrences(request.user)


@get("/api/recurrences/{recurrence:int}", guards=READ, tags=TAGS, summary="Get a recurring task")
async def get_recurrence(request: AnyRequest, recurrence: PathId) -> RecurrenceView:
    """One recurring task, with why its last period could not be made, if so."""
    return await recurring.recurrence_view(request.user, recurrence)


@post("/api/recurrences", guards=WRITE, tags=TAGS, summary="Set up a recurring task")
async def recur(request: AnyRequest, data: JSONBody[RecurrenceDraft]) -> Response[RecurrenceView]:
    """Every week, month or quarter, made one period ahead; a day off moves to the next working day."""
    made = await recurring.recur(request.user, data)
    return Response(made, status_code=201, headers={"location": f"/api/recurrences/{made.id}"})


@post("/api/recurrences/{recurrence:int}/pause", status_code=200, guards=WRITE, tags=TAGS, summary="Pause")
async def pause(request: AnyRequest, recurrence: PathId) -> RecurrenceView:
    """Make no more until it is resumed."""
    return await recurring.pause_recurrence(request.user, recurrence)


@post("/api/recurrences/{recurrence:int}/resume", status_code=200, guards=WRITE, tags=TAGS, summary="Resume")
async def resume(request: AnyRequest, recurrence: PathId) -> RecurrenceView:
    """Go on with the next period that is still ahead."""
    return await recurring.resume_recurrence(request.user, recurrence)


@post("/api/recurrences/{recurrence:int}/end", status_code=200, guards=WRITE, tags=TAGS, summary="End")
async def end(request: AnyRequest, recurrence: PathId) -> RecurrenceView:
    """Make no more for ever; tasks already made stay."""
    return await recurring.end_recurrence(request.user, recurrence)


routes = [list_recurrences, get_recurrence, recur, pause, resume, end]
