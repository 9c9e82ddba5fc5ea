"""The score table for HR and leaders, and one score explained down to its entries."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from backend.auth.guards import csrf_form, page_signed_in
from backend.domain.types import Actor
from backend.errors import AppError, InvalidFields
from backend.org.queries import find_person
from backend.org.queries_units import units_under
from backend.scores import access, appeal_views, disqualifying, own_charges, queries, service, standing_queries
from backend.scores.periods import current_month, keys_around, read_period
from backend.scores.schemas import Explanation, MarkDraft, ScoreRow
from backend.web.forms import Form, Trouble, read, to_struct, trouble_of
from backend.web.render import NEVER, AnyRequest, Page, actor_of, go, page, words_of
from backend.web.words import Words

_MONTHS = 12
_MOST = 200
_SORTS = ("name", "score", "late")
#: The address of a unit's score has this where a person's has the handle.
UNIT = "unit:"


class Tiles(msgspec.Struct, frozen=True):
    """The four numbers above the table, over the unit shown."""

    score: str
    on_time: str
    open: int
    late: int


@get("/scores", guards=[page_signed_in])
async def scores_page(request: AnyRequest) -> Response[Any]:
    """The table: ``period``, ``unit``, ``sort``, ``after``. Who sees nobody else's score goes to their own."""
    actor, words, asked = actor_of(request), words_of(request), request.query_params
    period = asked.get("period") or current_month()
    if not access.paths(actor):
        return go(f"/scores/{actor.handle}/{read_period(period).key}")
    unit, sort = asked.get("unit") or None, asked.get("sort") if asked.get("sort") in _SORTS else "score"
    found = await queries.table(actor, period, unit, asked.get("after"), _MOST)
    whole = found.next is None and not asked.get("after")
    kept = {"period": found.period, "unit": unit or "", "sort": sort or ""}
    units = [(one.code, one.name) for one in await units_under(access.paths(actor)) if one.closed_on is None]
    return page(
        request,
        "scores.html",
        cache=NEVER,
        table=found,
        rows=_sorted(found.people, sort or "score") if whole else found.people,
        tiles=_tiles(found.units, words),
        bars=_bars(found.units),
        whole=whole,
        sort=sort,
        unit=unit or "",
        units=[("", words.t("people.all_units")), *units],
        periods=period_choices(found.period, words),
        sorts={name: f"/scores?{urlencode({**kept, 'sort': name})}" for name in _SORTS},
        more=f"/scores?{urlencode({**kept, 'after': found.next})}" if found.next else None,
    )


def _sorted(rows: list[ScoreRow], sort: str) -> list[ScoreRow]:
    if sort == "name":
        return rows
    if sort == "late":
        return sorted(rows, key=lambda row: -row.late)
    return sorted(rows, key=lambda row: (row.total is None, -(row.total.fraction if row.total else 0)))


def _share(row: ScoreRow) -> float | None:
    """Done on time of what was assigned, 0–1; None when nothing was."""
    return row.on_time / row.assigned if row.assigned else None


def _tiles(units: list[ScoreRow], words: Words) -> Tiles | None:
    """Numbers of the topmost unit, which holds all the others."""
    if not units:
        return None
    top = units[0]
    share = _share(top)
    return Tiles(
        score=words.number(Decimal(top.total.shown)) if top.total else "–",
        on_time="–" if share is None else f"{round(share * 100)}%",
        open=top.open,
        late=top.late,
    )


def _bars(units: list[ScoreRow]) -> list[tuple[str, int]]:
    """On-time shares in percent by unit, best first, of units that had work."""
    shares = [(unit.name, round(share * 100)) for unit in units[1:] if (share := _share(unit)) is not None]
    return sorted(shares, key=lambda pair: -pair[1])[:12]


def period_choices(chosen: str, words: Words) -> list[tuple[str, str]]:
    """This month and those before it, each quarter after its last month; the chosen one is always among them."""
    keys: list[str] = []
    first = words.today.replace(day=1)
    for _ in range(_MONTHS):
        month, quarter = keys_around(f"{first:%Y-%m}")
        if quarter not in keys:
            keys.append(quarter)
        keys.append(month)
        first = (first - timedelta(days=1)).replace(day=1)
    if chosen not in keys:
        keys.append(chosen)
    return [(key, period_name(key, words)) for key in sorted(keys, key=_order, reverse=True)]


def _order(key: str) -> tuple[int, int, int]:
    year, _, rest = key.partition("-")
    return (int(year), int(rest[1:]) * 3, 1) if rest.startswith("Q") else (int(year), int(rest), 0)


def period_name(key: str, words: Words) -> str:
    """«Tháng 11/2026», «Quý IV/2026»."""
    year, _, rest = key.partition("-")
    if rest.startswith("Q"):
        return words.t("scores.quarter", n=("I", "II", "III", "IV")[int(rest[1:]) - 1], year=year)
    return words.t("scores.month", n=int(rest), year=year)


