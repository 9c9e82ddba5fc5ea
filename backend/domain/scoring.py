"""Scores: exact arithmetic from products and their instances to points, each lost point with its cause (domain.md §4).

Everything is a ``Fraction``; nothing is rounded before it is shown. Every number of the law is data in a
:class:`RuleSet`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from functools import cache, lru_cache
from typing import Literal

import msgspec

InstanceKind = Literal["delay", "further_delay", "major_error"]
Band = Literal["excellent", "good", "fulfilled", "failed", "not_assessed"]
#: a completed, b quality, c progress; leaders also d units in charge, dd (đ) organising, e uniting.
PartName = Literal["a", "b", "c", "d", "dd", "e"]

DELAYS: tuple[InstanceKind, ...] = ("delay", "further_delay")
_NOTHING = Fraction(0)
#: Which instances take from which part.
_COSTS: tuple[tuple[PartName, tuple[InstanceKind, ...]], ...] = (("b", ("major_error",)), ("c", DELAYS))


class Disqualifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A listed reason that overrides points: whoever it is entered for stands in ``band`` at best."""

    code: str
    name: str
    band: Band = "failed"


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The scoring rules as data; shares and weights are texts such as ``1/4`` so that they stay exact.

    ``delay_reading``: ``each`` instance takes ``delay_share`` of the product's progress; ``first_then_zero``: being
    late takes it once, a further instance (past each five working days) takes everything; ``once``: only the first
    instance counts.
    """

    common_max: int = 30
    results_max: int = 70
    error_share: str = "1/4"
    delay_share: str = "1/4"
    delay_reading: Literal["each", "first_then_zero", "once"] = "each"
    #: The least share of quality and of progress that a completed product keeps.
    floor: str = "0"
    #: Weight of a product by the task's kind, multiplied by the task's own; 1 for kinds that are not named.
    weights: dict[str, str] = {}
    #: Bands with the least points each needs, best first; below the last one: failed.
    bands: tuple[tuple[Band, str], ...] = (("excellent", "90"), ("good", "70"), ("fulfilled", "50"))
    #: d of a leader when somebody under them did not fulfil their work.
    units_failed_share: str = "1/2"
    #: The month of a product: that of its due time in force or of its report if earlier, or of its due time alone.
    placing: Literal["due_or_report", "due"] = "due_or_report"
    #: Whether a product that was open when its month closed counts as assigned in each later one until it is done.
    carry_open: bool = True
    #: Whether coordinators count the shares they were given, or the lead the whole weight whatever was given.
    coordinators: Literal["shares", "lead_only"] = "shares"
    #: Whether a product handed over late stays with the former holder (completed, with its instances).
    reassigned_late: Literal["stays", "leaves"] = "stays"
    #: Whether a product called off late stays (completed, with its instances) or leaves the assigned.
    cancelled_late: Literal["leaves", "stays"] = "leaves"
    #: Warn when excellent ÷ good exceeds this; in a unit that stands in ``outstanding_band`` itself, the other.
    excellent_cap: str = "1/5"
    excellent_cap_outstanding: str = "1/4"
    outstanding_band: Band = "excellent"
    disqualifiers: tuple[Disqualifier, ...] = ()
    #: Whether photos given as evidence keep the position that the phone wrote into them.
    keep_photo_position: bool = False


class RuleSet(Rules, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version of the rules under a name."""

    code: str
    version: int
    name: str

    @property
    def ref(self) -> str:
        """How an entry names it: ``code@version``."""
        return f"{self.code}@{self.version}"


class Instance(msgspec.Struct, frozen=True):
    """One delay or major error of a product; a waived one stays visible and costs nothing."""

    entry_id: int
    kind: InstanceKind
    at: datetime
    waived: bool = False


class Product(msgspec.Struct, frozen=True):
    """A task as scoring counts it, in one period, for one person or unit."""

    weight: Fraction
    completed: bool
    instances: tuple[Instance, ...] = ()


