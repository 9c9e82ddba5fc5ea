"""Every table, in one registry: fields and constraints only."""

from backend.models.auth import ApiToken, ChatLink, FeedLink, LinkCode, OneTimeLink, RefreshToken, Session, Throttle
from backend.models.calendars import Calendar, DueProposal
from backend.models.files import Attachment, Blob
from backend.models.org import Delegation, Leave, Person, Position, Unit
from backend.models.outbox import ChannelUse, ChatPrompt, DeliveryAttempt, InboundUpdate, OutboxNotice
from backend.models.reminding import SlotMessage, TrackRecord, TrialReminder
from backend.models.scores import (
    Appeal,
    Disqualification,
    Evidence,
    LedgerEntry,
    Mark,
    Period,
    PeriodResult,
    RuleSet,
    SignOff,
    WaiverRequest,
)
from backend.models.system import AuditRow, IdempotencyKey, Setting
from backend.models.tasks import (
    CodeCounter,
    Extension,
    Recurrence,
    Report,
    Task,
    TaskEvent,
    TaskNumber,
    TaskPart,
)

__all__ = [
    "ApiToken",
    "Appeal",
    "Attachment",
    "AuditRow",
    "Blob",
    "Calendar",
    "ChannelUse",
    "ChatLink",
    "ChatPrompt",
    "CodeCounter",
    "Delegation",
    "DeliveryAttempt",
    "Disqualification",
    "DueProposal",
    "Evidence",
    "Extension",
    "FeedLink",
    "IdempotencyKey",
    "InboundUpdate",
    "Leave",
    "LedgerEntry",
    "LinkCode",
    "Mark",
    "OneTimeLink",
    "OutboxNotice",
    "Period",
    "PeriodResult",
    "Person",
    "Position",
    "Recurrence",
    "RefreshToken",
    "Report",
    "RuleSet",
    "Session",
    "Setting",
    "SignOff",
    "SlotMessage",
    "Task",
    "TaskEvent",
    "TaskNumber",
    "TaskPart",
    "Throttle",
    "TrackRecord",
    "TrialReminder",
    "Unit",
    "WaiverRequest",
]
