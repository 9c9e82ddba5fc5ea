"""The reminder planner's parameters as data: how firmly a unit wants to be reminded, and what the past says."""

from bisect import bisect_left, bisect_right
from typing import Literal

import msgspec


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One position of the switch *nhẹ / vừa / chặt* (reminders.md). Days are working days; shares are 1/n.

    ``slots`` are local minutes of the day, in order; a slot outside a day's shifts is not used on that day.
    """

    name: Literal["gentle", "normal", "firm"] = "normal"
    #: First reminder after 1/n of the time: acknowledged, and not.
    first_acknowledged: int = 6
    first_silent: int = 12
    #: After an answer it is quiet for 1/n of what remains, within these days.
    thirds: int = 3
    quiet_min_days: float = 0.5
    quiet_max_days: float = 5
    #: However near the deadline is, and after it, an answer buys at least so many working minutes.
    quiet_last_minutes: int = 120
    #: After silence: this many days, doubling each time, at most 1/thirds of what remains.
    retry_days: float = 2
    #: No reminder but the last while the chance of being late is below this; needs a history.
    risk: float = 0.10
    #: With more days left only the half-day is used in which the person answers best.
    near_days: float = 2
    #: Reminders after the deadline, days past it; then silence.
    overdue_days: tuple[int, ...] = (2, 5, 10)
    slots: tuple[int, ...] = (480, 810)
    #: The last useful slot lies at least so many working minutes before the deadline.
    last_minutes: int = 90
    #: Two reminders of a task are at least so many minutes apart, by the clock.
    apart_minutes: int = 60
    #: Short and urgent tasks: one word after this share of the time, at least so many minutes before the deadline.
    short_word: tuple[int, int] = (2, 3)
    short_last_minutes: int = 15
    #: A message has at most so many lines, takes along what is planned within so many days, and there are at most so
    #: many a day to one person.
    lines: int = 5
    along_days: float = 2
    a_day: int = 2
    #: The leader hears after so many unanswered reminders, from this share of the time on, at this chance of being late.
    lead_after: int = 2
    lead_share: float = 0.7
    lead_risk: float = 0.4


GENTLE = Policy(
    name="gentle",
    first_acknowledged=3,
    first_silent=6,
    thirds=2,
    retry_days=3,
    risk=0.35,
    near_days=0.5,
    overdue_days=(5,),
)
NORMAL = Policy()
FIRM = Policy(
    name="firm",
    first_acknowledged=8,
    first_silent=16,
    retry_days=1,
    risk=0,
    near_days=9,
    overdue_days=(1, 3, 8),
    along_days=1,
    lead_after=1,
    lead_share=0.6,
    lead_risk=0.3,
)

#: Shares of a task's time at which histories count.
POINTS = (0.25, 0.5, 0.75, 0.875, 0.9375)
_PRIOR = (0.30, 0.35, 0.45, 0.55, 0.65)
_STRENGTH = 10


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one officer, and of the whole agency (``all_…``), as counts.

    ``still[j]``: tasks still open when share ``POINTS[j]`` of their working time had gone; ``late``: those that passed
    their deadline open; ``halves``: reminders (sent, answered) in the morning and in the afternoon.
    """

    still: tuple[int, ...] = (0,) * len(POINTS)
    late: int = 0
    all_still: tuple[int, ...] = (0,) * len(POINTS)
    all_late: int = 0
    halves: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))


def risk(history: History, share: float) -> float:
    """The chance that a task still open at ``share`` of its time ends late: the officer's own counts, leaning on the
    agency's, leaning on a prior."""
    return _chance(history, _point(share))


def record(history: History, share: float) -> tuple[int, int]:
    """The officer's own counts behind the risk: (late, still open at that share of the time)."""
    return history.late, history.still[_point(share)]


def worth_from(history: History, threshold: float) -> float:
    """The share of a task's time from which the risk is worth a word: 0 = always, 1 = at no point before the end."""
    for j, point in enumerate(POINTS):
        if _chance(history, j) >= threshold:
            return point if j else 0.0
    return 1.0


def points_passed(share: float) -> int:
    """How many of the counts ``still`` grow, from the first on, when a task leaves after that share of its time.

    A task closed in time counts where it was still open; one that passes its deadline open counts at every point, and
    once in ``late``.
    """
    return bisect_left(POINTS, share)


def better_half(history: History | None) -> int:
    """0 = the morning, 1 = the afternoon: when this person answers; the morning on ties and for somebody unknown."""
    if history is None:
        return 0
    (sent, answered), (sent_later, answered_later) = history.halves
    return int((answered_later + 3) * (sent + 5) > (answered + 3) * (sent_later + 5))


def _point(share: float) -> int:
    return max(bisect_right(POINTS, share) - 1, 0)


def _chance(history: History, j: int) -> float:
    agency = (history.all_late + _STRENGTH * _PRIOR[j]) / (history.all_still[j] + _STRENGTH)
    return (history.late + _STRENGTH * agency) / (history.still[j] + _STRENGTH)