class LeaderParts(msgspec.Struct, frozen=True):
    """d, đ, e of a leader as shares of 1."""

    d: Fraction
    dd: Fraction
    e: Fraction


class Loss(msgspec.Struct, frozen=True):
    """Points lost and why: ``product`` is an index into the products (None: a leader's part), ``entry_id`` the
    instance (None: the product was not completed)."""

    part: PartName | Literal["not_completed"]
    points: Fraction
    product: int | None = None
    entry_id: int | None = None


class Results(msgspec.Struct, frozen=True):
    """The points of results: ``points`` = ``results_max`` − Σ ``losses``, exactly."""

    parts: dict[PartName, Fraction]
    points: Fraction
    losses: tuple[Loss, ...]


def results(products: Sequence[Product], rules: RuleSet, leader: LeaderParts | None = None) -> Results | None:
    """The points of results over these products; None when they weigh nothing: there is nothing to assess."""
    weight = _weigh(products)
    if not weight:
        return None
    extra: dict[PartName, Fraction] = {} if leader is None else {"d": leader.d, "dd": leader.dd, "e": leader.e}
    part = _part(rules.results_max, 3 + len(extra))
    losses = _all_losses(products, weight, part, rules)
    a, b, c, points = _abc(_counts(losses), part.as_integer_ratio())
    parts: dict[PartName, Fraction] = {"a": a, "b": b, "c": c, **extra}
    for name, share in extra.items():
        points += share * part
        if share != 1:
            losses.append(Loss(part=name, points=(1 - share) * part))
    return Results(parts=parts, points=points, losses=tuple(losses))


def _weigh(products: Iterable[Product]) -> Fraction:
    """The sum of weights; adding whole numbers by denominator is many times faster than adding fractions."""
    sums: dict[int, int] = {}
    for product in products:
        above, below = product.weight.as_integer_ratio()
        sums[below] = sums.get(below, 0) + above
    return sum((Fraction(above, below) for below, above in sums.items()), _NOTHING)


#: A fraction as whole numbers: looked up many times faster than the fraction itself.
_Ratio = tuple[int, int]
#: The kinds of a product's instances in order, with whether each is waived; None when it was not completed.
_Kinds = tuple[tuple[InstanceKind, bool], ...] | None
_LossPart = PartName | Literal["not_completed"]
#: What the rules say of losses: error_share, delay_share, delay_reading, floor.
_Costs = tuple[str, str, str, str]


@cache
def _part(results_max: int, parts: int) -> Fraction:
    return Fraction(results_max, parts)


def _in_order(instances: Sequence[Instance]) -> Sequence[Instance]:
    return instances if len(instances) < 2 else sorted(instances, key=lambda one: (one.at, one.entry_id))


def _all_losses(products: Sequence[Product], weight: Fraction, part: Fraction, rules: RuleSet) -> list[Loss]:
    """What each product loses. Many are alike in all that decides it, so it is looked up."""
    of, worth = weight.as_integer_ratio(), part.as_integer_ratio()
    costs = (rules.error_share, rules.delay_share, rules.delay_reading, rules.floor)
    losses: list[Loss] = []
    for index, product in enumerate(products):
        # Most lose nothing: what they are worth is not even asked.
        if product.completed and not product.instances:
            continue
        instances = _in_order(product.instances)
        kinds = tuple([(one.kind, one.waived) for one in instances]) if product.completed else None
        for name, points, which in _losses(kinds, product.weight.as_integer_ratio(), of, worth, costs):
            losses.append(Loss(name, points, index, None if which is None else instances[which].entry_id))
    return losses


_Counts = tuple[tuple[tuple[str, int, int], int], ...]


def _counts(losses: Iterable[Loss]) -> _Counts:
    """Equal losses counted by part and points: adding fractions is slow."""
    counts: dict[tuple[str, int, int], int] = {}
    for loss in losses:
        key = (loss.part, *loss.points.as_integer_ratio())
        counts[key] = counts.get(key, 0) + 1
    return tuple(counts.items())


