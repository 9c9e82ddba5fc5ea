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


async def cost_of(entry_id: int) -> Points:
    """What an officer's instance costs on the 100 scale, as things stand in the month in which it happened.

    Measured over everything due in that month, also what still lies ahead, and as if all were completed: otherwise the
    first delay of a month would seem to cost a multiple of what it will. 0 for what is no product (a self-registered
    task nobody has confirmed) and below the floor.
    """
    sql = Sql()
    [row] = await sql.fetch(f"select person_id, happened_at from ledger_entry where id = {sql.arg(entry_id)}", _Charged)
    period = read_period(month_of(row.happened_at, ZONE))
    book = await Book.load(period, [row.person_id], alone=True)
    book.now = period.end
    counted = book.person(row.person_id)
    products = [
        msgspec.structs.replace(as_product(segment, placed, book.rules), completed=True)
        for segment, placed in counted.counted
    ]
    # The other three parts of a leader weigh the same whatever they are: only their number matters here.
    full = LeaderParts(Fraction(1), Fraction(1), Fraction(1)) if counted.leader else None
    found = results(products, book.rules, full)
    lost = found.losses if found else ()
    return points(sum((loss.points for loss in lost if loss.entry_id == entry_id), Fraction(0)))
