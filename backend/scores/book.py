"""Everything that the scores of some people in one period are computed from, loaded at once and computed in memory."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from backend.domain import scoring
from backend.domain.scoring import Band, LeaderParts, RuleSet
from backend.domain.scoring_periods import PeriodSpan
from backend.kit import clock
from backend.scores import corrections, disqualifying, marks, people, products
from backend.scores.counting import Clean, Computed, Counted, counted_in, finish
from backend.scores.instances import Scope
from backend.scores.people import Holders, Tree
from backend.scores.products import Segment
from backend.scores.rules import RuleBook
from backend.scores.unit_book import UnitBook


class Book:
    """The scores of a period. ``load`` it for people; ask :meth:`person`."""

    def __init__(self, period: PeriodSpan, rules: RuleBook) -> None:
        self.period = period
        self.rules = rules
        #: The instant as of which products are placed.
        self.now = clock.now()
        self.holders: Holders = {}
        self.charges: dict[int, list[str]] = {}
        self.marks: dict[tuple[int, str, str], Decimal] = {}
        self.corrections: dict[int, list[corrections.Correction]] = {}
        self.disqualified: dict[int, list[disqualifying.Reason]] = {}
        self.segments: defaultdict[int, list[Segment]] = defaultdict(list)
        #: Bands known beforehand, of people whom this book was not loaded for.
        self.bands: dict[int, Band | None] = {}
        self._units: UnitBook | None = None
        self._tree: Tree | None = None
        self._done: dict[int, Computed] = {}
        self._asked: set[int] = set()

    @classmethod
    async def load(
        cls, period: PeriodSpan, ids: Iterable[int], *, alone: bool = False, rules: RuleBook | None = None
    ) -> "Book":
        """The book of these people and, for leaders, of everybody in their charge (not when ``alone``)."""
        book = cls(period, rules or await RuleBook.load())
        wanted = set(ids)
        book.holders = await people.holders(period, people=wanted)
        if not alone:
            await book._take_in_charges()
        await book.take_in(wanted | set(book.holders))
        if not alone:
            await book.take_in_units()
        return book

    async def take_in(self, everybody: Iterable[int]) -> None:
        """Products, marks and corrections of these people."""
        ids = sorted(set(everybody))
        for segment in await products.segments(Scope(people=tuple(ids)), self.period):
            self.segments[segment.person_id].append(segment)
        self.marks |= await marks.of_people(self.period.key, ids)
        self.corrections |= await corrections.of_people(self.period.key, ids)
        self.disqualified |= await disqualifying.of_people(self.period.key, ids)

    async def take_in_units(self) -> None:
        """The units of leaders who have no products of their own: they are scored on those."""
        idle = [person_id for person_id in self.charges if not self.counted(person_id)]
        paths = [path for person_id in idle for path in self.charges[person_id]]
        if paths:
            self._units = await UnitBook.load(self.period, (), self.rules, paths)
            self._units.now = self.now

    async def _take_in_charges(self) -> None:
        """What leaders are in charge of, and everybody in it: d is made of their bands."""
        await self.find_charges()
        paths = sorted({path for charge in self.charges.values() for path in charge})
        if paths:
            below = await people.holders(self.period, paths=paths)
            self.holders |= await people.holders(self.period, people=below)
            await self.find_charges()

    async def find_charges(self) -> None:
        """Which units each leader among the holders is in charge of."""
        for person_id, seats in self.holders.items():
            if person_id not in self.charges and people.is_leader(seats):
                self.charges[person_id] = await people.charge_of(seats)

    def rules_of(self, person_id: int) -> RuleSet:
        """The set in force, on the last day of the period, where the person's first position is."""
        seats = self.holders.get(person_id)
        return self.rules.of(seats[0].path if seats else "/", self.period.until_on)

    def person(self, person_id: int) -> Computed:
        """The score of somebody the book was loaded for."""
        if person_id not in self._done:
            self._asked.add(person_id)
            self._done[person_id] = self._compute(person_id)
        return self._done[person_id]

    def by(self, rules: RuleBook) -> "Book":
        """The same facts under other rules, with nothing computed yet."""
        other = copy(self)
        other.rules, other._done, other._asked = rules, {}, set()
        if self._units is not None:
            other._units = self._units.by(rules)
        return other

    def at(self, now: datetime) -> "Book":
        """The same facts as they will stand at another moment, if nothing changes."""
        other = self.by(self.rules)
        other.now = now
        if other._units is not None:
            other._units.now = now
        return other

    def counted(self, person_id: int) -> list[Counted]:
        """A person's own products in the period."""
        return counted_in(self.segments[person_id], self.period, self.now, self.rules_of(person_id))

    def leads(self, person_id: int) -> bool:
        """Whether the person is a leader for scoring."""
        return people.is_leader(self.holders.get(person_id, []))

    def mark(self, person_id: int, what: str, level: str = marks.DECIDING) -> Fraction | None:
        value = self.marks.get((person_id, what, level))
        return None if value is None else Fraction(value)

    def _compute(self, person_id: int) -> Computed:
        counted: Sequence[Counted] = self.counted(person_id)
        clean: Sequence[Clean] = ()
        parts: LeaderParts | None = None
        missing: list[str] = []
        if leader := self.leads(person_id):
            if not counted and self._units is not None:
                # Without products of their own, a leader is scored on those of the units in their charge.
                counted, clean = self._units.pile(self.charges.get(person_id, []), self.rules_of(person_id))
            parts, missing = self.leader_parts(person_id, self._bands_below(person_id))
        return self.finish(person_id, counted, clean=clean, parts=parts, missing=missing, leader=leader)

    def finish(self, person_id: int, counted: Sequence[Counted], **more: Any) -> Computed:
        """A person's score from what was counted for them."""
        return finish(
            counted,
            self.rules_of(person_id),
            common=self.mark(person_id, "common"),
            correction=sum((one.points for one in self.corrections.get(person_id, [])), Fraction(0)),
            disqualified=self.disqualified.get(person_id, []),
            **more,
        )

    def leader_parts(self, person_id: int, below: Iterable[Band]) -> tuple[LeaderParts | None, list[str]]:
        """d, đ, e of a leader with these bands below, or which of them nobody has marked."""
        d = scoring.units_share(below, self.rules_of(person_id))
        entered = {what: self.mark(person_id, what) for what in ("d", "dd", "e")}
        values: dict[str, Any] = {what: value / 100 for what, value in entered.items() if value is not None}
        if d is not None:
            values["d"] = d
        missing = [what for what in ("d", "dd", "e") if what not in values]
        return (None if missing else LeaderParts(**values)), missing

    def _bands_below(self, person_id: int) -> list[Band]:
        self._tree = self._tree or Tree(self.holders)
        found: list[Band] = []
        for other in self._tree.below(self.holders.get(person_id, []), self.charges.get(person_id, [])):
            # Two leaders may each sit below the other (a head who is also a deputy above): nobody waits for themselves.
            if other in self._asked and other not in self._done:
                continue
            band = self.bands[other] if other in self.bands else self.person(other).band
            if band is not None:
                found.append(band)
        return found
