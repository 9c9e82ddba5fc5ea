"""Waiving: an objective cause, confirmed by an authorised person, compensates an instance for officer and unit."""

from typing import Any

import msgspec

from backend import audit, outbox
from backend.auth.actors import ZONE
from backend.calendars.queries import calendar_for
from backend.domain.notices import EntryWaived, TaskRef
from backend.domain.scoring_periods import month_of
from backend.domain.types import Actor, Urgency
from backend.errors import Conflict, NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import transaction
from backend.models import LedgerEntry, Task, Unit, WaiverRequest
from backend.scores import access, people, reserves, rules
from backend.scores.people import Holder
from backend.scores.periods import closed_among, keys_around, read_period
from backend.scores.schemas import Waived

WAIVABLE = ("delay", "further_delay", "major_error")


class Charged(msgspec.Struct, frozen=True):
    """An instance with both its entries, the officer's and the unit's, locked until the end of the transaction;
    ``month`` is where it counts, ``seats`` are the officer's positions there. ``actor`` has what is theirs to decide
    about the officer as the last one there is."""

    actor: Actor

    pair: list[Any]
    officer: Any
    task: Task
    month: str
    seats: list[Holder]


async def charged(actor: Actor, entry_id: int) -> Charged:
    """The instance named by either of its two entries. Raises NotFound for one of somebody whose scores the actor does
    not see, and for an entry that is no instance."""
    found = await LedgerEntry.filter(id=entry_id).first()
    if found is None:
        raise NotFound("not_found")
    stem = found.key.rpartition(":")[0]
    keys = [f"{stem}:officer", f"{stem}:unit"]
    pair: list[Any] = await LedgerEntry.filter(key__in=keys).select_for_update().order_by("id")
    officer = next((entry for entry in pair if entry.scope == "officer"), None)
    if officer is None or officer.kind not in WAIVABLE:
        raise NotFound("not_found")
    task = await Task.get(id=officer.task_id)
    month = month_of(task.reported_at or clock.now(), ZONE)
    seats = (await people.holders(read_period(month), people=[officer.person_id])).get(officer.person_id, [])
    actor = await reserves.stand_in(actor, seats)
    access.require_sight(actor, officer.person_id, seats)
    return Charged(actor, pair, officer, task, month, seats)


async def require_waivable(one: Charged) -> None:
    """Raises Conflict when the instance was waived before or its period is closed."""
    if closed := await closed_among(keys_around(one.month)):
        raise Conflict("period_closed", period=closed)
    if await LedgerEntry.filter(compensates_id__in=[entry.id for entry in one.pair], kind="waiver").exists():
        raise Conflict("entry_already_waived")


async def waive(actor: Actor, entry_id: int, reason: str) -> Waived:
    """Compensate an instance, named by either of its two entries; the entries themselves stay.

    Grants an open request for it too. Raises NotFound for an entry of somebody whose scores the actor does not see,
    Forbidden for the officer themself and whoever is neither a leader over them nor their HR, Conflict when it was
    waived before or its period is closed.
    """
    reason = reason.strip()
    if not reason:
        raise Unprocessable("reason_needed")
    async with transaction():
        one = await charged(actor, entry_id)
        access.require(access.decides(one.actor, one.officer.person_id, one.seats))
        await require_waivable(one)
        made = [await _compensate(actor, entry, reason) for entry in one.pair]
        await WaiverRequest.filter(entry_id=one.officer.id, decision="").update(
            decision="granted", reason=reason, decided_by_id=actor.person_id, decided_at=clock.now()
        )
        await audit.record(
            actor,
            "score.waived",
            "ledger_entry",
            one.officer.id,
            person=one.officer.person_id,
            task=one.task.code,
            reason=reason,
        )
        await _tell(actor, one.officer, one.task, reason)
    return Waived(made)


def task_ref(task: Task) -> TaskRef:
    """What a notice says of the task of an instance."""
    return TaskRef(task.id, task.code, task.title, task.due_at, Urgency(task.urgency), task.secret)


async def _tell(actor: Actor, officer: Any, task: Task, reason: str) -> None:
    """Whoever was charged hears that it is settled, in the next working moment."""
    calendar = await calendar_for((await Unit.get(id=officer.unit_id)).path)
    await outbox.enqueue(
        EntryWaived(task=task_ref(task), by=actor.name, reason=reason),
        officer.person_id,
        f"EntryWaived:{officer.id}",
        topic="score",
        not_before=calendar.next_working(clock.now()),
    )


async def _compensate(actor: Actor, entry: Any, reason: str) -> int:
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
