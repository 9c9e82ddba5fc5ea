"""Tasks on the wire: drafts and patches in, views out."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from backend.domain.recurring import Every
from backend.domain.types import Status, TaskKind, Urgency

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
LongText = Annotated[str, msgspec.Meta(max_length=20000)]
#: A person, unit or task as people write it.
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Note = Annotated[str, msgspec.Meta(max_length=2000)]
Id = Annotated[int, msgspec.Meta(ge=1, lt=2**62)]
Attachments = Annotated[list[Id], msgspec.Meta(max_length=50)]


class DueDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A deadline in exactly one of four ways: an instant, working minutes, working days, or calendar days from now."""

    at: datetime | None = None
    minutes: Annotated[int, msgspec.Meta(gt=0, le=500_000)] | None = None
    working_days: Annotated[int, msgspec.Meta(gt=0, le=1000)] | None = None
    calendar_days: Annotated[int, msgspec.Meta(gt=0, le=2000)] | None = None


class CoordinatorDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who helps; ``share`` is their part of the weight."""

    person: Name
    share: Decimal = Decimal(0)


class TaskWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything of a task to assign but its deadline. ``leads`` are people (handle, e-mail or id) or units
    (``unit:CODE``, resolved to its leader); several make one task each, grouped. Empty ``leads`` = for myself."""

    title: Title
    body: LongText = ""
    leads: Annotated[list[Name], msgspec.Meta(max_length=200)] = []
    coordinators: Annotated[list[CoordinatorDraft], msgspec.Meta(max_length=100)] = []
    watchers: Annotated[list[Name], msgspec.Meta(max_length=100)] = []
    kind: TaskKind = TaskKind.DIRECT
    source_number: Annotated[str, msgspec.Meta(max_length=120)] = ""
    source_on: date | None = None
    urgency: Urgency = Urgency.NORMAL
    weight: Decimal = Decimal(1)
    needs_acceptance: bool = True
    all_acknowledge: bool = False
    secret: bool = False


