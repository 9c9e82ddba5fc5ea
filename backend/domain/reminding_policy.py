"""The reminder planner's parameters as data: how firmly a unit wants to be reminded, and what the past says."""

from typing import Literal

import msgspec


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """One position of the switch *nhẹ / vừa / chặt* (reminders.md). Days are working days; shares are 1/n.

    ``slots`` are local minutes of the day, in order; a slot outside a day's shifts is not used on that day.
    """

    name: Literal["gentle", "normal", "firm"] = "normal"
    #: First reminder after 1/n of the time: acknowledged, and not.
    first_acknowledged: int = 3
    first_silent: int = 6
    #: After an answer it is quiet for 1/n of what remains, within these days.
    thirds: int = 3
    quiet_min_days: float = 0.5
    quiet_max_days: float = 5
    #: After silence: this many days, doubling each time, at most 1/thirds of what remains.
    retry_days: float = 1
    #: No reminder while the chance of being late is below this; needs a history.
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


GENTLE = Policy(
    name="gentle",
    first_acknowledged=2,
    first_silent=4,
    thirds=2,
    retry_days=2,
    risk=0.35,
    near_days=0.5,
    overdue_days=(5,),
)
NORMAL = Policy()
FIRM = Policy(
    name="firm",
    first_acknowledged=6,
    first_silent=8,
    retry_days=0.5,
    risk=0,
    near_days=9,
    overdue_days=(1, 3, 8),
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
    j = max((j for j, point in enumerate(POINTS) if point <= share), default=0)
    agency = (history.all_late + _STRENGTH * _PRIOR[j]) / (history.all_still[j] + _STRENGTH)
    return (history.late + _STRENGTH * agency) / (history.still[j] + _STRENGTH)


def better_half(history: History | None) -> int:
    """0 = the morning, 1 = the afternoon: when this person answers; the morning on ties and for somebody unknown."""
    if history is None:
        return 0
    morning, afternoon = ((answered + 3) / (sent + 5) for sent, answered in history.halves)
    return int(afternoon > morning)
