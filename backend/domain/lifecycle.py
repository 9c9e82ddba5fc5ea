"""The life of a task: which act leads from which state to which (domain.md §2)."""

from datetime import datetime, timedelta
from enum import StrEnum

from backend.domain.types import Status


class Act(StrEnum):
    """Everything that can be done to an existing task. The value names the API act, the audit tag and the event."""

    ACKNOWLEDGE = "acknowledge"
    DECLINE = "decline"
    REPORT = "report"
    ACCEPT = "accept"
    RETURN = "return"
    CANCEL = "cancel"
    REASSIGN = "reassign"
    ASK_EXTENSION = "ask_extension"
    APPROVE_EXTENSION = "approve_extension"
    REFUSE_EXTENSION = "refuse_extension"
    MOVE_DUE = "move_due"
    COMMENT = "comment"
    UNDO = "undo"
    CONFIRM = "confirm"
    WAIT = "wait"
    CHANGE_WEIGHT = "change_weight"
    REMIND_AS = "remind_as"


#: How long a mistaken assignment, report or acceptance can be taken back (domain.md §2), by the event it left.
UNDO_FOR = timedelta(minutes=10)
UNDOABLE = frozenset({"assigned", "reported", "accepted"})

_OPEN = frozenset({Status.ASSIGNED, Status.ACKNOWLEDGED, Status.REPORTED, Status.DECLINED})
_WORKING = frozenset({Status.ASSIGNED, Status.ACKNOWLEDGED})
# A question for more time outlives the report: its answer decides whether the report came late (domain.md §2).
_EXTENSION_DECIDABLE = _WORKING | {Status.REPORTED, Status.DONE}

_FROM: dict[Act, frozenset[Status]] = {
    Act.ACKNOWLEDGE: frozenset({Status.ASSIGNED}),
    Act.DECLINE: _WORKING,
    Act.REPORT: _WORKING,
    Act.ACCEPT: frozenset({Status.REPORTED}),
    Act.RETURN: frozenset({Status.REPORTED}),
    Act.CANCEL: _OPEN,
    Act.REASSIGN: frozenset({Status.ASSIGNED, Status.ACKNOWLEDGED, Status.DECLINED}),
    Act.ASK_EXTENSION: _WORKING,
    Act.APPROVE_EXTENSION: _EXTENSION_DECIDABLE,
    Act.REFUSE_EXTENSION: _EXTENSION_DECIDABLE,
    Act.MOVE_DUE: _WORKING,
    Act.COMMENT: frozenset(Status),
    Act.CONFIRM: frozenset(Status) - {Status.CANCELLED},
    Act.WAIT: _WORKING,
    Act.CHANGE_WEIGHT: _OPEN,
    Act.REMIND_AS: _OPEN,
}

_TO: dict[Act, Status] = {
    Act.ACKNOWLEDGE: Status.ACKNOWLEDGED,
    Act.DECLINE: Status.DECLINED,
    Act.REPORT: Status.REPORTED,
    Act.ACCEPT: Status.DONE,
    Act.RETURN: Status.ACKNOWLEDGED,
    Act.CANCEL: Status.CANCELLED,
    Act.REASSIGN: Status.ASSIGNED,
}


def possible(status: Status, act: Act) -> bool:
    """Whether ``act`` can be done to a task in ``status`` (who may do it is :mod:`backend.domain.access`'s)."""
    return status in _FROM.get(act, frozenset())


def transition(status: Status, act: Act, *, needs_acceptance: bool = True) -> Status:
    """The state after ``act``. Raises ValueError when the act is impossible in ``status``.

    Reporting a task that needs no acceptance finishes it at once.
    """
    if not possible(status, act):
        raise ValueError(f"{act} is impossible when {status}")
    if act is Act.REPORT and not needs_acceptance:
        return Status.DONE
    return _TO.get(act, status)


def can_undo(event: str, at: datetime, now: datetime) -> bool:
    """Whether the task's last event, which happened at ``at``, may still be taken back by who did it."""
    return event in UNDOABLE and now - at <= UNDO_FOR
