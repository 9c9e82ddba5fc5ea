"""The reminder planner: when a task should next be spoken of to its lead, and why: the rule of thirds (reminders.md).

Pure and deterministic: the plan follows from the row alone. ``now`` only says what is past, so planning again at any
moment up to the planned one gives the same plan, and planning later never gives an earlier one.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import FIRM, GENTLE, NORMAL, History, Policy, record, risk, worth_from
from backend.domain.reminding_short import by_clock, by_work
from backend.domain.reminding_slots import slots_of
from backend.domain.reminding_view import View, given_at, whole
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency

__all__ = ["FIRM", "GENTLE", "NORMAL", "History", "Plan", "Policy", "is_short", "next_slot", "plan", "still_due"]

Kind = Literal["soon", "now", "overdue"]

#: A tick that comes this late still speaks in the slot it was planned for; a later one waits for the next slot.
_TICK_GRACE = timedelta(minutes=30)


class Plan(msgspec.Struct, frozen=True):
    """The next reminder: when (UTC), to whom, of which kind, and the reason as data.

    ``why`` is a key under ``notices.why`` in the catalogue: ``share`` (``1/6`` of the time has gone), ``answered`` and
    ``silent`` (``on``: day/month of the answer or of the last reminder), ``waiting``; ``overdue`` (``days``: working
    days past the deadline); or, to the leader, ``unanswered`` (``times``: reminders without an answer, ``gone``: percent
    of the time). Where the officer has a record at that point of a task, ``late`` of ``still`` are the counts behind it.
    ``share`` of the working time will have gone by then, 1 after the deadline. ``short``: it is the one word of a short
    task (rule 12) and does not wait for slots.
    """

    at: datetime
    kind: Kind
    why: str
    params: dict[str, int | str] = {}
    to: Literal["officer", "leader"] = "officer"
    share: float = 1
    short: bool = False


def plan(
    task: TaskTimes,
    now: datetime,
    calendar: WorkCalendar,
    policy: Policy = NORMAL,
    history: History | None = None,
    *,
    said_today: int = 0,
) -> Plan | None:
    """The next reminder, at or after ``now``; None = nothing to say as things stand.

    In working time only, except for express tasks. Without ``history`` nobody is spared for being reliable, and the
    morning counts as the better half of a day. ``said_today``: messages of slots the lead has had on the local day of
    ``now``; after ``policy.a_day`` of them the next slot is tomorrow's. Short tasks (rule 12) are outside of that.
    """
    if task.status not in (Status.ASSIGNED, Status.ACKNOWLEDGED):
        return None
    view = View(task, now, calendar, policy, history, said_today)
    word = None
    if view.now < task.due_at:
        word = _short(view) if _is_short(task, view.total, calendar) else _thirds(view)
    return word or _overdue(view)


def still_due(
    task: TaskTimes,
    look_at: datetime,
    now: datetime,
    calendar: WorkCalendar,
    policy: Policy = NORMAL,
    history: History | None = None,
    *,
    said_today: int = 0,
) -> Plan | None:
    """The plan for a row whose ``look_at`` has come: to be said now if its ``at`` is not after ``now``.

    A tick comes a little after the moment it is for; planning at ``now`` would always find that the slot has just
    passed. Within half an hour of it the plan is made as of ``look_at``.
    """
    as_of = max(look_at, now - _TICK_GRACE)
    as_of = now if as_of < task.due_at <= now else min(as_of, now)
    return plan(task, as_of, calendar, policy, history, said_today=said_today)


def is_short(task: TaskTimes, calendar: WorkCalendar) -> bool:
    """Whether rule 12 holds: urgent and above, or given less than one working day; it does not wait for slots."""
    return _is_short(task, calendar.between(given_at(task), task.due_at), calendar)


def _is_short(task: TaskTimes, total: int, calendar: WorkCalendar) -> bool:
    return task.urgency is not Urgency.NORMAL or total < calendar.data.day_minutes


def next_slot(at: datetime, calendar: WorkCalendar, policy: Policy = NORMAL) -> datetime:
    """The first of the day's slots at or after an instant, UTC: where a line that can wait is said."""
    return slots_of(calendar, policy.slots).first(whole(at))


def _thirds(view: View) -> Plan | None:
    """The next slot before the deadline by the rule of thirds; None when no useful slot is left.

    A holder on leave over the last useful slot is not waited for: the word goes to whoever stands in.
    """
    wanted, why, params = _wanted(view)
    deadline = view.deadline
    at = _first(view, max((whole(wanted), view.earliest, *_not_before(view))), deadline.near)
    last = deadline.last
    if at >= last:
        at = last
        if at < view.earliest or any(at < quiet for quiet in (view.apart, view.quiet_until()) if quiet):
            return None
    kind: Kind = "now" if at == last else "soon"
    share = view.share(at)
    if _leader_hears(view, share):
        return Plan(
            at=at,
            kind=kind,
            to="leader",
            why="unanswered",
            params={"times": view.silences, "gone": int(100 * share), **_record(view, share)},
            share=share,
        )
    return Plan(at=at, kind=kind, why=why, params={**params, **_record(view, share)}, share=share)


def _leader_hears(view: View, share: float) -> bool:
    """Rule 7, for tasks acknowledged at least once (rule 14): silence, late in the task, and a record that worries.

    Once a task; an answer after that stops the way up, and when it has gone stale (silence again) the next leader of the
    frozen line hears.
    """
    task, policy = view.task, view.policy
    next_one = task.leader_told_at is None or (
        task.line_left and task.tapped_at is not None and task.tapped_at > task.leader_told_at
    )
    return (
        next_one
        and task.tapped_at is not None
        and view.silences >= policy.lead_after
        and share >= policy.lead_share
        and risk(view.history or History(), share) >= policy.lead_risk
    )


