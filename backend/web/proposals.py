"""Deadlines that a changed calendar would move: the assigner moves some or all of them, or keeps them."""

from typing import Any

from litestar import Response, get, post

from backend.auth.guards import csrf_form, page_signed_in
from backend.errors import AppError, InvalidFields
from backend.kit import sentences
from backend.tasks import calendar_proposals
from backend.tasks.calendar_proposals import Refusal
from backend.web.forms import Trouble, read, trouble_of
from backend.web.render import AnyRequest, Page, actor_of, go, locale_of, page

#: Deadlines decided on one page; the next ones come when these are done.
_MOST = 200


@get("/calendars/proposals", guards=[page_signed_in])
async def proposals_page(request: AnyRequest) -> Page:
    """What waits for the reader's decision."""
    return await _show(request)


async def _show(request: AnyRequest, trouble: Trouble | None = None, refused: list[Refusal] | None = None) -> Page:
    locale = locale_of(request)
    waiting = await calendar_proposals.open_proposals(actor_of(request))
    return page(
        request,
        "proposals.html",
        trouble.status if trouble else 200,
        trouble=trouble,
        refused=[(one.code, sentences.say(locale, one.error, one.params)) for one in refused or ()],
        proposals=waiting[:_MOST],
        rest=len(waiting[_MOST:]),
    )


@post("/calendars/proposals", guards=[page_signed_in, csrf_form])
async def decide(request: AnyRequest) -> Response[Any]:
    """Move or keep the ticked deadlines."""
    actor, form = actor_of(request), await read(request)
    ids = [int(text) for text in form.all("proposal") if text.isascii() and text.isdecimal() and len(text) < 19]
    keep = form.text("decision") == "keep"
    try:
        if not ids:
            raise InvalidFields("invalid_fields", [{"where": "proposal", "code": "proposals_none"}])
        done = await calendar_proposals.decide(actor, "keep" if keep else "move", ids)
    except AppError as error:
        return await _show(request, trouble_of(request, error))
    if done.refused:
        return await _show(request, refused=done.refused)
    count = len(done.kept if keep else done.moved)
    return go("/calendars/proposals", "deadlines_kept" if keep else "deadlines_moved", n=str(count))


routes = [proposals_page, decide]
