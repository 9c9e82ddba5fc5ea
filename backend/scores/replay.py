"""Replay: the ledger and every closed result worked out again from events and entries, and held against what is stored.

It reads what happened (task events) and what was written (entries, marks, results); totals that somebody stored are
only ever compared, never used.
"""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec

from backend.domain.scoring_periods import PeriodSpan
from backend.kit import clock
from backend.kit.db import Sql
from backend.scores import replay_ledger, replay_results, replay_tasks
from backend.scores.periods import CLOSED, read_period
from backend.scores.replaying import Difference, Found

#: What the engine has not charged after this is forgotten; before, it may be about to.
PATIENCE = timedelta(minutes=10)


class Replay(msgspec.Struct, frozen=True):
    """How many things of each kind were compared, and what differs. ``tasks`` is how many tasks there are at all."""

    period: str
    compared: dict[str, int]
    tasks: int
    differences: list[Difference]

    @property
    def total(self) -> int:
        return sum(self.compared.values())

    @property
    def failed(self) -> bool:
        """Something differs, or nothing was compared although there are tasks."""
        return bool(self.differences) or (self.tasks > 0 and self.total == 0)


async def replay(period_key: str | None = None, now: datetime | None = None) -> Replay:
    """Compare everything (or what belongs to one period) as of domain time ``now``; changes nothing. Raises Invalid for
    a bad period."""
    span = read_period(period_key) if period_key else None
    now = now or clock.now()
    compared: Counter[str] = Counter()
    differences: list[Difference] = []
    closed = await _closed(span)
    owned = replay_results.Owned([one.key for one in closed])
    async for found in _checks(span, now, closed, owned):
        compared[found.what] += found.compared
        differences += found.differences
    [row] = await Sql().rows("select count(*) as n from task")
    return Replay(span.key if span else "", dict(compared), int(row["n"]), differences)


async def _closed(span: PeriodSpan | None) -> list[replay_results.Closed]:
    sql = Sql()
    only = f" and key = {sql.arg(span.key)}" if span else ""
    return await sql.fetch(
        f"select id, key, closed_at, seal from period where status = {sql.arg(CLOSED)}{only} order by key",
        replay_results.Closed,
    )


async def _checks(
    span: PeriodSpan | None, now: datetime, closed: list[replay_results.Closed], owned: replay_results.Owned
) -> AsyncIterator[Found]:
    async for found in replay_tasks.compare(span, now, now - PATIENCE, closed, owned):
        yield found
    async for found in replay_ledger.compare(span):
        yield found
    for one in closed:
        async for found in replay_results.compare(one, owned):
            yield found
