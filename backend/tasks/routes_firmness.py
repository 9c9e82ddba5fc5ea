"""How firmly a unit is reminded, over HTTP."""

from typing import Any

from litestar import Request, get, put
from litestar.params import FromPath, JSONBody

from backend.auth.guards import scope
from backend.tasks.firmness_views import FirmnessBody, FirmnessView, set_firmness, unit_firmness

AnyRequest = Request[Any, Any, Any]
TAGS = ["reminders"]


@get(
    "/api/units/{unit:str}/reminders", guards=[scope("tasks:read")], tags=TAGS, summary="How firmly a unit is reminded"
)
async def get_firmness(request: AnyRequest, unit: FromPath[str]) -> FirmnessView:
    """The preset and the slots in force at a unit, and what it says itself."""
    return await unit_firmness(request.user, unit)


@put("/api/units/{unit:str}/reminders", guards=[scope("tasks:write")], tags=TAGS, summary="Set how firmly")
async def put_firmness(request: AnyRequest, unit: FromPath[str], data: JSONBody[FirmnessBody]) -> FirmnessView:
    """Set the preset and the slots of a unit and all below it that say nothing themselves; for its leaders, those above
    them, HR and admins. Open tasks are planned anew."""
    return await set_firmness(request.user, unit, data)


routes = [get_firmness, put_firmness]
