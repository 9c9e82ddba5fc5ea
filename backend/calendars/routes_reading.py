"""Calendars over HTTP, to read: what is in force at a unit, a year of it, and what the library proposes for one."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from backend.auth.guards import scope
from backend.calendars import proposing, views
from backend.calendars.places import find_place
from backend.calendars.schemas import CalendarView, YearDraft, YearView
from backend.kit.http import etag

AnyRequest = Request[Any, Any, Any]
READ = [scope("calendars:read")]
TAGS = ["calendars"]


@get("/api/calendars", guards=READ, tags=TAGS, summary="Calendars")
async def my_calendars(request: AnyRequest, unit: FromQuery[str | None] = None) -> list[CalendarView]:
    """The calendars of the reader's own units, or of one by its code (`@office`: the whole office's)."""
    return await views.my_calendars(request.user, unit)


@get("/api/calendars/units/{unit:str}", guards=READ, tags=TAGS, summary="A unit's calendar")
async def calendar(request: AnyRequest, unit: FromPath[str]) -> Response[CalendarView]:
    """What is in force at a unit and what it says itself; the ETag is for If-Match of a change."""
    return shown(await views.calendar_view(request.user, unit))


@get("/api/calendars/units/{unit:str}/years/{year:int}", guards=READ, tags=TAGS, summary="A year")
async def year(request: AnyRequest, unit: FromPath[str], year: FromPath[int]) -> YearView:
    """Days off and make-up days of a year, each with its decision, whether it is confirmed, and who says so."""
    return await views.year_view(request.user, unit, year)


@get("/api/calendars/units/{unit:str}/years/{year:int}/proposal", guards=READ, tags=TAGS, summary="A proposed year")
async def proposal(request: AnyRequest, unit: FromPath[str], year: FromPath[int]) -> YearDraft:
    """What the library `holidays` proposes: unconfirmed, without numbers of decisions; misses some government swaps."""
    await find_place(request.user, unit)
    return proposing.proposal(year)


def shown(view: CalendarView) -> Response[CalendarView]:
    """A calendar with its entity tag."""
    return Response(view, headers={"etag": etag(view.version, body=msgspec.json.encode(view))})


routes = [my_calendars, calendar, year, proposal]
