"""The inbox of requests and appeals for whoever decides, and the forms by which officers make them."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from backend.auth.guards import csrf_form, page_signed_in
from backend.errors import AppError
from backend.kit.http import PathId
from backend.scores import appeal_views, queries, requests, service
from backend.scores.periods import read_period
from backend.scores.schemas_signing import AdjustDraft, AppealDraft, DecideAppeal, DecideRequest, RequestDraft
from backend.web.forms import Form, Trouble, number_of, read, to_struct, trouble_of, uploads
from backend.web.once import once
from backend.web.render import NEVER, AnyRequest, Page, actor_of, go, local_address, page, settings_of, words_of
from backend.web.scores import period_name

_MOST = 100


@get("/requests", guards=[page_signed_in])
async def inbox(request: AnyRequest) -> Page:
    """What waits for the reader's decision, and what was asked and decided lately."""
    return await _inbox(request)


async def _inbox(request: AnyRequest, form: Form | None = None, trouble: Trouble | None = None) -> Page:
    actor, words = actor_of(request), words_of(request)
    open_requests = (await requests.waiver_requests(actor, is_open=True, limit=_MOST)).items
    open_appeals = (await appeal_views.appeals_seen(actor, is_open=True, limit=_MOST)).items
    shown = {*(f"waiver-{one.id}" for one in open_requests), *(f"appeal-{one.id}" for one in open_appeals)}
    return page(
        request,
        "requests.html",
        trouble.status if trouble else 200,
        cache=NEVER,
        requests=open_requests,
        appeals=open_appeals,
        decided=(await requests.waiver_requests(actor, is_open=False, limit=20)).items,
        decided_appeals=(await appeal_views.appeals_seen(actor, is_open=False, limit=20)).items,
        name_of=lambda key: period_name(key, words),
        form=form or Form([]),
        trouble=trouble,
        # What went wrong with something that is not open any more: somebody else was first.
        lost=trouble if trouble and trouble.act not in shown else None,
    )


async def _done(
    request: AnyRequest, form: Form, act: str, said: str, carry_out: Callable[[], Awaitable[Any]]
) -> Response[Any]:
    """Carry out a decision and come back to the inbox, or say what is wrong beside its form."""
    try:
        await carry_out()
    except AppError as error:
        return await _inbox(request, form, trouble_of(request, error, act))
    return go("/requests", said)


@post("/requests/waivers/{request_id:int}", guards=[page_signed_in, csrf_form])
async def decide_waiver(request: AnyRequest, request_id: PathId) -> Response[Any]:
    """Grant or refuse a request."""
    form = await read(request)

    async def decide() -> None:
        values = {"grant": form.text("decision") == "yes", "reason": form.lines("reason")}
        await service.decide_waiver(actor_of(request), request_id, to_struct(values, DecideRequest))

    return await _done(request, form, f"waiver-{request_id}", "decided", decide)


@post("/requests/appeals/{appeal_id:int}", guards=[page_signed_in, csrf_form])
async def decide_appeal(request: AnyRequest, appeal_id: PathId) -> Response[Any]:
    """Accept an appeal with points, or reject it."""
    form = await read(request)

    async def decide() -> None:
        accept = form.text("decision") == "yes"
        points = number_of(form, "points") if accept else None
        values = {"accept": accept, "reason": form.lines("reason"), "points": points}
        await service.decide_appeal(actor_of(request), appeal_id, to_struct(values, DecideAppeal))

    return await _done(request, form, f"appeal-{appeal_id}", "decided", decide)


async def _form_page(request: AnyRequest, kind: str, address: str, back: str, form: Form, trouble: Trouble) -> Page:
    """The one form alone, with what was typed and what is wrong."""
    return page(
        request,
        "ask.html",
        trouble.status,
        cache=NEVER,
        kind=kind,
        address=address,
        back=back,
        form=form,
        trouble=trouble,
    )


@post("/scores/entries/{entry_id:int}/ask", guards=[page_signed_in, csrf_form])
async def ask_waiver(request: AnyRequest, entry_id: PathId) -> Response[Any]:
    """Ask that an instance be waived, from the task's page or the score's."""
    actor, form = actor_of(request), await read(request)
    back = local_address(form.get("next"), "/requests")
    try:
        files = await uploads(settings_of(request), actor, form, "files")
        draft = to_struct({"cause": form.lines("cause"), "attachments": files}, RequestDraft)
        await service.ask_waiver(actor, entry_id, draft)
    except AppError as error:
        trouble = trouble_of(request, error, "ask")
        return await _form_page(request, "waiver", f"/scores/entries/{entry_id}/ask", back, form, trouble)
    return go(back, "waiver_asked")


@post("/scores/{ref:str}/{period:str}/appeal", guards=[page_signed_in, csrf_form])
async def appeal(request: AnyRequest, ref: FromPath[str], period: FromPath[str]) -> Response[Any]:
    """Appeal against one's own score; ``ref`` only says where to go back to."""
    actor, form = actor_of(request), await read(request)
    back = f"/scores/{ref}/{read_period(period).key}"
    try:
        files = await uploads(settings_of(request), actor, form, "files")
        draft = to_struct({"text": form.lines("text"), "attachments": files}, AppealDraft)
        await service.appeal(actor, period, draft)
    except AppError as error:
        return await _form_page(request, "appeal", f"{back}/appeal", back, form, trouble_of(request, error, "appeal"))
    return go(back, "appealed")


@post("/scores/{ref:str}/{period:str}/adjust", guards=[page_signed_in, csrf_form])
async def adjust(request: AnyRequest, ref: FromPath[str], period: FromPath[str]) -> Response[Any]:
    """HR adds points to a person's open period or takes them away; pressed twice it happens once."""
    actor, form = actor_of(request), await read(request)
    back = f"/scores/{ref}/{read_period(period).key}"

    async def make() -> str:
        values = {"person": ref, "points": number_of(form, "points"), "reason": form.lines("reason")}
        draft = to_struct(values, AdjustDraft)
        await service.correct(actor, await queries.subject(ref), period, draft.points, draft.reason)
        return back

    try:
        address = await once(actor, form, make)
    except AppError as error:
        return await _form_page(request, "adjust", f"{back}/adjust", back, form, trouble_of(request, error, "adjust"))
    return go(address, "adjusted")


routes = [inbox, decide_waiver, decide_appeal, ask_waiver, appeal, adjust]
