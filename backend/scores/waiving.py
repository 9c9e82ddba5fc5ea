"""Waiving: an objective cause, confirmed by an authorised person, compensates an instance for officer and unit."""

from typing import Any

from backend import audit, outbox
from backend.auth.actors import ZONE
from backend.calendars.queries import calendar_for
from backend.domain.notices import EntryWaived, TaskRef
from backend.domain.scoring_periods import month_of
from backend.domain.types import Actor, Urgency
from backend.errors import Conflict, NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import transaction
from backend.models import LedgerEntry, Task, Unit
from backend.scores import access, people, rules
from backend.scores.periods import closed_among, keys_around, read_period
from backend.scores.schemas import Waived

_WAIVABLE = ("delay", "further_delay", "major_error")


async def waive(actor: Actor, entry_id: int, reason: str) -> Waived:
    """Compensate an instance, named by either of its two entries; the entries themselves stay.

    Raises NotFound for an entry of somebody whose scores the actor does not see, Forbidden for the officer themself and
    whoever is neither a leader over them nor their HR, Conflict when it was waived before or its period is closed.
    """
    reason = reason.strip()
    if not reason:
        raise Unprocessable("reason_needed")
    async with transaction():
        pair = await _pair(entry_id)
        officer = next((entry for entry in pair if entry.scope == "officer"), None)
        if officer is None or officer.kind not in _WAIVABLE:
            raise NotFound("not_found")
        task = await Task.get(id=officer.task_id)
        counted_in = month_of(task.reported_at or clock.now(), ZONE)
        seats = (await people.holders(read_period(counted_in), people=[officer.person_id])).get(officer.person_id, [])
        access.require_sight(actor, officer.person_id, seats)
        access.require(access.decides(actor, officer.person_id, seats))
        if closed := await closed_among(keys_around(counted_in)):
            raise Conflict("period_closed", period=closed)
        made = [await _compensate(actor, entry, reason) for entry in pair]
        await audit.record(
            actor, "score.waived", "ledger_entry", officer.id, person=officer.person_id, task=task.code, reason=reason
        )
        await _tell(actor, officer, task, reason)
    return Waived(made)


async def _tell(actor: Actor, officer: Any, task: Task, reason: str) -> None:
    """Whoever was charged hears that it is settled, in the next working moment."""
    ref = TaskRef(task.id, task.code, task.title, task.due_at, Urgency(task.urgency), task.secret)
    calendar = await calendar_for((await Unit.get(id=officer.unit_id)).path)
    await outbox.enqueue(
        EntryWaived(task=ref, by=actor.name, reason=reason),
        officer.person_id,
        f"EntryWaived:{officer.id}",
        topic="score",
        not_before=calendar.next_working(clock.now()),
    )


async def _pair(entry_id: int) -> list[Any]:
    """The officer's and the unit's entry, locked until the end of the transaction."""
    found = await LedgerEntry.filter(id=entry_id).first()
    if found is None:
        raise NotFound("not_found")
    stem = found.key.rpartition(":")[0]
    return await LedgerEntry.filter(key__in=[f"{stem}:officer", f"{stem}:unit"]).select_for_update().order_by("id")


async def _compensate(actor: Actor, entry: Any, reason: str) -> int:
    if await LedgerEntry.filter(compensates_id=entry.id, kind="waiver").exists():
        raise Conflict("entry_already_waived")
    now = clock.now()
    made = await LedgerEntry.create(
        key=f"waiver:{entry.key}",
        kind="waiver",
        scope=entry.scope,
        person_id=entry.person_id,
        unit_id=entry.unit_id,
        task_id=entry.task_id,
        compensates_id=entry.id,
        count=-entry.count,
        happened_at=now,
        recorded_at=now,
        rule=rules.RULE_OBJECTIVE,
        rule_version=entry.rule_version,
        decided_by_id=actor.person_id or None,
        reason=reason,
        data={},
    )
    return int(made.id)
