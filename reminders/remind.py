"""Reminding: at a slot each person hears once, of five things at most; what was not said is planned again.

Rows whose ``look_at`` has come are taken a whole person at a time, so that one message can be chosen from all of them.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from backend import outbox
from backend.kit import clock, logs
from backend.kit.db import Sql, is_postgres, transaction
from reminders import desks, digest
from reminders.speaking import speak
from reminders.sweep import BAD_ROWS, PUSH_BACK, ROWS

log = logs.get("reminders")

#: Rows found by one look for what is due: of whoever holds one of them all are taken, in one transaction. SQLite has one
#: writer, nobody else writes meanwhile.
BATCH = 500
#: Batches at the same time: while the database writes one, the next is planned.
HANDS = 3
#: Before everything that is due, in the order in which it is looked for.
_FIRST = (datetime(1970, 1, 1, tzinfo=UTC), 0)


class Due(msgspec.Struct, frozen=True):
    """A person with rows that are due, the last of those found planned for ``last_at``."""

    lead_id: int
    last_at: datetime


async def tick(now: datetime | None = None) -> int:
    """Say what is due with the digests of the slot, and let its messages go; returns how many tasks were handled."""
    now = now or clock.now()
    queue = _Queue(now)
    total = sum(await asyncio.gather(*(_hand(queue) for _ in range(HANDS if is_postgres() else 1))))
    ROWS.labels("remind").inc(total)
    await digest.tick(now)
    await outbox.let_go(now)
    return total


async def whose(now: datetime, after: tuple[datetime, int] = _FIRST) -> list[Due]:
    """The next people with rows that are due, those who wait longest first; ``after`` a moment and a person."""
    sql = Sql()
    return await sql.fetch(
        "select lead_id, max(look_at) as last_at from (select lead_id, look_at from task "
        f"where look_at <= {sql.arg(now)} and (look_at, lead_id) > ({sql.arg(after[0])}, {sql.arg(after[1])}) "
        f"order by look_at, lead_id limit {sql.arg(BATCH)}) due group by lead_id order by min(look_at), lead_id",
        Due,
    )


class _Queue:
    """The people of one tick in batches, each once: who is in somebody else's hand is that one's to tell."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._after = _FIRST
        self._seen: set[int] = set()
        self._looking = asyncio.Lock()

    async def next(self) -> list[int]:
        """The next batch; an empty one when nobody is left."""
        async with self._looking:
            while found := await whose(self.now, self._after):
                self._after = max((due.last_at, due.lead_id) for due in found)
                people = [due.lead_id for due in found if due.lead_id not in self._seen]
                self._seen.update(people)
                if people:
                    return people
            return []


async def _hand(queue: _Queue) -> int:
    handled = 0
    while people := await queue.next():
        handled += await _batch(people, queue.now)
    return handled


async def _batch(people: list[int], now: datetime) -> int:
    """Many people in one transaction; if that fails, one by one, and whoever fails alone is pushed back."""
    try:
        async with transaction():
            return await _together(people, now)
    except Exception:
        log.warning("sweep.batch_failed", sweep="remind", exc_info=True)
    handled = 0
    for person_id in people:
        try:
            async with transaction():
                handled += await _together([person_id], now)
        except Exception:
            log.exception("sweep.row_failed", sweep="remind", person=person_id)
            handled += await _push_back([person_id], now)
    return handled


async def _push_back(people: Sequence[int], now: datetime) -> int:
    sql = Sql()
    pushed = await sql.run(
        f"update task set look_at = {sql.arg(now + PUSH_BACK)} "
        f"where {sql.any_of('lead_id', people)} and look_at <= {sql.arg(now)}"
    )
    BAD_ROWS.labels("remind").inc(pushed)
    return pushed


async def _together(people: list[int], now: datetime) -> int:
    """Everything due of these people, those left out whom somebody else has in hand; returns how many rows."""
    people = await _held(people)
    found = await desks.gather(people, now)
    if not await speak(found, now) and (stuck := await _push_back(people, now)):
        log.error("sweep.stuck", sweep="remind", rows=stuck)
    return sum(len(desk.due) for desk in found)


async def _held(people: list[int]) -> list[int]:
    sql = Sql()
    rows = await sql.rows(f"select id from person where {sql.any_of('id', people)} order by id {sql.skip_held}")
    return [int(row["id"]) for row in rows]
