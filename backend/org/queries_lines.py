"""Who leads a unit today, and the line of leaders above a person."""

from collections.abc import Sequence
from datetime import date

import msgspec

from backend.auth.actors import today
from backend.kit.db import Sql
from backend.org.queries_absences import on_leave
from backend.org.queries_people import Seat
from backend.org.sql import SEAT, in_force, in_service


async def leaders_in(unit_ids: Sequence[int], on: date) -> dict[int, list[Seat]]:
    """Leaders of units on a day, the chief first."""
    sql = Sql()
    rows = await sql.fetch(
        f"select {SEAT} from position s join unit u on u.id = s.unit_id join person p on p.id = s.person_id "
        f"where {sql.any_of('s.unit_id', unit_ids)} and s.role = 'leader' and {in_force(sql, on)} "
        f"and {in_service(sql, on)} order by s.rank, s.from_on, s.id",
        Seat,
    )
    found: dict[int, list[Seat]] = {unit_id: [] for unit_id in unit_ids}
    for row in rows:
        found[row.unit_id].append(row)
    return found


class _StandIn(msgspec.Struct):
    person_id: int


async def leader_of(unit_id: int, on: date | None = None) -> int | None:
    """Who leads the unit on a day (default today): its chief; while the chief is on leave whoever holds their delegated
    authority, else the substitute of their leave, else the next rank who is there; if all are away, the chief. None
    when the unit has no leader at all."""
    on = on or today()
    leaders = (await leaders_in([unit_id], on))[unit_id]
    if not leaders:
        return None
    chief, *others = leaders
    away = await on_leave([leader.person_id for leader in leaders], on)
    if chief.person_id not in away:
        return chief.person_id
    stand_ins = [*await _delegates(chief.position_id, on)]
    if (substitute := away[chief.person_id].substitute_id) is not None and await _serves(substitute, on):
        stand_ins.append(substitute)
    away |= await on_leave(stand_ins, on)
    candidates = [*stand_ins, *(leader.person_id for leader in others)]
    return next((person_id for person_id in candidates if person_id not in away), chief.person_id)


async def _delegates(position_id: int, on: date) -> list[int]:
    sql = Sql()
    rows = await sql.fetch(
        "select d.substitute_id as person_id from delegation d join person p on p.id = d.substitute_id "
        f"where d.position_id = {sql.arg(position_id)} and d.ended_at is null and d.from_on <= {sql.arg(on)} "
        f"and d.until_on >= {sql.arg(on)} and {in_service(sql, on)} order by d.id",
        _StandIn,
    )
    return [row.person_id for row in rows]


async def _serves(person_id: int, on: date) -> bool:
    sql = Sql()
    return bool(await sql.rows(f"select id from person p where id = {sql.arg(person_id)} and {in_service(sql, on)}"))


class _Above(msgspec.Struct):
    id: int
    path: str
    overseer_id: int | None
    overseer_post: int | None


async def reporting_line(person_id: int, unit_id: int, on: date | None = None) -> list[int]:
    """Whom a person in a unit answers to, nearest first: the unit's chief, who looks after the unit (if they still lead
    above it), the parent's chief, … to the root. Never the person themself, nobody twice; leave does not matter."""
    on = on or today()
    units = await _units_up(unit_id, on)
    leaders = await leaders_in([unit.id for unit in units], on)
    line: list[int] = []
    for unit in units:
        chief = leaders[unit.id][0].person_id if leaders[unit.id] else None
        overseer = unit.overseer_id if unit.overseer_post is not None else None
        for candidate in (chief, overseer):
            if candidate is not None and candidate != person_id and candidate not in line:
                line.append(candidate)
    return line


async def _units_up(unit_id: int, on: date) -> list[_Above]:
    """The unit, its parent, … to the root; ``overseer_post`` is a position by which the overseer leads above it."""
    sql = Sql()
    return await sql.fetch(
        "select a.id, a.path, a.overseer_id, "
        "(select min(s.id) from position s join unit u on u.id = s.unit_id join person p on p.id = s.person_id "
        "where s.person_id = a.overseer_id and s.role = 'leader' and u.id <> a.id and a.path like u.path || '%' "
        f"and {in_force(sql, on)} and {in_service(sql, on)}) as overseer_post "
        f"from unit own join unit a on own.path like a.path || '%' where own.id = {sql.arg(unit_id)} "
        "order by length(a.path) desc",
        _Above,
    )


async def leader_over(person_id: int, unit_ids: Sequence[int]) -> int | None:
    """The nearest leader above a person who sat in these units; None at the very top."""
    for unit_id in unit_ids:
        if line := await reporting_line(person_id, unit_id):
            return line[0]
    return None


async def heads_of(unit_ids: Sequence[int], on: date | None = None) -> dict[int, int]:
    """The chief of each unit that has one."""
    leaders = await leaders_in(unit_ids, on or today())
    return {unit_id: seats[0].person_id for unit_id, seats in leaders.items() if seats}
