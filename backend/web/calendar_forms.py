"""The forms of calendars: what was typed as one of the changes a calendar knows."""

from collections.abc import Awaitable, Callable
from datetime import date

import msgspec

from backend.calendars import edits, service
from backend.calendars.edits import Edit
from backend.calendars.queries import SILENT
from backend.calendars.schemas import (
    AddVersionDraft,
    ConfirmDraft,
    DayOffDraft,
    DaysDraft,
    MakeUpDayDraft,
    YearDraft,
)
from backend.calendars.service import Kept
from backend.domain.types import Actor
from backend.errors import InvalidFields
from backend.web.forms import Form, to_struct

#: Lines of the year's form for days that nobody proposed.
NEW_LINES = 6

CarryOut = Callable[[Actor, str, str, int | None], Awaitable[Kept]]


class Wanted(msgspec.Struct, frozen=True):
    """A change: as an edit to look at, and as what carries it out (actor, unit, reason, version). ``year`` is the year
    to show afterwards."""

    edit: Edit
    carry_out: CarryOut
    year: int | None = None


def _add(form: Form) -> Wanted:
    on = _day(form, "on")
    draft = DaysDraft(reason=_reason(form))
    if form.text("kind") == "make_up":
        draft = msgspec.structs.replace(draft, make_up_days=[_made_up(form, on)])
    else:
        draft = msgspec.structs.replace(draft, days_off=[_off(form, on)])
    return Wanted(
        edits.days(draft), lambda actor, unit, _, version: service.set_days(actor, unit, draft, version), on.year
    )


def _off(form: Form, on: date) -> DayOffDraft:
    return to_struct({"on": on, "name": form.text("name"), **_known(form)}, DayOffDraft)


def _made_up(form: Form, on: date) -> MakeUpDayDraft:
    like = form.number("like_weekday")
    return to_struct({"on": on, "like_weekday": like, "name": form.text("name"), **_known(form)}, MakeUpDayDraft)


def _known(form: Form) -> dict[str, str]:
    return {
        "decision": form.text("decision"),
        "status": "confirmed" if form.has("confirmed") else "unconfirmed",
    }


def _remove(form: Form) -> Wanted:
    on = _day(form, "on")
    return Wanted(
        edits.removal(on),
        lambda actor, unit, reason, version: service.remove_day(actor, unit, on, reason, version),
        on.year,
    )


def _confirm(form: Form) -> Wanted:
    on = _day(form, "on")
    draft = to_struct({"decision": form.text("decision")}, ConfirmDraft)
    return Wanted(
        edits.confirmation(on, draft),
        lambda actor, unit, _, version: service.confirm_day(actor, unit, on, draft, version),
        on.year,
    )


def _hours(form: Form) -> Wanted:
    values = {
        "effective_from": _day(form, "effective_from"),
        "hours": [form.text(f"hours_{number}") for number in range(7)],
        "reason": _reason(form),
    }
    draft = to_struct(values, AddVersionDraft)
    return Wanted(
        edits.version(draft), lambda actor, unit, _, version: service.add_version(actor, unit, draft, version)
    )


def _year(form: Form) -> Wanted:
    year = form.number("year") or 0
    draft = year_draft(form)
    return Wanted(
        edits.year(year, draft),
        lambda actor, unit, _, version: service.set_year(actor, unit, year, draft, version),
        year,
    )


def year_draft(form: Form) -> YearDraft:
    """The ticked days of the form, and those written on its empty lines. Raises InvalidFields."""
    off: list[DayOffDraft] = []
    made_up: list[MakeUpDayDraft] = []
    for line in [*form.all("day"), *(f"new{number}" for number in range(NEW_LINES))]:
        on = form.day(f"on_{line}")
        if on is None:
            continue
        values = {
            "on": on,
            "name": form.text(f"name_{line}"),
            "decision": form.text(f"decision_{line}"),
            "status": "confirmed" if form.has(f"confirmed_{line}") else "unconfirmed",
        }
        like = form.number(f"like_{line}")
        if like is None:
            off.append(to_struct(values, DayOffDraft))
        else:
            made_up.append(to_struct({**values, "like_weekday": like}, MakeUpDayDraft))
    return YearDraft(days_off=off, make_up_days=made_up, reason=_reason(form))


def _clear(form: Form) -> Wanted:
    return Wanted(lambda *_: SILENT, lambda actor, unit, reason, version: service.clear(actor, unit, reason, version))


def _reason(form: Form) -> str:
    return form.text("reason")[:500]


def _day(form: Form, name: str) -> date:
    on = form.day(name)
    if on is None:
        raise InvalidFields("invalid_fields", [{"where": name, "code": "field_date"}])
    return on


#: The field ``act`` of a form → the change it means.
CHANGES: dict[str, Callable[[Form], Wanted]] = {
    "add": _add,
    "remove": _remove,
    "confirm": _confirm,
    "hours": _hours,
    "year": _year,
    "clear": _clear,
}
