"""A plan in the making: the file's lines over what is stored, who imports, what is wrong, what is missing."""

from datetime import date
from typing import Any

import msgspec

from backend.domain.access import under
from backend.domain.types import Role
from backend.org.draft import Draft, DraftPerson, DraftUnit
from backend.org.rules import Office
from backend.org.sheets import Issue
from backend.org.stored import Stored


class Scope(msgspec.Struct, frozen=True):
    """What the importer may touch: units under ``paths``, positions of admins only under ``admin_paths``; None =
    everything. ``person_id`` is the importer, who is never closed by their own file."""

    paths: tuple[str, ...] | None = None
    admin_paths: tuple[str, ...] | None = None
    person_id: int = 0

    def covers(self, unit: DraftUnit, role: Role | None = None) -> bool:
        """A stored unit by its path, a new one by the nearest stored unit above it."""
        paths = self.admin_paths if role is Role.ADMIN else self.paths
        if paths is None:
            return True
        stored = next((found for found in unit.line() if found.path), None)
        return stored is not None and any(under(stored.path, path) for path in paths)


class Missing(msgspec.Struct, frozen=True):
    """Something of the file's trees that is in force and not in the file. ``ref`` is a handle or code."""

    kind: str
    ref: str
    name: str
    closed: bool


class Plan:
    """A draft in the making: the file's lines, what is wrong with them, what the file leaves out."""

    def __init__(self, stored: Stored, office: Office, today: date, scope: Scope, issues: list[Issue]) -> None:
        self.draft = Draft(stored, today)
        self.office = office
        self.today = today
        self.scope = scope
        self.issues = issues
        self.missing: list[Missing] = []
        #: Handle, e-mail or phone → person, as they will be; filled by the people's step.
        self.refs: dict[str, DraftPerson] = {}

    def issue(self, sheet: str, row: int, column: str, code: str, **params: Any) -> None:
        """Report a bad cell; ``column`` is our key, shown as the file calls it."""
        label = self.office.labels.get(sheet, {}).get(column, column)
        self.issues.append(Issue(sheet, row, label, code, params))

    def person(self, sheet: str, row: int, column: str, ref: str) -> DraftPerson | None:
        """Whom a cell refers to; an unknown one is reported, unless the row that makes them is itself at fault."""
        found = self.refs.get(ref)
        if found is None and ref not in self.office.broken:
            self.issue(sheet, row, column, "import_person_unknown", value=ref)
        return found

    def unit(self, sheet: str, row: int, column: str, code: str) -> DraftUnit | None:
        """Which unit a cell refers to, likewise."""
        found = self.draft.units.get(code)
        if found is None and code not in self.office.broken:
            self.issue(sheet, row, column, "import_unit_unknown", value=code)
        return found
