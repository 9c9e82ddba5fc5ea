"""What really happened to a task while one person held it, read from its timeline: the acts a replay lives through."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.reminding_policy import Policy
from backend.domain.scoring_history import Happened
from backend.domain.times import TaskTimes
from backend.domain.types import Status, Urgency

_WORKING = (Status.ASSIGNED, Status.ACKNOWLEDGED)
#: What any step of the lead does to what is remembered of reminders.
_TAKEN_UP = {"unanswered": 0, "empty_taps": 0}


class Act(msgspec.Struct, frozen=True):
    """One thing that happened: columns that it changed. ``still``: the tap that says no more than "Đang làm"."""

    at: datetime
    changes: dict[str, Any]
    still: bool = False

    def on(self, times: TaskTimes) -> TaskTimes:
        """The task after it."""
        changes = self.changes
        if self.still:
            changes = {**changes, "empty_taps": times.empty_taps + (times.unanswered > 0)}
        return msgspec.structs.replace(times, **changes)


class Span(msgspec.Struct, frozen=True):
    """A time in which the holder had to work on it; ``end`` None = still. ``reported``: it ended with a report."""

    start: datetime
    end: datetime | None
    due_at: datetime
    reported: bool = False


class Stint(msgspec.Struct, kw_only=True):
    """One task in one holder's hands. ``said`` and ``told`` are when it was really spoken of, to the holder and to a
    leader; ``heard`` those of ``said`` that went out to somebody; ``late_at`` the first deadline that passed while they
    had to work on it. ``boss_id``: who hears of it above the holder, if anybody."""

    task_id: int
    holder_no: int
    person_id: int
    boss_id: int | None
    calendar: WorkCalendar
    policy: Policy
    given: TaskTimes
    acts: list[Act]
    said: list[datetime] = []
    heard: list[datetime] = []
    told: list[datetime] = []
    late_at: datetime | None = None

    def spans(self) -> list[Span]:
        """When it was to be worked on, in order."""
        found: list[Span] = []
        times, since = self.given, self.given.answer_from_at
        for act in self.acts:
            after = act.on(times)
            if times.status in _WORKING and after.status not in _WORKING:
                found.append(Span(since, act.at, times.due_at, after.reported_at is not None))
            elif times.status not in _WORKING and after.status in _WORKING:
                since = act.at
            times = after
        if times.status in _WORKING:
            found.append(Span(since, None, times.due_at))
        return found


class Facts(msgspec.Struct, frozen=True):
    """What a replay needs of a task beside its timeline, as its row has it today."""

    task_id: int
    assigner_id: int
    urgency: Urgency
    needs_acceptance: bool
    tapped_at: datetime | None


class Held(msgspec.Struct):
    """One holder of a task, as the timeline says."""

    holder_no: int
    person_id: int
    given: TaskTimes
    acts: list[Act]


def holders(facts: Facts, events: Iterable[Happened]) -> list[Held]:
    """The holders of a task in order, with everything that happened in their time; none if it was never assigned.

    A tap on a task that is acknowledged leaves no line in the timeline: of those only the present holder's last is known.
    """
    reader = _Reader(facts)
    for event in events:
        reader.read(event)
    reader.last_tap()
    return reader.held


class _Reader:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.held: list[Held] = []
        #: The present holder's task as it stands.
        self.times: TaskTimes | None = None
        self.report: Happened | None = None

    def read(self, event: Happened) -> None:
        if event.kind == "assigned":
            self._give(event, event.data["lead"], own=event.data["lead"] == event.actor_id, assigned_at=event.at)
        elif self.times is not None and event.kind in _CHANGES:
            changes = _CHANGES[event.kind](self, event)
            if changes:
                self._happen(Act(event.at, changes))
            if event.kind == "reassigned":
                lead = event.data["lead"]
                self._give(event, lead, own=lead == self.facts.assigner_id, assigned_at=self.times.assigned_at)

    def last_tap(self) -> None:
        """The last answer of the present holder, when it was one that the timeline does not keep."""
        tapped_at = self.facts.tapped_at
        if tapped_at is None or not self.held or self.times is None:
            return
        acts = self.held[-1].acts
        if tapped_at > self.times.answer_from_at and all(act.at != tapped_at for act in acts):
            acts.append(Act(tapped_at, {"tapped_at": tapped_at, "unanswered": 0}, still=True))
            acts.sort(key=lambda act: act.at)

    def _give(self, event: Happened, lead: int, *, own: bool, assigned_at: datetime) -> None:
        self.times = TaskTimes(
            status=Status.ACKNOWLEDGED if own else Status.ASSIGNED,
            urgency=self.facts.urgency,
            needs_acceptance=self.facts.needs_acceptance,
            assigned_at=assigned_at,
            due_at=_moment(event.data["due"]),
            answer_from_at=event.at,
            acknowledged_at=event.at if own else None,
            tapped_at=event.at if own else None,
        )
        self.held.append(Held(len(self.held) + 1, lead, self.times, []))

    def _happen(self, act: Act) -> None:
        assert self.times is not None
        self.held[-1].acts.append(act)
        self.times = act.on(self.times)

    # --- what each act changes; empty = nothing that reminders care about ---------------------------------------------

    def _acknowledged(self, event: Happened) -> dict[str, Any]:
        if event.data.get("part"):
            return {}  # a coordinator's
        return {"status": Status.ACKNOWLEDGED, "acknowledged_at": event.at, "tapped_at": event.at, **_TAKEN_UP}

    def _waiting(self, event: Happened) -> dict[str, Any]:
        return {**self._acknowledged(event), "waiting_until": _moment(event.data["until"])}

    def _asked(self, event: Happened) -> dict[str, Any]:
        return {**self._acknowledged(event), "answer_from_at": event.at, "extension_asked_at": event.at}

    def _moved(self, event: Happened) -> dict[str, Any]:
        return {"due_at": _moment(event.data["due"]), "extension_asked_at": None}

    def _refused(self, event: Happened) -> dict[str, Any]:
        return {"extension_asked_at": None}

    def _reported(self, event: Happened) -> dict[str, Any]:
        self.report = event
        done = Status.REPORTED if self.facts.needs_acceptance else Status.DONE
        changes = {**self._acknowledged(event), "status": done, "reported_at": event.at, "answer_from_at": event.at}
        return {**changes, "waiting_until": None}

    def _returned(self, event: Happened) -> dict[str, Any]:
        changes: dict[str, Any] = {"status": Status.ACKNOWLEDGED, "due_at": _moment(event.data["due"])}
        return {**changes, "reported_at": None, "tapped_at": None, **_TAKEN_UP}

    def _accepted(self, event: Happened) -> dict[str, Any]:
        return {"status": Status.DONE}

    def _declined(self, event: Happened) -> dict[str, Any]:
        return {"status": Status.DECLINED, "declined_at": event.at, "answer_from_at": event.at}

    def _over(self, event: Happened) -> dict[str, Any]:
        return {"status": Status.CANCELLED}

    def _undone(self, event: Happened) -> dict[str, Any]:
        if event.data["undone"] == "accepted":
            return {"status": Status.REPORTED}
        if event.data["undone"] == "assigned" or self.report is None:
            return self._over(event)
        before = self.report.data
        waiting = before.get("waiting")
        return {
            "status": Status(before["was"]),
            "reported_at": None,
            "answer_from_at": _moment(before["answer_from"]),
            "waiting_until": _moment(waiting) if waiting else None,
        }


_CHANGES: dict[str, Callable[[_Reader, Happened], dict[str, Any]]] = {
    "acknowledged": _Reader._acknowledged,
    "waiting": _Reader._waiting,
    "extension_asked": _Reader._asked,
    "extension_approved": _Reader._moved,
    "extension_refused": _Reader._refused,
    "due_moved": _Reader._moved,
    "reported": _Reader._reported,
    "returned": _Reader._returned,
    "accepted": _Reader._accepted,
    "declined": _Reader._declined,
    "reassigned": _Reader._over,
    "cancelled": _Reader._over,
    "undone": _Reader._undone,
}


def _moment(text: str) -> datetime:
    # UTC: instants of one zone are compared much faster than those of two.
    return datetime.fromisoformat(text).astimezone(UTC)
