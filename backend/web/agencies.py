"""Units beside each other with their caps, exports of the table, and the form for the personnel file."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from backend.auth.guards import page_signed_in
from backend.org.queries import find_person
from backend.org.queries_units import units_under
from backend.scores import access, agencies, exports, queries
from backend.scores.periods import current_month
from backend.scores.routes_agencies import file_of
from backend.web.render import NEVER, AnyRequest, Page, actor_of, locale_of, page, words_of
from backend.web.scores import period_choices, period_name

_FORMATS: tuple[exports.Format, ...] = ("xlsx", "csv", "json")


@get("/agencies", guards=[page_signed_in])
async def agencies_page(request: AnyRequest) -> Page:
    """``period``, ``unit``: scores, ranks, buckets and caps of the units in sight."""
    actor, words, asked = actor_of(request), words_of(request), request.query_params
    unit = asked.get("unit") or None
    found = await agencies.compare(actor, asked.get("period") or current_month(), unit)
    caps = await agencies.caps(actor, found.period, unit)
    units = [(one.code, one.name) for one in await units_under(access.paths(actor)) if one.closed_on is None]
    return page(
        request,
        "agencies.html",
        cache=NEVER,
        table=found,
        caps=caps,
        exceeded=[row for row in caps.rows if row.exceeded],
        unit=unit or "",
        units=[("", words.t("people.all_units")), *units],
        periods=period_choices(found.period, words),
        period_name=period_name(found.period, words),
    )


@get("/scores/export/{format_:str}", guards=[page_signed_in])
async def export(request: AnyRequest, format_: FromPath[str]) -> Response[bytes]:
    """Exactly the table that the page shows (``period``, ``unit``), as a file."""
    asked = request.query_params
    chosen: exports.Format = next((one for one in _FORMATS if one == format_), "xlsx")
    period = asked.get("period") or current_month()
    found = await exports.gather(actor_of(request), period, asked.get("unit") or None)
    return file_of(found, chosen, locale_of(request))


@get("/scores/{ref:str}/{period:str}/form", guards=[page_signed_in])
async def personnel_form(request: AnyRequest, ref: FromPath[str], period: FromPath[str]) -> Response[Any]:
    """One officer's period for the personnel file, to be printed and signed."""
    actor, words = actor_of(request), words_of(request)
    found = await queries.explain(actor, (await find_person(ref)).id, period)
    return page(
        request,
        "score_form.html",
        cache=NEVER,
        score=found,
        period_name=period_name(found.period, words),
        costly=[line for line in found.products if line.lost.fraction or line.entries],
    )


routes = [agencies_page, export, personnel_form]
