"""The instants and counts of one task that the rules of limits, lateness and reminding work on."""

from datetime import datetime

import msgspec

from backend.domain.types import Status, Urgency


class TaskTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Into the domain: everything that decides when a task must be looked at again. All instants are aware, UTC."""

    status: Status
    urgency: Urgency
    needs_acceptance: bool
    assigned_at: datetime
    due_at: datetime
    acknowledged_at: datetime | None = None
    reported_at: datetime | None = None
    declined_at: datetime | None = None
    closed_at: datetime | None = None
    #: When the extension that still waits for a decision was asked.
    extension_asked_at: datetime | None = None

    #: Delay instances charged to the present holder, and how many of them belong to earlier due times.
    late_count: int = 0
    late_base: int = 0
    #: Further instances count from here instead of the due time (a holder who took over a late task).
    late_from_at: datetime | None = None

    #: From when the acknowledgement (or decision) limit runs and how many steps were taken.
    answer_from_at: datetime
    answer_step: int = 0

    reminded_count: int = 0
    reminded_at: datetime | None = None
    unanswered: int = 0
    #: Taps in a row on reminders with no step towards closing in between: two count as silence.
    empty_taps: int = 0
    #: When the holder's leader was told that the task may end late; once per task.
    leader_told_at: datetime | None = None
    tapped_at: datetime | None = None
    waiting_until: datetime | None = None
    #: When a reminder was held back for the field trial: from there it is planned as if it had been said and answered.
    held_at: datetime | None = None
    #: Somebody further up the frozen reporting line may still be told.
    line_left: bool = False
    #: First moment after the holder's known leave.
    leave_until: datetime | None = None
