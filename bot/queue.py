"""The outbox as a queue: claiming with a lease, the proof of every attempt, and how each one ends.

A notice goes ``pending → claimed`` (picked up, may still be cancelled) ``→ sending`` (an attempt is on record, it may
arrive) ``→ sent | dead | cancelled | muted``, or back to ``pending``. Leases and back-off are real time.
"""

import os
import secrets
import socket
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backend.domain.notices import AnyNotice
from backend.kit import clock, logs
from backend.kit.db import Sql, transaction
from bot import attempts, pacing
from bot.attempts import Attempt
from bot.channel import Receipt

log = logs.get("bot.queue")

#: How long a worker may keep a notice without a sign of life; longer than any send may take.
LEASE_S = 60.0

_COLUMNS = "id, kind, payload, person_id, task_id, ready_at, attempts, maybe_sent, in_slot"
_FREE = "lease_owner = '', lease_until = null"


class Claimed(msgspec.Struct, frozen=True):
    """A notice that is ours for as long as the lease runs."""

    id: int
    kind: str
    payload: Any
    person_id: int
    task_id: int | None
    ready_at: datetime
    attempts: int
    maybe_sent: bool
    in_slot: bool = False
    #: The further lines of a slot that go in the same message.
    more: "tuple[Claimed, ...]" = ()

    @property
    def all(self) -> "tuple[Claimed, ...]":
        """Everything that one message says, top to bottom."""
        return (self, *self.more)

    @property
    def ids(self) -> list[int]:
        return [line.id for line in self.all]

    @property
    def notice(self) -> AnyNotice:
        """What is to be said. Raises msgspec.ValidationError when the row does not hold a notice we know."""
        return attempts.read_notice(self.payload)


