"""The table of scores worked out by hand, each through the arithmetic that real scores go through."""

import tomllib
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from backend.domain.scoring import (
    Disqualifier,
    Instance,
    LeaderParts,
    Product,
    Rules,
    RuleSet,
    band,
    exact,
    overridden,
    product_weight,
    results,
)
from tests.fakes import vn

pytestmark = pytest.mark.one_database

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "scoring_cases.toml").read_text(encoding="utf-8"))[
    "case"
]
_KINDS = {"D": "delay", "F": "further_delay", "E": "major_error"}
_LISTED = (Disqualifier("disciplined", "Kỷ luật"), Disqualifier("late_report", "Báo cáo muộn", "good"))


def rules_of(case: dict[str, Any]) -> RuleSet:
    changed = dict(case.get("rules", {}))
    if "bands" in changed:
        changed["bands"] = tuple((name, least) for name, least in changed["bands"])
    return RuleSet(code="test", version=1, name="test", disqualifiers=_LISTED, **changed)


def products_of(case: dict[str, Any], rules: RuleSet) -> list[Product]:
    found: list[Product] = []
    for text in case["products"]:
        count, state, *words = text.split()
        weight, kind, instances = Fraction(1), "direct", []
        for word in words:
            if word.startswith("w"):
                weight = Fraction(word[1:])
            elif word.startswith("kind:"):
                kind = word.removeprefix("kind:")
            else:
                instances.append(word)
        for _ in range(int(count)) if count.isdecimal() else ():
            found.append(_product(product_weight(weight, kind, rules), state, instances, len(found)))
    return found


def _product(weight: Fraction, state: str, instances: list[str], number: int) -> Product:
    assert state in ("done", "open")
    return Product(
        weight=weight,
        completed=state == "done",
        instances=tuple(
            Instance(
                1000 * number + at,
                _KINDS[word.strip("()")],  # type: ignore[arg-type]
                vn("2026-10-05 08:00") + timedelta(days=at),
                waived=word.startswith("("),
            )
            for at, word in enumerate(instances, 1)
        ),
    )


def test_there_are_enough_of_them_and_no_two_are_called_the_same() -> None:
    assert len(CASES) >= 60
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_case_worked_out_by_hand(case: dict[str, Any]) -> None:
    rules = rules_of(case)
    leader = None
    if "leader" in case:
        d, dd, e = (Fraction(str(mark)) / 100 for mark in case["leader"])
        leader = LeaderParts(d=d, dd=dd, e=e)
    found = results(products_of(case, rules), rules, leader)
    if "total" not in case:
        assert found is None
        assert case["band"] == "not_assessed"
        return
    assert found is not None
    total = exact(case.get("common", "30")) + found.points + Fraction(case.get("correction", "0"))
    total = min(max(total, Fraction(0)), Fraction(100))
    assert str(total) == case["total"]
    assert overridden(band(total, rules), case.get("disqualified", []), rules) == case["band"]
    assert rules.results_max - found.points == sum(loss.points for loss in found.losses)


def test_every_rule_that_can_change_is_a_field_of_the_set() -> None:
    assert {name for case in CASES for name in case.get("rules", {})} <= set(Rules.__struct_fields__)
