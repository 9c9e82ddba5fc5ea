"""The one way to change a task: in a transaction, seen, permitted, possible, current; then row, event, audit, notices.

Every act uses :func:`change`; it leaves only what is special to the act in the act's own function.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from backend import audit, outbox
from backend.auth.actors import ZONE
from backend.calendars.queries import calendar_for
from backend.domain import access
from backend.domain.calendar import WorkCalendar
from backend.domain.lifecycle import Act, possible
from backend.domain.notices import AnyNotice
from backend.domain.reminding import is_short, next_slot
from backend.domain.times import TaskTimes
from backend.domain.types import Actor, Part, Status, Urgency
from backend.errors import Conflict, Forbidden, NotFound, Stale
from backend.kit import clock, rows
from backend.kit.db import transaction
from backend.models import Task, TaskEvent
from backend.org.queries import Absences, absences, leave_until
from backend.tasks import facts, late, record
from backend.tasks.clocks import Clocks, calendar_of_task
from backend.tasks.firmness import policy_of
from backend.tasks.people import deciders
from backend.tasks.rows import TaskRow

#: Events by the act that writes them, as the past facts the timeline tells.
EVENT = {
    Act.ACKNOWLEDGE: "acknowledged",
    Act.DECLINE: "declined",
    Act.REPORT: "reported",
    Act.ACCEPT: "accepted",
    Act.RETURN: "returned",
    Act.CANCEL: "cancelled",
    Act.REASSIGN: "reassigned",
    Act.ASK_EXTENSION: "extension_asked",
    Act.APPROVE_EXTENSION: "extension_approved",
    Act.REFUSE_EXTENSION: "extension_refused",
    Act.MOVE_DUE: "due_moved",
    Act.COMMENT: "commented",
    Act.UNDO: "undone",
    Act.CONFIRM: "confirmed",
    Act.WAIT: "waiting",
    Act.CHANGE_WEIGHT: "weight_changed",
    Act.REMIND_AS: "remind_changed",
}
_PAST_WORKING_HOURS = frozenset({Urgency.EXPRESS})


class Work:
    """A task under change. ``set`` new column values, ``tell`` the timeline, ``say`` notices; or ``stop`` when there is
    nothing to change because it is already so."""

    def __init__(self, actor: Actor, act: Act, task: Task, around: facts.Around, calendar: WorkCalendar) -> None:
        self.actor = actor
        self.act = act
        self.task = task
        self.around = around
        self.rights = rights = around.rights
        self.calendar = calendar
        self.now: datetime = clock.now()
        #: The version that this change makes.
        self.version = int(task.version) + 1
        #: Whose lent authority the actor uses for this act, if any.
        self.behind = None if actor.is_system else access.lent_by(actor, act, rights)
        self.new: dict[str, Any] = {}
        self.data: dict[str, Any] = {}
        self.changed = True

    @property
    def status(self) -> Status:
        return Status(self.task.status)

    def set(self, **columns: Any) -> None:
        """New values of named columns; also on the row in memory, so that the rules see them."""
        for name, value in columns.items():
            value = facts.utc(value) if isinstance(value, datetime) else value
            self.new[name] = value
            setattr(self.task, name, value)

    def tell(self, **data: Any) -> None:
        """What the timeline keeps of this change: plain JSON values."""
        self.data.update(data)

    def already(self) -> None:
        """It is already so: nothing is written, and the answer says so."""
        self.changed = False

    async def say(self, person_id: int, notice: AnyNotice, *, topic: str = "info", grace_s: float = 0) -> None:
        """Tell a person, in working time unless the task is express; never tell the actor what they just did."""
        if person_id in (self.actor.person_id, 0):
            return
        await say(self.task, person_id, notice, self.version, self.calendar, topic=topic, grace_s=grace_s)

    async def say_in_slot(self, about: Task, notice: AnyNotice, *, topic: str = "info") -> None:
        """Tell the lead of another task something that can wait for their next slot; short and urgent work cannot."""
        if about.lead_id == self.actor.person_id:
            return
        calendar = await calendar_of_task(about.id)
        if is_short(await times_of(about, self.now, calendar), calendar):
            await self.say(about.lead_id, notice, topic=topic)
            return
        policy = await policy_of(about.unit_id, about.remind_preset)
        key = f"{notice.kind}:{self.task.id}:{self.version}:{about.lead_id}"
        at = next_slot(self.now, calendar, policy)
        await outbox.enqueue(notice, about.lead_id, key, topic=topic, not_before=at, in_slot=True)

    async def say_to_deciders(self, notice: AnyNotice, *, topic: str = "info") -> None:
        """Tell whoever decides for the assigner today."""
        for person_id in await deciders(self.task):
            await self.say(person_id, notice, topic=topic)

    def people(self, *parts: Part) -> list[int]:
        """Coordinators or watchers of the task."""
        return [person for person, part in self.rights.parts if part in parts]


async def say(
    task: Task,
    person_id: int,
    notice: AnyNotice,
    version: int,
    calendar: WorkCalendar,
    *,
    topic: str = "info",
    grace_s: float = 0,
) -> None:
    """Enqueue a notice about a task for its next working moment (express: now), once per person, kind and version."""
    now = clock.now()
    express = Urgency(task.urgency) in _PAST_WORKING_HOURS
    await outbox.enqueue(
        notice,
        person_id,
        f"{notice.kind}:{task.id}:{version}:{person_id}",
        topic=topic,
        urgent=Urgency(task.urgency) is not Urgency.NORMAL,
        not_before=now if express else calendar.next_working(now),
        grace_s=0 if express else grace_s,
    )


@asynccontextmanager
async def change(
    actor: Actor, task_id: int, act: Act, version: int | None = None, *, permitted: bool = False
) -> AsyncIterator[Work]:
    """Open a task for one act and write everything the act did, in one transaction.

    ``permitted``: the act follows from one that the actor was allowed, and is not asked about again.

    Raises NotFound when the actor may not see it, Forbidden when they may not do this, Stale when ``version`` is not
    the present one. Whether the state allows the act is for :func:`require_possible`, after the act had its chance to
    say "it is already so".
    """
    async with transaction():
        work = await _open(actor, task_id, act, permitted or actor.is_system)
        if version is not None and version != work.task.version:
            raise Stale("stale", version=work.task.version)
        yield work
        if work.changed:
            await _write(work)
        if Urgency(work.task.urgency) is not Urgency.NORMAL:
            await outbox.answered(work.task.id, actor.person_id)


def require_possible(work: Work) -> None:
    """Raises Conflict, naming the present state, when the act is impossible in it."""
    if not possible(work.status, work.act):
        raise impossible(work.task)


def impossible(task: Task) -> Conflict:
    """What to raise when a task's state does not allow something."""
    return Conflict(f"task_is_{task.status}", task=task.code, at=task.closed_at or task.reported_at or task.declined_at)


