"""Tasks over HTTP: lists, assigning, one task with its timeline, parts and proof of delivery."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from backend.auth.guards import scope
from backend.kit.http import etag, none_match, require_written
from backend.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, link_header
from backend.tasks import queries, service
from backend.tasks.queries import Counts, State, TaskFilter, View
from backend.tasks.schemas import Assigned, ComingView, DeliveryView, EventView, TaskDraft, TaskLine, TaskView

AnyRequest = Request[Any, Any, Any]
READ = [scope("tasks:read")]
WRITE = [scope("tasks:write")]
TAGS = ["tasks"]

#: What a reader sees of a task is theirs alone and may change any moment: keep it, but ask each time.
_PRIVATE = {"cache-control": "private, no-cache"}


@get("/api/tasks", guards=READ, tags=TAGS, summary="List tasks")
async def list_tasks(
    request: AnyRequest,
    view: FromQuery[View] = View.ALL,
    # ``state`` is a name that Litestar keeps for itself.
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    unit: FromQuery[str | None] = None,
    due_before: FromQuery[datetime | None] = None,
    q: FromQuery[str] = "",
    late: FromQuery[bool | None] = None,
    after: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Response[list[TaskLine]]:
    """Tasks the reader may see, soonest due first; `view=to_handle` puts what they must decide before their own work.

    `q` finds words of code, title, source number and lead's name without accents; `unit` is a code and takes the units
    below along. The next page is in the Link header (RFC 8288).
    """
    require_written(request, "due_before")
    wanted = TaskFilter(view=view, state=in_state, unit=unit, due_before=due_before, q=q, late=late)
    page = await queries.listing(request.user, wanted, after, limit)
    return Response(page.items, headers={**_PRIVATE, **link_header(str(request.url), page.next)})


@get("/api/tasks/counts", guards=READ, tags=TAGS, summary="Count tasks")
async def count_tasks(request: AnyRequest) -> Counts:
    """How many open tasks each view holds, and the four buckets (done on time, done late, open in time, open late) of
    what the reader leads and of what they gave."""
    return await queries.counts(request.user)


@post("/api/tasks", guards=WRITE, tags=TAGS, summary="Assign")
async def assign(request: AnyRequest, data: JSONBody[TaskDraft]) -> Response[Assigned]:
    """Give work to people or units (`unit:CODE`), one task for each, grouped; with no leads, register it for oneself."""
    assigned = await service.assign(request.user, data)
    first = assigned.tasks[0]
    headers = {"location": f"/api/tasks/{first.code}", "etag": tag(first)}
    return Response(assigned, status_code=201, headers=headers)


@get("/api/tasks/{task:str}", guards=READ, tags=TAGS, summary="Get a task")
async def get_task(request: AnyRequest, task: FromPath[str]) -> Response[TaskView | None]:
    """One task by code or id, with what the reader may do to it now (`can`)."""
    found = await queries.view(request.user, await queries.find_task(request.user, task))
    headers = {**_PRIVATE, "etag": tag(found)}
    if none_match(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    return Response(found, headers=headers)


@get("/api/tasks/{task:str}/timeline", guards=READ, tags=TAGS, summary="Timeline")
async def timeline(request: AnyRequest, task: FromPath[str]) -> list[EventView]:
    """Everything that happened to a task, oldest first; an act under lent authority names both people."""
    return await queries.timeline(request.user, await queries.find_task(request.user, task))


@get("/api/tasks/{task:str}/subtasks", guards=READ, tags=TAGS, summary="Sub-tasks")
async def subtasks(request: AnyRequest, task: FromPath[str]) -> list[TaskLine]:
    """What the lead of a task handed on."""
    return await queries.subtasks(request.user, await queries.find_task(request.user, task))


@get("/api/tasks/{task:str}/deliveries", guards=READ, tags=TAGS, summary="Proof of delivery")
async def deliveries(
    request: AnyRequest,
    task: FromPath[str],
    after: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
) -> Response[list[DeliveryView]]:
    """Every notice about a task and every attempt to deliver it, oldest first: for its lead, its assigner, leaders, HR and
    auditors; others who see the task see what they were told themselves. The next page is in the Link header."""
    found = await queries.find_task(request.user, task)
    page = await queries.deliveries(request.user, found, after, limit)
    return Response(page.items, headers={**_PRIVATE, **link_header(str(request.url), page.next)})


@get("/api/tasks/{task:str}/reminders", guards=READ, tags=TAGS, summary="Coming reminders")
async def reminders(request: AnyRequest, task: FromPath[str]) -> list[ComingView]:
    """What will be said about a task if nobody answers, with the reasons; for those who may see the proof of delivery."""
    return await queries.coming(request.user, await queries.find_task(request.user, task))


def tag(view: TaskView) -> str:
    """The entity tag of a task as this reader sees it."""
    return etag(view.version, body=msgspec.json.encode(view))


routes = [list_tasks, count_tasks, assign, get_task, timeline, subtasks, deliveries, reminders]