def worker_name() -> str:
    """A name for one process's leases that no other process ever has."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


class Queue:
    """The outbox as one worker sees it: what it claimed is settled only by itself."""

    def __init__(self, worker: str = "", lease_s: float = LEASE_S) -> None:
        self.worker = worker or worker_name()
        self._lease = timedelta(seconds=lease_s)

    # Taking.

    async def claim(self, limit: int) -> list[Claimed]:
        """At most ``limit`` notices that may go now, urgent first, then oldest; at most one of each person.

        A person's next notice is claimed when the one before is settled: nothing overtakes in a chat, not even a retry
        that waits. A bundled assignment whose two minutes run is put back instead of being returned. A line of a slot
        brings the person's other lines along.
        """
        while True:
            async with transaction():
                rows = await self._claim_heads(limit)
                going = await self._without_held(rows)
            if going or not rows:
                return going

    async def _claim_heads(self, limit: int) -> list["_Ordered"]:
        sql = Sql()
        lease = sql.arg(clock.real() + self._lease)
        rows = await sql.fetch(
            f"with heads as ({_heads(sql, limit)}) "
            f"update outbox_notice set status = 'claimed', lease_owner = {sql.arg(self.worker)}, "
            f"lease_until = {lease} where id in (select id from heads) returning {_COLUMNS}, urgent",
            _Ordered,
        )
        rows.sort(key=lambda row: (not row.urgent, row.id))
        lines = await self._claim_lines([row.person_id for row in rows if row.in_slot])
        return [
            msgspec.structs.replace(row, more=tuple(line for line in lines if line.person_id == row.person_id))
            if row.in_slot
            else row
            for row in rows
        ]

    async def _claim_lines(self, people: list[int]) -> list["_Ordered"]:
        """The other lines of the slot for people whose first one was just claimed."""
        if not people:
            return []
        sql = Sql()
        lease = sql.arg(clock.real() + self._lease)
        rows = await sql.fetch(
            f"update outbox_notice set status = 'claimed', lease_owner = {sql.arg(self.worker)}, lease_until = {lease} "
            f"where in_slot and status = 'pending' and not_before <= {sql.arg(clock.now())} "
            f"and {sql.any_of('person_id', people)} returning {_COLUMNS}, urgent",
            _Ordered,
        )
        return sorted(rows, key=lambda row: row.id)

    async def _without_held(self, rows: list["_Ordered"]) -> list[Claimed]:
        now, going = clock.real(), []
        for row in rows:
            until = None
            if row.attempts == 0 and row.kind in pacing.BUNDLED and not _is_express(row):
                until = pacing.bundle_until(row.ready_at, await _last_bundled(row.person_id, now), now)
            if until is None:
                going.append(row)
            else:
                await self.put_back(row, until)
        return list(going)

    async def put_back(self, notice: Claimed, ready_at: datetime) -> None:
        """Not now: nothing was tried, and it is ready again at ``ready_at`` (real time)."""
        await self._finish(notice.ids, "claimed", "pending", ready_at=ready_at)

    async def release(self) -> int:
        """Give back at once what this worker claimed and never started; returns how many."""
        sql = Sql()
        return await sql.run(
            f"update outbox_notice set status = 'pending', {_FREE} "
            f"where status = 'claimed' and lease_owner = {sql.arg(self.worker)}"
        )

    async def start(self, notice: Claimed, channel: str, address: str) -> Attempt | None:
        """Put an attempt on record before the network hears of it; None = the notice was cancelled or is not ours.

        When one line of several was cancelled the others are put back: the message is to be written anew.
        """
        try:
            async with transaction():
                sql = Sql()
                ours = await sql.run(
                    "update outbox_notice set status = 'sending', attempts = attempts + 1, "
                    f"lease_until = {sql.arg(clock.real() + self._lease)} where {sql.any_of('id', notice.ids)} "
                    f"and status = 'claimed' and lease_owner = {sql.arg(self.worker)}"
                )
                if ours < len(notice.ids):
                    raise _Cancelled
                tries = [await attempts.begin(line.id, line.attempts + 1, channel, address) for line in notice.all]
        except _Cancelled:
            if notice.more:
                await self.put_back(notice, clock.real())
            return None
        return msgspec.structs.replace(tries[0], more=tuple(tries[1:]))

    # Settling an attempt.

    async def sent(self, attempt: Attempt, receipt: Receipt) -> None:
        """It arrived; the receipt is kept so that the message can be edited and answered."""
        async with transaction():
            await attempts.close(attempt, "sent", receipt=receipt.id)
            await self._finish(attempt.notice_ids, "sending", "sent")

    async def retry(self, attempt: Attempt, problem: str, ready_at: datetime) -> None:
        """It did not arrive; it is tried again at ``ready_at`` (real time)."""
        async with transaction():
            await attempts.close(attempt, "retry", problem)
            await self._finish(attempt.notice_ids, "sending", "pending", problem, ready_at)

    async def unknown(self, attempt: Attempt, problem: str, ready_at: datetime) -> None:
        """It may have arrived: it is sent once more at ``ready_at`` (real time), saying that it may be a repeat."""
        async with transaction():
            await attempts.close(attempt, "unknown", problem)
            sql = Sql()
            await sql.run(
                f"update outbox_notice set maybe_sent = {sql.arg(True)} where {sql.any_of('id', attempt.notice_ids)} "
                f"and status = 'sending' and lease_owner = {sql.arg(self.worker)}"
            )
            await self._finish(attempt.notice_ids, "sending", "pending", problem, ready_at)

    async def elsewhere(self, attempt: Attempt, problem: str) -> None:
        """This channel cannot carry it: it is tried at once on the person's next one."""
        async with transaction():
            await attempts.close(attempt, "failed", problem)
            await self._finish(attempt.notice_ids, "sending", "pending", problem, clock.real())

    async def dead(self, attempt: Attempt, problem: str) -> None:
        """No channel will ever take this: a dead letter for an administrator."""
        async with transaction():
            await attempts.close(attempt, "failed", problem)
            await self._finish(attempt.notice_ids, "sending", "dead", problem)

    async def apart(self, attempt: Attempt, problem: str) -> None:
        """One message of several lines will never be taken: each line is said by itself, so that only the one at fault
        is lost."""
        async with transaction():
            await attempts.close(attempt, "retry", problem)
            await self._single(attempt.notice_ids)
            await self._finish(attempt.notice_ids, "sending", "pending", problem, clock.real())

    # Settling without an attempt.

    async def nobody(self, notice: Claimed, reason: str) -> None:
        """There is no address to send it to: muted."""
        await self._finish(notice.ids, "claimed", "muted", reason)

    async def unsayable(self, notice: Claimed, problem: str) -> None:
        """It cannot even be put into words: a dead letter; of several lines each is tried by itself."""
        if notice.more:
            async with transaction():
                await self._single(notice.ids)
                await self._finish(notice.ids, "claimed", "pending", problem, clock.real())
            return
        await self._finish(notice.ids, "claimed", "dead", problem)

    async def nothing_to_do(self, notice: Claimed) -> None:
        """There is nothing to change on the phone: settled as sent without an attempt."""
        await self._finish(notice.ids, "claimed", "sent")

    async def _single(self, ids: list[int]) -> None:
        sql = Sql()
        await sql.run(f"update outbox_notice set in_slot = {sql.arg(False)} where {sql.any_of('id', ids)}")

    async def _finish(
        self, ids: list[int], was: str, status: str, problem: str = "", ready_at: datetime | None = None
    ) -> None:
        sql = Sql()
        end = f"ready_at = {sql.arg(ready_at)}" if ready_at else f"settled_at = {sql.arg(clock.real())}"
        ours = await sql.run(
            f"update outbox_notice set status = {sql.arg(status)}, {_FREE}, problem = {sql.arg(problem[:300])}, {end} "
            f"where {sql.any_of('id', ids)} and status = {sql.arg(was)} and lease_owner = {sql.arg(self.worker)}"
        )
        if not ours:
            log.warning("lease.lost", notices=ids, would_be=status)


