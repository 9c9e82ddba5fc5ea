"""What the audit asks of reminding: every reminder that was counted was put down and is on its way, proven or accounted
for; every notice that counts as sent has its proof; no sweep is behind or silent."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend import sweeps
from backend.audits_frame import PATIENCE, Check, Span, Tally, pieces, text
from backend.audits_tasks import OPEN
from backend.kit import clock
from backend.kit.db import Sql

_TASKS = 5_000
_NOTICES = 20_000
#: A correction of a card is settled without an attempt when there is no card to correct.
_NEEDS_NO_PROOF = "'CardChanged'"
_STATES = "('pending', 'claimed', 'sending', 'sent', 'dead', 'cancelled', 'muted')"


class _Missing(msgspec.Struct):
    code: str
    number: int


async def reminders(tally: Tally, now: datetime, span: Span) -> None:
    """Every reminder that a task counts for its present holder is in the outbox (one that the field trial held back is
    not counted); what then becomes of it is asked by :func:`proofs` and :func:`waiting`."""
    async for piece in pieces("task", span, _TASKS):
        sql = Sql()
        some = f"reminded_count > 0 and {piece.of('t.id', sql)}" + (f" and t.{OPEN}" if span.open_only else "")
        [sums] = await sql.rows(
            f"select coalesce(sum(reminded_count), 0) as n, coalesce(max(reminded_count), 0) as most from task t where {some}"
        )
        if not sums["n"]:
            continue
        tally.compared["reminders"] += int(sums["n"])
        # Counting questions inside are answered from the indexes of keys whatever the planner thinks.
        missing = await sql.fetch(
            "with recursive numbers(number) as (select 1 union all select number + 1 from numbers "
            f"where number < {sql.arg(int(sums['most']))}) "
            f"select t.code, k.number from task t join numbers k on k.number <= t.reminded_count where {some} "
            "and (select count(*) from outbox_notice o where o.dedup_key = "
            "'remind:' || t.id || ':' || t.holder_no || ':' || k.number) = 0 "
            "order by t.id, k.number",
            _Missing,
        )
        for one in missing:
            tally.wrong("reminder_missing", task=one.code, number=one.number)
        await _taken_back(tally, piece)


class _TakenBack(msgspec.Struct):
    id: int
    task_id: int
    code: str
    created_at: datetime
    tapped_at: datetime | None


class _Acted(msgspec.Struct):
    task_id: int
    at: datetime


async def _taken_back(tally: Tally, piece: Span) -> None:
    """A reminder is taken back because somebody answered or the task changed; without either it was lost."""
    sql = Sql()
    rows = await sql.fetch(
        "select o.id, t.id as task_id, t.code, o.created_at, t.tapped_at from task t "
        "join outbox_notice o on o.task_id = t.id and o.status = 'cancelled' "
        f"where {piece.of('t.id', sql)} and t.reminded_count > 0 and o.dedup_key like 'remind:%' and o.twin_of_id is null "
        "and (t.tapped_at is null or t.tapped_at < o.created_at) "
        "and (select count(*) from task_event e where e.task_id = t.id and e.at >= o.created_at) = 0 order by o.id",
        _TakenBack,
    )
    acted = await _last_acts([row.task_id for row in rows])
    for row in rows:
        # Machines whose clocks differ a little must not look like a loss.
        last = max((at for at in (row.tapped_at, acted.get(row.task_id)) if at is not None), default=None)
        if last is None or last < row.created_at - PATIENCE:
            tally.wrong("reminder_taken_back", task=row.code, notice=row.id)


async def _last_acts(task_ids: Sequence[int]) -> dict[int, datetime]:
    if not task_ids:
        return {}
    sql = Sql()
    rows = await sql.fetch(
        f"select task_id, max(at) as at from task_event where {sql.any_of('task_id', sorted(set(task_ids)))} "
        "group by task_id",
        _Acted,
    )
    return {row.task_id: row.at for row in rows}


class _Settled(msgspec.Struct):
    id: int
    kind: str
    status: str


_UNPROVEN = {"sent": "delivery_missing", "dead": "dead_unexplained", "muted": "muted_unexplained"}


async def proofs(tally: Tally, now: datetime, span: Span) -> None:
    """Every notice that counts as sent has an attempt that arrived or may have; whatever was given up says why."""
    async for piece in pieces("outbox_notice", span, _NOTICES):
        sql = Sql()
        [settled] = await sql.rows(
            "select count(*) as n from outbox_notice where status not in ('pending', 'claimed', 'sending') "
            f"and {piece.of('id', sql)}"
        )
        tally.compared["proofs"] += int(settled["n"])
        sql = Sql()
        rows = await sql.fetch(
            f"select n.id, n.kind, n.status from outbox_notice n where {piece.of('n.id', sql)} and ("
            f"(n.status = 'sent' and n.kind <> {_NEEDS_NO_PROOF} and (select count(*) from delivery_attempt a "
            "where a.notice_id = n.id and a.outcome in ('sent', 'unknown')) = 0) "
            f"or (n.status in ('dead', 'muted') and n.problem = '') or n.status not in {_STATES}) order by n.id",
            _Settled,
        )
        for row in rows:
            tally.wrong(_UNPROVEN.get(row.status, "notice_lost"), notice=row.id, kind=row.kind)


class _Waiting(msgspec.Struct):
    id: int
    kind: str


async def waiting(tally: Tally, now: datetime, span: Span) -> None:
    """Every notice that is ready has left, or is being sent, or waits behind one to the same person that is tried again."""
    [unsettled] = await Sql().rows(
        "select (select count(*) from outbox_notice where status = 'pending') + "
        "(select count(*) from outbox_notice where status in ('claimed', 'sending')) as n"
    )
    tally.compared["waiting"] += int(unsettled["n"])
    sql = Sql()
    real, due = sql.arg(clock.real() - PATIENCE), sql.arg(now - PATIENCE)
    rows = await sql.fetch(
        f"select n.id, n.kind from outbox_notice n where n.status = 'pending' and n.ready_at < {real} "
        f"and n.not_before < {due} and not exists (select 1 from outbox_notice o where o.person_id = n.person_id "
        "and o.id <> n.id and o.attempts > 0 and ((o.status = 'pending' and o.ready_at >= "
        f"{real}) or (o.status in ('claimed', 'sending') and o.lease_until >= {real}))) "
        f"union all select id, kind from outbox_notice where status in ('claimed', 'sending') and lease_until < {real} "
        "order by 1",
        _Waiting,
    )
    for row in rows:
        tally.wrong("notice_waiting", notice=row.id, kind=row.kind)


def lagging(tally: Tally, lags: Sequence[sweeps.Lag]) -> None:
    """No sweep leaves what is due lying, and each that runs in this office comes to its end."""
    for lag in lags:
        if lag.due_since is not None and lag.lag_s > PATIENCE.total_seconds():
            tally.wrong("sweep_behind", sweep=lag.sweep, at=text(lag.due_since))
        if lag.is_silent(clock.real(), PATIENCE):
            assert lag.alive_at is not None
            tally.wrong("sweep_silent", sweep=lag.sweep, at=text(lag.alive_at))


OF_REMINDERS = (Check("reminders", reminders),)
OF_NOTICES = (Check("proofs", proofs), Check("waiting", waiting))
