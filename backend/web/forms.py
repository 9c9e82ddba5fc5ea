"""Reading forms: what was typed, what it means, and what is wrong with it beside the field where it was typed."""

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from litestar.datastructures import UploadFile

from backend.domain.types import Actor
from backend.errors import AppError, InvalidFields
from backend.files.service import store
from backend.kit import problems
from backend.settings import Settings
from backend.web.render import AnyRequest, locale_of

T = TypeVar("T")

_AT = re.compile(r"at `\$\.?([\w\[\]….]*)`")
_MAX = re.compile(r"length <= (\d+)")


class Form:
    """A form as it was sent. Templates ask it again for what was typed, so nothing is lost by a mistake."""

    def __init__(self, items: list[tuple[str, Any]]) -> None:
        self.items = items

    def __bool__(self) -> bool:
        return bool(self.items)

    def get(self, name: str, otherwise: str = "") -> str:
        """The last text under ``name`` as it was typed."""
        texts = self.all(name)
        return texts[-1] if texts else otherwise

    def text(self, name: str) -> str:
        return self.get(name).strip()

    def lines(self, name: str) -> str:
        """Text of several lines; browsers send CRLF."""
        return self.get(name).replace("\r\n", "\n").strip()

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.items if key == name and isinstance(value, str)]

    def has(self, name: str, value: str | None = None) -> bool:
        """Whether a box was ticked (with this value)."""
        return any(key == name and (value is None or found == value) for key, found in self.items)

    def number(self, name: str) -> int | None:
        """A whole number, None when nothing was typed. Raises InvalidFields for anything else."""
        text = self.text(name)
        if not text:
            return None
        if not text.isdecimal() or len(text) > 9:
            raise InvalidFields("invalid_fields", [{"where": name, "code": "field_number"}])
        return int(text)

    def day(self, name: str) -> date | None:
        """A date from a date field. Raises InvalidFields when it is none."""
        text = self.text(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise InvalidFields("invalid_fields", [{"where": name, "code": "field_date"}]) from None

    def moment(self, name: str, zone: str, end_of_day: time) -> datetime | None:
        """An instant from the fields ``name_on`` and ``name_time``; without a time, the end of that day."""
        on = self.day(f"{name}_on")
        if on is None:
            return None
        text = self.text(f"{name}_time")
        try:
            at = time.fromisoformat(text) if text else end_of_day
        except ValueError:
            raise InvalidFields("invalid_fields", [{"where": f"{name}_time", "code": "field_date"}]) from None
        return datetime.combine(on, at.replace(tzinfo=None), ZoneInfo(zone))

    def version(self) -> int | None:
        """The version of the thing that the form was made for."""
        text = self.text("version")
        return int(text) if text.isdecimal() and len(text) < 10 else None

    def files(self, name: str) -> list[UploadFile]:
        """Files that were chosen (an empty file field is sent as a file without a name)."""
        return [value for key, value in self.items if key == name and isinstance(value, UploadFile) and value.filename]


async def read(request: AnyRequest) -> Form:
    """The form of a request."""
    return Form(list((await request.form()).multi_items()))


class Trouble(msgspec.Struct, frozen=True):
    """Why a form was not carried out: one sentence for all, and one for each field that is wrong."""

    message: str
    status: int
    code: str = ""
    fields: dict[str, str] = {}
    #: Which form of a page with several.
    act: str = ""


def trouble_of(request: AnyRequest, error: AppError, act: str = "") -> Trouble:
    """``error`` in the reader's language, for the page that shows the form again."""
    problem, _ = problems.describe(error, locale_of(request))
    fields: dict[str, str] = {}
    for issue in problem.issues:
        name = str(issue.get("where", "")).split(".")[0]
        fields[name] = f"{fields[name]} {issue['message']}" if name in fields else str(issue["message"])
    return Trouble(problem.detail, problem.status, problem.code, fields, act)


def to_struct(values: dict[str, Any], type_: type[T]) -> T:
    """``values`` as a checked input. Raises InvalidFields naming the field; the library's words are for programs."""
    try:
        return msgspec.convert(values, type_, strict=False)
    except msgspec.ValidationError as error:
        words = str(error)
        at = _AT.search(words)
        where = re.split(r"[.\[]", at.group(1))[0] if at else ""
        raise InvalidFields("invalid_fields", [{"where": where, **_what(words)}]) from None


def _what(words: str) -> dict[str, Any]:
    if "length >= 1" in words:
        return {"code": "empty"}
    if found := _MAX.search(words):
        return {"code": "field_too_long", "max": int(found.group(1))}
    return {"code": "field_wrong"}


def number_of(form: Form, name: str) -> Decimal | None:
    """A number as people type it, a comma as good as a point; None when nothing was typed. Raises InvalidFields."""
    text = form.text(name).replace(",", ".")
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        raise InvalidFields("invalid_fields", [{"where": name, "code": "field_wrong"}]) from None


async def uploads(settings: Settings, actor: Actor, form: Form, name: str) -> list[int]:
    """Take in the chosen files and return their ids, with those of an earlier try.

    What was taken in is put into the form as ``name_kept``, ``ID:NAME``: after a mistake elsewhere nobody has to choose
    their files again.
    """
    for file in form.files(name):
        made = await store(settings, actor, file.filename, await file.read())
        form.items.append((f"{name}_kept", f"{made.id}:{made.name}"))
    ids = (text.partition(":")[0] for text in form.all(f"{name}_kept"))
    return [int(text) for text in ids if text.isdecimal() and len(text) < 19]
