"""Who is assessed in a period: whoever has products in it. Nothing is signed off for anybody else.

Of nearly everybody one look at the table of tasks tells: a task that any rules would place in the period, or no trace of
work at all. Only the others are worked out.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

import msgspec

from backend.domain.scoring_periods import PeriodSpan
from backend.kit import clock
from backend.kit.db import Sql
from backend.org.queries_units import UnitRow, units_under
from backend.scores import people, reading
from backend.scores.closed import closed_period
from backend.scores.people import Holders
from backend.scores.products import IS_PRODUCT, maybe_in
from backend.scores.rules import RuleBook

_CHUNK = 500
#: So few are worked out at once.
_FEW = 3


async def people_among(period: PeriodSpan, ids: Iterable[int]) -> set[int]:
    """Those of the people who have anything to be assessed by."""
    wanted = set(ids)
    if len(wanted) <= _FEW or await closed_period(period.key):
        return await _worked_out(period, wanted)
    holders = await people.holders(period, people=wanted)
    found, maybe = await _by_own_work(period, holders)
    idle = [person_id for person_id, seats in holders.items() if person_id not in found and people.is_leader(seats)]
    if idle:
        units = await _Worked.load(period)
        for person_id in idle:
            charge = await people.charge_of(holders[person_id])
            if any(units.surely(path) for path in charge):
                found.add(person_id)
            elif any(units.maybe(path) for path in charge):
                maybe.add(person_id)
    return found | await _worked_out(period, maybe - found)


async def _worked_out(period: PeriodSpan, ids: Iterable[int]) -> set[int]:
    wanted = sorted(set(ids))
    found: set[int] = set()
    for start in range(0, len(wanted), _CHUNK):
        holders = await people.holders(period, people=wanted[start : start + _CHUNK])
        read = await reading.of_people(period, reading.names_of(holders))
        found |= {person_id for person_id, one in read.items() if one.band != "not_assessed"}
    return found


async def _usual() -> bool:
    """Whether every published set places products by due time or report and carries open ones on, as the shipped do."""
    sets = (await RuleBook.load()).sets
    return all(one.rules.placing == "due_or_report" and one.rules.carry_open for one in sets)


def _surely_in(sql: Sql, period: PeriodSpan, usual: bool) -> str:
    """A condition on task ``t``: a product that weighs something and that every rule places in the period: reported in
    it, or overdue and not reported when it ends; unless all the rules are ``usual``, also due in it."""
    start, end = sql.arg(period.start), sql.arg(period.end)
    until = sql.arg(min(period.end, clock.now()))
    shared = (
        "exists (select 1 from task_part c where c.task_id = t.id and c.part = 'coordinator' "
        "and cast(c.share as real) > 0)"
    )
    inside = "" if usual else f"t.due_at >= {start} and t.due_at < {end} and "
    return (
        f"{inside}{IS_PRODUCT} and cast(t.weight as real) > 0 and not {shared} "
        f"and (t.reported_at >= {start} and t.reported_at < {end} "
        f"or (t.reported_at is null or t.reported_at >= {end}) and t.due_at < {until})"
    )


def _maybe_in(sql: Sql, period: PeriodSpan) -> str:
    """A condition on task ``t`` that is true of every one that some rules would place in the period."""
    end = sql.arg(period.end)
    return f"{maybe_in(sql, period)} and (t.due_at < {end} or t.reported_at < {end})"


def _was_held(sql: Sql, period: PeriodSpan) -> str:
    """A condition on entry ``e`` of task ``t``: it may make a product of a former holder, or of work called off."""
    return f"e.happened_at < {sql.arg(period.end)} and (t.holder_no > 1 or t.status = 'cancelled')"


async def _by_own_work(period: PeriodSpan, holders: Holders) -> tuple[set[int], set[int]]:
    """People who surely have products of their own, and those others of whom there is any trace of work."""
    sql, usual = Sql(), await _usual()
    rows = await sql.rows(
        f"select p.id from person p where {sql.any_of('p.id', sorted(holders))} "
        f"and exists (select 1 from task t where t.lead_id = p.id and {_surely_in(sql, period, usual)})"
    )
    found = {int(row["id"]) for row in rows}
    sql = Sql()
    rows = await sql.rows(
        f"select p.id from person p where {sql.any_of('p.id', sorted(holders.keys() - found))} and ("
        f"exists (select 1 from task t where t.lead_id = p.id and {_maybe_in(sql, period)}) "
        "or exists (select 1 from task_part c join task t on t.id = c.task_id where c.person_id = p.id "
        f"and c.part = 'coordinator' and cast(c.share as real) > 0 and {_maybe_in(sql, period)}) "
        "or exists (select 1 from ledger_entry e join task t on t.id = e.task_id where e.person_id = p.id "
        f"and {_was_held(sql, period)}))"
    )
    return found, {int(row["id"]) for row in rows}


class _Unit(msgspec.Struct):
    path: str
    surely: bool


class _Worked:
    """The units in which something is led that counts in the period, surely or maybe; asking it costs no query."""

    def __init__(self, rows: Sequence[_Unit]) -> None:
        self._sure = sorted(row.path for row in rows if row.surely)
        self._maybe = sorted(row.path for row in rows)

    @classmethod
    async def load(cls, period: PeriodSpan) -> "_Worked":
        sql, usual = Sql(), await _usual()
        surely = f"exists (select 1 from task t where t.unit_id = u.id and {_surely_in(sql, period, usual)})"
        return cls(
            await sql.fetch(
                f"select u.path, {surely} as surely from unit u where "
                f"exists (select 1 from task t where t.unit_id = u.id and {_maybe_in(sql, period)}) "
                "or exists (select 1 from ledger_entry e join task t on t.id = e.task_id where e.unit_id = u.id "
                f"and e.scope = 'unit' and {_was_held(sql, period)})",
                _Unit,
            )
        )

    def surely(self, path: str) -> bool:
        return _any_under(self._sure, path)

    def maybe(self, path: str) -> bool:
        return _any_under(self._maybe, path)


def _any_under(paths: Sequence[str], top: str) -> bool:
    at = bisect_left(paths, top)
    return at < len(paths) and paths[at].startswith(top)


async def missing_of(period: PeriodSpan, person_id: int) -> list[str]:
    """The marks (``common``, ``d``, ``dd``, ``e``) without which a person has no total."""
    holders = await people.holders(period, people=[person_id])
    read = await reading.of_people(period, reading.names_of(holders))
    return read[person_id].missing if person_id in read else []


async def units_among(period: PeriodSpan, paths: Sequence[str] | None) -> list[UnitRow]:
    """The units at and under ``paths`` (None = all) that have anything to be assessed by."""
    units = [unit for unit in await units_under(paths) if unit.closed_on is None or unit.closed_on > period.from_on]
    if await closed_period(period.key):
        return await _units_worked_out(period, units)
    worked = await _Worked.load(period)
    doubtful = [unit for unit in units if worked.maybe(unit.path) and not worked.surely(unit.path)]
    found = {unit.id for unit in await _units_worked_out(period, doubtful)} if doubtful else set()
    return [unit for unit in units if worked.surely(unit.path) or unit.id in found]


async def _units_worked_out(period: PeriodSpan, units: Sequence[UnitRow]) -> list[UnitRow]:
    read = await reading.of_units(period, units)
    return [unit for unit in units if unit.id in read and read[unit.id].band != "not_assessed"]
