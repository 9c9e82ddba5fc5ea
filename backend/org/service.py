"""The front door of the organisation: everything that pages, API, command line, bot and engine call to change it."""

from backend.org.absences import cancel_leave, record_leave
from backend.org.delegations import delegate, end_delegation
from backend.org.importing import ImportResult, RowResult, import_org, import_path
from backend.org.leaving import Left, close_left, open_codes, sweep_left
from backend.org.people import PersonDraft, PersonPatch, add_person, change_person
from backend.org.plan import Missing
from backend.org.positions import PositionDraft, add_position, end_position
from backend.org.template import template_xlsx, write_template_csv
from backend.org.units import UnitDraft, UnitPatch, change_unit, open_unit

__all__ = [
    "ImportResult",
    "Left",
    "Missing",
    "PersonDraft",
    "PersonPatch",
    "PositionDraft",
    "RowResult",
    "UnitDraft",
    "UnitPatch",
    "add_person",
    "add_position",
    "cancel_leave",
    "change_person",
    "change_unit",
    "close_left",
    "delegate",
    "end_delegation",
    "end_position",
    "import_org",
    "import_path",
    "open_codes",
    "open_unit",
    "record_leave",
    "sweep_left",
    "template_xlsx",
    "write_template_csv",
]
