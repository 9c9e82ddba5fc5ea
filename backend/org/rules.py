"""The rules of single rows: every sheet's rows as typed lines, and what is wrong with those that are not."""

from collections.abc import Iterator
from datetime import date
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from backend.domain.types import Role
from backend.org.columns import SHEETS
from backend.org.sheets import Issue, Row, Sheet, Sheets
from backend.org.values import READERS, Bad, handle_candidates


class Line(msgspec.Struct, kw_only=True):
    """A row understood. UNSET: the file has no such column; None: the cell is empty."""

    row: int


class UnitLine(Line):
    code: str
    name: str
    parent: str | UnsetType | None = UNSET
    kind: str | UnsetType | None = UNSET
    overseer: str | UnsetType | None = UNSET


class PersonLine(Line):
    full_name: str
    handle: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    locale: str | UnsetType | None = UNSET
    until: date | UnsetType | None = UNSET


class PositionLine(Line, rename={"from_on": "from"}):
    person: str
    unit: str
    title: str
    role: Role
    from_on: date
    rank: int | UnsetType | None = UNSET
    until: date | UnsetType | None = UNSET


class LeaveLine(Line, rename={"from_on": "from"}):
    person: str
    from_on: date
    until: date
    substitute: str | UnsetType | None = UNSET
    reason: str | UnsetType | None = UNSET


class DelegationLine(Line, rename={"from_on": "from"}):
    person: str
    substitute: str
    from_on: date
    until: date
    reason: str
    unit: str | UnsetType | None = UNSET


class Office(msgspec.Struct):
    """A whole file understood. A sheet that the file does not have is None: nothing of its kind is touched."""

    units: list[UnitLine] | None = None
    people: list[PersonLine] | None = None
    positions: list[PositionLine] | None = None
    leaves: list[LeaveLine] | None = None
    delegations: list[DelegationLine] | None = None
    #: Sheet → column key → the header as the file writes it, for messages.
    labels: dict[str, dict[str, str]] = {}
    #: Codes, handles, e-mails and phones of rows that could not be read: who refers to them is not at fault.
    broken: set[str] = set()


_L = TypeVar("_L", bound=Line)


def understand(sheets: Sheets, issues: list[Issue]) -> Office:
    """Read every cell; what cannot be read is added to ``issues`` and its row left out."""
    office = Office(labels={name: sheet.labels for name, sheet in sheets.items()})
    office.units = _lines(office, sheets.get("units"), UnitLine, issues)
    office.people = _lines(office, sheets.get("people"), PersonLine, issues)
    office.positions = _lines(office, sheets.get("positions"), PositionLine, issues)
    office.leaves = _lines(office, sheets.get("leaves"), LeaveLine, issues)
    office.delegations = _lines(office, sheets.get("delegations"), DelegationLine, issues)
    return office


def _lines(office: Office, sheet: Sheet | None, line: type[_L], issues: list[Issue]) -> list[_L] | None:
    if sheet is None:
        return None
    found: list[_L] = []
    for row in sheet.rows:
        before = len(issues)
        values = _values(sheet, row, issues)
        if len(issues) == before:
            found.append(msgspec.convert(values, line))
        else:
            office.broken.update(_names(values))
    return found


def _names(values: dict[str, Any]) -> Iterator[str]:
    """What other rows may call the unit or person of this row."""
    yield from (value for key in ("code", "handle", "email", "phone") if (value := values.get(key)))
    if name := values.get("full_name"):
        candidate = handle_candidates(name)
        yield from (candidate(0), candidate(1))


def _values(sheet: Sheet, row: Row, issues: list[Issue]) -> dict[str, Any]:
    """The row's cells that could be read, by column key; the others become issues."""
    values: dict[str, Any] = {"row": row.number}
    for column in SHEETS[sheet.name].columns:
        text = row.cells.get(column.key)
        if text is None:
            continue
        try:
            values[column.key] = READERS[column.kind](text) if text else None
        except Bad as bad:
            issues.append(Issue(sheet.name, row.number, sheet.labels[column.key], bad.code, bad.params))
        if not text and column.required:
            issues.append(Issue(sheet.name, row.number, sheet.labels[column.key], "import_required"))
    first, last = values.get("from"), values.get("until")
    if isinstance(first, date) and isinstance(last, date) and last < first:
        params = {"from_on": f"{first:%d/%m/%Y}", "until_on": f"{last:%d/%m/%Y}"}
        issues.append(Issue(sheet.name, row.number, sheet.labels["until"], "import_until_before_from", params))
    return values
