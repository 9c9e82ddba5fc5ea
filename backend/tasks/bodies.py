"""Bodies of the acts on the wire: ``POST /api/tasks/{task}/{act}``."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from backend.tasks.schemas import Attachments, DueDraft, LongText, Name, Note, Reason


class ReasonBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class ReportBody(msgspec.Struct, forbid_unknown_fields=True):
    text: LongText = ""
    attachments: Attachments = []


class ReturnBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason
    major_error: bool = False
    due: DueDraft | None = None


class ExtensionBody(msgspec.Struct, forbid_unknown_fields=True):
    due: DueDraft
    reason: Reason


class DecideExtensionBody(msgspec.Struct, forbid_unknown_fields=True):
    note: Note = ""
    due: DueDraft | None = None


class ReassignBody(msgspec.Struct, forbid_unknown_fields=True):
    lead: Name
    reason: Note = ""
    due: DueDraft | None = None


class MoveDueBody(msgspec.Struct, forbid_unknown_fields=True):
    due: DueDraft
    reason: Note = ""


class WaitBody(msgspec.Struct, forbid_unknown_fields=True):
    until: Annotated[datetime, msgspec.Meta(tz=True)]


class CommentBody(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=5000)]


class WeightBody(msgspec.Struct, forbid_unknown_fields=True):
    weight: Decimal
    reason: Reason


#: How firmly somebody is reminded (reminders.md): nhẹ, vừa, chặt.
Preset = Literal["gentle", "normal", "firm"]


class RemindAsBody(msgspec.Struct, forbid_unknown_fields=True):
    """``preset`` null: as the unit of the task says."""

    preset: Preset | None
