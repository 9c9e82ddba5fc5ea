"""The reminder planner: when a task should next be spoken of to its lead, and why: the rule of thirds (reminders.md).

Pure and deterministic: the plan follows from the row alone. ``now`` only says what is past, so planning again at any
moment up to the planned one gives the same plan, and planning later never gives an earlier one.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import FIRM, GENTLE, NORMAL, History, Policy, risk
from backend.domain.reminding_slots import Slots
from backend.domain.reminding_view import MINUTE, View, given_at, whole
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency

__all__ = ["FIRM", "GENTLE", "NORMAL", "History", "Plan", "Policy", "is_short", "next_slot", "plan", "still_due"]

Kind = Literal["soon", "now", "overdue"]

#: A tick that comes this late still speaks in the slot it was planned for; a later one waits for the next slot.
_TICK_GRACE = timedelta(minutes=30)
_LOOKS = 6


class Plan(msgspec.Struct, frozen=True):
    """The next reminder: when (UTC), of which kind, and the reason as data.

    ``why`` is a key under ``notices.why`` in the catalogue: ``share`` (``1/3`` of the time has gone), ``answered`` and
    ``silent`` (``on``: day/month of the answer or of the last reminder), ``waiting``; or ``overdue`` (``days``: working
    days past the deadline).
    """

    at: datetime
    kind: Kind
    why: str
    params: dict[str, int | str] = {}


def plan(
    task: TaskTimes, now: datetime, calendar: WorkCalendar, policy: Policy = NORMAL, history: History | None = None
) -> Plan | None:
    """The next reminder to the lead, at or after ``now``; None = nothing to say as things stand.

    In working time only, except for express tasks. Without ``history`` nobody is spared for being reliable, and the
    morning counts as the better half of a day.
    """
    if task.status not in (Status.ASSIGNED, Status.ACKNOWLEDGED):
        return None
    view = View(task, now, calendar, policy, history)
    word = None
    if view.now < task.due_at:
        word = _short(view) if is_short(task, calendar) else _thirds(view)
    return word or _overdue(view)


def still_due(
    task: TaskTimes, look_at: datetime, now: datetime, calendar: WorkCalendar, policy: Policy = NORMAL
) -> Plan | None:
    """The plan for a row whose ``look_at`` has come: to be said now if its ``at`` is not after ``now``.

    A tick comes a little after the moment it is for; planning at ``now`` would always find that the slot has just
    passed. Within half an hour of it the plan is made as of ``look_at``.
    """
    as_of = max(look_at, now - _TICK_GRACE)
    return plan(task, now if as_of < task.due_at <= now else min(as_of, now), calendar, policy)


def is_short(task: TaskTimes, calendar: WorkCalendar) -> bool:
    """Whether rule 12 holds: urgent and above, or given less than one working day; it does not wait for slots."""
    return (
        task.urgency is not Urgency.NORMAL or calendar.between(given_at(task), task.due_at) < calendar.data.day_minutes
    )


def next_slot(at: datetime, calendar: WorkCalendar, policy: Policy = NORMAL) -> datetime:
    """The first of the day's slots at or after an instant, UTC: where a line that can wait is said."""
    return Slots(calendar, policy.slots).first(whole(at)).astimezone(UTC)


def _thirds(view: View) -> Plan | None:
    """The next slot before the deadline by the rule of thirds; None when no useful slot is left."""
    task, policy = view.task, view.policy
    last = view.slots.last(view.calendar.subtract(task.due_at, policy.last_minutes))
    wanted, why, params = _wanted(view)
    at = _worth_it(view, wanted, last)
    earliest = view.now
    if view.away_until is not None and at < view.away_until:
        earliest = max(earliest, view.away_until)
    if at < earliest:
        at = _first(view, earliest)
    apart = task.reminded_at + timedelta(minutes=policy.apart_minutes) if task.reminded_at else None
    if at >= last:
        at = last
        if at < view.now or (apart is not None and at < apart):
            return None
    return Plan(at=at.astimezone(UTC), kind="now" if at == last else "soon", why=why, params=params)