class _Ordered(Claimed, frozen=True, kw_only=True):
    urgent: bool


class _Cancelled(Exception):
    """Not everything that was claimed is ours any more."""


def _heads(sql: Sql, limit: int) -> str:
    """Ids of the first waiting notice of each person who has nothing in flight.

    An assignment that still waits for its grace or bundle lets others pass, but none about its own task.
    """
    real, now = sql.arg(clock.real()), sql.arg(clock.now())

    def due(row: str) -> str:
        return f"{row}.ready_at <= {real} and {row}.not_before <= {now}"

    return (
        f"select n.id from outbox_notice n where n.status = 'pending' and {due('n')} and not exists ("
        "select 1 from outbox_notice o where o.person_id = n.person_id and o.id <> n.id and ("
        "o.status in ('claimed', 'sending') or (o.status = 'pending' and (o.attempts > 0 or "
        f"({due('o')})) and (o.urgent > n.urgent or (o.urgent = n.urgent and o.id < n.id))) "
        "or (o.status = 'pending' and o.kind = 'TaskAssigned' and o.task_id = n.task_id and o.id < n.id))) "
        f"order by n.urgent desc, n.id limit {sql.arg(limit)} {sql.skip_locked}"
    )


async def reclaim() -> int:
    """Take back what crashed workers held: their open attempts become ``unknown``; returns how many notices."""
    async with transaction():
        sql = Sql()
        expired = await sql.rows(
            "select id from outbox_notice where status in ('claimed', 'sending') "
            f"and lease_until <= {sql.arg(clock.real())} {sql.skip_locked}"
        )
        ids = [row["id"] for row in expired]
        if not ids:
            return 0
        sql = Sql()
        await sql.run(
            f"update outbox_notice set status = 'pending', {_FREE}, maybe_sent = (maybe_sent or exists (select 1 from "
            "delivery_attempt a where a.notice_id = outbox_notice.id and a.outcome = 'started')) "
            f"where {sql.any_of('id', ids)}"
        )
        await attempts.lost(ids)
        log.warning("lease.expired", notices=len(ids))
        return len(ids)


class _At(msgspec.Struct):
    at: datetime | None


async def _last_bundled(person_id: int, now: datetime) -> datetime | None:
    sql = Sql()
    rows = await sql.fetch(
        f"select max(settled_at) as at from outbox_notice where person_id = {sql.arg(person_id)} and status = 'sent' "
        f"and kind in {sql.args(sorted(pacing.BUNDLED))} and settled_at > {sql.arg(now - pacing.BUNDLE_FOR)}",
        _At,
    )
    return rows[0].at


def _is_express(row: Claimed) -> bool:
    payload = msgspec.json.decode(row.payload) if isinstance(row.payload, str) else row.payload
    return bool(payload.get("task", {}).get("urgency") == "express")
