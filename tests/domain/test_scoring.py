"""Scores: the worked examples of the rules to the last digit, and that every lost point has a cause."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.scoring import (
    Instance,
    LeaderParts,
    Product,
    RuleSet,
    band,
    exact,
    product_weight,
    results,
    units_share,
)
from backend.domain.scoring_periods import Placed, month_before, month_of, place, span
from tests.fakes import vn

RULES = RuleSet(code="decree-335", version=1, name="test")
FLAT = RuleSet(code="flat", version=1, name="test", delay_reading="first_then_zero")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
AT = datetime(2026, 10, 5, tzinfo=UTC)


def product(*kinds: str, completed: bool = True, weight: str = "1") -> Product:
    """A product with instances; a kind in brackets is waived."""
    return Product(
        weight=Fraction(weight),
        completed=completed,
        instances=tuple(
            Instance(n, kind.strip("()"), AT + timedelta(days=n), waived=kind.startswith("("))  # type: ignore[arg-type]
            for n, kind in enumerate(kinds, 1)
        ),
    )


def total(products: list[Product], common: int = 30, rules: RuleSet = RULES) -> Fraction:
    found = results(products, rules)
    assert found is not None
    return common + found.points


DONE, LATE, OPEN, ERROR = product(), product("delay"), product(completed=False), product("major_error")


@pytest.mark.parametrize(
    ("products", "common", "expected"),
    [
        ([DONE] * 20, 30, "100"),
        ([DONE] * 16 + [LATE] * 4, 30, "593/6"),  # 98.8333…
        ([DONE] * 16 + [LATE] * 3 + [product("(delay)")], 30, "99.125"),
        ([DONE] * 11 + [ERROR] * 2 + [LATE] * 5 + [OPEN] * 2, 28, "2135/24"),  # 88.9583…
        ([LATE] * 8, 30, "565/6"),  # 94.1666…
    ],
)
def test_the_worked_examples(products: list[Product], common: int, expected: str):
    assert total(products, common) == Fraction(expected)


def test_the_worked_examples_show_the_published_digits():
    assert [int(Fraction(text) * 10**10) for text in ("593/6", "2135/24", "565/6")] == [
        988333333333,
        889583333333,
        941666666666,
    ]


def test_no_product_is_no_result_rather_than_nought_or_a_hundred():
    assert results([], RULES) is None
    assert results([product(weight="0")], RULES) is None


def test_a_product_that_is_not_completed_has_no_quality_and_no_progress():
    found = results([DONE, OPEN], RULES)
    assert found is not None
    assert set(found.parts.values()) == {Fraction(1, 2)}
    assert [(loss.part, loss.product, loss.points) for loss in found.losses] == [("not_completed", 1, Fraction(35))]


def test_the_instances_of_an_open_product_cost_nothing_on_top():
    assert results([DONE, product("delay", completed=False)], RULES) == results([DONE, OPEN], RULES)


def test_a_product_never_falls_below_nought_and_the_last_instances_cost_less():
    found = results([product(*["delay"] * 5)], RULES)
    assert found is not None
    assert found.parts["c"] == 0
    assert [loss.points for loss in found.losses] == [Fraction(70, 12)] * 4 + [Fraction(0)]


def test_a_waived_instance_leaves_its_share_to_the_next_one():
    found = results([product("(delay)", *["delay"] * 4)], RULES)
    assert found is not None
    assert found.parts["c"] == 0
    assert [loss.entry_id for loss in found.losses] == [2, 3, 4, 5]


def test_weights_convert_products():
    assert total([product("delay", weight="3"), DONE]) == 100 - Fraction(70, 3) * Fraction(3, 4) / 4
    rules = RuleSet(code="weighted", version=1, name="test", weights={"document": "1/2"})
    assert product_weight(Fraction(3), "document", rules) == Fraction(3, 2)
    assert product_weight(Fraction(3), "direct", rules) == 3


def test_another_reading_of_delay_is_another_rule_set():
    late = [product("delay"), product("delay", "delay"), product("delay", "further_delay"), product("further_delay")]
    found = results(late, FLAT)
    assert found is not None
    assert found.parts["c"] == Fraction(3 + 3 + 0 + 0, 16)
    other = results(late, RULES)
    assert other is not None
    assert other.parts["c"] == Fraction(3 + 2 + 2 + 3, 16)


def test_leaders_have_six_parts():
    found = results([DONE] * 3 + [LATE], RULES, LeaderParts(d=Fraction(1, 2), dd=Fraction(9, 10), e=Fraction(1)))
    assert found is not None
    assert found.points == Fraction(70, 6) * (1 + 1 + Fraction(15, 16) + Fraction(1, 2) + Fraction(9, 10) + 1)
    assert 70 - found.points == sum(loss.points for loss in found.losses)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("100", "excellent"),
        ("90", "excellent"),
        ("89.9999", "good"),
        ("70", "good"),
        ("50", "fulfilled"),
        ("49.99", "failed"),
    ],
)
def test_bands(points: str, expected: str):
    assert band(Fraction(points), RULES) == expected


def test_one_failure_below_halves_the_units_share():
    assert units_share(["good", "fulfilled", "not_assessed"], RULES) == 1
    assert units_share(["good", "failed", "failed"], RULES) == exact("1/2")
    assert units_share(["not_assessed"], RULES) is None


kinds = st.sampled_from(["delay", "further_delay", "major_error", "(delay)", "(major_error)"])
products = st.builds(
    lambda names, completed, weight: product(*names, completed=completed, weight=weight),
    st.lists(kinds, max_size=8),
    st.booleans(),
    st.sampled_from(["1", "2", "1/3", "0", "2.5"]),
)


@given(st.lists(products, min_size=1, max_size=12), st.sampled_from([RULES, FLAT]), st.booleans())
def test_every_lost_point_has_a_cause_and_they_sum_exactly(found: list[Product], rules: RuleSet, leads: bool):
    leader = LeaderParts(d=Fraction(1, 2), dd=Fraction(4, 5), e=Fraction(2, 3)) if leads else None
    got = results(found, rules, leader)
    if got is None:
        assert not any(one.weight for one in found)
        return
    assert rules.results_max - got.points == sum(loss.points for loss in got.losses)
    assert 0 <= got.points <= rules.results_max
    assert all(0 <= share <= 1 for share in got.parts.values())
    assert all(loss.points >= 0 for loss in got.losses)


@given(st.lists(products, min_size=1, max_size=8), st.integers(0, 7))
def test_waiving_never_lowers_a_score(found: list[Product], which: int):
    before = results(found, RULES)
    changed = found[which % len(found)]
    waived = Product(
        changed.weight,
        changed.completed,
        tuple(Instance(one.entry_id, one.kind, one.at, waived=True) for one in changed.instances),
    )
    after = results([waived if one is changed else one for one in found], RULES)
    if before is not None and after is not None:
        assert after.points >= before.points


# --- which period -----------------------------------------------------------------------------------------------------

OCTOBER = span("2026-10", ZONE)
NOVEMBER = span("2026-11", ZONE)
LATER = vn("2026-12-20 08:00")


def test_a_period_is_whole_local_days():
    assert (OCTOBER.from_on.isoformat(), OCTOBER.until_on.isoformat()) == ("2026-10-01", "2026-10-31")
    assert OCTOBER.end == vn("2026-11-01 00:00") == NOVEMBER.start
    quarter = span("2026-Q4", ZONE)
    assert (quarter.kind, quarter.start, quarter.end) == ("quarter", OCTOBER.start, vn("2027-01-01 00:00"))
    assert month_before("2026-01") == "2025-12"
    assert month_of(vn("2026-11-01 00:00"), ZONE) == "2026-11"


@pytest.mark.parametrize("key", ["2026", "2026-13", "2026-00", "2026-Q5", "26-10", "2026-10-01", " 2026-10", "1999-01"])
def test_anything_else_is_not_a_period(key: str):
    with pytest.raises(ValueError, match="not a period"):
        span(key, ZONE)


COMPLETED, NOT_COMPLETED = Placed(completed=True, carried=False), Placed(completed=False, carried=False)


@pytest.mark.parametrize(
    ("due", "reported", "october", "november"),
    [
        ("2026-10-20 17:00", "2026-10-19 09:00", COMPLETED, None),
        ("2026-10-20 17:00", "2026-10-25 09:00", COMPLETED, None),
        # Reported early belongs to the month of its report.
        ("2026-11-10 17:00", "2026-10-30 09:00", COMPLETED, None),
        # Open when October closed: not completed there, completed in November with all its instances.
        ("2026-10-30 17:00", "2026-11-03 09:00", NOT_COMPLETED, Placed(completed=True, carried=True)),
        # Still open: carried into each month.
        ("2026-10-30 17:00", None, NOT_COMPLETED, Placed(completed=False, carried=True)),
        # Due in November.
        ("2026-11-10 17:00", "2026-12-01 09:00", None, NOT_COMPLETED),
        ("2027-01-05 17:00", None, None, None),
        # A last instant of a month is the next one's first.
        ("2026-11-01 00:00", None, None, NOT_COMPLETED),
    ],
)
def test_where_a_product_belongs(due: str, reported: str | None, october: Placed | None, november: Placed | None):
    at = vn(reported) if reported else None
    assert place(vn(due), at, OCTOBER, LATER) == october
    assert place(vn(due), at, NOVEMBER, LATER) == november


def test_not_yet_due_and_not_done_is_not_in_the_month():
    assert place(vn("2026-10-20 17:00"), None, OCTOBER, vn("2026-10-20 16:59")) is None
    assert place(vn("2026-10-20 17:00"), None, OCTOBER, vn("2026-10-20 17:01")) == NOT_COMPLETED
