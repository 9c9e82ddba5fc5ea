"""How firmly a unit is reminded: the switch nhẹ / vừa / chặt and the two moments of a day."""

from typing import Any

from litestar import Response, get, post

from backend.auth.guards import csrf_form, page_signed_in
from backend.calendars import places
from backend.errors import AppError
from backend.tasks.firmness import PRESETS
from backend.tasks.firmness_views import FirmnessBody, set_firmness, unit_firmness
from backend.web.forms import Form, Trouble, read, to_struct, trouble_of
from backend.web.render import AnyRequest, Page, actor_of, go, page, words_of
from backend.web.words import Words


def presets(words: Words, otherwise: str) -> list[tuple[str, str]]:
    """The choices of a switch; ``otherwise`` names what it means to say nothing."""
    return [("", words.t(otherwise)), *((name, words.t(f"reminding.preset.{name}")) for name in PRESETS)]


@get("/reminding", guards=[page_signed_in])
async def reminding_page(request: AnyRequest) -> Page:
    """What is in force at a unit: ``unit`` (default: the reader's own)."""
    asked = request.query_params.get("unit")
    return await _show(request, Form([("unit", str(asked))] if asked else []))


async def _show(request: AnyRequest, form: Form, trouble: Trouble | None = None) -> Page:
    actor, words = actor_of(request), words_of(request)
    units = [place for place in await places.choices(actor) if place.unit_id is not None]
    own = [place.code for place in await places.places_of(actor) if place.unit_id is not None]
    unit = form.text("unit") or next(iter([*own, *(place.code for place in units)]), "")
    firmness = await unit_firmness(actor, unit)
    top = min((place.path.count("/") for place in units), default=0)
    return page(
        request,
        "reminding.html",
        trouble.status if trouble else 200,
        form=form,
        trouble=trouble,
        firmness=firmness,
        units=[(place.code, "– " * (place.path.count("/") - top) + place.name) for place in units],
        presets=presets(words, "reminding.as_above"),
    )


@post("/reminding", guards=[page_signed_in, csrf_form])
async def change_reminding(request: AnyRequest) -> Response[Any]:
    """Set the switch and the moments of a unit; empty moments are those of the unit above."""
    actor, form = actor_of(request), await read(request)
    slots = [text for text in (form.text("morning"), form.text("afternoon")) if text]
    given = {"preset": form.text("preset") or None, "slots": slots or None}
    try:
        kept = await set_firmness(actor, form.text("unit"), to_struct(given, FirmnessBody))
    except AppError as error:
        return await _show(request, form, trouble_of(request, error))
    return go(f"/reminding?unit={kept.unit}", "reminding_changed")


routes = [reminding_page, change_reminding]
