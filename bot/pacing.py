"""When a message may leave: rate limits, back-off and bundling. Pure: time is always an argument."""

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

#: Further assignments to a person within this long of the one before wait and go together (reminders.md rule 11).
BUNDLE_FOR = timedelta(minutes=2)

#: What is bundled: what a leader causes by a tap and could cause ten times in a row.
BUNDLED = frozenset({"TaskAssigned", "TaskNudged"})

FIRST_RETRY_S = 2.0
LAST_RETRY_S = 30 * 60.0

#: A notice is given up on a channel after so many tries, or so long after the first of them.
MAX_ATTEMPTS = 60
MAX_AGE = timedelta(days=2)

#: A failure that has lasted so long lets another channel carry the notice, when the person has one.
LASTS = timedelta(hours=1)


class Limits(msgspec.Struct, frozen=True):
    """How fast a channel takes messages: overall, in one chat, in one group, and how many at the same time.

    ``lanes`` bounds what is in doubt when a process is killed: what is on its way may have arrived.
    """

    overall_per_s: float = 30
    chat_per_s: float = 1
    group_per_min: float = 20
    lanes: int = 8


#: No limits: for channels that have none.
UNLIMITED = Limits(overall_per_s=1e9, chat_per_s=1e9, group_per_min=1e9)

_OVERALL = ""
_FORGET_OVER = 5_000


class Pace:
    """Buckets of one channel: every message reserves its place in them and is told how long to wait for it.

    ``now_s`` is any clock that only goes forward, in seconds. Places are spaced evenly, so that no second ever holds
    more than the limit.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._free_at: dict[str, float] = {}

    def reserve(self, address: str, now_s: float, *, group: bool = False) -> float:
        """Seconds to wait before sending to ``address``; the place is taken."""
        limits = self._limits
        every_s = 60 / limits.group_per_min if group else 1 / limits.chat_per_s
        overall = max(self._free_at.get(_OVERALL, 0.0), now_s)
        at = max(overall, self._free_at.get(address, 0.0))
        if len(self._free_at) > _FORGET_OVER:
            self._free_at = {key: free for key, free in self._free_at.items() if free > now_s}
        self._free_at[address] = at + every_s
        self._free_at[_OVERALL] = overall + 1 / limits.overall_per_s
        return at - now_s

    def is_free(self, address: str, now_s: float) -> bool:
        """Whether :meth:`reserve` would give a place at once."""
        return self._free_at.get(_OVERALL, 0.0) <= now_s and self._free_at.get(address, 0.0) <= now_s

    def hold(self, address: str, now_s: float, for_s: float) -> None:
        """The server named a wait for a chat: nothing is sent there before it is over."""
        self._free_at[address] = max(self._free_at.get(address, 0.0), now_s + for_s)


def back_off(attempts: int, jitter: Callable[[], float]) -> timedelta:
    """How long to wait after the ``attempts``-th failure (1 = the first): doubling, capped, and spread by a quarter.

    ``jitter`` gives a number in [0, 1).
    """
    seconds = min(FIRST_RETRY_S * 2 ** min(attempts - 1, 20), LAST_RETRY_S)
    return timedelta(seconds=seconds * (0.75 + jitter() / 2))


def gives_up(attempts: int, first_at: datetime, now: datetime, *, has_other: bool = False) -> bool:
    """Whether a notice that has failed ``attempts`` times since ``first_at`` is a dead letter on its channel. One that
    ``has_other`` channels to go to is so much sooner."""
    return attempts >= MAX_ATTEMPTS or now - first_at >= (LASTS if has_other else MAX_AGE)


def bundle_until(ready_at: datetime, last_sent_at: datetime | None, now: datetime) -> datetime | None:
    """Until when a bundled notice waits, None = it goes now.

    It waits when it became ready after the one before left, and less than two minutes have passed since. What was
    waiting when that one left goes along with it. All instants are real time.
    """
    if last_sent_at is None or ready_at <= last_sent_at or now >= last_sent_at + BUNDLE_FOR:
        return None
    return last_sent_at + BUNDLE_FOR
