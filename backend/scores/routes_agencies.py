"""Units beside each other, caps, the running month, and exports over HTTP."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from backend.auth.guards import scope
from backend.kit.openapi import file_of_kinds
from backend.kit.problems import locale_of
from backend.scores import agencies, exports, preview, queries
from backend.scores.schemas import Preview
from backend.scores.schemas_agencies import AgencyTable, CapTable

AnyRequest = Request[Any, Any, Any]
READ = [scope("scores:read")]
TAGS = ["Scores: units and exports"]


@get("/api/scores/units", guards=READ, tags=TAGS, summary="Units beside each other")
async def compare(
    request: AnyRequest, period: FromQuery[str | None] = None, unit: FromQuery[str | None] = None
) -> AgencyTable:
    """Scores, ranks, buckets and on-time rates of the units in sight (at and under ``unit``), parents first."""
    return await agencies.compare(request.user, period or queries.current_month(), unit)


@get("/api/scores/caps", guards=READ, tags=TAGS, summary="Excellent beside good")
async def caps(
    request: AnyRequest, period: FromQuery[str | None] = None, unit: FromQuery[str | None] = None
) -> CapTable:
    """Where more are excellent than the rule set allows, by unit and group of like work."""
    return await agencies.caps(request.user, period or queries.current_month(), unit)


@get("/api/people/{person:str}/score-preview", guards=READ, tags=TAGS, summary="The running month if nothing changes")
async def person_preview(request: AnyRequest, person: FromPath[str]) -> Preview:
    """What is open and late, when it will be charged again, and what the score would be at the month's end."""
    return await preview.preview(request.user, await queries.subject(person))


@get(
    "/api/scores/export",
    guards=READ,
    tags=TAGS,
    summary="Export the table",
    operation_class=file_of_kinds(*exports.MEDIA.values()),
)
async def export(
    request: AnyRequest,
    period: FromQuery[str | None] = None,
    unit: FromQuery[str | None] = None,
    format: FromQuery[exports.Format] = "xlsx",
) -> Response[bytes]:
    """The people and units of exactly this view, and every lost point with its entry: what is lost sums to the scores.
    CSV holds the people."""
    found = await exports.gather(request.user, period or queries.current_month(), unit)
    return file_of(found, format, locale_of(request))


def file_of(found: exports.Export, format_: exports.Format, locale: str) -> Response[bytes]:
    """An export as a file to keep."""
    content, media = exports.render(found, format_, locale)
    headers = {
        "content-disposition": f'attachment; filename="{exports.name_of(found)}.{format_}"',
        "cache-control": "no-store",
    }
    return Response(content, media_type=media, headers=headers)


routes = [compare, caps, person_preview, export]
