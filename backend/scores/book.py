"""Everything that the scores of some people in one period are computed from, loaded at once and computed in memory."""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec

from backend.domain import scoring
from backend.domain.scoring import Band, LeaderParts, Product, RuleSet
from backend.domain.scoring_periods import PeriodSpan, Placed, place
from backend.kit import clock
from backend.scores import corrections, marks, people, products, rules
from backend.scores.instances import Scope
from backend.scores.people import Holder, Holders
from backend.scores.products import Segment

Counted = tuple[Segment, Placed]
#: A leader's parts as nobody has marked them: only to see what each product costs, never a result.
_FULL = LeaderParts(d=Fraction(1), dd=Fraction(1), e=Fraction(1))


class Computed(msgspec.Struct, frozen=True):
    """One score: what was counted, what it gave, what is missing. ``results`` None = nothing to assess;
    ``known`` False = it stands in for marks that are missing, so only its losses by product mean anything."""

    counted: list[Counted]
    results: scoring.Results | None
    known: bool
    common: Fraction | None
    corrections: Fraction
    total: Fraction | None
    band: Band | None
    missing: tuple[str, ...]
    leader: bool = False


class Book:
    """The scores of a period. ``load`` it for people; ask :meth:`person`; for a unit :func:`of_unit`."""

    def __init__(self, period: PeriodSpan, rules: RuleSet) -> None:
        self.period = period
        self.rules = rules
        #: The instant as of which products are placed; see :func:`backend.scores.cost.cost_of`.
        self.now = clock.now()
        self.holders: Holders = {}
        self.charges: dict[int, list[str]] = {}
        self.marks: dict[tuple[int, str, str], Decimal] = {}
        self.corrections: dict[int, list[corrections.Correction]] = {}
        self._segments: defaultdict[int, list[Segment]] = defaultdict(list)
        self._done: dict[int, Computed] = {}
        self._asked: set[int] = set()

    @classmethod
    async def load(cls, period: PeriodSpan, ids: Iterable[int], *, alone: bool = False) -> "Book":
        """The book of these people and, for leaders, of everybody in their charge (not when ``alone``)."""
        book = cls(period, await rules.in_force(period.until_on))
        wanted = set(ids)
        book.holders = await people.holders(period, people=wanted)
        if not alone:
            await book._take_in_charges()
        everybody = wanted | set(book.holders)
        for segment in await products.segments(Scope(people=tuple(sorted(everybody))), period):
            book._segments[segment.person_id].append(segment)
        book.marks = await marks.of_people(period.key, everybody)
        book.corrections = await corrections.of_people(period.key, everybody)
        return book

    async def _take_in_charges(self) -> None:
        """What leaders are in charge of, and everybody in it: d is made of their bands."""
        await self._find_charges()
        paths = sorted({path for charge in self.charges.values() for path in charge})
        if paths:
            below = await people.holders(self.period, paths=paths)
            self.holders |= await people.holders(self.period, people=below)
            await self._find_charges()

    async def _find_charges(self) -> None:
        for person_id, seats in self.holders.items():
            if person_id not in self.charges and people.is_leader(seats):
                self.charges[person_id] = await people.charge_of(seats)

    def person(self, person_id: int) -> Computed:
        """The score of somebody the book was loaded for."""
        if person_id not in self._done:
            self._asked.add(person_id)
            self._done[person_id] = self._compute(person_id)
        return self._done[person_id]

    def counted(self, person_id: int) -> list[Counted]:
        """A person's own products in the period."""
        return counted_in(self._segments[person_id], self.period, self.now)

    def leads(self, person_id: int) -> bool:
        """Whether the person is a leader for scoring."""
        return people.is_leader(self.holders.get(person_id, []))

    def mark(self, person_id: int, what: str, level: str = marks.DECIDING) -> Fraction | None:
        value = self.marks.get((person_id, what, level))
        return None if value is None else Fraction(value)

    def _compute(self, person_id: int) -> Computed:
        own = self.holders.get(person_id, [])
        counted = self.counted(person_id)
        leader = self.leads(person_id)
        parts: LeaderParts | None = None
        missing: list[str] = []
        if leader:
            if not counted:
                counted = self._counted_below(person_id)
            parts, missing = self._leader_parts(person_id, own)
        return finish(
            counted,
            self.rules,
            common=self.mark(person_id, "common"),
            correction=sum((one.points for one in self.corrections.get(person_id, [])), Fraction(0)),
            missing=missing,
            parts=parts,
            leader=leader,
        )

    def _counted_below(self, person_id: int) -> list[Counted]:
        """A leader without products of their own is scored on those of the units in their charge, each task once."""
        charge = self.charges.get(person_id, [])
        inside = [
            segment
            for segments in self._segments.values()
            for segment in segments
            if segment.part == "lead" and any(segment.path.startswith(path) for path in charge)
        ]
        return counted_in(latest_holders(inside), self.period, self.now)

    def _leader_parts(self, person_id: int, own: list[Holder]) -> tuple[LeaderParts | None, list[str]]:
        d = scoring.units_share(self._bands_below(person_id, own), self.rules)
        entered = {what: self.mark(person_id, what) for what in ("d", "dd", "e")}
        values: dict[str, Any] = {what: value / 100 for what, value in entered.items() if value is not None}
        if d is not None:
            values["d"] = d
        missing = [what for what in ("d", "dd", "e") if what not in values]
        return (None if missing else LeaderParts(**values)), missing

    def _bands_below(self, person_id: int, own: list[Holder]) -> list[Band]:
        found: list[Band] = []
        for other in people.below(own, self.charges.get(person_id, []), self.holders):
            # Two leaders may each sit below the other (a head who is also a deputy above): nobody waits for themselves.
            if other in self._asked and other not in self._done:
                continue
            band = self.person(other).band
            if band is not None:
                found.append(band)
        return found


