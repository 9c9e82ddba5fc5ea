"""People, for HR and admins: who is in the office, whether they can get in, and printed sheets that let them in."""

from typing import Any

import msgspec
from litestar import Response, get, post

from backend.auth import link_sheets, reach
from backend.auth import service as auth
from backend.auth.guards import csrf_form, page_has_role
from backend.auth.links import IssuedLink
from backend.auth.middleware import NO_REPLAY
from backend.domain.types import Actor, Role
from backend.errors import AppError, InvalidFields
from backend.kit.db import Sql, transaction
from backend.org.queries import PersonBrief, find_person, search_people
from backend.org.queries_units import UnitRow, units_under
from backend.web.forms import Form, Trouble, read, trouble_of
from backend.web.qr import qr
from backend.web.render import NEVER, AnyRequest, Page, actor_of, go, page, settings_of, words_of

_MOST = 300
#: Sheets in one print.
_MOST_SHEETS = 100
_guard = page_has_role(Role.HR, Role.ADMIN)


class Account(msgspec.Struct, frozen=True):
    """Whether a person can get in and be reached."""

    id: int
    has_password: bool
    reach: reach.Reach


class Sheet(msgspec.Struct, frozen=True):
    """A one-time link to hand over on paper; it is shown once and kept nowhere."""

    person: PersonBrief
    address: str
    picture: str
    link: IssuedLink


@get("/people", guards=[_guard])
async def people_page(request: AnyRequest) -> Page:
    """The people under one's HR or admin position: ``q``, ``unit``, ``reach``."""
    names = ("q", "unit", "reach")
    form = Form([(name, str(request.query_params[name])) for name in names if request.query_params.get(name)])
    return await _show(request, form)


async def _show(request: AnyRequest, form: Form, trouble: Trouble | None = None) -> Page:
    actor = actor_of(request)
    paths = actor.paths(Role.HR, Role.ADMIN)
    units = await units_under(paths)
    unit = next((unit for unit in units if unit.code == form.text("unit")), None)
    reached = next((way for way in reach.REACHES if way == form.text("reach")), "")
    found = await search_people(form.text("q"), [unit.path] if unit else paths, _MOST, reached=reached)
    groups: dict[str, list[PersonBrief]] = {}
    for person in found:
        groups.setdefault(person.unit_name, []).append(person)
    return page(
        request,
        "people.html",
        trouble.status if trouble else 200,
        cache=NEVER,
        form=form,
        trouble=trouble,
        groups=_ordered(groups, units),
        total=len(found),
        accounts=await _accounts([person.id for person in found]),
        units=[("", words_of(request).t("people.all_units")), *((unit.code, unit.name) for unit in units)],
        reaches=reach.REACHES,
        reached=reached,
    )


def _ordered(groups: dict[str, list[PersonBrief]], units: list[UnitRow]) -> list[tuple[str, list[PersonBrief]]]:
    places = {unit.name: place for place, unit in enumerate(sorted(units, key=lambda unit: unit.path))}
    return sorted(groups.items(), key=lambda group: places.get(group[0], len(places)))


async def _accounts(ids: list[int]) -> dict[int, Account]:
    sql = Sql()
    reached = reach.reach(sql, await reach.sent())
    rows = await sql.fetch(
        f"select p.id, p.password_hash is not null as has_password, {reached} as reach "
        f"from person p where {sql.any_of('p.id', ids)}",
        Account,
    )
    return {row.id: row for row in rows}


@post("/people/sheets", guards=[_guard, csrf_form], status_code=200, opt={NO_REPLAY: True})
async def make_sheets(request: AnyRequest) -> Page:
    """Issue sign-in links to the ticked people and show them once, one sheet a person, to be printed. All or none."""
    actor, form = actor_of(request), await read(request)
    try:
        async with transaction():
            sheets = [await _sheet(request, actor, handle) for handle in _ticked(form)]
    except AppError as error:
        return await _show(request, form, trouble_of(request, error))
    return page(request, "sheets.html", cache=NEVER, sheets=sheets, site=settings_of(request).url)


def _ticked(form: Form) -> list[str]:
    """Whom the form names, each once. Raises InvalidFields for nobody or too many."""
    handles = list(dict.fromkeys(form.all("person")))
    if not 0 < len(handles) <= _MOST_SHEETS:
        raise InvalidFields("invalid_fields", [{"where": "person", "code": "sheets_how_many", "most": _MOST_SHEETS}])
    return handles


async def _sheet(request: AnyRequest, actor: Actor, handle: str) -> Sheet:
    person = await find_person(handle)
    link = await auth.issue_link(actor, person.id)
    brief = PersonBrief(person.id, person.handle, person.full_name, person.locale)
    address = settings_of(request).url + link.path
    return Sheet(brief, address, qr(address, words_of(request).t("people.sheet_qr", name=brief.name)), link)


@post("/people/chat-sheet", guards=[_guard, csrf_form], status_code=200, opt={NO_REPLAY: True})
async def make_chat_sheet(request: AnyRequest) -> Page:
    """Make linking codes and show them once, to be printed: for the ticked people (all or none), or for everybody without
    a chat in the unit on show."""
    actor, form = actor_of(request), await read(request)
    try:
        if form.has("unlinked"):
            sheet = await link_sheets.for_unlinked(actor, form.text("unit"))
        else:
            sheet = await link_sheets.for_people(actor, form.all("person"))
    except AppError as error:
        return await _show(request, form, trouble_of(request, error))
    t = words_of(request).t
    pictures = {
        slip.handle: qr(slip.telegram_url, t("people.slip_qr", name=slip.name))
        for slip in sheet.slips
        if slip.telegram_url
    }
    return page(request, "chat_sheet.html", cache=NEVER, sheet=sheet, pictures=pictures)


@post("/people/mail", guards=[_guard, csrf_form])
async def mail_links(request: AnyRequest) -> Response[Any]:
    """Send sign-in links by e-mail to the ticked people. All or none."""
    actor, form = actor_of(request), await read(request)
    try:
        handles = _ticked(form)
        async with transaction():
            for handle in handles:
                await auth.send_link(actor, (await find_person(handle)).id, settings_of(request).url)
    except AppError as error:
        return await _show(request, form, trouble_of(request, error))
    return go("/people", "links_mailed", n=str(len(handles)))


routes = [people_page, make_sheets, make_chat_sheet, mail_links]