@lru_cache(maxsize=16384)
def _abc(counts: _Counts, worth: _Ratio) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """a, b and c after these losses, when each part is ``worth`` so many points, and the points of all three."""
    lost: dict[str, Fraction] = {"b": _NOTHING, "c": _NOTHING, "not_completed": _NOTHING}
    for (name, above, below), n in counts:
        lost[name] += Fraction(above * n, below)
    part, open_ = Fraction(*worth), lost["not_completed"] / 3
    a, b, c = 1 - open_ / part, 1 - (open_ + lost["b"]) / part, 1 - (open_ + lost["c"]) / part
    return a, b, c, part * (a + b + c)


@lru_cache(maxsize=16384)
def _losses(
    kinds: _Kinds, weight: _Ratio, of: _Ratio, worth: _Ratio, costs: _Costs
) -> tuple[tuple[_LossPart, Fraction, int | None], ...]:
    """What one product of a ``weight`` loses, when all together weigh ``of`` and each part is ``worth`` so many points;
    each loss with the number of its instance."""
    full = Fraction(weight[0] * of[1] * worth[0], weight[1] * of[0] * worth[1])
    if kinds is None:
        return (("not_completed", 3 * full, None),) if full else ()
    floor = exact(costs[3])
    losses: list[tuple[_LossPart, Fraction, int | None]] = []
    for name, counted in _COSTS:
        left = Fraction(1)
        for number, (kind, waived) in enumerate(kinds):
            if kind not in counted or waived:
                continue
            # Never below the floor for a product: the last instances may cost less than their share, or nothing.
            share = min(_share(kind, costs, first=left == 1), max(left - floor, _NOTHING))
            left -= share
            losses.append((name, share * full, number))
    return tuple(losses)


def _share(kind: InstanceKind, costs: _Costs, *, first: bool) -> Fraction:
    """The share of its part that an instance takes, before the floor at 0."""
    error_share, delay_share, reading, _ = costs
    if kind == "major_error":
        return exact(error_share)
    if reading == "each":
        return exact(delay_share)
    if kind == "further_delay" and reading == "first_then_zero":
        return Fraction(1)
    return exact(delay_share) if first else Fraction(0)


def units_share(bands: Iterable[Band], rules: RuleSet) -> Fraction | None:
    """d of a leader from the bands of those under them, whoever has none left out; None when nobody has one."""
    assessed = [band for band in bands if band != "not_assessed"]
    if not assessed:
        return None
    return exact(rules.units_failed_share) if "failed" in assessed else Fraction(1)


def band(total: Fraction, rules: RuleSet) -> Band:
    """The band of a total of points."""
    return next((name for name, least in rules.bands if total >= exact(least)), "failed")


def overridden(found: Band, reasons: Iterable[str], rules: RuleSet) -> Band:
    """The band after disqualifiers (codes): the worst of what the points gave and what each reason allows. A reason
    that the set does not list means ``failed``: somebody entered it, so it is not forgotten."""
    order = [*(name for name, _ in rules.bands), "failed"]
    allowed = {reason.code: reason.band for reason in rules.disqualifiers}
    return max([found, *(allowed.get(reason, "failed") for reason in reasons)], key=order.index)


def exceeds_cap(excellent: int, good: int, rules: RuleSet, *, outstanding: bool = False) -> bool:
    """Whether too many are excellent beside those rated good; with nobody good, one excellent is too many."""
    cap = exact(rules.excellent_cap_outstanding if outstanding else rules.excellent_cap)
    return excellent > cap * good


def product_weight(weight: Fraction, kind: str, rules: RuleSet) -> Fraction:
    """The converted weight of a task of a kind."""
    by_kind = rules.weights.get(kind, "1")
    return weight if by_kind == "1" else _product(weight, by_kind)


@lru_cache(maxsize=4096)
def _product(weight: Fraction, factor: str) -> Fraction:
    # A city closes a million products of a few weights: each pair is multiplied once.
    return weight * exact(factor)


@cache
def exact(text: str) -> Fraction:
    """``1/4`` or ``0.25`` as a fraction."""
    return Fraction(text)
