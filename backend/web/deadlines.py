"""Deadlines in forms: the quick choices that are offered and the draft that a filled-in form means."""

from datetime import date, datetime

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.deadlines import usual
from backend.errors import InvalidFields
from backend.tasks.schemas import DueDraft
from backend.web.forms import Form
from backend.web.words import Words

#: Value of a quick choice: the end of the last shift of that day.
_ON = "on:"


class QuickDue(msgspec.Struct, frozen=True):
    """A deadline to pick with one tap; ``value`` names the day, so a form that was open over night still means it."""

    value: str
    label: str


def quick_choices(words: Words, calendar: WorkCalendar) -> list[QuickDue]:
    """The usual deadlines that are still ahead."""
    return [QuickDue(f"{_ON}{at.date().isoformat()}", _label(words, at)) for at in usual(words.now, calendar)]


def _label(words: Words, at: datetime) -> str:
    away = (words.local(at).date() - words.today).days
    return words.when(at) if away < 7 else words.t("when.date", day=words.day_short(words.local(at).date()))


def due_of(form: Form, words: Words, calendar: WorkCalendar) -> DueDraft | None:
    """The deadline in the fields ``due`` (how), ``due_on`` and ``due_time``, ``due_days``; None when none was given.

    Raises InvalidFields naming the field. A date without a time means the end of the last shift of that day.
    """
    how = form.text("due")
    if how.startswith(_ON):
        return DueDraft(at=_end_of(how.removeprefix(_ON), calendar))
    if how == "working_days":
        days = form.number("due_days")
        if not days or days > 1000:
            raise _wrong("due_days", "field_number")
        return DueDraft(working_days=days)
    if how == "date" or (not how and form.text("due_on")):
        on = form.day("due_on")
        if on is None:
            raise _wrong("due_on", "field_date")
        at = form.moment("due", words.zone.key, calendar.day_end(on).timetz().replace(tzinfo=None))
        return DueDraft(at=at)
    return None


def required_due(form: Form, words: Words, calendar: WorkCalendar) -> DueDraft:
    """The same for a form that cannot do without. Raises InvalidFields."""
    due = due_of(form, words, calendar)
    if due is None:
        raise _wrong("due", "field_due")
    return due


def _end_of(text: str, calendar: WorkCalendar) -> datetime:
    try:
        return calendar.day_end(date.fromisoformat(text))
    except (ValueError, OverflowError):
        raise _wrong("due", "field_due") from None


def _wrong(where: str, code: str) -> InvalidFields:
    return InvalidFields("invalid_fields", [{"where": where, "code": code}])