def _wanted(view: View) -> tuple[datetime, str, dict[str, int | str]]:
    """When the rule would speak were there no slots, and why."""
    task, policy, day = view.task, view.policy, view.day
    back = view.wanted_back_at
    if back is not None:
        return min(back, view.calendar.subtract(task.due_at, day)), "waiting", {}
    if task.reminded_at is None:
        n = policy.first_silent if task.tapped_at is None else policy.first_acknowledged
        return view.calendar.add(view.given_at, view.total // n), "share", {"share": f"1/{n}"}
    if task.unanswered == 0:
        since = max(task.reminded_at, task.tapped_at or task.reminded_at)
        remaining = max(view.calendar.between(since, task.due_at), 0)
        quiet = min(
            max(remaining // policy.thirds, round(policy.quiet_min_days * day)), round(policy.quiet_max_days * day)
        )
        return view.calendar.add(since, quiet), "answered", {"on": view.on(since)}
    since = task.reminded_at
    remaining = max(view.calendar.between(since, task.due_at), 0)
    # The exponent is capped: the share of what remains decides long before.
    pause = min(remaining // policy.thirds, round(policy.retry_days * day * 2 ** min(task.unanswered - 1, 12)))
    return view.calendar.add(since, pause), "silent", {"on": view.on(since)}


def _worth_it(view: View, wanted: datetime, last: datetime) -> datetime:
    """The first slot at or after ``wanted``, apart from the reminder before, at which the risk is worth a word."""
    task, policy = view.task, view.policy
    wanted = whole(wanted)
    if task.reminded_at is not None:
        wanted = max(wanted, whole(task.reminded_at + timedelta(minutes=policy.apart_minutes)))
    at = _first(view, wanted)
    for _ in range(_LOOKS):
        if (
            at >= last
            or view.history is None
            or view.wanted_back_at is not None
            or risk(view.history, view.share(at)) >= policy.risk
        ):
            break
        halfway = view.calendar.between(at, task.due_at) // 2
        at = _first(view, max(view.calendar.add(at, halfway), at + MINUTE))
    return at


def _first(view: View, at: datetime) -> datetime:
    """The first slot that may be used at or after an instant: of the better half-day while the deadline is far; any
    when the lead named the moment."""
    if view.wanted_back_at is not None:
        return view.slots.first(at)
    near = view.calendar.subtract(view.task.due_at, round(view.policy.near_days * view.day))
    better = view.slots.first(at, view.half)
    # A slot of the other half counts from where the deadline is near: a fixed set of slots, whatever ``now`` is.
    return min(better, view.slots.first(max(at, whole(near))))


def _short(view: View) -> Plan | None:
    """Rule 12: one word when two thirds of the time have gone, at least 15 minutes before the deadline."""
    task = view.task
    back = view.wanted_back_at
    if task.reminded_at is not None and back is None:
        return None
    express = task.urgency is Urgency.EXPRESS
    at, last = _by_clock(view) if express else _by_work(view)
    if last <= view.given_at:
        return None
    if back is not None:
        at = back
    at = max(min(at, last), view.now)
    if view.away_until is not None:
        at = max(at, view.away_until)
    if not express:
        at = view.calendar.next_working(at)
    if at > last:
        return None
    if back is not None:
        return Plan(at=at.astimezone(UTC), kind="soon", why="waiting")
    share = "/".join(map(str, view.policy.short_word))
    return Plan(at=at.astimezone(UTC), kind="soon", why="share", params={"share": share})


def _by_work(view: View) -> tuple[datetime, datetime]:
    over, under = view.policy.short_word
    at = view.calendar.add(view.given_at, view.total * over // under)
    return at, view.calendar.subtract(view.task.due_at, view.policy.short_last_minutes)


def _by_clock(view: View) -> tuple[datetime, datetime]:
    over, under = view.policy.short_word
    given_at = whole(view.given_at)
    at = given_at + (view.task.due_at - given_at) * over // under
    last = view.task.due_at - timedelta(minutes=view.policy.short_last_minutes)
    return whole(at), last.replace(second=0, microsecond=0)


def _overdue(view: View) -> Plan | None:
    """Rule 8: a few words after the deadline and then silence; none while the lead waits to hear about more time."""
    task, day = view.task, view.day
    if task.extension_asked_at is not None and task.extension_asked_at <= task.due_at:
        return None
    for days in view.policy.overdue_days:
        base = view.calendar.add(task.due_at, days * day)
        if task.reminded_at is not None and task.reminded_at >= base:
            continue
        at = max(base, view.now, task.leave_until or base, view.wanted_back_at or base)
        at = view.slots.first(whole(at), view.half)
        past = view.calendar.between(task.due_at, at) // day
        return Plan(at=at.astimezone(UTC), kind="overdue", why="overdue", params={"days": past})
    return None
