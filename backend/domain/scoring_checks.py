"""What a draft of scoring rules must be before it can be published: every number in its range, every name one we know."""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any, get_args

from backend.domain.scoring import Band, Rules

_NUMBER = re.compile(r"\d{1,6}(\.\d{1,6}|/[1-9]\d{0,5})?")
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
#: The bands that points can give, best first; what is below the last one is ``failed``.
_ORDER: tuple[Band, ...] = ("excellent", "good", "fulfilled")
_HEAVIEST = 1000

Issue = dict[str, Any]


def check(rules: Rules, kinds: frozenset[str]) -> list[Issue]:
    """What is wrong with the rules: ``{"where", "code", …}`` each, the codes being keys under ``errors`` in the
    catalogue. ``kinds``: the kinds of tasks there are."""
    return [*_points(rules), *_shares(rules), *_weights(rules, kinds), *_bands(rules), *_disqualifiers(rules)]


def check_code(code: str) -> list[Issue]:
    """A code is lower-case letters, digits, ``-`` and ``_``."""
    return [] if _CODE.fullmatch(code) else [{"where": "code", "code": "rules_code"}]


def _points(rules: Rules) -> Iterator[Issue]:
    if rules.common_max < 0 or rules.results_max < 1 or rules.common_max + rules.results_max != 100:
        yield {"where": "common_max", "code": "rules_hundred"}


def _shares(rules: Rules) -> Iterator[Issue]:
    for name in ("error_share", "delay_share", "units_failed_share", "floor", "excellent_cap"):
        yield from _share(name, getattr(rules, name))
    yield from _share("excellent_cap_outstanding", rules.excellent_cap_outstanding)


def _share(name: str, text: str) -> Iterator[Issue]:
    value = number(text)
    if value is None or value > 1:
        yield {"where": name, "code": "rules_share", "value": text[:20]}


def _weights(rules: Rules, kinds: frozenset[str]) -> Iterator[Issue]:
    for kind, text in rules.weights.items():
        if kind not in kinds:
            yield {"where": f"weights.{kind[:40]}", "code": "rules_kind", "value": kind[:40]}
        value = number(text)
        if value is None or not 0 < value <= _HEAVIEST:
            yield {"where": f"weights.{kind[:40]}", "code": "rules_weight", "value": text[:20], "most": _HEAVIEST}


def _bands(rules: Rules) -> Iterator[Issue]:
    if tuple(name for name, _ in rules.bands) != _ORDER:
        yield {"where": "bands", "code": "rules_bands", "value": ", ".join(_ORDER)}
    least = [number(text) for _, text in rules.bands]
    values = [value for value in least if value is not None]
    falls = all(above > below for above, below in pairwise(values))
    if len(values) < len(least) or any(value > 100 for value in values) or not falls:
        yield {"where": "bands", "code": "rules_bands_fall"}
    if rules.outstanding_band not in _ORDER:
        yield {"where": "outstanding_band", "code": "rules_band", "value": rules.outstanding_band}


def _disqualifiers(rules: Rules) -> Iterator[Issue]:
    seen: set[str] = set()
    for index, one in enumerate(rules.disqualifiers):
        where = f"disqualifiers.{index}"
        if not _CODE.fullmatch(one.code) or one.code in seen:
            yield {"where": where, "code": "rules_code"}
        seen.add(one.code)
        if not one.name.strip() or len(one.name) > 200:
            yield {"where": where, "code": "rules_name"}
        if one.band not in {"good", "fulfilled", "failed"} & set(get_args(Band)):
            yield {"where": where, "code": "rules_band", "value": one.band}


def number(text: str) -> Fraction | None:
    """``1/4``, ``0.25`` or ``3`` as a fraction; None for anything else."""
    return Fraction(text) if _NUMBER.fullmatch(text) else None
