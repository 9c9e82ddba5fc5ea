"""The page of a period: how far its sign-off is, the steps that wait for the reader, who owes what, and its closing."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from backend.auth.guards import csrf_form, page_signed_in
from backend.domain.scoring_periods import month_before
from backend.domain.types import Actor
from backend.errors import AppError, InvalidFields, NotFound
from backend.scores import access, service, standing_queries
from backend.scores.periods import current_month, read_period
from backend.scores.schemas_signing import PassDraft, SignDraft, WithdrawDraft
from backend.web.forms import Form, Trouble, number_of, read, to_struct, trouble_of
from backend.web.render import NEVER, AnyRequest, Page, actor_of, go, local_address, page, words_of
from backend.web.scores import period_choices, period_name

#: Lines of who owes what that one page shows.
_MOST = 300
#: What the form of closing is called.
_CLOSE = "close--"


@get("/periods", guards=[page_signed_in])
async def periods(request: AnyRequest) -> Response[Any]:
    """The chosen period (``period``), else the month that ended last: what there is to sign."""
    return go(f"/periods/{request.query_params.get('period') or month_before(current_month())}")


@get("/periods/{period:str}", guards=[page_signed_in])
async def period_page(request: AnyRequest, period: FromPath[str]) -> Page:
    """One period."""
    return await _show(request, period)


async def _show(request: AnyRequest, key: str, form: Form | None = None, trouble: Trouble | None = None) -> Page:
    actor, words = actor_of(request), words_of(request)
    found = await standing_queries.standing(actor, key)
    mine = [one for one in found.owed if "sign" in one.can]
    shown = {f"sign-{one.subject}-{one.ref}" for one in mine[:_MOST]}
    shown |= {f"pass-{one.subject}-{one.ref}" for one in found.owed if one not in mine}
    return page(
        request,
        "period.html",
        trouble.status if trouble else 200,
        cache=NEVER,
        standing=found,
        name=period_name(found.period, words),
        periods=period_choices(found.period, words),
        mine=mine[:_MOST],
        others=[one for one in found.owed if one not in mine][:_MOST],
        reads=access.paths(actor) != (),
        form=form or Form([]),
        trouble=trouble,
        # What went wrong with a form that this page has not (any more): somebody else was first.
        lost=trouble
        if trouble and trouble.act not in shown and not (found.may_close and trouble.act == _CLOSE)
        else None,
    )


async def _sign(actor: Actor, period: str, form: Form) -> None:
    subject = form.text("subject") if form.text("subject") == "unit" else "person"
    values = {"step": form.text("step"), subject: form.text("ref"), "value": number_of(form, "value")}
    await service.sign(actor, period, to_struct(values, SignDraft))


async def _pass(actor: Actor, period: str, form: Form) -> None:
    values = {"step": form.text("step"), "person": form.text("ref"), "reason": form.lines("reason")}
    await service.pass_over(actor, period, to_struct(values, PassDraft))


async def _withdraw(actor: Actor, period: str, form: Form) -> None:
    subject = form.text("subject") if form.text("subject") == "unit" else "person"
    draft = to_struct({"step": form.text("step"), subject: form.text("ref")}, WithdrawDraft)
    await service.withdraw(actor, period, draft.step, draft.person, draft.unit)


async def _close(actor: Actor, period: str, form: Form) -> None:
    if not form.has("sure"):
        raise InvalidFields("invalid_fields", [{"where": "sure", "code": "empty"}])
    await service.close_period(actor, period)


_ACTS: dict[str, Callable[[Actor, str, Form], Awaitable[None]]] = {
    "sign": _sign,
    "pass": _pass,
    "withdraw": _withdraw,
    "close": _close,
}


@post("/periods/{period:str}/{act:str}", guards=[page_signed_in, csrf_form])
async def act_on_period(request: AnyRequest, period: FromPath[str], act: FromPath[str]) -> Response[Any]:
    """Sign, pass over, take back a step, or close. What cannot be done is said beside its form."""
    carry_out = _ACTS.get(act)
    if carry_out is None:
        raise NotFound("not_found")
    form, key = await read(request), read_period(period).key
    try:
        await carry_out(actor_of(request), key, form)
    except AppError as error:
        which = f"{act}-{form.text('subject')}-{form.text('ref')}"
        return await _show(request, key, form, trouble_of(request, error, which))
    return go(local_address(form.get("next"), f"/periods/{key}"), f"period_{act}")


routes = [periods, period_page, act_on_period]
