"""Rule sets over HTTP: reading, drafting, publishing, and what one would change; reasons that override points."""

from typing import Any

from litestar import Request, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from backend.auth.guards import has_role, scope
from backend.domain.types import Role
from backend.kit.http import PathId, if_match
from backend.scores import disqualifying, queries, rules_diff, rules_editing, rules_reading
from backend.scores.schemas_rules import (
    DisqualifyDraft,
    Entered,
    LiftDraft,
    Published,
    RuleDiff,
    RuleDraft,
    RuleSetLine,
    RuleSetView,
)

AnyRequest = Request[Any, Any, Any]
READ = [scope("scores:read")]
CHANGE = [has_role(Role.HR), scope("scores:write")]
TAGS = ["Scores: rule sets"]


@get("/api/rules", guards=READ, tags=TAGS, summary="List rule sets")
async def list_rules(request: AnyRequest) -> list[RuleSetLine]:
    """Every published version, and the drafts that the reader keeps."""
    return await rules_reading.listing(request.user)


@get("/api/rules/{ref:str}", guards=READ, tags=TAGS, summary="One version")
async def one(request: AnyRequest, ref: FromPath[str]) -> RuleSetView:
    """A version ``code@version`` with every rule."""
    return await rules_reading.show(request.user, ref)


@get("/api/rules/{ref:str}/diff", guards=READ, tags=TAGS, summary="What a version would change")
async def diff(
    request: AnyRequest, ref: FromPath[str], against: FromQuery[str], period: FromQuery[str | None] = None
) -> RuleDiff:
    """Everybody in sight whose period (default: the month that runs) differs by this version from ``against``."""
    return await rules_diff.diff(request.user, against, ref, period or queries.current_month())


@post("/api/rules", guards=CHANGE, tags=TAGS, summary="Draft a rule set")
async def draft(request: AnyRequest, data: JSONBody[RuleDraft]) -> RuleSetView:
    """The next version of its code, as a draft; one issue for each wrong rule."""
    return await rules_editing.draft(request.user, data)


@put("/api/rules/{ref:str}", guards=CHANGE, tags=TAGS, summary="Change a draft")
async def change(request: AnyRequest, ref: FromPath[str], data: JSONBody[RuleDraft]) -> RuleSetView:
    """A published version never changes: draft the next one. If-Match takes the draft's revision."""
    return await rules_editing.change(request.user, ref, data, if_match(request))


@post("/api/rules/{ref:str}/publish", guards=CHANGE, tags=TAGS, summary="Publish a draft", status_code=200)
async def publish(request: AnyRequest, ref: FromPath[str]) -> Published:
    """From its day on the version rules its place, for good. If-Match takes the draft's revision."""
    return await rules_editing.publish(request.user, ref, if_match(request))


@delete("/api/rules/{ref:str}", guards=CHANGE, tags=TAGS, summary="Withdraw a draft", status_code=204)
async def withdraw(request: AnyRequest, ref: FromPath[str]) -> None:
    """Throw a draft away; a published version stays."""
    await rules_editing.withdraw(request.user, ref, if_match(request))


@post("/api/scores/{period:str}/disqualifications", guards=CHANGE, tags=TAGS, summary="Enter a disqualifier")
async def disqualify(request: AnyRequest, period: FromPath[str], data: JSONBody[DisqualifyDraft]) -> Entered:
    """A reason that the rule set lists overrides the points of a person or unit in the period."""
    made = await disqualifying.disqualify(
        request.user, period, data.code, data.reason, person=data.person, unit=data.unit
    )
    return Entered(made)


@post(
    "/api/disqualifications/{entry_id:int}/lift",
    guards=CHANGE,
    tags=TAGS,
    summary="Lift a disqualifier",
    status_code=204,
)
async def lift(request: AnyRequest, entry_id: PathId, data: JSONBody[LiftDraft]) -> None:
    """The reason no longer stands; the row stays, with why."""
    await disqualifying.lift(request.user, entry_id, data.reason)


routes = [list_rules, one, diff, draft, change, publish, withdraw, disqualify, lift]
