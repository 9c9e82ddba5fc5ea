"""What changed calendars mean for open deadlines, over HTTP: a look before the change, and the assigners' decisions after."""

from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath, JSONBody

from backend.auth.guards import has_role, scope
from backend.domain.types import Role
from backend.tasks import calendar_previews, calendar_proposals
from backend.tasks.calendar_previews import PreviewDraft, PreviewView
from backend.tasks.calendar_proposals import Decided, Decision, ProposalView
from backend.tasks.routes import READ, WRITE
from backend.tasks.schemas import Id

AnyRequest = Request[Any, Any, Any]
TAGS = ["calendars"]


class DecisionDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``proposals``: ids, null = every one that waits for the reader."""

    decision: Decision
    proposals: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=5000)] | None = None


@post(
    "/api/calendars/units/{unit:str}/preview",
    guards=[has_role(Role.HR, Role.ADMIN), scope("calendars:write", "tasks:read")],
    tags=TAGS,
    summary="Preview a change",
    status_code=200,
)
async def preview(request: AnyRequest, unit: FromPath[str], data: JSONBody[PreviewDraft]) -> PreviewView:
    """Which open deadlines a change would propose to move; changes nothing. `tasks` are those the reader may see."""
    return await calendar_previews.preview(request.user, unit, calendar_previews.edit_of(data))


@get("/api/calendars/proposals", guards=READ, tags=TAGS, summary="Deadlines that may move")
async def list_proposals(request: AnyRequest) -> list[ProposalView]:
    """Deadlines the reader decides on which a changed calendar would move. None moves by itself."""
    return await calendar_proposals.open_proposals(request.user)


@post("/api/calendars/proposals/decide", guards=WRITE, tags=TAGS, summary="Move or keep", status_code=200)
async def decide(request: AnyRequest, data: JSONBody[DecisionDraft]) -> Decided:
    """Move some deadlines, or all; or keep them as they are. The leads of those that move are told."""
    return await calendar_proposals.decide(request.user, data.decision, data.proposals)


routes = [preview, list_proposals, decide]
