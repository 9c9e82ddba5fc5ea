"""From a computed score to its explanation: every point that is missing from 100 beside its cause."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from heapq import nsmallest
from typing import Any, Literal, cast

import msgspec

from backend.domain.scoring import DELAYS, Loss, PartName, RuleSet
from backend.domain.scoring_periods import PeriodSpan, Placed
from backend.scores.book import Book
from backend.scores.corrections import Correction
from backend.scores.counting import Computed, weight_of
from backend.scores.instances import Entry
from backend.scores.marks import SELF
from backend.scores.products import Segment
from backend.scores.schemas import (
    CorrectionLine,
    DisqualifierLine,
    EntryLine,
    Explanation,
    PartLine,
    Points,
    ProductLine,
    RestLine,
    ScoreRow,
    WaiverLine,
    points,
)

_ZERO = Fraction(0)
_FREE = points(_ZERO)
#: So many products of a unit are listed at most; the rest is a number and a sum.
MOST_LISTED = 500


def of_person(book: Book, person_id: int, name: str, handle: str, computed: Computed | None = None) -> Explanation:
    """The explanation of somebody the book was loaded for, or of what was computed for them from it."""
    seats = book.holders.get(person_id, [])
    return _explain(
        computed or book.person(person_id),
        book.period,
        subject="person",
        id=person_id,
        ref=handle,
        name=name,
        unit_code=seats[0].unit_code if seats else "",
        unit_name=seats[0].unit_name if seats else "",
        common_self=_maybe(book.mark(person_id, "common", SELF)),
        corrections=[correction_line(one) for one in book.corrections.get(person_id, [])],
    )


def of_unit(computed: Computed, period: PeriodSpan, unit_id: int, code: str, name: str) -> Explanation:
    """The explanation of a unit."""
    return _explain(
        computed,
        period,
        subject="unit",
        id=unit_id,
        ref=code,
        name=name,
        unit_code=code,
        unit_name=name,
        common_self=None,
        corrections=[],
    )


def _explain(computed: Computed, period: PeriodSpan, **more: Any) -> Explanation:
    found, rules = computed.results, computed.rules
    losses = found.losses if found else ()
    listed, rest = _listed(computed, losses, rules)
    on_time, late, open_ = buckets(computed) if rest is not None else _counted(listed)
    return Explanation(
        leader=computed.leader,
        period=period.key,
        from_on=period.from_on,
        until_on=period.until_on,
        status="open",
        rule_set=rules.ref,
        rule_set_name=rules.name,
        assigned=on_time + late + open_,
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
        products=listed,
        rest=rest,
        parts_lost=_parts_lost(computed, losses),
        disqualified=_disqualified(computed),
        **more,
    )


def _maybe(value: Fraction | None) -> Points | None:
    return None if value is None else points(value)


def buckets(computed: Computed) -> tuple[int, int, int]:
    """Done on time, done late, not done: they sum to what was assigned. A waiver does not make a late task early."""
    done = [segment for segment, placed in computed.counted if placed.completed]
    clean = sum(group.n for group in computed.clean)
    late = sum(_is_late(segment) for segment in done) + sum(group.late for group in computed.clean)
    return len(done) + clean - late, late, len(computed.counted) - len(done)


def _counted(lines: Sequence[ProductLine]) -> tuple[int, int, int]:
    """The same from lines, when every product has one."""
    late = open_ = 0
    for line in lines:
        if not line.completed:
            open_ += 1
        elif line.late:
            late += 1
    return len(lines) - late - open_, late, open_


def _is_late(segment: Segment) -> bool:
    if segment.entries and any(entry.kind in DELAYS for entry in segment.entries):
        return True
    return segment.reported_at is not None and segment.reported_at > segment.due_at


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


def _listed(computed: Computed, losses: Iterable[Loss], rules: RuleSet) -> tuple[list[ProductLine], RestLine | None]:
    """Every product; of a unit with many the dearest, and what the others are together."""
    by_product: defaultdict[int, list[Loss]] = defaultdict(list)
    for loss in losses:
        if loss.product is not None and loss.product < len(computed.counted):
            by_product[loss.product].append(loss)
    clean = sum(group.n for group in computed.clean)
    chosen: Iterable[int] = range(len(computed.counted))
    if clean or len(computed.counted) > MOST_LISTED:
        chosen = _dearest(computed, by_product)
    listed = [_product(*computed.counted[index], by_product.get(index, ()), rules) for index in chosen]
    left = len(computed.counted) + clean - len(listed)
    if not left:
        return listed, None
    shown = set(chosen)
    lost = _sum(loss for index, of in by_product.items() if index not in shown for loss in of)
    return listed, RestLine(left, points(lost))


def _sum(losses: Iterable[Loss]) -> Fraction:
    """Σ of many losses, few of which differ: they are counted before they are added."""
    counts: dict[tuple[int, int], int] = {}
    for loss in losses:
        key = loss.points.as_integer_ratio()
        counts[key] = counts.get(key, 0) + 1
    return sum((Fraction(above * n, below) for (above, below), n in counts.items()), _ZERO)


def _dearest(computed: Computed, by_product: dict[int, list[Loss]]) -> list[int]:
    telling = [index for index, (segment, _) in enumerate(computed.counted) if segment.entries or by_product.get(index)]
    if len(telling) <= MOST_LISTED:
        return telling
    # Only the order is asked for: floating point is fast and good enough, and the same everywhere.
    lost = {index: -sum(float(loss.points) for loss in by_product.get(index, ())) for index in telling}
    return sorted(nsmallest(MOST_LISTED, telling, key=lambda index: (lost[index], index)))


def _disqualified(computed: Computed) -> list[DisqualifierLine]:
    names = {one.code: one.name for one in computed.rules.disqualifiers}
    return [
        DisqualifierLine(one.id, one.code, names.get(one.code, one.code), one.reason, one.by, one.at)
        for one in computed.disqualified
    ]


def _product(segment: Segment, placed: Placed, losses: Sequence[Loss], rules: RuleSet) -> ProductLine:
    cost = {loss.entry_id: loss.points for loss in losses}
    return ProductLine(
        segment.task_id,
        segment.code,
        segment.title,
        segment.secret,
        segment.kind,
        segment.part,
        _said(weight_of(segment, rules)),
        segment.due_at,
        segment.reported_at if placed.completed else None,
        placed.completed,
        placed.carried,
        not placed.completed or _is_late(segment),
        points(sum(cost.values(), _ZERO)) if cost else _FREE,
        [_entry(entry, cost.get(entry.id, _ZERO)) for entry in segment.entries],
    )


def _said(weight: Fraction) -> str:
    above, below = weight.as_integer_ratio()
    return str(above) if below == 1 else f"{above}/{below}"


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
