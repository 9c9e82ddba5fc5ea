"""From products and marks to one score: what is counted by the rules, and what it gives."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction

import msgspec

from backend.domain import scoring
from backend.domain.scoring import Band, LeaderParts, Product, RuleSet
from backend.domain.scoring_periods import PeriodSpan, Placed, place
from backend.scores.disqualifying import Reason
from backend.scores.products import Segment

Counted = tuple[Segment, Placed]
_FULL = LeaderParts(d=Fraction(1), dd=Fraction(1), e=Fraction(1))
_NOTHING = Fraction(0)


class Clean(msgspec.Struct, frozen=True):
    """Completed products that lost nothing, counted without being read one by one: ``n`` of one weight."""

    weight: Fraction
    n: int
    late: int = 0


class Computed(msgspec.Struct, frozen=True):
    """One score: what was counted, what it gave, what is missing. ``results`` None = nothing to assess;
    ``known`` False = it stands in for marks that are missing, so only its losses by product mean anything."""

    rules: RuleSet
    counted: Sequence[Counted]
    clean: Sequence[Clean]
    results: scoring.Results | None
    known: bool
    common: Fraction | None
    corrections: Fraction
    total: Fraction | None
    band: Band | None
    missing: tuple[str, ...]
    leader: bool = False
    disqualified: tuple[Reason, ...] = ()


def counted_in(found: Iterable[Segment], period: PeriodSpan, now: datetime, rules: RuleSet) -> list[Counted]:
    """Those segments that are products of the period by the rules, by due time."""
    by_report = rules.placing == "due_or_report"
    counted = []
    for segment in found:
        if _left_out(segment, rules):
            continue
        placed = place(segment.due_at, segment.reported_at, period, now, by_report=by_report, carry=rules.carry_open)
        if placed is not None:
            counted.append((segment, placed))
    return sorted(counted, key=lambda one: (one[0].due_at, one[0].task_id, one[0].holder_no))


def _left_out(segment: Segment, rules: RuleSet) -> bool:
    return (
        (segment.handed and rules.reassigned_late == "leaves")
        or (segment.cancelled and rules.cancelled_late == "leaves")
        or (segment.part == "coordinator" and rules.coordinators == "lead_only")
    )


def weight_of(segment: Segment, rules: RuleSet) -> Fraction:
    """The converted weight that counts for whoever the segment is of."""
    weight = segment.weight
    if segment.given is not None and rules.coordinators == "shares":
        weight -= segment.given
    return scoring.product_weight(weight, segment.kind, rules)


def as_product(segment: Segment, placed: Placed, rules: RuleSet) -> Product:
    """What the arithmetic needs of a counted segment."""
    if not segment.entries:
        return Product(weight_of(segment, rules), placed.completed)
    return Product(
        weight_of(segment, rules),
        placed.completed,
        tuple(
            scoring.Instance(entry.id, entry.kind, entry.happened_at, waived=entry.waiver is not None)
            for entry in segment.entries
        ),
    )


def _results(
    counted: Sequence[Counted], clean: Sequence[Clean], rules: RuleSet, parts: LeaderParts | None
) -> scoring.Results | None:
    """The points of what was counted. Of clean products only the weight matters: they are one as heavy as all."""
    dear: list[int] = []
    products: list[Product] = []
    weights: dict[int, int] = {}
    for index, (segment, placed) in enumerate(counted):
        if placed.completed and not segment.entries:
            above, below = weight_of(segment, rules).as_integer_ratio()
            weights[below] = weights.get(below, 0) + above
        else:
            dear.append(index)
            products.append(as_product(segment, placed, rules))
    products += [Product(Fraction(above, below), completed=True) for below, above in weights.items()]
    products += [Product(group.weight * group.n, completed=True) for group in clean]
    found = scoring.results(products, rules, parts)
    if found is None or not found.losses:
        return found
    # Losses number the dear ones: back to their places among all that was counted.
    losses = [
        loss if loss.product is None else scoring.Loss(loss.part, loss.points, dear[loss.product], loss.entry_id)
        for loss in found.losses
    ]
    return scoring.Results(found.parts, found.points, tuple(losses))


def finish(
    counted: Sequence[Counted],
    rules: RuleSet,
    *,
    common: Fraction | None,
    missing: Sequence[str] = (),
    correction: Fraction = _NOTHING,
    parts: LeaderParts | None = None,
    leader: bool = False,
    clean: Sequence[Clean] = (),
    disqualified: Sequence[Reason] = (),
) -> Computed:
    """From what was counted and marked to the score."""
    stand_in = _FULL if leader and parts is None else parts
    found = _results(counted, clean, rules, stand_in)
    absent = [*(["common"] if common is None else []), *missing] if found is not None else []
    total = band = None
    if found is not None and common is not None and not missing:
        total = min(max(common + found.points + correction, _NOTHING), Fraction(100))
        band = scoring.overridden(scoring.band(total, rules), [one.code for one in disqualified], rules)
    return Computed(
        rules=rules,
        counted=counted,
        clean=clean,
        results=found,
        known=not missing,
        common=common,
        corrections=correction,
        total=total,
        band="not_assessed" if found is None else band,
        missing=tuple(absent),
        leader=leader,
        disqualified=tuple(disqualified),
    )
