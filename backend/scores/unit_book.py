"""The products of units up the tree, from the same ledger as people's: read once, summed for every unit asked.

Products that lost nothing are counted by the database; only those with an instance, or not completed, are read one by
one. A unit with few products has all of them read, so that its page can list them.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from copy import copy
from datetime import date
from fractions import Fraction

from backend.domain.scoring import RuleSet
from backend.domain.scoring_periods import PeriodSpan
from backend.kit import clock
from backend.kit.db import Sql
from backend.org.queries_units import UnitRow
from backend.org.sql import under_any
from backend.scores import disqualifying, instances, marks, products, tallies
from backend.scores.counting import Clean, Computed, Counted, counted_in, finish
from backend.scores.instances import Scope
from backend.scores.products import IS_PRODUCT, Segment, latest_holders, maybe_in
from backend.scores.rules import RuleBook
from backend.scores.tallies import Tally

#: A unit with no more products than this has every one of them read.
SMALL = 100
#: Sorts behind every path that starts with the one before it: paths are digits and slashes.
_BEHIND = "~"


class UnitBook:
    """``load`` it for units (or paths); then ask :meth:`unit`, or :meth:`pile` for what lies under some paths."""

    def __init__(self, period: PeriodSpan, rules: RuleBook) -> None:
        self.period = period
        self.rules = rules
        self.now = clock.now()
        self._tallies: list[Tally] = []
        self._tally_paths: list[str] = []
        self._dear: list[Segment] = []
        self._dear_paths: list[str] = []
        self._small: defaultdict[str, list[Segment]] = defaultdict(list)
        self._marks: dict[int, Fraction] = {}
        self._disqualified: dict[int, list[disqualifying.Reason]] = {}

    @classmethod
    async def load(
        cls, period: PeriodSpan, units: Sequence[UnitRow], rules: RuleBook | None = None, paths: Sequence[str] = ()
    ) -> "UnitBook":
        """The book of these units, and of whatever else lies under ``paths``."""
        book = cls(period, rules or await RuleBook.load())
        asked = sorted({*(unit.path for unit in units), *paths})
        for top in _tops(asked):
            await book._take_in(top)
        book._tallies.sort(key=lambda one: one.path)
        book._tally_paths = [one.path for one in book._tallies]
        book._dear.sort(key=lambda one: one.path)
        book._dear_paths = [one.path for one in book._dear]
        await book._read_small(asked)
        ids = [unit.id for unit in units]
        book._marks = await marks.of_units(period.key, ids)
        book._disqualified = await disqualifying.of_units(period.key, ids)
        return book

    def by(self, rules: RuleBook) -> "UnitBook":
        """The same products under other rules."""
        other = copy(self)
        other.rules = rules
        return other

    async def _take_in(self, top: str) -> None:
        entries = await instances.by_holder(Scope(path=top), self.period)
        sql = Sql()
        self._tallies += await tallies.read(sql, self._clean(sql, [top]), self.period)
        sql = Sql()
        open_ = f"(({self._open(sql)}) and t.due_at < {sql.arg(self.period.end)})"
        where = f"{under_any(sql, [top])} and {maybe_in(sql, self.period)} and ({_CHARGED} or {open_})"
        self._dear += await products.held_now(where, sql, entries)
        self._dear += await products.held_before(entries)

    def _open(self, sql: Sql) -> str:
        return f"t.reported_at is null or t.reported_at >= {sql.arg(self.period.end)}"

    def _clean(self, sql: Sql, paths: Sequence[str]) -> str:
        return (
            f"{under_any(sql, paths)} and {IS_PRODUCT} and {maybe_in(sql, self.period)} "
            f"and not ({self._open(sql)}) and not {_CHARGED}"
        )

    async def _read_small(self, paths: Sequence[str]) -> None:
        """Clean products one by one, where there are few."""
        small = _tops([path for path in paths if self._count(path) <= SMALL])
        for start in range(0, len(small), 200):
            sql = Sql()
            found = await products.held_now(self._clean(sql, small[start : start + 200]), sql, {})
            for segment in found:
                self._small[segment.path].append(segment)

    def _count(self, path: str) -> int:
        low, high = _range(self._tally_paths, path)
        dear_low, dear_high = _range(self._dear_paths, path)
        return sum(tally.n for tally in self._tallies[low:high]) + dear_high - dear_low

    def unit(self, unit: UnitRow) -> Computed:
        """The score of a unit the book was loaded for: every product led in it and below, each once."""
        rules = self.rules_of(unit.path)
        counted, clean = self.pile([unit.path], rules)
        return finish(
            counted,
            rules,
            clean=clean,
            common=self._marks.get(unit.id),
            disqualified=self._disqualified.get(unit.id, []),
        )

    def rules_of(self, path: str) -> RuleSet:
        """The set in force for a unit on the last day of the period."""
        on: date = self.period.until_on
        return self.rules.of(path, on)

    def pile(self, paths: Sequence[str], rules: RuleSet) -> tuple[list[Counted], list[Clean]]:
        """What is counted under some paths by a set of rules: products read one by one, and the clean others."""
        tops = _tops(sorted(set(paths)))
        segments: list[Segment] = []
        clean: list[Tally] = []
        for path in tops:
            low, high = _range(self._dear_paths, path)
            segments += self._dear[low:high]
            low, high = _range(self._tally_paths, path)
            clean += self._tallies[low:high]
        if len(segments) + sum(tally.n for tally in clean) <= SMALL:
            segments += [one for path, found in self._small.items() for one in found if path.startswith(tuple(tops))]
            clean = []
        counted = counted_in(latest_holders(segments), self.period, self.now, rules)
        return counted, tallies.placed(clean, self.period, self.now, rules)


_CHARGED = (
    "exists (select 1 from ledger_entry e where e.task_id = t.id and e.scope = 'unit' "
    "and e.kind in ('delay', 'further_delay', 'major_error'))"
)


def _tops(paths: Sequence[str]) -> list[str]:
    """Those of the sorted paths that lie under no other."""
    found: list[str] = []
    for path in paths:
        if not found or not path.startswith(found[-1]):
            found.append(path)
    return found


def _range(paths: list[str], path: str) -> tuple[int, int]:
    return bisect_left(paths, path), bisect_left(paths, path + _BEHIND)
