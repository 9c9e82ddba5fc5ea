"""What a task's events alone say: every instance it owes, to whom and since when, and how it stood at a moment.

The replay's own reading of domain.md §2 and §4. It shares nothing with the code that charges (``lateness``, the due
columns of the task), so that the two can be held against each other.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from backend.domain.calendar import WorkCalendar
from backend.domain.scoring import InstanceKind

#: Working minutes of five days, after which lateness counts once more (domain.md §4).
_FIVE_DAYS = 5 * 480
#: The least time that a report in time leaves when it comes back (domain.md §2).
_LEAST_AFTER_RETURN = 240


class Happened(msgspec.Struct, frozen=True):
    """One line of a task's timeline."""

    kind: str
    at: datetime
    actor_id: int
    data: Mapping[str, Any]


class Owed(msgspec.Struct, frozen=True):
    """An instance that the history owes. ``key`` is the ledger's without its scope; ``timed`` = its moment was counted
    in working time, so it depends on the calendar of its day."""

    key: str
    kind: InstanceKind
    at: datetime
    person_id: int
    late_minutes: int | None
    timed: bool = False


class Held(msgspec.Struct, frozen=True):
    """A task that somebody had to hand over after it was late."""

    holder_no: int
    person_id: int
    due_at: datetime
    handed_at: datetime


class Stand(msgspec.Struct):
    """How the task stands after the events read so far."""

    assigned_at: datetime
    lead_id: int
    assigner_id: int
    due_at: datetime
    holder_no: int = 1
    reported_at: datetime | None = None
    declined_at: datetime | None = None
    cancelled_at: datetime | None = None
    confirmed: bool = False
    imported: bool = False

    @property
    def is_product(self) -> bool:
        """Whether scoring counts it: not called off, confirmed if self-registered, not given back in time."""
        if self.cancelled_at is not None or (self.lead_id == self.assigner_id and not self.confirmed):
            return False
        return self.declined_at is None or self.declined_at > self.due_at


