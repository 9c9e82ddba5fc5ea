"""Units over HTTP."""

from typing import Any

from litestar import Request, get, patch, post
from litestar.params import FromPath, JSONBody

from backend.auth.guards import has_role, scope
from backend.domain.types import Role
from backend.org import directory, units
from backend.org.schemas import UnitView
from backend.org.units import UnitDraft, UnitPatch

AnyRequest = Request[Any, Any, Any]
KEEPERS = [has_role(Role.HR, Role.ADMIN), scope("org:write")]
READERS = [scope("org:read")]


@get("/api/units", guards=READERS)
async def unit_tree(request: AnyRequest) -> list[UnitView]:
    """The open units of the reader's organisation as a tree."""
    return await directory.unit_tree(request.user)


@get("/api/units/{unit:str}", guards=READERS)
async def unit(request: AnyRequest, unit: FromPath[str]) -> UnitView:
    """One unit by its code."""
    return await directory.unit_view(request.user, unit)


@post("/api/units", guards=KEEPERS)
async def open_unit(request: AnyRequest, data: JSONBody[UnitDraft]) -> UnitView:
    """Make a unit."""
    made = await units.open_unit(request.user, data)
    return await directory.unit_view(request.user, made.code)


@patch("/api/units/{unit:str}", guards=KEEPERS)
async def change_unit(request: AnyRequest, unit: FromPath[str], data: JSONBody[UnitPatch]) -> UnitView:
    """Rename, move, close or reopen a unit; what is below it moves along."""
    changed = await units.change_unit(request.user, unit, data)
    return await directory.unit_view(request.user, changed.code)


routes = [unit_tree, unit, open_unit, change_unit]
