"""Marks that people entered: reading them by period."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import msgspec

from backend.kit.db import Sql

#: The level whose marks count; a person's own mark (``self``) stands beside it.
DECIDING = "leader"
SELF = "self"


class _Mark(msgspec.Struct):
    person_id: int
    what: str
    level: str
    value: Decimal


async def of_people(period: str, ids: Iterable[int]) -> dict[tuple[int, str, str], Decimal]:
    """Marks of people in a period by (person, what, level)."""
    sql = Sql()
    rows = await sql.fetch(
        "select m.person_id, m.what, m.level, m.value from mark m join period p on p.id = m.period_id "
        f"where p.key = {sql.arg(period)} and {sql.any_of('m.person_id', sorted(set(ids)))}",
        _Mark,
    )
    return {(row.person_id, row.what, row.level): row.value for row in rows}


async def of_unit(period: str, unit_id: int) -> Fraction | None:
    """The common mark of a unit."""
    sql = Sql()
    rows = await sql.rows(
        "select m.value from mark m join period p on p.id = m.period_id "
        f"where p.key = {sql.arg(period)} and m.unit_id = {sql.arg(unit_id)} and m.what = 'common' "
        f"and m.level = {sql.arg(DECIDING)}"
    )
    return Fraction(str(rows[0]["value"])) if rows else None
