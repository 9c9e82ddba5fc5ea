"""The score table: the people whose scores a reader may see, by name, and their units."""

import msgspec

from backend.domain.access import under
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor
from backend.errors import NotFound
from backend.kit.db import Sql
from backend.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, cursor, read_cursor
from backend.org.queries import find_unit
from backend.org.queries_units import units_under
from backend.org.sql import under_any
from backend.scores import access, explaining, people, reading, rules
from backend.scores.closed import closed_period
from backend.scores.periods import read_period
from backend.scores.schemas import ScoreRow, ScoreTable


class _Line(msgspec.Struct):
    person_id: int
    name_folded: str


async def table(
    actor: Actor, period_key: str, unit: str | None = None, after: str | None = None, limit: int = DEFAULT_LIMIT
) -> ScoreTable:
    """The scores that the actor may see, by name; ``unit`` (a code) narrows it to that unit and below.

    Somebody who sees nobody else's has their own line only. The first page carries the units' lines too. Raises
    NotFound for a unit in which the actor sees no scores, Invalid for a bad period or cursor.
    """
    period = read_period(period_key)
    paths = await paths_of(actor, unit)
    limit = max(1, min(limit, MAX_LIMIT))
    lines = await _page(actor, period, paths, after, limit + 1)
    shown = lines[:limit]
    last = shown[-1] if len(lines) > limit else None
    closed = await closed_period(period.key)
    return ScoreTable(
        period=period.key,
        status="closed" if closed else "open",
        rule_set=(await rules.in_force(period.until_on, paths[0] if paths else "/")).ref,
        units=await units_of(period, paths) if after is None else [],
        people=await _people(period, [line.person_id for line in shown]),
        next=cursor(last.name_folded, last.person_id) if last else None,
    )


async def paths_of(actor: Actor, unit: str | None) -> list[str] | None:
    """Paths of the units whose people are listed: None = all, none = only the actor. Raises NotFound for a unit in which
    the actor sees no scores."""
    allowed = access.paths(actor)
    if unit is None:
        return None if allowed is None else list(allowed)
    found = await find_unit(unit)
    if allowed is not None and not any(under(found.path, path) for path in allowed):
        raise NotFound("unit_not_found", ref=unit)
    return [found.path]


async def _page(
    actor: Actor, period: PeriodSpan, paths: list[str] | None, after: str | None, limit: int
) -> list[_Line]:
    sql = Sql()
    where = [
        f"s.from_on <= {sql.arg(period.until_on)}",
        f"(s.until_on is null or s.until_on >= {sql.arg(period.from_on)})",
    ]
    if paths is not None:
        where.append(under_any(sql, paths) if paths else f"p.id = {sql.arg(actor.person_id)}")
    if after is not None:
        name, person_id = read_cursor(after, tuple[str, int])
        folded, last = sql.arg(name), sql.arg(person_id)
        where.append(f"(p.name_folded > {folded} or (p.name_folded = {folded} and p.id > {last}))")
    return await sql.fetch(
        "select distinct p.id as person_id, p.name_folded from person p join position s on s.person_id = p.id "
        f"join unit u on u.id = s.unit_id where {' and '.join(where)} "
        f"order by p.name_folded, p.id limit {sql.arg(limit)}",
        _Line,
    )


async def _people(period: PeriodSpan, ids: list[int]) -> list[ScoreRow]:
    seats = await people.holders(period, people=ids)
    found = await reading.of_people(period, {person_id: reading.names_of(seats)[person_id] for person_id in ids})
    return [explaining.row(found[person_id], seats[person_id][0].title) for person_id in ids if person_id in found]


async def units_of(period: PeriodSpan, paths: list[str] | None) -> list[ScoreRow]:
    """The lines of the units at and under some paths (None = all), parents before children."""
    if paths == []:
        return []
    units = [unit for unit in await units_under(paths) if unit.closed_on is None or unit.closed_on > period.from_on]
    found = await reading.of_units(period, units)
    return [explaining.row(found[unit.id]) for unit in units if unit.id in found]