def _record(view: View, share: float) -> dict[str, int | str]:
    """The officer's own counts behind the risk (rule 9); nothing for somebody who has none yet."""
    if view.history is None:
        return {}
    late, still = record(view.history, share)
    return {"late": late, "still": still} if still else {}


def _wanted(view: View) -> tuple[datetime, str, dict[str, int | str]]:
    """When the rule would speak were there no slots, and why."""
    task, policy = view.task, view.policy
    back = view.wanted_back_at
    if back is not None:
        return min(back, view.before_due(view.day)), "waiting", {}
    if view.held_at is not None:
        quiet = _quiet(view, max(view.held_at, task.tapped_at or view.held_at))
        return quiet, "share", {"share": f"{round(100 * view.share(quiet))}%"}
    if task.reminded_at is None:
        n = policy.first_silent if task.tapped_at is None else policy.first_acknowledged
        return view.into(view.total // n), "share", {"share": f"1/{n}"}
    return _after_answer(view, task.reminded_at) if view.silences == 0 else _after_silence(view, task.reminded_at)


def _after_answer(view: View, reminded_at: datetime) -> tuple[datetime, str, dict[str, int | str]]:
    """An answer buys quiet for a share of what remains."""
    since = max(reminded_at, view.task.tapped_at or reminded_at)
    return _quiet(view, since), "answered", {"on": view.on(since)}


def _quiet(view: View, since: datetime) -> datetime:
    """Until when an answer given at ``since`` is worth quiet."""
    policy = view.policy
    quiet = max(view.remaining(since) // policy.thirds, round(policy.quiet_min_days * view.day))
    return view.calendar.add(since, min(quiet, round(policy.quiet_max_days * view.day)))


def _after_silence(view: View, reminded_at: datetime) -> tuple[datetime, str, dict[str, int | str]]:
    """Silence brings it back after a pause that doubles, within a share of what remains."""
    policy, tapped_at = view.policy, view.task.tapped_at
    # The exponent is capped: the share of what remains decides long before.
    pause = round(policy.retry_days * view.day * 2 ** min(view.silences - 1, 12))
    pause = min(pause, view.remaining(reminded_at) // policy.thirds)
    wanted = view.calendar.add(reminded_at, pause)
    if view.task.unanswered == 0 and tapped_at is not None:
        return wanted, "answered", {"on": view.on(tapped_at)}  # taps in a row that led nowhere count as silence
    return wanted, "silent", {"on": view.on(reminded_at)}


def _not_before(view: View) -> list[datetime]:
    """Until when the next word waits: leave, the reminder before, and the share of the time at which the holder's
    record makes it worth a word; a moment the lead named is worth it."""
    found = [at for at in (view.away_until, view.apart) if at is not None]
    if view.history is not None and view.wanted_back_at is None:
        share = worth_from(view.history, view.policy.risk)
        if share > 0:
            found.append(view.into(math.ceil(share * view.total)))
    return found


def _first(view: View, at: datetime, near: datetime) -> datetime:
    """The first slot that may be used at or after an instant: of the better half-day until the deadline is ``near``; any
    when the lead named the moment."""
    if view.wanted_back_at is not None:
        return view.slots.first(at)
    better = view.slots.first(at, view.half)
    if better <= near:
        return better
    # A slot of the other half counts from where the deadline is near: a fixed set of slots, whatever ``now`` is.
    return min(better, view.slots.first(max(at, whole(near))))


def _short(view: View) -> Plan | None:
    """Rule 12: one word when two thirds of the time have gone, at least 15 minutes before the deadline."""
    task = view.task
    back = view.wanted_back_at
    express = task.urgency is Urgency.EXPRESS
    at, last = by_clock(view) if express else by_work(view)
    if last <= view.given_at:
        return None
    if task.reminded_at is not None and (back is None or task.reminded_at >= last):
        return None
    if back is not None:
        at = back
    at = max(min(at, last), view.exactly)
    if view.away_until is not None:
        at = max(at, view.away_until)
    if not express and not view.calendar.is_working(at):
        at = view.calendar.next_working(at)
    if at > last:
        return None
    at, share = at.astimezone(UTC), view.share(at)
    if back is not None:
        return Plan(at=at, kind="soon", why="waiting", share=share, short=True)
    over, under = view.policy.short_word
    params = {"share": f"{over}/{under}", **_record(view, over / under)}
    return Plan(at=at, kind="soon", why="share", params=params, share=share, short=True)


def _overdue(view: View) -> Plan | None:
    """Rule 8: a few words after the deadline and then silence; none while the lead waits to hear about more time."""
    task, day = view.task, view.day
    if task.extension_asked_at is not None and task.extension_asked_at <= task.due_at:
        return None
    for days in view.policy.overdue_days:
        base = view.calendar.add(task.due_at, days * day)
        if task.reminded_at is not None and task.reminded_at >= base:
            continue
        waits = (view.apart, view.quiet_until(), task.leave_until, view.wanted_back_at)
        at = max(base, view.earliest, *(until for until in waits if until is not None))
        at = view.slots.first(whole(at), view.half)
        past = view.calendar.between(task.due_at, at) // day
        params = {"days": past, **_record(view, 1)}
        return Plan(at=at, kind="overdue", why="overdue", params=params)
    return None
