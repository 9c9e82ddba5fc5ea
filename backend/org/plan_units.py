"""The units of a file: their parents, overseers, and that they make a tree."""

from backend.org.draft import DraftUnit
from backend.org.plan import Plan
from backend.org.rules import UnitLine

_SHEET = "units"
#: Deeper trees are mistakes, and the path of a unit must fit its column.
MAX_DEPTH = 12


def lay_units(plan: Plan) -> None:
    """Make or change every unit of the file, then hang it under its parent."""
    lines: dict[str, UnitLine] = {}
    for line in plan.office.units or []:
        if line.code in lines:
            plan.issue(_SHEET, line.row, "code", "import_duplicate", value=line.code, other=lines[line.code].row)
            continue
        lines[line.code] = line
        unit = plan.draft.units.setdefault(line.code, DraftUnit(code=line.code, name=line.name))
        unit.touch(line.row)
        unit.name = line.name
        unit.kind = line.kind or unit.kind
        unit.closed_on = None
    for line in lines.values():
        _hang(plan, line)
        _oversee(plan, line)
    for line in lines.values():
        _check_line(plan, plan.draft.units[line.code])


def _hang(plan: Plan, line: UnitLine) -> None:
    if isinstance(line.parent, str):
        parent = plan.unit(_SHEET, line.row, "parent", line.parent)
        if parent is None:
            return
        if parent.closed_on is not None:
            plan.issue(_SHEET, line.row, "parent", "import_unit_closed", value=line.parent)
        plan.draft.units[line.code].parent = parent
    elif line.parent is None:
        plan.draft.units[line.code].parent = None


def _oversee(plan: Plan, line: UnitLine) -> None:
    if isinstance(line.overseer, str):
        overseer = plan.person(_SHEET, line.row, "overseer", line.overseer)
        plan.draft.units[line.code].overseer = overseer or plan.draft.units[line.code].overseer
    elif line.overseer is None:
        plan.draft.units[line.code].overseer = None


def _check_line(plan: Plan, unit: DraftUnit) -> None:
    """The way up must end at a root, within the depth we can store."""
    line = list(unit.line())
    if line[-1].parent is not None:
        # A circle further up is reported at the units that are in it.
        if line[-1].parent is unit:
            codes = " → ".join(found.code for found in [*line, unit])
            plan.issue(_SHEET, unit.row, "parent", "import_unit_cycle", value=codes)
    elif len(line) > MAX_DEPTH:
        plan.issue(_SHEET, unit.row, "parent", "import_unit_too_deep", depth=MAX_DEPTH)
