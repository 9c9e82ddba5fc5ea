"""Units by code or id, and the tree."""

from collections.abc import Sequence
from datetime import date

import msgspec

from backend.errors import NotFound
from backend.kit.db import Sql
from backend.kit.text import fold
from backend.org.sql import under_any


class UnitRow(msgspec.Struct, frozen=True):
    """``path`` runs from the root, ``/1/4/``; ``closed_on`` is the first day on which the unit is closed."""

    id: int
    code: str
    name: str
    kind: str
    path: str
    parent_id: int | None
    overseer_id: int | None
    closed_on: date | None


_UNIT = "u.id, u.code, u.name, u.kind, u.path, u.parent_id, u.overseer_id, u.closed_on"


async def find_unit(code: str) -> UnitRow:
    """A unit by its code. Raises NotFound."""
    sql = Sql()
    rows = await sql.fetch(f"select {_UNIT} from unit u where u.code = {sql.arg(code.strip().lower())}", UnitRow)
    if not rows:
        raise NotFound("unit_not_found", ref=code)
    return rows[0]


async def unit_by_id(unit_id: int) -> UnitRow:
    """A unit by its id. Raises NotFound."""
    sql = Sql()
    rows = await sql.fetch(f"select {_UNIT} from unit u where u.id = {sql.arg(unit_id)}", UnitRow)
    if not rows:
        raise NotFound("unit_not_found", ref=str(unit_id))
    return rows[0]


async def units_under(paths: Sequence[str] | None) -> list[UnitRow]:
    """Every unit at or under ``paths`` (None = all), parents before children, siblings by name."""
    sql = Sql()
    where = "1 = 1" if paths is None else under_any(sql, paths)
    rows = await sql.fetch(f"select {_UNIT} from unit u where {where}", UnitRow)
    return sorted(rows, key=lambda unit: (unit.path.count("/"), fold(unit.name), unit.id))
