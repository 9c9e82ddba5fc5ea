"""The positions of a file: who holds what where, one chief a unit at a time, overseers above what they oversee."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date

from msgspec import UNSET

from backend.domain.types import Role
from backend.kit.text import fold
from backend.org.draft import DraftPerson, DraftPosition, DraftUnit
from backend.org.plan import Plan
from backend.org.rules import PositionLine
from backend.org.values import default_rank

_SHEET = "positions"


def lay_positions(plan: Plan) -> None:
    """Match every line to a position or make one: first those that are exactly the same, then those that moved their
    dates, then those that were only retitled."""
    waiting = _resolved(plan)
    for alike in (_same_key, _same_title, _same_start):
        left: list[tuple[PositionLine, DraftPerson, DraftUnit]] = []
        for line, person, unit in waiting:
            position = _find(plan, person, unit, line, alike)
            if position is None:
                left.append((line, person, unit))
            else:
                _take(position, line)
        waiting = left
    for line, person, unit in waiting:
        rank = line.rank or default_rank(line.role, line.title)
        position = DraftPosition(
            person=person, unit=unit, title=line.title, role=line.role, rank=rank, from_on=line.from_on
        )
        position.touch(line.row)
        position.until_on = line.until or None
        plan.draft.add_position(position)


def _resolved(plan: Plan) -> list[tuple[PositionLine, DraftPerson, DraftUnit]]:
    """Lines whose person and unit are known and fit their dates, each position once."""
    found: list[tuple[PositionLine, DraftPerson, DraftUnit]] = []
    seen: dict[tuple[int, int, str, str, date], int] = {}
    for line in plan.office.positions or []:
        person = plan.person(_SHEET, line.row, "person", line.person)
        unit = plan.unit(_SHEET, line.row, "unit", line.unit)
        if person is not None and not person.active(line.from_on):
            until_on = f"{person.until_on:%d/%m/%Y}"
            plan.issue(_SHEET, line.row, "from", "import_person_left", value=person.full_name, until_on=until_on)
        if unit is not None and unit.closed_on is not None and (line.until or date.max) >= unit.closed_on:
            plan.issue(_SHEET, line.row, "unit", "import_unit_closed", value=line.unit)
        if person is None or unit is None:
            continue
        key = (id(person), id(unit), line.role, fold(line.title), line.from_on)
        if key in seen:
            plan.issue(_SHEET, line.row, "person", "import_duplicate", value=line.person, other=seen[key])
            continue
        seen[key] = line.row
        found.append((line, person, unit))
    return found


_Alike = Callable[[DraftPosition, PositionLine, date], bool]


def _same_key(position: DraftPosition, line: PositionLine, today: date) -> bool:
    return position.from_on == line.from_on and fold(position.title) == fold(line.title)


def _same_title(position: DraftPosition, line: PositionLine, today: date) -> bool:
    return fold(position.title) == fold(line.title) and position.lasts(today)


def _same_start(position: DraftPosition, line: PositionLine, today: date) -> bool:
    return position.from_on == line.from_on and position.lasts(today)


def _find(plan: Plan, person: DraftPerson, unit: DraftUnit, line: PositionLine, alike: _Alike) -> DraftPosition | None:
    for position in plan.draft.positions_of[id(person)]:
        same_post = position.unit is unit and position.role is line.role and not position.row
        if same_post and alike(position, line, plan.today):
            return position
    return None


def _take(position: DraftPosition, line: PositionLine) -> None:
    """Take over the line's cells; a rank that the file leaves open stays as long as the title does."""
    position.touch(line.row)
    if line.rank:
        position.rank = line.rank
    elif fold(position.title) != fold(line.title):
        position.rank = default_rank(line.role, line.title)
    position.title = line.title
    position.from_on = line.from_on
    if line.until is not UNSET:
        position.until_on = line.until


def check_chiefs(plan: Plan) -> None:
    """No unit has two leaders of rank 1 at the same time; reported at a row of the file."""
    chiefs: defaultdict[int, list[DraftPosition]] = defaultdict(list)
    for position in plan.draft.positions:
        real = position.last_on >= position.from_on
        if position.role is Role.LEADER and position.rank == 1 and real and not position.closing:
            chiefs[id(position.unit)].append(position)
    for positions in chiefs.values():
        positions.sort(key=lambda position: position.from_on)
        last = positions[0]
        for position in positions[1:]:
            if position.person is not last.person and position.from_on <= last.last_on:
                _report_chiefs(plan, last, position)
            last = max(last, position, key=lambda one: one.last_on)


def _report_chiefs(plan: Plan, first: DraftPosition, second: DraftPosition) -> None:
    at, other = (second, first) if second.row else (first, second)
    if at.row:
        plan.issue(
            _SHEET, at.row, "person", "import_two_chiefs", value=at.person.full_name, unit=at.unit.name,
            other=other.person.full_name, from_on=f"{second.from_on:%d/%m/%Y}",
        )  # fmt: skip


def check_overseers(plan: Plan) -> None:
    """Whom the file names to look after a unit leads one above it."""
    for line in plan.office.units or []:
        unit = plan.draft.units[line.code]
        if not isinstance(line.overseer, str) or unit.overseer is None:
            continue
        above = {id(found) for found in unit.line() if found is not unit}
        posts = plan.draft.lasting(unit.overseer)
        if not any(post.role is Role.LEADER and id(post.unit) in above for post in posts):
            plan.issue("units", line.row, "overseer", "import_overseer_not_above", value=unit.overseer.full_name)
