"""A task as the engine reads it: many at a time, only what reminding needs."""

from datetime import datetime

import msgspec

from backend.domain.types import Status, Urgency
from backend.kit.db import Sql


class TaskRow(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of ``task`` that say when to speak of it, and what is said. Instants are aware, UTC."""

    id: int
    code: str
    title: str
    secret: bool
    status: Status
    urgency: Urgency
    needs_acceptance: bool
    lead_id: int
    unit_id: int
    holder_no: int
    assigned_at: datetime
    due_at: datetime
    acknowledged_at: datetime | None
    reported_at: datetime | None
    declined_at: datetime | None
    closed_at: datetime | None
    late_count: int
    late_base: int
    late_from_at: datetime | None
    look_at: datetime | None
    answer_from_at: datetime
    answer_step: int
    reminded_count: int
    reminded_at: datetime | None
    unanswered: int
    empty_taps: int
    leader_told_at: datetime | None
    tapped_at: datetime | None
    waiting_until: datetime | None
    held_at: datetime | None
    remind_preset: str | None
    #: Somebody further up the line may still hear that it may end late.
    line_left: bool


_COMPUTED = {"line_left": "cast(answer_line as text) <> '[]' as line_left"}
_COLUMNS = ", ".join(_COMPUTED.get(name, name) for name in TaskRow.__struct_fields__)


async def planned_until(people: list[int], at: datetime) -> list[TaskRow]:
    """What these people hold and the engine is to look at by ``at``, held until the transaction ends; by ``look_at``."""
    sql = Sql()
    rows = await sql.fetch(
        f"select {_COLUMNS} from task where {sql.any_of('lead_id', people)} and look_at <= {sql.arg(at)} "
        f"order by id {sql.hold}",
        TaskRow,
    )
    return sorted(rows, key=lambda row: (row.look_at or at, row.id))