@get("/scores/{ref:str}/{period:str}", guards=[page_signed_in])
async def score_page(request: AnyRequest, ref: FromPath[str], period: FromPath[str]) -> Page:
    """One score explained; ``ref`` is a person's handle or ``unit:CODE``."""
    return await show(request, ref, period)


async def show(
    request: AnyRequest, ref: str, period: str, form: Form | None = None, trouble: Trouble | None = None
) -> Page:
    """The page of one score; ``form`` and ``trouble`` of what was tried on it and went wrong."""
    actor, words = actor_of(request), words_of(request)
    found = await _explain(actor, ref, period)
    appeals = (await appeal_views.appeals_seen(actor, period=found.period, person_id=found.id)).items
    products = sorted(found.products, key=lambda product: (-product.lost.fraction, product.due_at))
    marks = _marks(found)
    return page(
        request,
        "score.html",
        trouble.status if trouble else 200,
        cache=NEVER,
        score=found,
        ref=ref,
        costly=[product for product in products if product.lost.fraction or product.late],
        clean=[product for product in products if not product.lost.fraction and not product.late],
        period_name=period_name(found.period, words),
        periods=period_choices(found.period, words),
        marks=marks,
        reasons=await reasons_of([found.rule_set]) if "disqualify" in found.can else [],
        steps=await standing_queries.taken(actor, found.period, found.subject, found.id),
        asked=await own_charges.last_asked([entry.id for product in products for entry in product.entries]),
        appeals=appeals if found.subject == "person" else [],
        missing_names=", ".join(words.t(f"part.{name}") for name in found.missing),
        form=form or Form([]),
        trouble=trouble,
        # What went wrong with a form that this page has not (any more): somebody else was first.
        lost=trouble if trouble and trouble.act not in _acts(found, marks) else None,
    )


def _acts(found: Explanation, marks: list[str]) -> set[str]:
    """What this page has forms for, beside which it says what went wrong."""
    acts = {f"mark-{what}" for what in marks}
    if "waive" in found.can:
        entries = [entry for product in found.products for entry in product.entries]
        acts |= {f"waive-{entry.id}" for entry in entries if entry.waiver is None}
    if "disqualify" in found.can:
        acts |= {"disqualify", *(f"lift-{one.id}" for one in found.disqualified)}
    return acts


async def reasons_of(rule_sets: Iterable[str]) -> list[tuple[str, str]]:
    """The reasons that override points by these rule sets, to choose from."""
    return [(one.code, one.name) for one in await disqualifying.listed(rule_sets)]


async def _explain(actor: Actor, ref: str, period: str) -> Explanation:
    if ref.startswith(UNIT):
        return await queries.explain_unit(actor, ref.removeprefix(UNIT), period)
    return await queries.explain(actor, (await find_person(ref)).id, period)


def _marks(found: Explanation) -> list[str]:
    """The marks that this reader may enter: what is missing, and ``common`` again while it may still be changed."""
    if "mark" in found.can:
        return list(dict.fromkeys([*found.missing, "common"]))
    return ["common"] if "self_mark" in found.can else []


@get("/scores/{ref:str}", guards=[page_signed_in])
async def score_of(request: AnyRequest, ref: FromPath[str]) -> Response[Any]:
    """The chosen period (form field ``period``), or the month that runs."""
    return go(f"/scores/{ref}/{request.query_params.get('period') or current_month()}")


@post("/scores/{ref:str}/{period:str}/mark", guards=[page_signed_in, csrf_form])
async def mark(request: AnyRequest, ref: FromPath[str], period: FromPath[str]) -> Response[Any]:
    """Enter a mark."""
    form = await read(request)
    try:
        await service.mark(actor_of(request), period, _mark(form, ref))
    except AppError as error:
        return await show(request, ref, period, form, trouble_of(request, error, f"mark-{form.text('what')}"))
    return go(f"/scores/{ref}/{period}", "marked")


def _mark(form: Form, ref: str) -> MarkDraft:
    """The mark that the form means; a comma is as good as a point. Raises InvalidFields."""
    try:
        value = Decimal(form.text("value").replace(",", "."))
    except InvalidOperation:
        raise InvalidFields("invalid_fields", [{"where": "value", "code": "field_wrong"}]) from None
    subject = {"unit": ref.removeprefix(UNIT)} if ref.startswith(UNIT) else {"person": ref}
    return to_struct({"what": form.text("what"), "value": value, **subject}, MarkDraft)


@post("/scores/{ref:str}/{period:str}/waive", guards=[page_signed_in, csrf_form])
async def waive(request: AnyRequest, ref: FromPath[str], period: FromPath[str]) -> Response[Any]:
    """Confirm an objective cause for one instance."""
    form = await read(request)
    try:
        await service.waive(actor_of(request), form.number("entry") or 0, form.lines("reason"))
    except AppError as error:
        return await show(request, ref, period, form, trouble_of(request, error, f"waive-{form.text('entry')}"))
    return go(f"/scores/{ref}/{period}", "waived")


routes = [scores_page, score_of, score_page, mark, waive]
