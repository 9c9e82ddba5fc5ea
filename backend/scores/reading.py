"""Explanations of several people or units at once: stored ones of a closed period, computed ones of an open one."""

from collections.abc import Sequence

from backend.domain.scoring_periods import PeriodSpan
from backend.org.queries_units import UnitRow
from backend.scores import explaining
from backend.scores.book import Book
from backend.scores.closed import closed_period, stored_people, stored_units
from backend.scores.people import Holders
from backend.scores.schemas import Explanation
from backend.scores.unit_book import UnitBook

#: Person → (full name, handle).
Names = dict[int, tuple[str, str]]


async def of_people(period: PeriodSpan, names: Names) -> dict[int, Explanation]:
    """Explanations by person. In a closed period only of those who had a position in it."""
    closed = await closed_period(period.key)
    if closed is not None:
        return await stored_people(closed, period, names)
    read = await Book.load(period, names)
    return {person_id: explaining.of_person(read, person_id, *names[person_id]) for person_id in names}


async def of_units(period: PeriodSpan, units: Sequence[UnitRow]) -> dict[int, Explanation]:
    """Explanations by unit; in a closed period only of those that were there."""
    closed = await closed_period(period.key)
    if closed is not None:
        return await stored_units(closed, [unit.id for unit in units])
    book = await UnitBook.load(period, units)
    return {unit.id: explaining.of_unit(book.unit(unit), period, unit.id, unit.code, unit.name) for unit in units}


def names_of(holders: Holders) -> Names:
    return {person_id: (seats[0].name, seats[0].handle) for person_id, seats in holders.items()}