class History:
    """Reads a task's events in the order they were written. ``until`` ends the reading: later events are left out, and
    only instances before it are owed."""

    def __init__(self, task_id: int, events: Iterable[Happened], calendar: WorkCalendar, until: datetime) -> None:
        self.task_id = task_id
        self.calendar = calendar
        self.owed: list[Owed] = []
        self.former: list[Held] = []
        self.stand: Stand | None = None
        #: Instances of delay of the present holder; those of the due time in force among them.
        self.late_count = 0
        self._in_force = 0
        #: From when further instances count when the passing itself is not the holder's.
        self._taken_over_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._report = 0
        for event in events:
            if event.at > until:
                break
            self._read(event)
        self._settle(until)

    _READS: dict[str, Callable[["History", Happened], None]] = {}

    def _read(self, event: Happened) -> None:
        if self.stand is None:
            if event.kind == "assigned":
                self._assigned(event)
            return
        read = self._READS.get(event.kind)
        if read is not None:
            self._settle(event.at)
            read(self, event)

    def _assigned(self, event: Happened) -> None:
        self.stand = Stand(
            assigned_at=event.at,
            lead_id=event.data["lead"],
            assigner_id=event.actor_id,
            due_at=_moment(event.data["due"]),
            imported=bool(event.data.get("imported")),
        )

    # --- instances ------------------------------------------------------------------------------------------------

    def _settle(self, until: datetime) -> None:
        """Everything owed before ``until`` as the task stands."""
        while (found := self._next()) is not None and found[0] < until:
            at, further = found
            assert self.stand is not None
            self.late_count += 1
            self._in_force += 1
            self.owed.append(
                Owed(
                    key=f"delay:{self.task_id}:{self.stand.holder_no}:{self.late_count}",
                    kind="further_delay" if further else "delay",
                    at=at,
                    person_id=self.stand.lead_id,
                    late_minutes=max(self.calendar.between(self.stand.due_at, at), 0),
                    timed=further,
                )
            )

    def _next(self) -> tuple[datetime, bool] | None:
        stand = self.stand
        if stand is None:
            return None
        spans = self._in_force + (1 if self._taken_over_at is not None else 0)
        if spans == 0:
            if self._asked_at is not None and self._asked_at <= stand.due_at:
                return None
            at = stand.due_at
        else:
            at = self.calendar.add(self._taken_over_at or stand.due_at, _FIVE_DAYS * spans)
        stops = [stop for stop in (stand.reported_at, stand.declined_at, stand.cancelled_at) if stop is not None]
        return None if stops and min(stops) <= at else (at, spans > 0)

    # --- events ---------------------------------------------------------------------------------------------------

    def _declined(self, event: Happened) -> None:
        self._known.declined_at = event.at

    def _reported(self, event: Happened) -> None:
        self._known.reported_at = event.at
        self._report = event.data["report"]

    def _returned(self, event: Happened) -> None:
        stand = self._known
        assert stand.reported_at is not None
        if event.data["major_error"]:
            key = f"major_error:{self.task_id}:{stand.holder_no}:{self._report}"
            self.owed.append(Owed(key, "major_error", event.at, stand.lead_id, None))
        due_at, reported_at = _moment(event.data["due"]), stand.reported_at
        waited = self.calendar.between(reported_at, event.at)
        if reported_at > stand.due_at:
            by_rule = self.calendar.add(stand.due_at, waited)
        else:
            left = max(self.calendar.between(reported_at, stand.due_at), _LEAST_AFTER_RETURN)
            by_rule = self.calendar.add(event.at, left)
        if due_at != by_rule:
            self._new_due(due_at)
        elif self._taken_over_at is not None:
            self._taken_over_at = self.calendar.add(self._taken_over_at, waited)
        stand.due_at = due_at
        stand.reported_at = None

    def _moved(self, event: Happened) -> None:
        self._new_due(_moment(event.data["due"]))
        self._asked_at = None

    def _reassigned(self, event: Happened) -> None:
        stand = self._known
        if self.late_count:
            self.former.append(Held(stand.holder_no, stand.lead_id, _moment(event.data["due_before"]), event.at))
        if stand.lead_id == stand.assigner_id:
            stand.assigner_id, stand.confirmed = event.actor_id, False
        stand.lead_id = event.data["lead"]
        if stand.lead_id == stand.assigner_id:
            stand.confirmed = False
        stand.holder_no += 1
        stand.declined_at = None
        self.late_count = 0
        self._new_due(_moment(event.data["due"]))
        self._asked_at = None
        # Late when it was taken over: the passing is not the new holder's.
        self._taken_over_at = event.at if stand.due_at < event.at else None

    def _asked(self, event: Happened) -> None:
        self._asked_at = event.at

    def _refused(self, event: Happened) -> None:
        self._asked_at = None

    def _undone(self, event: Happened) -> None:
        if event.data["undone"] == "reported":
            self._known.reported_at = None
        elif event.data["undone"] == "assigned":
            self._cancelled(event)

    def _cancelled(self, event: Happened) -> None:
        self._known.cancelled_at = event.at
        self._asked_at = None

    def _confirmed(self, event: Happened) -> None:
        self._known.confirmed = True

    def _new_due(self, due_at: datetime) -> None:
        self._known.due_at = due_at
        self._in_force = 0
        self._taken_over_at = None

    @property
    def _known(self) -> Stand:
        assert self.stand is not None
        return self.stand


History._READS = {
    "declined": History._declined,
    "reported": History._reported,
    "returned": History._returned,
    "due_moved": History._moved,
    "extension_approved": History._moved,
    "extension_asked": History._asked,
    "extension_refused": History._refused,
    "reassigned": History._reassigned,
    "undone": History._undone,
    "cancelled": History._cancelled,
    "confirmed": History._confirmed,
}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
