"""Scores: exact arithmetic from products and their instances to points, each lost point with its cause (domain.md §4).

Everything is a ``Fraction``; nothing is rounded before it is shown. Every number of the law is data in a
:class:`RuleSet`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import Literal

import msgspec

InstanceKind = Literal["delay", "further_delay", "major_error"]
Band = Literal["excellent", "good", "fulfilled", "failed", "not_assessed"]
#: a completed, b quality, c progress; leaders also d units in charge, dd (đ) organising, e uniting.
PartName = Literal["a", "b", "c", "d", "dd", "e"]

DELAYS: tuple[InstanceKind, ...] = ("delay", "further_delay")
#: Which instances take from which part.
_COSTS: tuple[tuple[PartName, tuple[InstanceKind, ...]], ...] = (("b", ("major_error",)), ("c", DELAYS))


class RuleSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The scoring rules as data; shares and weights are texts such as ``1/4`` so that they stay exact.

    ``delay_reading``: ``each`` instance takes ``delay_share`` of the product's progress; ``first_then_zero``: being
    late takes it once, a further instance (past each five working days) takes everything.
    """

    code: str
    version: int
    name: str
    common_max: int = 30
    results_max: int = 70
    error_share: str = "1/4"
    delay_share: str = "1/4"
    delay_reading: Literal["each", "first_then_zero"] = "each"
    #: Weight of a product by the task's kind, multiplied by the task's own; 1 for kinds that are not named.
    weights: dict[str, str] = {}
    #: Bands with the least points each needs, best first; below the last one: failed.
    bands: tuple[tuple[Band, str], ...] = (("excellent", "90"), ("good", "70"), ("fulfilled", "50"))
    #: d of a leader when somebody under them did not fulfil their work.
    units_failed_share: str = "1/2"

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
    weight = sum((product.weight for product in products), Fraction(0))
    if not weight:
        return None
    extra: dict[PartName, Fraction] = {} if leader is None else {"d": leader.d, "dd": leader.dd, "e": leader.e}
    part = Fraction(rules.results_max, 3 + len(extra))
    losses: list[Loss] = []
    for index, product in enumerate(products):
        losses += _losses(index, product, product.weight / weight * part, rules)
    lost = {name: sum((loss.points for loss in losses if loss.part == name), Fraction(0)) for name in ("b", "c")}
    open_ = sum((loss.points for loss in losses if loss.part == "not_completed"), Fraction(0)) / 3
    parts: dict[PartName, Fraction] = {
        "a": 1 - open_ / part,
        "b": 1 - (open_ + lost["b"]) / part,
        "c": 1 - (open_ + lost["c"]) / part,
    }
    for name, share in extra.items():
        parts[name] = share
        if share != 1:
            losses.append(Loss(part=name, points=(1 - share) * part))
    return Results(parts=parts, points=part * sum(parts.values(), Fraction(0)), losses=tuple(losses))


def _losses(index: int, product: Product, full: Fraction, rules: RuleSet) -> list[Loss]:
    """What one product loses, when each of its three parts is worth ``full`` points."""
    if not product.completed:
        return [Loss(part="not_completed", points=3 * full, product=index)] if full else []
    losses: list[Loss] = []
    if not product.instances:
        return losses
    for part, kinds in _COSTS:
        left = Fraction(1)
        for instance in sorted(product.instances, key=lambda one: (one.at, one.entry_id)):
            if instance.kind not in kinds or instance.waived:
                continue
            # Never below 0 for a product: the last instances may cost less than their share, or nothing.
            share = min(_share(instance, rules, first=left == 1), left)
            left -= share
            losses.append(Loss(part=part, points=share * full, product=index, entry_id=instance.entry_id))
    return losses


def _share(instance: Instance, rules: RuleSet, *, first: bool) -> Fraction:
    """The share of its part that an instance takes, before the floor at 0."""
    if instance.kind == "major_error":
        return exact(rules.error_share)
    if rules.delay_reading == "each":
        return exact(rules.delay_share)
    if instance.kind == "further_delay":
        return Fraction(1)
    return exact(rules.delay_share) if first else Fraction(0)


def units_share(bands: Iterable[Band], rules: RuleSet) -> Fraction | None:
    """d of a leader from the bands of those under them, whoever has none left out; None when nobody has one."""
    assessed = [band for band in bands if band != "not_assessed"]
    if not assessed:
        return None
    return exact(rules.units_failed_share) if "failed" in assessed else Fraction(1)


def band(total: Fraction, rules: RuleSet) -> Band:
    """The band of a total of points."""
    return next((name for name, least in rules.bands if total >= exact(least)), "failed")


def product_weight(weight: Fraction, kind: str, rules: RuleSet) -> Fraction:
    """The converted weight of a task of a kind."""
    return weight * exact(rules.weights.get(kind, "1"))


@cache
def exact(text: str) -> Fraction:
    """``1/4`` or ``0.25`` as a fraction."""
    return Fraction(text)