class TaskDraft(TaskWords, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing to assign. ``parent`` is the task of which it is a part, ``attachments`` are uploads of one's own."""

    due: DueDraft
    parent: Name | None = None
    attachments: Attachments = []


class PersonView(msgspec.Struct, frozen=True):
    id: int
    handle: str
    name: str
    title: str = ""
    unit: str = ""


class UnitView(msgspec.Struct, frozen=True):
    id: int
    code: str
    name: str


class PartView(msgspec.Struct, frozen=True):
    person: PersonView
    part: str
    share: Decimal
    acknowledged_at: datetime | None


class FileView(msgspec.Struct, frozen=True):
    id: int
    name: str
    media_type: str
    size: int
    report_id: int | None = None


class ReportView(msgspec.Struct, frozen=True):
    id: int
    text: str
    by: PersonView
    reported_at: datetime
    decision: str
    decided_at: datetime | None
    reason: str
    major_error: bool
    files: list[FileView] = []


class ExtensionView(msgspec.Struct, frozen=True):
    id: int
    asked_at: datetime
    due_asked: datetime
    reason: str
    decision: str
    due_granted: datetime | None = None
    note: str = ""


class EventView(msgspec.Struct, frozen=True):
    """One line of the timeline. ``on_behalf_of`` names whose authority was used."""

    at: datetime
    kind: str
    by: PersonView
    on_behalf_of: PersonView | None
    data: dict[str, Any]


class AttemptView(msgspec.Struct, frozen=True):
    """One try to deliver a notice (real time). ``outcome``: ``started``, ``sent``, ``retry`` (did not arrive), ``failed``
    (this channel never), ``unknown`` (it may have arrived). ``address`` shows only its end; ``problem`` is for people,
    ``detail`` what the server said; ``receipt`` is the channel's id of the message, which all its lines share; ``seen_at``
    the first sign that somebody read it."""

    channel: str
    address: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    problem: str
    detail: str = ""
    receipt: str = ""
    seen_at: datetime | None = None


class ComingView(msgspec.Struct, frozen=True):
    """A reminder that will be said if nobody answers before: to whom (``officer`` or ``leader``), and the reason as data,
    a key under ``notices.why`` of the catalogues with its parameters."""

    at: datetime
    to: str
    kind: str
    why: str
    params: dict[str, int | str]


class DeliveryView(msgspec.Struct, frozen=True):
    """A notice about a task, to whom, and every try to deliver it. ``notice`` is its kind, ``TaskAssigned`` …, ``what`` the
    same in words; ``problem`` says why it is not there (yet); ``second``: urgent work said on a second channel."""

    notice: str
    what: str
    to: PersonView
    status: str
    created_at: datetime
    not_before: datetime
    settled_at: datetime | None
    problem: str
    second: bool = False
    seen_at: datetime | None = None
    attempts: list[AttemptView] = []


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A whole task for one reader. ``can`` lists the acts this reader may do now; ``number`` is what they call it in
    chat, None when they have no part in it."""

    id: int
    code: str
    version: int
    title: str
    body: str
    kind: TaskKind
    source_number: str
    source_on: date | None
    status: Status
    urgency: Urgency
    weight: Decimal
    secret: bool
    needs_acceptance: bool
    all_acknowledge: bool
    self_registered: bool
    confirmed_at: datetime | None
    lead: PersonView
    assigner: PersonView
    on_behalf_of: PersonView | None
    unit: UnitView
    parts: list[PartView]
    assigned_at: datetime
    due_at: datetime
    due_rule: dict[str, Any]
    acknowledged_at: datetime | None
    reported_at: datetime | None
    closed_at: datetime | None
    late_at: datetime | None
    late: bool
    waiting_until: datetime | None
    look_at: datetime | None
    #: How firmly its lead is reminded, and whether the task says so itself: gentle, normal, firm.
    remind_preset: str
    own_remind_preset: str | None
    return_count: int
    parent_code: str | None
    group_key: str | None
    group_size: int
    group_acknowledged: int
    subtasks: list["TaskLine"]
    reports: list[ReportView]
    extensions: list[ExtensionView]
    files: list[FileView]
    open_extension: ExtensionView | None
    can: list[str]
    number: int | None = None


class TaskLine(msgspec.Struct, frozen=True, kw_only=True):
    """A task in a list."""

    id: int
    code: str
    title: str
    status: Status
    urgency: Urgency
    secret: bool
    due_at: datetime
    assigned_at: datetime
    acknowledged_at: datetime | None
    reported_at: datetime | None
    closed_at: datetime | None
    late: bool
    lead_id: int
    lead_handle: str
    lead_name: str
    assigner_id: int
    assigner_name: str
    unit_code: str
    unit_name: str
    version: int
    extension_open: bool = False


class Warning_(msgspec.Struct, frozen=True):
    """Something the assigner should know; ``code`` is a catalogue key ``tasks.warning.<code>``."""

    code: str
    person: str
    params: dict[str, Any]


class Assigned(msgspec.Struct, frozen=True):
    """What assigning made, and what the assigner should know (the lead is on leave; their substitute)."""

    tasks: list[TaskView]
    warnings: list[Warning_] = []


class Change(msgspec.Struct, frozen=True):
    """A task after an act; ``changed`` False when it was already so. ``warnings`` as in :class:`Assigned`."""

    task: TaskView
    changed: bool
    warnings: list[Warning_] = []


class RecurrenceDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A task that comes again. ``day``: 1 (daily), ISO weekday 1–7 (weekly), else day of the month, or of the
    quarter's last month; 31 = the last. ``at_minute``: local minute of the day, none = when work ends.
    ``until_on``: the last day it may be due."""

    task: TaskWords
    every: Every
    day: Annotated[int, msgspec.Meta(ge=1, le=31)]
    at_minute: Annotated[int, msgspec.Meta(ge=0, le=1439)] | None = None
    until_on: date | None = None


class RecurrenceView(msgspec.Struct, frozen=True, kw_only=True):
    """``state``: active, paused or ended. ``next_on``: the day of the rule whose task is made next, at ``make_at``.
    ``problem``: why the last one could not be made, in the assigner's language."""

    id: int
    assigner: PersonView
    task: TaskWords
    every: Every
    day: int
    at_minute: int | None
    until_on: date | None
    state: str
    next_on: date | None
    make_at: datetime | None
    problem: str
    made: int
