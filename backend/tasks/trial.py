"""The field trial in the database: who was in it, and what came of them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.calendars.queries import OFFICE, calendar_for
from backend.domain.scoring_periods import PeriodSpan, span
from backend.domain.trial import Effect, difference
from backend.errors import Invalid
from backend.kit.db import Sql

_COLUMNS = {"task_id": "bigint", "holder_no": "int", "held": "boolean"}


class Entry(msgspec.Struct, frozen=True):
    """An eligible reminder to a holder of a task, said or held back."""

    task_id: int
    holder_no: int
    held: bool


async def enter(entries: Sequence[Entry], now: datetime) -> None:
    """Write eligible reminders of one moment, the first of each holder of a task: whoever is there already stays as they
    are. Call it in the transaction in which they are said or held back."""
    if not entries:
        return
    sql = Sql()
    rows = [msgspec.structs.astuple(one) for one in entries]
    await sql.run(
        f"insert into trial_reminder (at, {', '.join(_COLUMNS)}) select {sql.arg(now)}, {', '.join(_COLUMNS)} "
        f"from {sql.table('entry', _COLUMNS, rows)} where true on conflict (task_id, holder_no) do nothing"
    )


class EffectView(msgspec.Struct, frozen=True):
    """A month of the trial. Of each holder of a task the first eligible reminder counts, in its month.

    ``compared`` of ``entered`` are in the two arms; ``open`` are still open and not late, ``left_out`` were called off or
    given to somebody else before the deadline. ``tasks``: whether the office has any task at all.
    """

    month: str
    entered: int
    compared: int
    open: int
    left_out: int
    tasks: bool
    effect: Effect

    @property
    def failed(self) -> bool:
        """Nothing was compared although there are tasks."""
        return self.tasks and self.compared == 0


class _Arm(msgspec.Struct):
    held: bool
    outcome: str
    n: int


async def read_month(key: str) -> PeriodSpan:
    """A month ``2026-11`` in the office's own zone. Raises Invalid for anything else."""
    zone = (await calendar_for(OFFICE)).zone
    try:
        month = span(key.strip(), zone)
    except ValueError:
        raise Invalid("month_bad", value=key[:20]) from None
    if month.kind != "month":
        raise Invalid("month_bad", value=key[:20])
    return month


async def has_tasks() -> bool:
    """Whether the office has any task: then a month in which nothing was found must be said aloud."""
    return bool(await Sql().rows("select id from task limit 1"))


async def effect(month: str) -> EffectView:
    """What the trial says of a month ``2026-11``. Raises Invalid for anything but a month.

    Late = the holder's deadline passed open, as the ledger has it. Arms are by what chance said of the first eligible
    reminder, whatever happened to later ones.
    """
    period = await read_month(month)
    sql = Sql()
    arms = await sql.fetch(
        f"select held, outcome, count(*) as n from ({_outcomes(sql, period)}) z group by held, outcome", _Arm
    )
    late = {arm: _sum(arms, arm, "late") for arm in (True, False)}
    known = {arm: late[arm] + _sum(arms, arm, "in_time") for arm in (True, False)}
    return EffectView(
        month=period.key,
        entered=sum(arm.n for arm in arms),
        compared=sum(known.values()),
        open=_sum(arms, None, "open"),
        left_out=_sum(arms, None, "left_out"),
        tasks=await has_tasks(),
        effect=difference(late[True], known[True], late[False], known[False]),
    )


def _sum(arms: list[_Arm], held: bool | None, outcome: str) -> int:
    return sum(arm.n for arm in arms if arm.outcome == outcome and held in (None, arm.held))


def _outcomes(sql: Sql, period: PeriodSpan) -> str:
    """The entries of a month with what came of them.

    A delay is a fact that the ledger keeps, whatever became of the task later; one that was charged before the entry
    belongs to an earlier deadline. A report in time that was sent back leaves the task open.
    """
    delayed = (
        "exists (select 1 from ledger_entry e where e.task_id = r.task_id and e.scope = 'officer' and e.kind = 'delay' "
        "and e.happened_at >= r.at and e.key like "
        "'delay:' || cast(r.task_id as text) || ':' || cast(r.holder_no as text) || ':%')"
    )
    return (
        f"select r.held, case when {delayed} then 'late' "
        "when t.holder_no <> r.holder_no or t.status = 'cancelled' then 'left_out' "
        "when t.reported_at is not null and t.reported_at <= t.due_at then 'in_time' else 'open' end as outcome "
        "from trial_reminder r join task t on t.id = r.task_id "
        f"where r.at >= {sql.arg(period.start)} and r.at < {sql.arg(period.end)}"
    )
