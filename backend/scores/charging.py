"""Charging: a delay or a major error, written for the officer and for their unit at the same time, once for ever."""

from datetime import datetime
from typing import Any

import msgspec

from backend import audit
from backend.auth.actors import ZONE
from backend.domain.lateness import Charge
from backend.domain.scoring import InstanceKind
from backend.domain.types import SYSTEM, Actor
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import Task, Unit
from backend.scores import rules

SCOPES = ("officer", "unit")


async def charge(task: Task, due: Charge, late_minutes: int) -> int | None:
    """Write an instance of delay of the task's present holder: one entry for them, one for the unit they were assigned
    through, with the time at which it came to be. Returns the officer's entry, None when it was written before.

    Of a self-registered task that nobody has confirmed as well: lateness is a fact with its own time. It costs nothing
    until a leader confirms the task, which makes it a product.
    """
    return await _pair(
        SYSTEM,
        task,
        key=f"delay:{task.id}:{task.holder_no}:{due.instance}",
        kind="further_delay" if due.further else "delay",
        rule=rules.RULE_FURTHER if due.further else rules.RULE_DELAY,
        happened_at=due.at,
        late_minutes=late_minutes,
        data={"instance": due.instance, "due_at": task.due_at.isoformat()},
    )


async def charge_major_error(
    actor: Actor, task: Task, report_id: int, reason: str, *, happened_at: datetime | None = None
) -> int | None:
    """Write the major error with which an assigner returned a report (now, or at ``happened_at`` of imported work), for
    the lead and for their unit."""
    return await _pair(
        actor,
        task,
        key=f"major_error:{task.id}:{task.holder_no}:{report_id}",
        kind="major_error",
        rule=rules.RULE_MAJOR_ERROR,
        happened_at=happened_at or clock.now(),
        reason=reason,
        data={"report": report_id},
    )


async def _pair(
    actor: Actor,
    task: Task,
    *,
    key: str,
    kind: InstanceKind,
    rule: str,
    happened_at: datetime,
    late_minutes: int | None = None,
    reason: str = "",
    data: dict[str, Any],
) -> int | None:
    path = (await Unit.get(id=task.unit_id)).path
    ruleset = await rules.in_force(happened_at.astimezone(ZONE).date(), path)
    async with transaction():
        made = []
        for scope in SCOPES:
            sql = Sql()
            person_id = task.lead_id if scope == "officer" else None
            made += await sql.rows(
                "insert into ledger_entry (key, kind, scope, person_id, unit_id, task_id, count, happened_at, "
                "recorded_at, late_minutes, rule, rule_version, decided_by_id, reason, data) values ("
                f"{sql.arg(f'{key}:{scope}')}, {sql.arg(kind)}, {sql.arg(scope)}, "
                f"{sql.arg(person_id)}, {sql.arg(task.unit_id)}, {sql.arg(task.id)}, "
                f"1, {sql.arg(happened_at)}, {sql.arg(clock.now())}, {sql.arg(late_minutes)}, {sql.arg(rule)}, "
                f"{sql.arg(ruleset.ref)}, {sql.arg(actor.person_id or None)}, {sql.arg(reason)}, "
                f"{sql.arg(msgspec.json.encode(data).decode())}) on conflict (key) do nothing returning id"
            )
        if not made:
            return None
        officer, unit = (int(row["id"]) for row in made)
        await audit.record(actor, f"score.{kind}", "task", task.id, officer_entry=officer, unit_entry=unit, **data)
    return officer
