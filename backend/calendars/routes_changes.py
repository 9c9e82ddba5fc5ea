"""Changes of calendars over HTTP, for HR and admins of the unit; If-Match is optional everywhere."""

from datetime import date
from typing import Any

from litestar import Request, Response, delete, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from backend.auth.guards import has_role, scope
from backend.calendars import service, views
from backend.calendars.routes_reading import TAGS, shown
from backend.calendars.schemas import (
    AddVersionDraft,
    CalendarDraft,
    CalendarView,
    ConfirmDraft,
    DaysDraft,
    YearDraft,
)
from backend.domain.types import Role
from backend.kit.http import if_match

AnyRequest = Request[Any, Any, Any]
CHANGE = [has_role(Role.HR, Role.ADMIN), scope("calendars:write")]

_UNIT = "/api/calendars/units/{unit:str}"


async def _now(request: AnyRequest, unit: str) -> Response[CalendarView]:
    return shown(await views.calendar_view(request.user, unit))


@put(_UNIT, guards=CHANGE, tags=TAGS, summary="Say a unit's calendar anew")
async def replace(request: AnyRequest, unit: FromPath[str], data: JSONBody[CalendarDraft]) -> Response[CalendarView]:
    """Everything the unit says itself; what is left out is inherited."""
    await service.replace(request.user, unit, data, if_match(request))
    return await _now(request, unit)


@delete(_UNIT, guards=CHANGE, tags=TAGS, summary="Only inherit", status_code=200)
async def clear(request: AnyRequest, unit: FromPath[str], reason: FromQuery[str] = "") -> Response[CalendarView]:
    """Take back everything the unit says itself."""
    await service.clear(request.user, unit, reason[:500], if_match(request))
    return await _now(request, unit)


@post(f"{_UNIT}/days", guards=CHANGE, tags=TAGS, summary="Add days", status_code=200)
async def set_days(request: AnyRequest, unit: FromPath[str], data: JSONBody[DaysDraft]) -> Response[CalendarView]:
    """Add days off and make-up days; a date the unit already speaks of is replaced."""
    await service.set_days(request.user, unit, data, if_match(request))
    return await _now(request, unit)


@delete(f"{_UNIT}/days/{{on:date}}", guards=CHANGE, tags=TAGS, summary="Remove a day", status_code=200)
async def remove_day(
    request: AnyRequest, unit: FromPath[str], on: FromPath[date], reason: FromQuery[str] = ""
) -> Response[CalendarView]:
    """Take back the unit's own word on a date; of an inherited one, say that it is an ordinary day here."""
    await service.remove_day(request.user, unit, on, reason[:500], if_match(request))
    return await _now(request, unit)


@post(f"{_UNIT}/days/{{on:date}}/confirm", guards=CHANGE, tags=TAGS, summary="Confirm a day", status_code=200)
async def confirm_day(
    request: AnyRequest, unit: FromPath[str], on: FromPath[date], data: JSONBody[ConfirmDraft]
) -> Response[CalendarView]:
    """An unconfirmed day is certain now, with the number of its decision when it is known. Again changes nothing."""
    await service.confirm_day(request.user, unit, on, data, if_match(request))
    return await _now(request, unit)


@post(f"{_UNIT}/versions", guards=CHANGE, tags=TAGS, summary="New weekly hours", status_code=200)
async def add_version(
    request: AnyRequest, unit: FromPath[str], data: JSONBody[AddVersionDraft]
) -> Response[CalendarView]:
    """Weekly hours from a date on; those that start on the same date are replaced."""
    await service.add_version(request.user, unit, data, if_match(request))
    return await _now(request, unit)


@put(f"{_UNIT}/years/{{year:int}}", guards=CHANGE, tags=TAGS, summary="Set a year")
async def set_year(
    request: AnyRequest, unit: FromPath[str], year: FromPath[int], data: JSONBody[YearDraft]
) -> Response[CalendarView]:
    """Every special day of a year at once; any other day of it is an ordinary one."""
    await service.set_year(request.user, unit, year, data, if_match(request))
    return await _now(request, unit)


routes = [replace, clear, set_days, remove_day, confirm_day, add_version, set_year]
