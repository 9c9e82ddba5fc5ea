"""The field trial: who may be held back, who is, and what the difference of two arms says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.reminding_policy import History, risk
from backend.domain.trial import LEAST, LOW_RISK, ONE_IN, difference, eligible, held


@pytest.mark.parametrize("why", ["share", "answered", "silent"])
def test_an_early_word_of_little_risk_may_be_held_back(why: str) -> None:
    assert eligible("soon", why, 0.12, False)


@pytest.mark.parametrize(
    ("kind", "why", "chance", "already"),
    [
        ("now", "share", 0.1, False),  # the last word before the deadline
        ("overdue", "overdue", 0.1, False),
        ("soon", "waiting", 0.1, False),  # they asked for it
        ("soon", "unanswered", 0.1, False),  # to the leader
        ("soon", "share", LOW_RISK, False),
        ("soon", "silent", 0.6, False),
        ("soon", "share", 0.1, True),
    ],
)
def test_no_other_word_is_ever_held_back(kind: str, why: str, chance: float, already: bool) -> None:
    assert not eligible(kind, why, chance, already)


def test_nobody_is_experimented_on_before_the_office_knows_them() -> None:
    assert risk(History(), 0.0) == LOW_RISK
    assert not eligible("soon", "share", risk(History(), 0.0), False)
    reliable = History(still=(9, 8, 6, 4, 2), all_still=(90, 80, 60, 40, 20), all_late=4)
    assert eligible("soon", "share", risk(reliable, 0.3), False)


def test_one_in_twenty_is_held_back_and_always_the_same() -> None:
    assert abs(sum(held(task_id, 1) for task_id in range(100_000)) - 100_000 / ONE_IN) < 250
    assert [task_id for task_id in range(160) if held(task_id, 1)] == [14, 32, 63, 85, 120, 138, 151]
    assert [holder_no for holder_no in range(60) if held(7, holder_no)] == [10, 18, 22, 29, 39, 47, 59]


@pytest.mark.parametrize(
    ("arms", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), table II, method 10.
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ],
)
def test_the_interval_is_the_published_one(arms: tuple[int, int, int, int], low: float, high: float) -> None:
    found = difference(*arms)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.difference == pytest.approx(arms[0] / arms[1] - arms[2] / arms[3])


def test_it_tells_only_what_the_interval_leaves_no_doubt_about() -> None:
    assert difference(56, 70, 48, 80).tells
    assert difference(10, 70, 48, 80).tells  # also that they do harm
    assert not difference(20, 70, 20, 80).tells
    # However clear: nine or nineteen tasks say nothing.
    assert not difference(LEAST - 1, LEAST - 1, 0, 400).tells
    assert difference(LEAST, LEAST, 0, 400).tells


def test_an_empty_arm_says_nothing_and_how_much_is_needed() -> None:
    found = difference(0, 0, 12, 40)
    assert (found.difference, found.low, found.high, found.tells) == (None, -1.0, 1.0, False)
    # 12 of 40 late: about 700 held back for 80 % power at 35 against 30 %, so 14,000 in the trial.
    assert 13_000 < found.needed < 15_000
    assert difference(0, 0, 0, 0).needed > found.needed


def test_what_is_needed_falls_with_what_is_there_and_ends() -> None:
    first = difference(10, 100, 190, 1900)
    later = difference(20, 200, 380, 3800)
    assert first.needed - later.needed == 100 * ONE_IN
    assert difference(100, 1000, 1900, 19_000).needed == 0
    assert difference(56, 70, 48, 80).needed == 0


def test_what_is_needed_really_shows_five_points_at_least_four_times_in_five() -> None:
    """The normal curve's word for it, held against counting every outcome of the small arm."""
    q = 0.1
    n = difference(0, 0, 1000, 10_000).needed // ONE_IN
    said = (ONE_IN - 1) * n
    seen = 0.0
    for late in range(n + 1):
        log = math.lgamma(n + 1) - math.lgamma(late + 1) - math.lgamma(n - late + 1)
        chance = math.exp(log + late * math.log(q + 0.05) + (n - late) * math.log(1 - q - 0.05))
        seen += chance * difference(late, n, round(q * said), said).tells
    # A little more than asked for: a score interval judges by the variance of the lower share.
    assert 0.8 < seen < 0.92


@given(st.integers(1, 300), st.integers(1, 300), st.data())
def test_the_interval_holds_the_difference_and_turns_with_it(m: int, n: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, m)), data.draw(st.integers(0, n))
    found, turned = difference(a, m, b, n), difference(b, n, a, m)
    assert found.difference is not None
    assert -1 <= found.low <= found.difference <= found.high <= 1
    assert (found.low, found.high) == pytest.approx((-turned.high, -turned.low))
