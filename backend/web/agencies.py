"""Units beside each other with their caps, exports of the table, and the form for the personnel file."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from backend.auth.guards import page_signed_in
from backend.domain.types import Actor
from backend.org.queries import find_person
from backend.org.queries_units import units_under
from backend.scores import access, agencies, disqualifying, exports, queries
from backend.scores.periods import current_month
from backend.scores.routes_agencies import file_of
from backend.scores.schemas_agencies import AgencyRow, AgencyTable
from backend.web.forms import Form, Trouble
from backend.web.render import NEVER, AnyRequest, Page, actor_of, locale_of, page, words_of
from backend.web.scores import period_choices, period_name, reasons_of

_FORMATS: tuple[exports.Format, ...] = ("xlsx", "csv", "json")


@get("/agencies", guards=[page_signed_in])
async def agencies_page(request: AnyRequest) -> Page:
    """``period``, ``unit``: scores, ranks, buckets and caps of the units in sight."""
    asked = request.query_params
    return await show(request, asked.get("period") or current_month(), asked.get("unit") or "")


async def show(
    request: AnyRequest, period: str, within: str, form: Form | None = None, trouble: Trouble | None = None
) -> Page:
    """The page; ``form`` and ``trouble`` of what was tried on it and went wrong."""
    actor, words, unit = actor_of(request), words_of(request), within or None
    found = await agencies.compare(actor, period, unit)
    kept = await _kept(actor, found)
    standing = await disqualifying.of_units(found.period, [row.id for row in kept])
    reasons = await reasons_of(row.rule_set for row in kept)
    acts = {"disqualify", *(f"lift-{one.id}" for ones in standing.values() for one in ones)} if kept else set()
    caps = await agencies.caps(actor, found.period, unit)
    units = [(one.code, one.name) for one in await units_under(access.paths(actor)) if one.closed_on is None]
    return page(
        request,
        "agencies.html",
        trouble.status if trouble else 200,
        cache=NEVER,
        table=found,
        caps=caps,
        exceeded=[row for row in caps.rows if row.exceeded],
        unit=unit or "",
        units=[("", words.t("people.all_units")), *units],
        periods=period_choices(found.period, words),
        period_name=period_name(found.period, words),
        kept=[(row.ref, row.name) for row in kept],
        standing=[(row, one) for row in kept for one in standing.get(row.id, [])],
        reasons=reasons,
        names=dict(reasons),
        form=form or Form([]),
        trouble=trouble,
        # What went wrong with a form that this page has not (any more): somebody else was first.
        lost=trouble if trouble and trouble.act not in acts else None,
    )


async def _kept(actor: Actor, found: AgencyTable) -> list[AgencyRow]:
    """The units whose reasons the reader enters and lifts, while the period is open."""
    paths = {unit.id: unit.path for unit in await units_under(access.paths(actor))}
    if found.status == "closed":
        return []
    return [row for row in found.units if row.id in paths and access.keeps(actor, paths[row.id])]


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
