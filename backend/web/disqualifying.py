"""Forms by which HR enters a listed reason that overrides the points of a person or a unit, and lifts it again."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from litestar import Response, post
from litestar.params import FromPath

from backend.auth.guards import csrf_form, page_signed_in
from backend.errors import AppError
from backend.scores import disqualifying
from backend.scores.periods import read_period
from backend.scores.schemas_rules import DisqualifyDraft, LiftDraft
from backend.web import agencies, scores
from backend.web.forms import Form, Trouble, read, to_struct, trouble_of
from backend.web.once import once
from backend.web.render import AnyRequest, Page, actor_of, go

#: The page again, with what was typed and what is wrong with it.
_Again = Callable[[Form, Trouble], Awaitable[Page]]


async def _enter(
    request: AnyRequest, form: Form, period: str, subject: dict[str, str], back: str, again: _Again
) -> Response[Any]:
    """Enter the reason that the form names; pressed twice it is entered once."""
    actor = actor_of(request)

    async def make() -> str:
        values = {"code": form.text("code"), "reason": form.lines("reason"), **subject}
        draft = to_struct(values, DisqualifyDraft)
        await disqualifying.disqualify(actor, period, draft.code, draft.reason, person=draft.person, unit=draft.unit)
        return back

    try:
        address = await once(actor, form, make)
    except AppError as error:
        return await again(form, trouble_of(request, error, "disqualify"))
    return go(address, "disqualified")


async def _lift(request: AnyRequest, form: Form, back: str, again: _Again) -> Response[Any]:
    """Lift the reason that the form names (``entry``); pressed twice it is lifted once."""
    actor = actor_of(request)

    async def make() -> str:
        draft = to_struct({"reason": form.lines("reason")}, LiftDraft)
        await disqualifying.lift(actor, form.number("entry") or 0, draft.reason)
        return back

    try:
        address = await once(actor, form, make)
    except AppError as error:
        return await again(form, trouble_of(request, error, f"lift-{form.text('entry')}"))
    return go(address, "disqualification_lifted")


@post("/scores/{ref:str}/{period:str}/disqualify", guards=[page_signed_in, csrf_form])
async def of_one(request: AnyRequest, ref: FromPath[str], period: FromPath[str]) -> Response[Any]:
    """On the page of a person's (or a unit's) score."""
    form, key = await read(request), read_period(period).key
    subject = {"unit": ref.removeprefix(scores.UNIT)} if ref.startswith(scores.UNIT) else {"person": ref}
    return await _enter(request, form, key, subject, f"/scores/{ref}/{key}", _score(request, ref, key))


@post("/scores/{ref:str}/{period:str}/lift", guards=[page_signed_in, csrf_form])
async def lift_of_one(request: AnyRequest, ref: FromPath[str], period: FromPath[str]) -> Response[Any]:
    """On the page of a person's (or a unit's) score."""
    form, key = await read(request), read_period(period).key
    return await _lift(request, form, f"/scores/{ref}/{key}", _score(request, ref, key))


@post("/agencies/{period:str}/disqualify", guards=[page_signed_in, csrf_form])
async def of_agency(request: AnyRequest, period: FromPath[str]) -> Response[Any]:
    """Beside the table of units; the form says which unit, and of which part the table was (``within``)."""
    form, key = await read(request), read_period(period).key
    return await _enter(request, form, key, {"unit": form.text("unit")}, _table(form, key), _agencies(request, key))


@post("/agencies/{period:str}/lift", guards=[page_signed_in, csrf_form])
async def lift_of_agency(request: AnyRequest, period: FromPath[str]) -> Response[Any]:
    """Beside the table of units."""
    form, key = await read(request), read_period(period).key
    return await _lift(request, form, _table(form, key), _agencies(request, key))


def _score(request: AnyRequest, ref: str, period: str) -> _Again:
    return lambda form, trouble: scores.show(request, ref, period, form, trouble)


def _agencies(request: AnyRequest, period: str) -> _Again:
    return lambda form, trouble: agencies.show(request, period, form.text("within"), form, trouble)


def _table(form: Form, period: str) -> str:
    return f"/agencies?{urlencode({'period': period, 'unit': form.text('within')})}"


routes = [of_one, lift_of_one, of_agency, lift_of_agency]
