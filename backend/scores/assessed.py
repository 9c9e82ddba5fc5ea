"""Who is assessed in a period: whoever has products in it. Nothing is signed off for anybody else."""

from collections.abc import Iterable, Sequence

from backend.domain.scoring_periods import PeriodSpan
from backend.org.queries_units import UnitRow, units_under
from backend.scores import people, reading

_CHUNK = 500


async def people_among(period: PeriodSpan, ids: Iterable[int]) -> set[int]:
    """Those of the people who have anything to be assessed by."""
    wanted = sorted(set(ids))
    found: set[int] = set()
    for start in range(0, len(wanted), _CHUNK):
        holders = await people.holders(period, people=wanted[start : start + _CHUNK])
        read = await reading.of_people(period, reading.names_of(holders))
        found |= {person_id for person_id, one in read.items() if one.band != "not_assessed"}
    return found


async def missing_of(period: PeriodSpan, person_id: int) -> list[str]:
    """The marks (``common``, ``d``, ``dd``, ``e``) without which a person has no total."""
    holders = await people.holders(period, people=[person_id])
    read = await reading.of_people(period, reading.names_of(holders))
    return read[person_id].missing if person_id in read else []


async def units_among(period: PeriodSpan, paths: Sequence[str] | None) -> list[UnitRow]:
    """The units at and under ``paths`` (None = all) that have anything to be assessed by."""
    units = [unit for unit in await units_under(paths) if unit.closed_on is None or unit.closed_on > period.from_on]
    read = await reading.of_units(period, units)
    return [unit for unit in units if unit.id in read and read[unit.id].band != "not_assessed"]
