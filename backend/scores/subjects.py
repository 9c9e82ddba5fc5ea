"""Which rules a subject's period goes by: those in force, on its last day, where a person's first position or a unit is."""

from backend.domain.scoring import RuleSet
from backend.domain.scoring_periods import PeriodSpan
from backend.errors import NotFound
from backend.kit.db import Sql
from backend.org.queries import find_person, find_unit
from backend.scores import people, rules


async def rules_of(period: PeriodSpan, *, person: str | None = None, unit: str | None = None) -> RuleSet:
    """The set for a person (handle) or a unit (code); for somebody who is not there the whole office's: that there is
    nobody is for others to say."""
    try:
        path = (await find_unit(unit)).path if unit is not None else await _path_of(period, person or "")
    except NotFound:
        path = "/"
    return await rules.in_force(period.until_on, path)


async def _path_of(period: PeriodSpan, person: str) -> str:
    person_id = (await find_person(person)).id
    seats = (await people.holders(period, people=[person_id])).get(person_id)
    return seats[0].path if seats else "/"


async def rules_at(period: PeriodSpan, unit_id: int) -> RuleSet:
    """The set for a unit by its id."""
    sql = Sql()
    [row] = await sql.rows(f"select path from unit where id = {sql.arg(unit_id)}")
    return await rules.in_force(period.until_on, str(row["path"]))
