"""What was charged to the reader on a task, and whether they may still ask that it be waived."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from backend.auth.actors import ZONE
from backend.domain.scoring_periods import month_of
from backend.domain.types import Actor
from backend.kit import clock
from backend.kit.db import Sql, convert
from backend.scores.periods import closed_among, keys_around


class OwnCharge(msgspec.Struct, frozen=True):
    """An instance charged to the reader: whether it was waived, how their last request stands, whether they may ask."""

    entry: int
    kind: str
    #: The how-manieth delay of the reader on the task; 0 for a major error.
    instance: int
    happened_at: datetime
    late_minutes: int | None
    waived: bool
    asked: Literal["", "open", "granted", "refused"]
    may_ask: bool


async def own_charges(actor: Actor, task_id: int) -> list[OwnCharge]:
    """What was charged to the actor on a task, oldest first."""
    sql = Sql()
    rows = await sql.rows(
        "select e.id, e.key, e.kind, e.happened_at, e.late_minutes, t.reported_at, "
        "exists (select 1 from ledger_entry w where w.compensates_id = e.id and w.kind = 'waiver') as waived "
        "from ledger_entry e join task t on t.id = e.task_id "
        f"where e.task_id = {sql.arg(task_id)} and e.person_id = {sql.arg(actor.person_id)} and e.scope = 'officer' "
        "and e.kind in ('delay', 'further_delay', 'major_error') order by e.id"
    )
    charges = [convert(row, _Charge) for row in rows]
    asked = await last_asked([one.id for one in charges])
    months = {month_of(one.reported_at or clock.now(), ZONE) for one in charges}
    closed = {month: bool(await closed_among(keys_around(month))) for month in months}
    return [
        OwnCharge(
            entry=one.id,
            kind=one.kind,
            instance=int(one.key.split(":")[3]) if one.kind != "major_error" else 0,
            happened_at=one.happened_at,
            late_minutes=one.late_minutes,
            waived=one.waived,
            asked=asked.get(one.id, ""),
            may_ask=not one.waived
            and asked.get(one.id) != "open"
            and not closed[month_of(one.reported_at or clock.now(), ZONE)],
        )
        for one in charges
    ]


class _Charge(msgspec.Struct):
    id: int
    key: str
    kind: str
    happened_at: datetime
    late_minutes: int | None
    reported_at: datetime | None
    waived: bool


async def last_asked(entries: Sequence[int]) -> dict[int, Literal["open", "granted", "refused"]]:
    """How the last request for each of these entries stands."""
    sql = Sql()
    rows = await sql.rows(
        f"select entry_id, decision from waiver_request where {sql.any_of('entry_id', entries)} order by id"
    )
    return {int(row["entry_id"]): row["decision"] or "open" for row in rows}
