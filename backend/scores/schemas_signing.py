"""Sign-off, waiver requests, appeals and adjustments on the wire."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from backend.domain.signing import Step

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A step that somebody owes. ``holders`` are those whose turn it is (HR when nobody leads above); ``waits`` = it
    cannot be taken before those below have been signed off, so nobody holds it up yet."""

    subject: Literal["person", "unit"]
    id: int
    ref: str
    name: str
    unit_code: str
    unit_name: str
    step: Step
    holder_ids: list[int]
    holders: list[str]
    due_at: datetime
    overdue: bool
    waits: bool = False
    #: What the officer gave themselves and the head gave, beside which the next one enters theirs.
    self_value: str | None = None
    head_value: str | None = None
    #: Whether this reader may take the step now, or pass it over.
    can: list[str] = []


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a period's sign-off is. ``stage``: ``running``, the first step that somebody owes, ``ready`` to be
    closed, or ``closed``. ``taken`` counts the steps of everybody assessed whom the reader sees, by step."""

    period: str
    stage: Literal["running", "self", "head", "leader", "ready", "closed"]
    assessed: int
    taken: dict[str, int]
    wanted: dict[str, int]
    owed: list[Owed]
    requests_open: int
    may_close: bool
    seal: str = ""
    closed_at: datetime | None = None


class SignDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step to take for exactly one of person and unit. ``value`` is the common mark 0–30; left out, the mark that
    is there already is agreed to (the leader: the head's). A unit has the step ``leader`` alone."""

    step: Step
    person: str | None = None
    unit: str | None = None
    value: Decimal | None = None


class PassDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step that HR passes over after its limit, with the reason."""

    step: Step
    person: str
    reason: Words


class WithdrawDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step to take back, of exactly one of person and unit."""

    step: Step
    person: str | None = None
    unit: str | None = None


class SignView(msgspec.Struct, frozen=True):
    """A step that was taken. ``passed_reason``: HR passed it over."""

    subject: Literal["person", "unit"]
    ref: str
    step: Step
    value: str | None
    by: str
    at: datetime
    passed_reason: str = ""


class AdjustDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points added to (or taken from) a person's open period, with the reason."""

    person: str
    points: Decimal
    reason: Words


class Adjusted(msgspec.Struct, frozen=True):
    entry: int


class Closed(msgspec.Struct, frozen=True):
    """A period that was closed and the seal over its results."""

    period: str
    seal: str


class FileLine(msgspec.Struct, frozen=True):
    id: int
    name: str
    media_type: str
    size: int


class RequestDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why an instance should be waived, with files that the officer uploaded."""

    cause: Words
    attachments: Annotated[list[int], msgspec.Meta(max_length=20)] = []


class RequestView(msgspec.Struct, frozen=True, kw_only=True):
    """A request to waive an instance. ``title`` is empty for a reader who may not know it."""

    id: int
    entry: int
    kind: str
    happened_at: datetime
    late_minutes: int | None
    task: str
    title: str
    secret: bool
    person: str
    name: str
    unit_name: str
    cause: str
    files: list[FileLine]
    asked_at: datetime
    decision: Literal["", "granted", "refused"]
    reason: str
    by: str
    decided_at: datetime | None
    can: list[str] = []


class DecideRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``reason`` is needed for a refusal."""

    grant: bool
    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class AppealDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the officer objects to in their score of a closed period."""

    text: Words
    attachments: Annotated[list[int], msgspec.Meta(max_length=20)] = []


class AppealView(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal. ``until_on`` is the last day on which it could be made, ``points`` what an accepted one gave."""

    id: int
    period: str
    person: str
    name: str
    unit_name: str
    text: str
    files: list[FileLine]
    asked_at: datetime
    until_on: date | None
    decision: Literal["", "accepted", "rejected"]
    reason: str
    by: str
    decided_at: datetime | None
    points: Decimal | None
    entry: int | None
    can: list[str] = []


class DecideAppeal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Accepted with the points it gives (more than 0), or rejected; always with a reason."""

    accept: bool
    reason: Words
    points: Decimal | None = None
