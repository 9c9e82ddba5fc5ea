"""Working calendars: the year with its days off and who decided them, for everybody; changes for HR and admins."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

import msgspec
from litestar import Response, get, post

from backend.auth.guards import csrf_form, page_has_role, page_signed_in
from backend.calendars import places, proposing, service, views
from backend.calendars.reading import FIRST_YEAR, LAST_YEAR
from backend.calendars.schemas import OFFICE_CODE, CalendarView, DayView, VersionView
from backend.domain.access import may_change_calendar
from backend.domain.types import Actor, Role
from backend.errors import AppError, Forbidden, NotFound
from backend.tasks.calendar_previews import preview_of
from backend.web.calendar_forms import CHANGES, Wanted
from backend.web.forms import Form, Trouble, read, trouble_of
from backend.web.render import AnyRequest, Page, actor_of, go, page, words_of
from backend.web.words import Words

KEEPERS = (Role.HR, Role.ADMIN)


class Hours(msgspec.Struct, frozen=True):
    """Weekdays in a row that work alike."""

    days: str
    hours: str


class Month(msgspec.Struct, frozen=True):
    number: int
    days: list[DayView]


@get("/calendars", guards=[page_signed_in])
async def calendars_page(request: AnyRequest) -> Page:
    """A year of a unit's calendar: ``unit`` (default: the reader's own), ``year`` (default: this one)."""
    asked = request.query_params
    form = Form([(name, str(asked[name])) for name in ("unit", "year") if asked.get(name)])
    return await _show(request, form)


async def _show(request: AnyRequest, form: Form, trouble: Trouble | None = None) -> Page:
    actor, words = actor_of(request), words_of(request)
    unit = form.text("unit") or (await places.places_of(actor))[0].code
    calendar = await views.calendar_view(actor, unit)
    year = await views.year_view(actor, calendar.unit, _year(form, words))
    return page(
        request,
        "calendars.html",
        trouble.status if trouble else 200,
        form=form,
        trouble=trouble,
        open_act=trouble.act if trouble else "",
        calendar=calendar,
        name=calendar.name or words.t("calendars.office"),
        year=year,
        months=_months(year.days),
        units=await _units(actor, words),
        years=_years(words, year.year),
        hours=_hours(calendar.hours, words),
        later=[(version, _hours(version, words)) for version in _later(calendar, words)],
        weekdays=_weekdays(words),
        said_by=await _names(actor, words),
    )


def _year(form: Form, words: Words) -> int:
    text = form.text("year")
    year = int(text) if text.isascii() and text.isdecimal() and len(text) == 4 else words.today.year
    return min(max(year, FIRST_YEAR), LAST_YEAR)


def _years(words: Words, year: int) -> list[tuple[str, str]]:
    this = words.today.year
    return [(str(number), str(number)) for number in sorted({*range(this - 1, this + 3), year})]


async def _units(actor: Actor, words: Words) -> list[tuple[str, str]]:
    """Units whose calendars the actor may look at, indented by their place in the tree."""
    found = await places.choices(actor)
    top = min((place.path.count("/") for place in found if place.unit_id is not None), default=0)
    return [
        (place.code, "– " * (place.path.count("/") - top) + place.name if place.name else words.t("calendars.office"))
        for place in found
    ]


async def _names(actor: Actor, words: Words) -> dict[str, str]:
    """Unit code → who says so, in words."""
    names = {place.code: place.name for place in await places.choices(actor)}
    return {**names, OFFICE_CODE: words.t("calendars.office"), "": words.t("calendars.table")}


def _weekdays(words: Words) -> list[str]:
    return [words.day(date(2024, 1, number + 1)).rsplit(" ", 1)[0] for number in range(7)]


def _hours(version: VersionView, words: Words) -> list[Hours]:
    """The week in as few lines as it has different days."""
    names = _weekdays(words)
    found = []
    for hours, run in groupby(range(7), lambda number: version.hours[number]):
        numbers = list(run)
        first, last = names[numbers[0]], names[numbers[-1]]
        shown = first if len(numbers) == 1 else f"{first} – {last}"
        found.append(Hours(shown, hours.replace("-", "–").replace(" ", ", ") or words.t("calendars.no_work")))
    return found


def _later(calendar: CalendarView, words: Words) -> list[VersionView]:
    return [version for version in calendar.versions if version.effective_from > words.today]


def _months(days: Sequence[DayView]) -> list[Month]:
    return [Month(number, list(found)) for number, found in groupby(days, lambda day: day.on.month)]


@get("/calendars/year", guards=[page_has_role(*KEEPERS)])
async def year_page(request: AnyRequest) -> Page:
    """The form that sets a whole year: the days it has, or when it has none yet those that the library proposes."""
    asked = request.query_params
    form = Form([(name, str(asked[name])) for name in ("unit", "year") if asked.get(name)])
    return await _show_year(request, form)


async def _show_year(request: AnyRequest, form: Form, trouble: Trouble | None = None) -> Page:
    actor, words = actor_of(request), words_of(request)
    unit = form.text("unit") or (await places.places_of(actor))[0].code
    place = await places.find_place(actor, unit)
    if not may_change_calendar(actor, None if place.unit_id is None else place.path):
        raise Forbidden("forbidden")
    year = _year(form, words)
    view = await views.year_view(actor, place.code, year)
    days = [day for day in view.days if day.kind != "ordinary"]
    proposed = not days
    if proposed:
        draft = proposing.proposal(year)
        days = [_proposed(day.on, day.name, None) for day in draft.days_off]
        days += [_proposed(day.on, day.name, day.like_weekday) for day in draft.make_up_days]
    return page(
        request,
        "calendar_year.html",
        trouble.status if trouble else 200,
        form=form,
        trouble=trouble,
        unit=place.code,
        name=place.name or words.t("calendars.office"),
        year=year,
        version=view.version,
        days=sorted(days, key=lambda day: day.on),
        proposed=proposed,
        weekdays=_weekdays(words),
    )


def _proposed(on: date, name: str, like_weekday: int | None) -> DayView:
    return DayView(
        on=on,
        kind="off" if like_weekday is None else "make_up",
        name=name,
        decision="",
        status="unconfirmed",
        like_weekday=like_weekday,
        said_by="",
        own=False,
    )


@post("/calendars/change", guards=[page_has_role(*KEEPERS), csrf_form])
async def change_calendar(request: AnyRequest) -> Response[Any]:
    """Make a change, named by the field ``act``. One that would move open deadlines is shown first, with all of them."""
    actor, form = actor_of(request), await read(request)
    act = form.text("act")
    change = CHANGES.get(act)
    if change is None:
        raise NotFound("not_found")
    try:
        wanted = change(form)
        reason, version = form.text("reason")[:500], form.version()
        planned = await service.plan(actor, form.text("unit"), wanted.edit, reason, version)
        look = await preview_of(actor, planned)
        if look.total and not form.has("sure"):
            return _preview(request, form, wanted, look, planned.place.name)
        kept = await wanted.carry_out(actor, form.text("unit"), reason, version)
    except AppError as error:
        trouble = trouble_of(request, error, act)
        return await (_show_year if act == "year" else _show)(request, form, trouble)
    address = f"/calendars?unit={kept.place.code}&year={wanted.year or _year(form, words_of(request))}"
    return go(address, "calendar_changed" if kept.changed else "already")


def _preview(request: AnyRequest, form: Form, wanted: Wanted, look: Any, name: str) -> Page:
    words = words_of(request)
    return page(
        request,
        "calendar_preview.html",
        look=look,
        name=name or words.t("calendars.office"),
        what=words.t(f"calendars.act.{form.text('act')}"),
        sent=[(key, value) for key, value in form.items if isinstance(value, str) and key != "csrf"],
        back=f"/calendars?unit={look.unit}&year={wanted.year or words.today.year}",
    )


routes = [calendars_page, year_page, change_calendar]
