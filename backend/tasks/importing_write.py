"""Writing imported tasks as they happened: row, parts, reports, events by whoever did each, due columns as of now."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from backend import audit
from backend.calendars.queries import calendar_for
from backend.domain import lateness, limits
from backend.domain.calendar import WorkCalendar
from backend.domain.lifecycle import Act, transition
from backend.domain.types import Actor, Status
from backend.errors import Conflict
from backend.kit import clock
from backend.models import Extension, LedgerEntry, Report, Task, TaskEvent
from backend.scores.service import charge_major_error, waive
from backend.tasks import facts, late, numbers
from backend.tasks.assign import add_parts, helpers_of, insert, record
from backend.tasks.change import EVENT, times_of
from backend.tasks.firmness import policy_of
from backend.tasks.importing_cast import Cast
from backend.tasks.importing_closed import require_open
from backend.tasks.importing_rows import ImportedTask, Step


async def write(actor: Actor, row: ImportedTask, cast: Cast, parent: Task | None) -> Task:
    """Write one task with its history; says nothing to anybody. Call it in the import's transaction.

    Raises Conflict when it would cost points in a closed period, or the waiver of its delay is not to be had.
    """
    calendar = await calendar_for(cast.chosen.path)
    [code] = await numbers.next_codes(1, row.assigned_at)
    task = await insert(
        cast.assigner,
        row.words,
        cast.chosen,
        code=code,
        external_id=row.external_id,
        assigned_at=row.assigned_at,
        due_at=row.due_at,
        due_rule={"rule": "instant"},
        parent_id=parent.id if parent else None,
        secret=row.words.secret or (parent is not None and parent.secret),
    )
    helpers = await helpers_of(row.words)
    await add_parts(task, helpers, cast.watchers)
    await record(cast.assigner, task, cast.chosen, files=0, imported=True)
    history = _History(task, cast, calendar)
    for step in row.steps:
        await history.tell(step)
    if history.new:
        await Task.filter(id=task.id).update(**history.new)
    await _settle(task, clock.now(), calendar)
    if Status(task.status).is_open:
        await _plan(task, calendar)
    await require_open(task)
    if cast.waiver is not None:
        await _waive(row, cast.waiver, task)
    if Status(task.status).is_open:
        await numbers.give(task.id, [task.lead_id, task.assigner_id, *helpers, *cast.watchers])
    await audit.record(actor, "task.imported", "task", task.id, external_id=row.external_id)
    return task


class _History:
    """Takes a task from assigned to where its row says it stands, one act after the other, as the services would."""

    def __init__(self, task: Task, cast: Cast, calendar: WorkCalendar) -> None:
        self.task = task
        self.lead = cast.chosen.person_id
        self.assigner = cast.assigner
        self.calendar = calendar
        self.new: dict[str, Any] = {}
        self.doing: dict[Act, Callable[[Step], Awaitable[dict[str, Any]]]] = {
            Act.ACKNOWLEDGE: self._acknowledge,
            Act.DECLINE: self._decline,
            Act.ASK_EXTENSION: self._ask_extension,
            Act.APPROVE_EXTENSION: self._approve_extension,
            Act.REFUSE_EXTENSION: self._refuse_extension,
            Act.REPORT: self._report,
            Act.RETURN: self._return,
            Act.ACCEPT: self._accept,
            Act.CANCEL: self._cancel,
        }

    async def tell(self, step: Step) -> None:
        """One act with its line in the timeline; what was late by then is charged first, as it would have been."""
        await _settle(self.task, step.at, self.calendar)
        data = await self.doing[step.act](step)
        by_lead = step.act in (Act.ACKNOWLEDGE, Act.DECLINE, Act.ASK_EXTENSION, Act.REPORT)
        await TaskEvent.create(
            task_id=self.task.id,
            kind=EVENT[step.act],
            at=step.at,
            actor_id=self.lead if by_lead else self.assigner.person_id,
            data={"imported": True, **data},
        )

    def _set(self, **columns: Any) -> None:
        """New values of columns: on the row in memory now, in the table when the history has been told."""
        self.new.update(columns)
        for name, value in columns.items():
            setattr(self.task, name, value)

    async def _acknowledge(self, step: Step) -> dict[str, Any]:
        self._set(status=Status.ACKNOWLEDGED, acknowledged_at=step.at, tapped_at=step.at)
        return {}

    async def _decline(self, step: Step) -> dict[str, Any]:
        self._set(status=Status.DECLINED, declined_at=step.at, answer_from_at=step.at)
        return {"reason": step.text}

    async def _ask_extension(self, step: Step) -> dict[str, Any]:
        assert step.until is not None
        asked = await Extension.create(
            task_id=self.task.id,
            asked_by_id=self.lead,
            asked_at=step.at,
            due_before=self.task.due_at,
            due_asked=step.until,
            reason=step.text,
        )
        self._set(status=Status.ACKNOWLEDGED, acknowledged_at=self.task.acknowledged_at or step.at, tapped_at=step.at)
        return {"extension": asked.id, "due": step.until.isoformat(), "reason": step.text}

    async def _approve_extension(self, step: Step) -> dict[str, Any]:
        task = self.task
        asked = await Extension.get(task_id=task.id)
        await Extension.filter(id=asked.id).update(
            decision="approved",
            due_granted=asked.due_asked,
            decided_at=step.at,
            decided_by_id=self.assigner.person_id,
        )
        before = task.due_at
        self._set(due_at=asked.due_asked, late_base=task.late_count)
        return {"extension": asked.id, "due": asked.due_asked.isoformat(), "due_before": before.isoformat(), "note": ""}

    async def _refuse_extension(self, step: Step) -> dict[str, Any]:
        asked = await Extension.get(task_id=self.task.id)
        await Extension.filter(id=asked.id).update(
            decision="refused", decided_at=step.at, decided_by_id=self.assigner.person_id
        )
        return {"extension": asked.id, "note": ""}

    async def _report(self, step: Step) -> dict[str, Any]:
        task = self.task
        done = transition(Status(task.status), Act.REPORT, needs_acceptance=task.needs_acceptance)
        report = await Report.create(task_id=task.id, person_id=self.lead, text=step.text, reported_at=step.at)
        data = {
            "report": report.id,
            "text": step.text,
            "files": 0,
            "was": str(task.status),
            "acknowledged": task.acknowledged_at is None,
            "answer_from": task.answer_from_at.isoformat(),
        }
        self._set(
            status=done,
            reported_at=step.at,
            acknowledged_at=task.acknowledged_at or step.at,
            tapped_at=step.at,
            answer_from_at=step.at,
        )
        if done is Status.DONE:
            await self._finish(step, None)
        return data

    async def _accept(self, step: Step) -> dict[str, Any]:
        await self._finish(step, self.assigner.person_id)
        return {}

    async def _finish(self, step: Step, decided_by: int | None) -> None:
        task = self.task
        await Report.filter(task_id=task.id, decision="").update(
            decision="accepted", decided_at=step.at, decided_by_id=decided_by
        )
        self._set(status=Status.DONE, closed_at=step.at)
        if task.reported_at is not None and task.reported_at <= task.due_at:
            await self._withdraw(step)

    async def _withdraw(self, step: Step) -> None:
        await Extension.filter(task_id=self.task.id, decision=facts.OPEN).update(
            decision="withdrawn", decided_at=step.at
        )

    async def _return(self, step: Step) -> dict[str, Any]:
        task = self.task
        assert task.reported_at is not None
        before = task.due_at
        due_at = facts.utc(lateness.due_after_return(before, task.reported_at, step.at, self.calendar))
        assert due_at is not None
        report = await Report.get(task_id=task.id, decision="")
        await Report.filter(id=report.id).update(
            decision="returned",
            decided_at=step.at,
            decided_by_id=self.assigner.person_id,
            reason=step.text,
            major_error=step.major_error,
        )
        if step.major_error:
            await charge_major_error(self.assigner, task, report.id, step.text, happened_at=step.at)
        self._set(
            status=Status.ACKNOWLEDGED,
            due_at=due_at,
            reported_at=None,
            return_count=task.return_count + 1,
            tapped_at=None,
        )
        return {
            "reason": step.text,
            "major_error": step.major_error,
            "due": due_at.isoformat(),
            "due_before": before.isoformat(),
        }

    async def _cancel(self, step: Step) -> dict[str, Any]:
        was = str(self.task.status)
        self._set(status=Status.CANCELLED, closed_at=step.at)
        await self._withdraw(step)
        return {"reason": step.text, "was": was}


async def _waive(row: ImportedTask, waiver: Actor, task: Task) -> None:
    """Confirm the objective cause of the first delay. Raises Conflict when there was none, or as ``scores.waive``."""
    delay = await LedgerEntry.filter(task_id=task.id, scope="officer", kind="delay").order_by("id").first()
    if delay is None:
        raise Conflict("import_nothing_to_waive")
    await waive(waiver, delay.id, row.waive_reason)


async def _settle(task: Task, now: datetime, calendar: WorkCalendar) -> None:
    """Charge what the task owed by then, telling nobody; before its due time it owes nothing."""
    if task.due_at < now:
        await late.settle(task, now, calendar, quiet=True)


async def _plan(task: Task, calendar: WorkCalendar) -> None:
    """The due columns as of now. Limits that ran out before the import begin with it: of what is past nobody is told."""
    now = clock.now()
    times = await times_of(task, now, calendar)
    owed_at = limits.answer_at(times, calendar)
    new: dict[str, Any] = {}
    if owed_at is not None and owed_at <= now:
        new["answer_from_at"] = task.answer_from_at = now
        times = await times_of(task, now, calendar)
    policy = await policy_of(task.unit_id, task.remind_preset)
    await Task.filter(id=task.id).update(**new, **facts.due_columns(times, now, calendar, policy))
