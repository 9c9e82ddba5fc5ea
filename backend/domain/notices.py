"""Everything we ever say to a person, as one tagged union; the words are made at the edge in the reader's language."""

from datetime import date, datetime
from decimal import Decimal

from backend.domain.notices_digest import HeldTask as HeldTask
from backend.domain.notices_digest import LateOfficer as LateOfficer
from backend.domain.notices_digest import LeaderDigest as LeaderDigest
from backend.domain.notices_digest import MonthNotice as MonthNotice
from backend.domain.notices_digest import MorningList as MorningList
from backend.domain.notices_digest import WeeklyDigest as WeeklyDigest
from backend.domain.notices_frame import Notice as Notice
from backend.domain.notices_frame import TaskNotice as TaskNotice
from backend.domain.notices_frame import TaskRef as TaskRef


class TaskAssigned(TaskNotice, frozen=True):
    """To the lead: a new task. Shown as the card with buttons."""

    by: str
    on_behalf_of: str = ""
    part: str = "lead"


class TaskReassigned(TaskNotice, frozen=True):
    """To the former lead: it is somebody else's now."""

    by: str
    to: str


class TaskAcknowledged(TaskNotice, frozen=True):
    """To the assigner of urgent work: the lead has it."""

    by: str


class TaskDeclined(TaskNotice, frozen=True):
    by: str
    reason: str


class TaskReported(TaskNotice, frozen=True):
    """To the assigner: a report waits for a decision (or, without acceptance, the task is done)."""

    by: str
    text: str
    files: int = 0
    done: bool = False


class TaskAccepted(TaskNotice, frozen=True):
    by: str


class TaskReturned(TaskNotice, frozen=True):
    by: str
    reason: str
    major_error: bool = False


class TaskCancelled(TaskNotice, frozen=True):
    by: str
    reason: str


class ExtensionAsked(TaskNotice, frozen=True):
    by: str
    until: datetime
    reason: str
    extension_id: int


class ExtensionApproved(TaskNotice, frozen=True):
    by: str
    until: datetime


class ExtensionRefused(TaskNotice, frozen=True):
    by: str
    reason: str


class DueMoved(TaskNotice, frozen=True):
    by: str
    before: datetime


class TaskCommented(TaskNotice, frozen=True):
    by: str
    text: str


class TaskUndone(TaskNotice, frozen=True):
    """What was done by mistake was taken back: ``what`` is the event, assigned, reported or accepted."""

    by: str
    what: str


class TaskNudged(TaskNotice, frozen=True):
    """A leader's one-tap Nhắc."""

    by: str


class TaskDueSoon(TaskNotice, frozen=True):
    """A reminder before the deadline. ``why`` is a key of the catalogue, ``params`` fill it."""

    why: str = "share"
    params: dict[str, int | str] = {}


class TaskDueNow(TaskNotice, frozen=True):
    """A reminder on the last useful moment before the deadline."""


class TaskOverdue(TaskNotice, frozen=True):
    """A reminder after the deadline: open for ``days`` working days past it."""

    days: int


class TaskAtRisk(TaskNotice, frozen=True):
    """To the lead's leader, before the deadline: ``times`` reminders without an answer, ``gone`` percent of the time
    over, and of ``still`` tasks of theirs that were open at this point ``late`` ended late (0 of 0: none yet)."""

    lead: str
    times: int
    gone: int
    late: int = 0
    still: int = 0
    skipped: tuple[str, ...] = ()


class TaskUnacknowledged(TaskNotice, frozen=True):
    """To the lead: asked again, the acknowledgement limit has passed."""

    limit_minutes: int


class TaskSilent(TaskNotice, frozen=True):
    """Up the reporting line: ``lead`` has not acknowledged; ``level`` 1 the assigner, 2 one level up, …"""

    lead: str
    level: int
    skipped: tuple[str, ...] = ()


class DecisionDue(TaskNotice, frozen=True):
    """To the assigner: a report has waited longer than the decision limit."""

    lead: str
    waiting_minutes: int


class TaskLate(TaskNotice, frozen=True):
    """To the lead: charged, with what it costs and how to ask for a waiver."""

    instance: int
    cost: Decimal
    late_minutes: int


class TaskLateForAssigner(TaskNotice, frozen=True):
    lead: str
    instance: int


class EntryWaived(TaskNotice, frozen=True):
    """To the officer: an objective cause was confirmed, an instance costs nothing any more."""

    by: str
    reason: str


class WaiverAsked(TaskNotice, frozen=True):
    """To who decides: an officer asks that an instance be waived for an objective cause."""

    by: str
    reason: str