async def _open(actor: Actor, task_id: int, act: Act, permitted: bool) -> Work:
    task = await facts.task_of(task_id, held=True)
    if task is None:
        raise NotFound("not_found")
    around = await facts.around(task)
    rights = around.rights
    if not permitted and not access.may_see(actor, rights):
        raise NotFound("not_found")
    if not permitted and not access.may(actor, act, rights):
        raise Forbidden("forbidden")
    calendar = await calendar_for(rights.path)
    if task.charge_at is not None and task.charge_at < clock.now():
        # What is owed is charged before anything changes: no act may swallow a delay that the engine has not seen yet.
        await late.settle(task, clock.now(), calendar)
    return Work(actor, act, task, around, calendar)


async def _write(work: Work) -> None:
    task = work.task
    await _replan(work)
    kind = EVENT[work.act]
    event = rows.inserting(
        TaskEvent,
        task_id=task.id,
        kind=kind,
        at=work.now,
        actor_id=work.actor.person_id,
        on_behalf_of_id=work.behind,
        data=work.data,
    )
    found, *_ = await rows.together(
        rows.updating(Task, {**work.new, "version": work.version}, id=task.id, version=task.version),
        event,
        audit.recording(work.actor, f"task.{kind}", "task", task.id, on_behalf_of_id=work.behind, **work.data),
        outbox.refreshing_cards(facts.ref(task), work.version, (task.lead_id, task.assigner_id)),
    )
    if found != 1:
        raise Stale("stale", version=task.version)
    task.version = work.version


async def _replan(work: Work) -> None:
    """The due columns after an act; what the task has none of is not asked for again."""
    task, has, now = work.task, work.around.has, work.now
    history = await record.history_of(task.lead_id)
    policy = await policy_of(task.unit_id, task.remind_preset, spoken=has.firmness)
    may_wait = has.extensions or work.act is Act.ASK_EXTENSION
    times = await times_of(task, now, work.calendar, may_wait=may_wait)
    work.set(**facts.due_columns(times, now, work.calendar, policy, history))


async def replan(task: Task, now: datetime, calendar: WorkCalendar, new: dict[str, Any]) -> None:
    """Recompute the due columns of a changed row into ``new``."""
    history = await record.history_of(task.lead_id)
    policy = await policy_of(task.unit_id, task.remind_preset)
    new.update(facts.due_columns(await times_of(task, now, calendar), now, calendar, policy, history))


async def times_of(task: Task, now: datetime, calendar: WorkCalendar, *, may_wait: bool = True) -> TaskTimes:
    """What the rules of time need, with the lead's leave as it is known now. ``may_wait``: a question for more time may be
    waiting."""
    last_day = await leave_until(task.lead_id, now.astimezone(ZONE).date())
    back = _back(last_day, calendar)
    return await facts.times(task, back) if may_wait else facts.times_from(task, back, None)


async def leads_away(tasks: Sequence[Task] | Sequence[TaskRow], now: datetime) -> Absences:
    """Who of the leads of many tasks is away."""
    return await absences({task.lead_id for task in tasks}, now.astimezone(ZONE).date())


async def times_of_many(
    tasks: Sequence[Task] | Sequence[TaskRow], clocks: Clocks, away: Absences
) -> dict[int, TaskTimes]:
    """The same for many tasks by id; ``away``: who of their leads is."""
    asked = await facts.waiting_extensions([task.id for task in tasks])
    return {
        task.id: facts.times_from(task, _back(away.last_day(task.lead_id), clocks.calendar(task)), asked.get(task.id))
        for task in tasks
    }


def _back(last_day: date | None, calendar: WorkCalendar) -> datetime | None:
    """The first working moment after a leave, UTC."""
    if last_day is None:
        return None
    return calendar.day_start(calendar.working_day_from(last_day + timedelta(days=1))).astimezone(UTC)
