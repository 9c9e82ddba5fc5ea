"""The calendar feed over HTTP: the secret in its address is the only credential, and can be revoked."""

from typing import Any, Literal

from litestar import Request, Response, get
from litestar.params import FromQuery

from backend.auth.actors import actor_of
from backend.auth.feeds import person_of_feed
from backend.auth.guards import public
from backend.errors import NotFound
from backend.kit.http import none_match
from backend.kit.openapi import problems
from backend.tasks.feed import feed, tag

AnyRequest = Request[Any, Any, Any]


@get(
    "/api/me/calendar.ics",
    guards=[public],
    tags=["me"],
    summary="Calendar feed",
    media_type="text/calendar",
    responses=problems(404),
)
async def calendar_feed(
    request: AnyRequest, token: FromQuery[str], kind: FromQuery[Literal["event", "todo"]] = "event"
) -> Response[bytes | None]:
    """One's open tasks for a calendar program, by the secret link made at `POST /api/me/calendar-link`."""
    person_id = await person_of_feed(token)
    if person_id is None:
        raise NotFound("not_found")
    actor = await actor_of(person_id)
    body = await feed(person_id, actor.locale, request.app.state.settings.url, as_todos=kind == "todo")
    headers = {
        "etag": tag(body),
        "cache-control": "private, no-cache",
        "content-disposition": "inline; filename=viec.ics",
    }
    if none_match(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


routes = [calendar_feed]
