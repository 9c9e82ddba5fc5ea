"""What one instance costs, for the notice that tells of it."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

import msgspec

from backend.auth.actors import ZONE
from backend.domain.scoring import LeaderParts, Product, results
from backend.domain.scoring_periods import PeriodSpan, month_of
from backend.kit.db import Sql
from backend.scores import instances, people, products, tallies
from backend.scores.counting import as_product, counted_in
from backend.scores.instances import Scope
from backend.scores.periods import read_period
from backend.scores.products import IS_PRODUCT, maybe_in
from backend.scores.rules import RuleBook
from backend.scores.schemas import Points, points

_FULL = LeaderParts(Fraction(1), Fraction(1), Fraction(1))


class _Charged(msgspec.Struct):
    person_id: int
    happened_at: datetime


async def cost_of(*entry_ids: int) -> Points:
    """What instances of one task cost its officer together on the 100 scale, as things stand in the month of the last.

    Measured over everything due in that month, also what still lies ahead, and as if all were completed: otherwise the
    first delay of a month would seem to cost a multiple of what it will. 0 for what is no product (a self-registered
    task nobody has confirmed) and below the floor.
    """
    sql = Sql()
    rows = await sql.fetch(
        f"select person_id, happened_at from ledger_entry where {sql.any_of('id', entry_ids)} order by happened_at desc",
        _Charged,
    )
    person_id, period = rows[0].person_id, read_period(month_of(rows[0].happened_at, ZONE))
    seats = (await people.holders(period, people=[person_id])).get(person_id, [])
    rules = (await RuleBook.load()).of(seats[0].path if seats else "/", period.until_on)
    singly = counted_in(await _read_singly(person_id, period), period, period.end, rules)
    found = [as_product(segment, placed, rules) for segment, placed in singly]
    weight = sum((one.weight for one in found), Fraction(0))
    weight += sum(
        (
            group.weight * group.n
            for group in tallies.placed(await _others(person_id, period), period, period.end, rules)
        ),
        Fraction(0),
    )
    cost = Fraction(0)
    for product in _charged(found, entry_ids):
        # The other three parts of a leader weigh the same whatever they are: only their number matters here.
        alone = results([product], rules, _FULL if people.is_leader(seats) else None)
        lost = sum((loss.points for loss in alone.losses if loss.entry_id in entry_ids), Fraction(0)) if alone else 0
        cost += lost * product.weight / weight
    return points(cost)


def _charged(found: Sequence[Product], entry_ids: Sequence[int]) -> list[Product]:
    return [
        msgspec.structs.replace(product, completed=True)
        for product in found
        if any(one.entry_id in entry_ids for one in product.instances)
    ]


#: Products that must be read one by one: those with an instance of this person's, or of which something was given away.
_SINGLY = (
    "(exists (select 1 from ledger_entry e where e.task_id = t.id and e.scope = 'officer' "
    "and e.kind in ('delay', 'further_delay', 'major_error')) or exists (select 1 from task_part c "
    "where c.task_id = t.id and c.part = 'coordinator' and cast(c.share as real) > 0))"
)


async def _read_singly(person_id: int, period: PeriodSpan) -> list[products.Segment]:
    scope = Scope(people=(person_id,))
    entries = await instances.by_holder(scope, period)
    sql = Sql()
    where = f"t.lead_id = {sql.arg(person_id)} and {maybe_in(sql, period)} and {_SINGLY}"
    found = await products.held_now(where, sql, entries, await products.shares(scope))
    return [*found, *await products.held_before(entries), *await products.helped(scope, period)]


async def _others(person_id: int, period: PeriodSpan) -> list[tallies.Tally]:
    sql = Sql()
    where = f"t.lead_id = {sql.arg(person_id)} and {IS_PRODUCT} and {maybe_in(sql, period)} and not {_SINGLY}"
    return await tallies.read(sql, where, period)