class WaiverRefused(TaskNotice, frozen=True):
    """To the officer: no objective cause was confirmed, the instance stands."""

    by: str
    reason: str


class SubtaskFinished(TaskNotice, frozen=True):
    """To the lead of the parent task: the reply is here."""

    by: str


class CardChanged(TaskNotice, frozen=True):
    """Nothing to say aloud: the task's card in the chat is edited to what is now true."""


class RecurrenceFailed(Notice, frozen=True):
    """To the assigner: the next task of a recurrence could not be made."""

    title: str
    problem: str


class CalendarMovesDeadlines(Notice, frozen=True):
    """To an assigner: a calendar changed (of the unit ``place``, empty = the whole office's), and ``count`` of the
    deadlines they gave would be others by it."""

    place: str
    count: int


class SignOffDue(Notice, frozen=True):
    """To whoever holds up the sign-off of a period (or, ``escalated``, to the next one up the line): ``count`` people
    wait for their ``step`` until ``until``; ``names`` are some of them, ``holder`` who holds them up."""

    period: str
    step: str
    count: int
    names: tuple[str, ...]
    until: datetime
    overdue: bool
    escalated: bool = False
    holder: str = ""


class ScoreClosed(Notice, frozen=True):
    """To an officer: a period was closed with this score, which may be appealed against until ``until_on``. ``total``
    None: there was nothing to assess. ``handle`` is the officer's, for the address of the page."""

    period: str
    handle: str
    total: Decimal | None
    band: str
    until_on: date


class AppealMade(Notice, frozen=True):
    """To HR: an officer appeals against a score."""

    period: str
    by: str
    text: str


class AppealDecided(Notice, frozen=True):
    """To the officer: the decision on their appeal; ``points`` None = rejected."""

    period: str
    handle: str
    by: str
    reason: str
    points: Decimal | None = None


class SubstituteNamed(Notice, frozen=True):
    """To a substitute: somebody is away and named you."""

    person: str
    from_on: date
    until_on: date
    authority: bool = False


class SubstituteReleased(Notice, frozen=True):
    """To a substitute who was told: the absence was called off, or the authority taken back."""

    person: str
    from_on: date
    until_on: date


class PersonLeft(Notice, frozen=True):
    """To the leader: somebody left with tasks still open."""

    person: str
    codes: tuple[str, ...]


class ChatLinked(Notice, frozen=True):
    """A chat was linked to the account."""

    channel: str


class ChatLost(Notice, frozen=True):
    """A chat takes no messages any more and was unlinked: to its owner on another channel, and (``person`` named) to HR.
    ``reason``: blocked, gone, refused, moved, replaced by another chat of theirs (nobody else hears of that), or taken_over
    by somebody else's account (HR are told the ``new_owner``)."""

    channel: str
    reason: str
    person: str = ""
    new_owner: str = ""


class AnswerMoved(Notice, frozen=True):
    """The answer to something said in a chat whose channel has nothing left this month: ``html`` is the whole answer as it
    would have stood there, what can be typed included. ``channel`` is that chat's."""

    channel: str
    html: str


class SignInLink(Notice, frozen=True):
    """A one-time link by e-mail; the address itself is a secret, so it is never shown again."""

    url: str
    until: datetime


AnyNotice = (
    TaskAssigned
    | TaskReassigned
    | TaskAcknowledged
    | TaskDeclined
    | TaskReported
    | TaskAccepted
    | TaskReturned
    | TaskCancelled
    | ExtensionAsked
    | ExtensionApproved
    | ExtensionRefused
    | DueMoved
    | TaskCommented
    | TaskUndone
    | TaskNudged
    | TaskDueSoon
    | TaskDueNow
    | TaskOverdue
    | TaskAtRisk
    | TaskUnacknowledged
    | TaskSilent
    | DecisionDue
    | TaskLate
    | TaskLateForAssigner
    | EntryWaived
    | WaiverAsked
    | WaiverRefused
    | SubtaskFinished
    | CardChanged
    | RecurrenceFailed
    | CalendarMovesDeadlines
    | SignOffDue
    | ScoreClosed
    | AppealMade
    | AppealDecided
    | SubstituteNamed
    | SubstituteReleased
    | PersonLeft
    | ChatLinked
    | ChatLost
    | AnswerMoved
    | SignInLink
    | MorningList
    | LeaderDigest
    | WeeklyDigest
)
#: What goes after the lines of a slot, without a number.
Digest = MorningList | LeaderDigest | WeeklyDigest