def counted_in(found: Iterable[Segment], period: PeriodSpan, now: Any) -> list[Counted]:
    """Those segments that are products of the period, by due time."""
    counted = []
    for segment in found:
        placed = place(segment.due_at, segment.reported_at, period, now)
        if placed is not None:
            counted.append((segment, placed))
    return sorted(counted, key=lambda one: (one[0].due_at, one[0].task_id, one[0].holder_no))


def latest_holders(found: Iterable[Segment]) -> list[Segment]:
    """Each task once: as its last holder here left it, with the instances of all of them."""
    by_task: defaultdict[int, list[Segment]] = defaultdict(list)
    for segment in found:
        by_task[segment.task_id].append(segment)
    merged = []
    for segments in by_task.values():
        last = max(segments, key=lambda one: one.holder_no)
        entries = tuple(entry for one in segments for entry in one.entries)
        merged.append(msgspec.structs.replace(last, entries=entries))
    return merged


def finish(
    counted: list[Counted],
    rules: RuleSet,
    *,
    common: Fraction | None,
    correction: Fraction = Fraction(0),
    missing: list[str],
    parts: LeaderParts | None = None,
    leader: bool = False,
) -> Computed:
    """From what was counted and marked to the score."""
    stand_in = _FULL if leader and parts is None else parts
    found = scoring.results([as_product(segment, placed, rules) for segment, placed in counted], rules, stand_in)
    absent = [*(["common"] if common is None else []), *missing] if found is not None else []
    total = band = None
    if found is not None and common is not None and not missing:
        total = min(max(common + found.points + correction, Fraction(0)), Fraction(100))
        band = scoring.band(total, rules)
    return Computed(
        counted=counted,
        results=found,
        known=not missing,
        common=common,
        corrections=correction,
        total=total,
        band="not_assessed" if found is None else band,
        missing=tuple(absent),
        leader=leader,
    )


def as_product(segment: Segment, placed: Placed, rules: RuleSet) -> Product:
    """What the arithmetic needs of a counted segment."""
    return Product(
        weight=scoring.product_weight(segment.weight, segment.kind, rules),
        completed=placed.completed,
        instances=tuple(
            scoring.Instance(entry.id, entry.kind, entry.happened_at, waived=entry.waiver is not None)
            for entry in segment.entries
        ),
    )


async def of_unit(unit_id: int, path: str, period: PeriodSpan) -> tuple[Computed, RuleSet]:
    """The score of a unit: every product led in it and below, each once; its common mark is its own."""
    ruleset = await rules.in_force(period.until_on)
    found = await products.segments(Scope(path=path), period)
    counted = counted_in(latest_holders(found), period, clock.now())
    common = await marks.of_unit(period.key, unit_id)
    return finish(counted, ruleset, common=common, missing=[]), ruleset
