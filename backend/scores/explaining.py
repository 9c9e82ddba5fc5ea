"""From a computed score to its explanation: every point that is missing from 100 beside its cause."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Literal, cast

import msgspec

from backend.domain.scoring import DELAYS, Loss, PartName, RuleSet
from backend.domain.scoring_periods import PeriodSpan, Placed
from backend.scores.book import Book, Computed
from backend.scores.corrections import Correction
from backend.scores.instances import Entry
from backend.scores.marks import SELF
from backend.scores.products import Segment
from backend.scores.schemas import (
    CorrectionLine,
    EntryLine,
    Explanation,
    PartLine,
    Points,
    ProductLine,
    ScoreRow,
    WaiverLine,
    points,
)

_ZERO = Fraction(0)


def of_person(book: Book, person_id: int, name: str, handle: str) -> Explanation:
    """The explanation of somebody the book was loaded for."""
    seats = book.holders.get(person_id, [])
    return _explain(
        book.person(person_id),
        book.period,
        book.rules,
        subject="person",
        id=person_id,
        ref=handle,
        name=name,
        unit_code=seats[0].unit_code if seats else "",
        unit_name=seats[0].unit_name if seats else "",
        common_self=_maybe(book.mark(person_id, "common", SELF)),
        corrections=[correction_line(one) for one in book.corrections.get(person_id, [])],
    )


def of_unit(computed: Computed, rules: RuleSet, period: PeriodSpan, unit_id: int, code: str, name: str) -> Explanation:
    """The explanation of a unit."""
    return _explain(
        computed,
        period,
        rules,
        subject="unit",
        id=unit_id,
        ref=code,
        name=name,
        unit_code=code,
        unit_name=name,
        common_self=None,
        corrections=[],
    )


def _explain(computed: Computed, period: PeriodSpan, rules: RuleSet, **more: Any) -> Explanation:
    found = computed.results
    losses = found.losses if found else ()
    on_time, late, open_ = _buckets(computed)
    return Explanation(
        leader=computed.leader,
        period=period.key,
        from_on=period.from_on,
        until_on=period.until_on,
        status="open",
        rule_set=rules.ref,
        rule_set_name=rules.name,
        assigned=len(computed.counted),
        on_time=on_time,
        late=late,
        open=open_,
        parts=_parts(computed, rules),
        results_max=rules.results_max,
        results=points(found.points) if found and computed.known else None,
        common_max=rules.common_max,
        common=_maybe(computed.common),
        total=_maybe(computed.total),
        band=computed.band or "",
        missing=list(computed.missing),
        products=_products(computed, losses, rules),
        parts_lost=_parts_lost(computed, losses),
        **more,
    )


def _maybe(value: Fraction | None) -> Points | None:
    return None if value is None else points(value)


def _buckets(computed: Computed) -> tuple[int, int, int]:
    """Done on time, done late, not done: they sum to what was assigned. A waiver does not make a late task early."""
    done = [segment for segment, placed in computed.counted if placed.completed]
    late = sum(_is_late(segment) for segment in done)
    return len(done) - late, late, len(computed.counted) - len(done)


def _is_late(segment: Segment) -> bool:
    charged = any(entry.kind in DELAYS for entry in segment.entries)
    return charged or (segment.reported_at is not None and segment.reported_at > segment.due_at)


def _parts(computed: Computed, rules: RuleSet) -> list[PartLine]:
    if computed.results is None:
        return []
    each = Fraction(rules.results_max, len(computed.results.parts))
    names = computed.results.parts if computed.known else ("a", "b", "c")
    return [
        PartLine(name, points(share), points(share * each))
        for name, share in computed.results.parts.items()
        if name in names
    ]


def _parts_lost(computed: Computed, losses: Iterable[Loss]) -> list[PartLine]:
    if computed.results is None or not computed.known:
        return []
    return [
        PartLine(
            cast(PartName, loss.part), points(computed.results.parts[cast(PartName, loss.part)]), points(loss.points)
        )
        for loss in losses
        if loss.product is None
    ]


def _products(computed: Computed, losses: Iterable[Loss], rules: RuleSet) -> list[ProductLine]:
    by_product: defaultdict[int, list[Loss]] = defaultdict(list)
    for loss in losses:
        if loss.product is not None:
            by_product[loss.product].append(loss)
    return [
        _product(segment, placed, by_product[index], rules) for index, (segment, placed) in enumerate(computed.counted)
    ]


def _product(segment: Segment, placed: Placed, losses: list[Loss], rules: RuleSet) -> ProductLine:
    cost = {loss.entry_id: loss.points for loss in losses}
    return ProductLine(
        task_id=segment.task_id,
        code=segment.code,
        title=segment.title,
        secret=segment.secret,
        kind=segment.kind,
        part=segment.part,
        weight=str(segment.weight * Fraction(rules.weights.get(segment.kind, "1"))),
        due_at=segment.due_at,
        reported_at=segment.reported_at if placed.completed else None,
        completed=placed.completed,
        carried=placed.carried,
        late=_is_late(segment) or not placed.completed,
        lost=points(sum(cost.values(), _ZERO)),
        entries=[_entry(entry, cost.get(entry.id, _ZERO)) for entry in segment.entries],
    )


def _entry(entry: Entry, cost: Fraction) -> EntryLine:
    return EntryLine(
        id=entry.id,
        kind=entry.kind,
        happened_at=entry.happened_at,
        late_minutes=entry.late_minutes,
        rule=entry.rule,
        rule_version=entry.rule_version,
        lost=points(cost),
        waiver=None
        if entry.waiver is None
        else WaiverLine(entry.waiver.entry_id, entry.waiver.reason, entry.waiver.by, entry.waiver.at),
    )


def correction_line(one: Correction, *, after_close: bool = False) -> CorrectionLine:
    return CorrectionLine(one.id, one.kind, points(one.points), one.reason, one.by, one.recorded_at, after_close)


def without_secrets(found: Explanation) -> Explanation:
    """The same for a reader who may not know what secret tasks are about: code and times only."""
    products = [msgspec.structs.replace(one, title="") if one.secret else one for one in found.products]
    return msgspec.structs.replace(found, products=products)


def row(found: Explanation, title: str = "") -> ScoreRow:
    """The table line of an explanation."""
    reason: Literal["", "no_products", "mark_missing"] = ""
    if found.total is None:
        reason = "no_products" if found.band == "not_assessed" else "mark_missing"
    return ScoreRow(
        subject=found.subject,
        id=found.id,
        ref=found.ref,
        name=found.name,
        title=title,
        unit_code=found.unit_code,
        unit_name=found.unit_name,
        assigned=found.assigned,
        on_time=found.on_time,
        late=found.late,
        open=found.open,
        results=found.results,
        total=found.total,
        band=found.band,
        reason=reason,
        missing=found.missing,
    )
