"""Marks that people entered: reading them by period, and writing one."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import msgspec

from backend.kit.db import Sql

#: The level whose marks count; a person's own mark (``self``) stands beside it.
DECIDING = "leader"
SELF = "self"
#: What the head of the person's unit gave, on which the leader above decides.
HEAD = "head"


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
    return (await of_units(period, [unit_id])).get(unit_id)


class _UnitMark(msgspec.Struct):
    unit_id: int
    value: Decimal


async def of_units(period: str, ids: Iterable[int]) -> dict[int, Fraction]:
    """The common marks of units."""
    sql = Sql()
    rows = await sql.fetch(
        "select m.unit_id, m.value from mark m join period p on p.id = m.period_id "
        f"where p.key = {sql.arg(period)} and {sql.any_of('m.unit_id', sorted(set(ids)))} and m.what = 'common' "
        f"and m.level = {sql.arg(DECIDING)}",
        _UnitMark,
    )
    return {row.unit_id: Fraction(row.value) for row in rows}


def in_range(value: Decimal, most: Decimal) -> bool:
    """0 to ``most`` with at most three decimals; nothing else that a decimal can be (NaN, infinity)."""
    return value.is_finite() and 0 <= value <= most and value == value.quantize(Decimal("0.001"))


async def put(
    period_id: int,
    person_id: int | None,
    unit_id: int | None,
    what: str,
    level: str,
    value: Decimal,
    by: int,
    at: datetime,
) -> None:
    """Write a mark of a person or a unit (exactly one of them), or change it."""
    subject = "person_id" if person_id is not None else "unit_id"
    sql = Sql()
    await sql.run(
        "insert into mark (period_id, person_id, unit_id, what, level, value, marked_by_id, marked_at) values ("
        f"{sql.arg(period_id)}, {sql.arg(person_id)}, {sql.arg(unit_id)}, {sql.arg(what)}, {sql.arg(level)}, "
        f"{sql.arg(value)}, {sql.arg(by)}, {sql.arg(at)}) "
        f"on conflict (period_id, {subject}, what, level) do update set value = excluded.value, "
        "marked_by_id = excluded.marked_by_id, marked_at = excluded.marked_at"
    )
