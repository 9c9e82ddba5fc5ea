"""Rate limits, back-off and bundling as pure arithmetic."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.pacing import (
    BUNDLE_FOR,
    LAST_RETRY_S,
    LASTS,
    MAX_AGE,
    MAX_ATTEMPTS,
    Limits,
    Pace,
    back_off,
    bundle_until,
    gives_up,
)
from tests.fakes import vn

NOW = vn("2026-11-23 08:00")


def test_a_chat_gets_one_message_a_second() -> None:
    pace = Pace(Limits())
    assert pace.reserve("1", 100.0) == 0
    assert pace.reserve("1", 100.0) == 1
    assert pace.reserve("1", 101.5) == 0.5
    assert pace.reserve("2", 110.0) == 0


def test_a_place_is_free_when_it_would_be_given_at_once() -> None:
    pace = Pace(Limits(overall_per_s=10))
    assert pace.is_free("1", 100.0)
    pace.reserve("1", 100.0)
    assert not pace.is_free("2", 100.0), "the channel as a whole has had its message"
    assert pace.is_free("2", 100.1)
    assert not pace.is_free("1", 100.9)
    assert pace.is_free("1", 101.0)


def test_a_group_gets_twenty_a_minute() -> None:
    pace = Pace(Limits())
    assert pace.reserve("-1", 100.0, group=True) == 0
    assert pace.reserve("-1", 100.0, group=True) == 3


@given(st.lists(st.tuples(st.floats(0, 0.2), st.integers(0, 50)), min_size=40, max_size=120))
def test_no_second_holds_more_than_thirty_messages(calls: list[tuple[float, int]]) -> None:
    pace, now, sent = Pace(Limits(chat_per_s=1e9)), 0.0, []
    for pause, chat in calls:
        now += pause
        sent.append(now + pace.reserve(str(chat), now))
    sent.sort()
    assert all(after - before >= 1 - 1e-6 for before, after in zip(sent, sent[30:], strict=False))


def test_a_named_wait_holds_its_chat_only() -> None:
    pace = Pace(Limits())
    pace.hold("1", 100.0, 30)
    assert pace.reserve("1", 100.0) == 30
    assert pace.reserve("2", 100.0) < 0.1


def test_a_pace_forgets_chats_that_have_been_quiet() -> None:
    pace = Pace(Limits(overall_per_s=1e9))
    for chat in range(12_000):
        pace.reserve(str(chat), float(chat))
    assert len(pace._free_at) < 6_000


@given(st.integers(1, 200), st.floats(0, 0.999))
def test_back_off_doubles_up_to_a_cap(attempts: int, jitter: float) -> None:
    wait_s = back_off(attempts, lambda: jitter).total_seconds()
    middle = min(2.0**attempts, LAST_RETRY_S)
    assert middle * 0.75 - 0.001 <= wait_s <= middle * 1.25


def test_giving_up_is_by_count_or_age() -> None:
    assert not gives_up(MAX_ATTEMPTS - 1, NOW, NOW)
    assert gives_up(MAX_ATTEMPTS, NOW, NOW)
    assert gives_up(1, NOW, NOW + MAX_AGE)
    assert gives_up(1, NOW, NOW + LASTS, has_other=True)
    assert not gives_up(MAX_ATTEMPTS - 1, NOW, NOW + LASTS)


def test_a_bundle_opens_waits_and_goes_together() -> None:
    second = timedelta(seconds=1)
    assert bundle_until(NOW, None, NOW) is None
    assert bundle_until(NOW + 30 * second, NOW, NOW + 31 * second) == NOW + BUNDLE_FOR
    assert bundle_until(NOW, NOW, NOW + second) is None, "it was waiting when the one before left"
    assert bundle_until(NOW + 30 * second, NOW, NOW + BUNDLE_FOR) is None
