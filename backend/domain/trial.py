"""The field trial: which reminders may be held back, which are, and what the difference says (reminders.md, last line).

Whether reminders help *here* cannot be read off the log: who is reminded is who is near a deadline. So one reminder in
twenty is held back by chance, where little is at stake, and the two arms are compared.
"""

import math
from hashlib import blake2b

import msgspec

#: One reminder of so many is held back.
ONE_IN = 20
#: At this chance of being late or above nothing is held back. Somebody new, of whom nothing is known, stands exactly
#: here at the start of a task (``reminding_policy``: the prior), so nobody is experimented on before the office knows
#: them; whoever is held back was on time in more than seven of ten tasks that stood where this one stands.
LOW_RISK = 0.30
#: An arm with fewer tasks says nothing, whatever its interval.
LEAST = 20
#: The difference that must not be missed, as a share, with this certainty: 80 % power at the two-sided 5 % level.
WORTH_SEEING = 0.05
_Z, _POWER_Z = 1.959963984540054, 0.8416212335729143

_WHYS = frozenset({"share", "answered", "silent"})
#: Never change it: it decides who was held back in every month that has been published.
_SALT = b"giaoviec trial 1"


def eligible(kind: str, why: str, chance: float, already_held: bool) -> bool:
    """Whether a line of a slot, planned as ``kind`` and ``why``, may be held back at this chance of being late.

    Only an early word (``soon``) by the rule: never the last before the deadline, never one that the holder asked for
    (``waiting``), none after the deadline, none to a leader, and one per task and holder (``already_held``). Ask for
    lines of slots only: urgent and short tasks, which get one word in all, are none.
    """
    return kind == "soon" and why in _WHYS and chance < LOW_RISK and not already_held


def held(task_id: int, holder_no: int) -> bool:
    """Whether the first eligible reminder of a task's holder is held back: one in :data:`ONE_IN`, the same answer in every
    process for ever. Later ones take no part: a task of whose holder one was said must not have another held back."""
    name = f"{task_id}:{holder_no}".encode()
    return int.from_bytes(blake2b(name, digest_size=8, key=_SALT).digest()) % ONE_IN == 0


class Effect(msgspec.Struct, frozen=True):
    """Two arms and what their difference says. Shares: 0.05 is five points.

    ``difference`` is the late share of those held back less that of those said: above 0 reminders help; None while an arm
    is empty. ``low`` and ``high`` are its 95 % interval. ``needed``: how many more tasks must be in the trial, both arms
    together, before a difference of five points would be seen four times in five; 0 when they are there or it tells.
    """

    held_late: int
    held_all: int
    said_late: int
    said_all: int
    difference: float | None
    low: float
    high: float
    tells: bool
    needed: int


def difference(held_late: int, held_all: int, said_late: int, said_all: int) -> Effect:
    """Compare the late shares of the two arms.

    The interval is Newcombe's hybrid score interval without continuity correction (R. G. Newcombe, *Interval estimation
    for the difference between independent proportions*, Statistics in Medicine 17, 1998, 873-890, method 10): it stays
    inside -1 to 1 and holds with few and with no late tasks, where the usual one does not.
    """
    if held_all == 0 or said_all == 0:
        return Effect(
            held_late, held_all, said_late, said_all, None, -1.0, 1.0, False, _needed(held_all, said_late, said_all)
        )
    p, q = held_late / held_all, said_late / said_all
    (p_low, p_high), (q_low, q_high) = _wilson(held_late, held_all), _wilson(said_late, said_all)
    low = p - q - math.hypot(p - p_low, q_high - q)
    high = p - q + math.hypot(p_high - p, q - q_low)
    tells = min(held_all, said_all) >= LEAST and not low <= 0 <= high
    needed = 0 if tells else _needed(held_all, said_late, said_all)
    return Effect(held_late, held_all, said_late, said_all, p - q, low, high, tells, needed)


def _wilson(late: int, n: int) -> tuple[float, float]:
    """The score interval of one share (E. B. Wilson 1927); at the ends exactly 0 and 1."""
    p, zz = late / n, _Z * _Z
    middle = (p + zz / (2 * n)) / (1 + zz / n)
    half = _Z * math.sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n)
    return 0.0 if late == 0 else middle - half, 1.0 if late == n else middle + half


def _needed(held_all: int, said_late: int, said_all: int) -> int:
    """How many more tasks it takes; the arm held back is the small one and decides. Nothing seen yet: half of them late,
    which takes most."""
    q = said_late / said_all if said_all else 0.5
    p = min(q + WORTH_SEEING, 1.0)
    variance = p * (1 - p) + q * (1 - q) / (ONE_IN - 1)
    wanted = max(math.ceil((_Z + _POWER_Z) ** 2 * variance / WORTH_SEEING**2), LEAST)
    return max(wanted - held_all, 0) * ONE_IN
