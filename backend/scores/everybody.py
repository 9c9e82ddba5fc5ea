"""Everybody's score of a period, so many people at a time: what they are computed from is never all in memory."""

from collections.abc import AsyncIterator, Sequence

from backend.domain.scoring import Band
from backend.domain.scoring_periods import PeriodSpan
from backend.scores import people
from backend.scores.book import Book
from backend.scores.people import Holders
from backend.scores.rules import RuleBook

#: So many people's products are read together.
CHUNK = 1000


class Everybody:
    """Officers in ``chunks``, then all ``leaders``, whose d is made of the bands of those below: :meth:`note` every
    chunk's book when its people are worked out."""

    def __init__(self, period: PeriodSpan, rules: RuleBook, holders: Holders) -> None:
        self.period = period
        self.rules = rules
        self.holders = holders
        self.leaders = [person_id for person_id, seats in holders.items() if people.is_leader(seats)]
        officers = [person_id for person_id, seats in holders.items() if not people.is_leader(seats)]
        self.chunks = [officers[start : start + CHUNK] for start in range(0, len(officers), CHUNK)]
        self._bands: dict[int, Band | None] = {}

    @classmethod
    async def load(
        cls, period: PeriodSpan, rules: RuleBook | None = None, paths: Sequence[str] | None = None
    ) -> "Everybody":
        """``paths``: only people with a position at or under these units."""
        holders = await people.holders(period, paths=paths)
        if paths is not None:
            holders = await people.holders(period, people=holders)
        return cls(period, rules or await RuleBook.load(), holders)

    async def book(self, chunk: Sequence[int]) -> Book:
        """What a chunk of officers is computed from."""
        book = Book(self.period, self.rules)
        book.holders = {person_id: self.holders[person_id] for person_id in chunk}
        await book.take_in(chunk)
        return book

    def note(self, book: Book, chunk: Sequence[int]) -> None:
        """Keep the bands of a chunk for the leaders above."""
        self._bands |= {person_id: book.person(person_id).band for person_id in chunk}

    async def leaders_book(self) -> Book:
        """What leaders are computed from, when every chunk has been noted."""
        book = Book(self.period, self.rules)
        book.holders, book.bands = self.holders, self._bands
        await book.take_in(self.leaders)
        await book.find_charges()
        await book.take_in_units()
        return book


async def books(
    period: PeriodSpan, rules: RuleBook | None = None, paths: Sequence[str] | None = None
) -> AsyncIterator[tuple[Book, list[int]]]:
    """Books with the people to ask each of them for, officers first. ``paths``: only people with a position at or under
    these units."""
    run = await Everybody.load(period, rules, paths)
    for chunk in run.chunks:
        book = await run.book(chunk)
        yield book, chunk
        run.note(book, chunk)
    yield await run.leaders_book(), run.leaders
