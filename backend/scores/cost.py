"""What one instance costs, for the notice that tells of it."""

from datetime import datetime
from fractions import Fraction

import msgspec

from backend.auth.actors import ZONE
from backend.domain.scoring import LeaderParts, results
from backend.domain.scoring_periods import month_of
from backend.kit.db import Sql
from backend.scores.book import Book, as_product
from backend.scores.periods import read_period
from backend.scores.schemas import Points, points


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
    period = read_period(month_of(rows[0].happened_at, ZONE))
    book = await Book.load(period, [rows[0].person_id], alone=True)
    book.now = period.end
    products = [as_product(segment, placed, book.rules) for segment, placed in book.counted(rows[0].person_id)]
    charged = [product for product in products if any(one.entry_id in entry_ids for one in product.instances)]
    # The other three parts of a leader weigh the same whatever they are: only their number matters here.
    full = LeaderParts(Fraction(1), Fraction(1), Fraction(1)) if book.leads(rows[0].person_id) else None
    cost = Fraction(0)
    for product in charged:
        alone = results([msgspec.structs.replace(product, completed=True)], book.rules, full)
        lost = sum((loss.points for loss in alone.losses if loss.entry_id in entry_ids), Fraction(0)) if alone else 0
        cost += lost * product.weight / sum((one.weight for one in products), Fraction(0))
    return points(cost)
