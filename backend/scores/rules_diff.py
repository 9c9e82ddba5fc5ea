"""What a period would be by another rule set: everybody's difference, before anything is published."""

from collections.abc import AsyncIterator
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec

from backend.domain.access import under
from backend.domain.scoring import Rules, RuleSet
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.types import Actor
from backend.errors import NotFound
from backend.scores import access, everybody, rules, rules_reading
from backend.scores.book import Book
from backend.scores.counting import Computed
from backend.scores.periods import read_period
from backend.scores.rules import RuleBook
from backend.scores.rules_reading import Row
from backend.scores.schemas import Points, points
from backend.scores.schemas_rules import DiffRow, RuleDiff


class _Instead(RuleBook):
    """The rules in force, and one set instead of them at and under its place."""

    def __init__(self, known: RuleBook, place: str | None, instead: RuleSet) -> None:
        super().__init__(known.chosen, known.sets)
        self._place = place
        self._instead = instead

    def of(self, path: str, on: date) -> RuleSet:
        return self._instead if self._place is None or under(path, self._place) else super().of(path, on)


async def diff(actor: Actor, before: str, after: str, period_key: str) -> RuleDiff:
    """Everybody in the actor's sight whose period differs by the two versions, where the later one would rule.

    Raises NotFound for a version that is not there (or a draft that the actor does not keep) and for whoever sees
    nobody's scores but their own, Invalid for a bad period.
    """
    period = read_period(period_key)
    old, new = await _version(actor, before), await _version(actor, after)
    paths = access.paths(actor)
    if paths is not None and not paths:
        raise NotFound("not_found")
    known = await RuleBook.load()
    one, other = (_Instead(known, new.path, rules.read(row.data)) for row in (old, new))
    compared, rows = 0, []
    async for then, now in _both(period, one, other, list(paths) if paths is not None else None):
        for person_id in then[1]:
            seats = then[0].holders[person_id]
            if not any(rules_reading.concerns(new, seat.path) for seat in seats[:1]):
                continue
            compared += 1
            row = _row(seats[0], then[0].person(person_id), now.person(person_id))
            if row is not None:
                rows.append(row)
    rows.sort(key=lambda row: (row.change.fraction, row.name, row.ref))
    return RuleDiff(
        before=old.ref,
        after=new.ref,
        period=period.key,
        compared=compared,
        changed=len(rows),
        bands_changed=sum(row.band_before != row.band_after for row in rows),
        fields=changed_fields(rules_reading.bare(old), rules_reading.bare(new)),
        rows=rows,
    )


async def _version(actor: Actor, ref: str) -> Row:
    row = await rules_reading.find(ref)
    if row.published_at is None and not await rules_reading.keeps(actor, row.path):
        raise NotFound("rules_not_found", ref=ref[:60])
    return row


async def _both(
    period: PeriodSpan, one: RuleBook, other: RuleBook, paths: list[str] | None
) -> AsyncIterator[tuple[tuple[Book, list[int]], Book]]:
    """The same books by either rules; leaders' d is made of the bands by the same rules."""
    bands: dict[int, Any] = {}
    async for book, ids in everybody.books(period, one, paths):
        again = book.by(other)
        again.bands = bands
        yield (book, ids), again
        bands |= {person_id: again.person(person_id).band for person_id in ids}


def _row(seat: Any, then: Computed, now: Computed) -> DiffRow | None:
    before, after = _results(then), _results(now)
    change = _change(then.total, now.total) if then.total is not None and now.total is not None else None
    if change is None:
        change = _change(before, after)
    if not change and then.band == now.band:
        return None
    return DiffRow(
        ref=seat.handle,
        name=seat.name,
        unit_code=seat.unit_code,
        unit_name=seat.unit_name,
        total_before=_points(then.total),
        total_after=_points(now.total),
        results_before=_points(before),
        results_after=_points(after),
        band_before=then.band or "",
        band_after=now.band or "",
        change=points(change),
    )


def _results(computed: Computed) -> Fraction | None:
    """The points of results; of a leader whose marks are missing, as if those were full: only the difference counts."""
    return computed.results.points if computed.results else None


def _change(before: Fraction | None, after: Fraction | None) -> Fraction:
    return (after or Fraction(0)) - (before or Fraction(0))


def _points(value: Fraction | None) -> Points | None:
    return None if value is None else points(value)


def changed_fields(before: Rules, after: Rules) -> list[tuple[str, str, str]]:
    """(rule, as it was, as it is) of those that differ."""
    return [
        (name, said(getattr(before, name)), said(getattr(after, name)))
        for name in Rules.__struct_fields__
        if getattr(before, name) != getattr(after, name)
    ]


def said(value: Any) -> str:
    """A rule's value as one line."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
