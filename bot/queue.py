"""The outbox as a queue: claiming with a lease, and putting attempts on record before the network hears of them.

A notice goes ``pending → claimed`` (picked up, may still be cancelled) ``→ sending`` (an attempt is on record, it may
arrive) ``→ sent | dead | cancelled | muted``, or back to ``pending``. Leases and back-off are real time. Whatever is
done, is done to many at once; rows that somebody else is changing at that moment are passed over, not waited for.
"""

import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from backend import outbox
from backend.kit import clock, logs
from backend.kit.db import Sql, transaction
from bot import attempts, hours, pacing, twins, waiting
from bot.attempts import Attempt, Beginning
from bot.claimed import FREE, Claimed
from bot.settling import Settling

log = logs.get("bot.queue")

#: How long a worker may keep a notice without a sign of life; longer than any send may take.
LEASE_S = 60.0

#: A message with the channel and the address it goes to.
Going = tuple[Claimed, str, str]

#: Picks out of what is to be claimed what goes this very moment.
AtOnce = Callable[[list[Claimed]], Awaitable[list[Going]]]


def worker_name() -> str:
    """A name for one process's leases that no other process ever has."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"


class Queue(Settling):
    """The outbox as one worker sees it: what it claimed is settled only by itself."""

    def __init__(self, worker: str = "", lease_s: float = LEASE_S) -> None:
        super().__init__(worker or worker_name(), lease_s)

    async def claim(self, limit: int) -> list[Claimed]:
        """At most ``limit`` notices that may go now, urgent first, then what could have gone longest; at most one of
        each person, and one second message of urgent work.

        A person's next notice is claimed when the one before is settled: nothing overtakes in a chat, not even a retry
        that waits. A bundled assignment whose two minutes run is put back instead of being returned. A line of a slot
        brings the person's other lines along.
        """
        return (await self.claim_and_start(limit, _nothing_at_once))[0]

    async def claim_and_start(self, limit: int, at_once: AtOnce) -> tuple[list[Claimed], list[Attempt]]:
        """The same, and in the same transaction an attempt for each of those that ``at_once`` picks out of them: they
        never were only claimed. Returns the rest, and the attempts in the order in which they were picked.

        ``at_once`` runs while the notices are held, so that nobody cancels them meanwhile: it may ask the database, and
        must not wait for anything else.
        """
        while True:
            async with transaction():
                heads = await self._heads(limit)
                found = await self._with_lines(await self._without_held(await self._in_hours(heads)))
                going = await at_once(found)
                begun = await self._begin(going)
                rest = [message for message in found if message.id not in begun]
                await self._mark([line.id for message in rest for line in message.all], "claimed")
            if found or not heads:
                return rest, [_of_message(message, begun) for message, _, _ in going]

    async def _heads(self, limit: int) -> list[Claimed]:
        """The urgent first: then nobody has both an urgent one and another of theirs in hand."""
        heads: list[Claimed] = []
        gone_until = await outbox.gone_until()
        for urgent in (True, False):
            if len(heads) < limit:
                heads += await waiting.first_of_each(limit - len(heads), gone_until, urgent=urgent)
        return heads

    async def _with_lines(self, heads: list[Claimed]) -> list[Claimed]:
        """The same, each line of a slot with the person's other lines of it."""
        first = [head for head in heads if head.in_slot]
        if not first:
            return heads
        lines: dict[tuple[int, bool], list[Claimed]] = {}
        for line in await waiting.other_lines(first):
            lines.setdefault(_whose(line), []).append(line)
        return [
            msgspec.structs.replace(head, more=tuple(lines[_whose(head)]))
            if head.in_slot and _whose(head) in lines
            else head
            for head in heads
        ]

    async def _in_hours(self, heads: list[Claimed]) -> list[Claimed]:
        """The same without those whose working time is over, which go when it begins again."""
        late = await hours.put_off(heads) if heads else set()
        return [head for head in heads if head.id not in late]

    async def _without_held(self, rows: list[Claimed]) -> list[Claimed]:
        """The same without those that wait for the bundle of their person, which are made ready later."""
        bundled = {
            row.id
            for row in rows
            if row.attempts == 0
            and row.kind in pacing.BUNDLED
            and row.twin_of_id is None  # its first has waited
            and not waiting.is_express(row)
        }
        if not bundled:
            return rows
        now, going = clock.real(), []
        last = await waiting.last_bundled([row.person_id for row in rows if row.id in bundled], now)
        for row in rows:
            until = pacing.bundle_until(row.ready_at, last.get(row.person_id), now) if row.id in bundled else None
            if until is None:
                going.append(row)
            else:
                sql = Sql()
                await sql.run(f"update outbox_notice set ready_at = {sql.arg(until)} where id = {sql.arg(row.id)}")
        return going

    async def _begin(self, going: Sequence[Going]) -> dict[int, Attempt]:
        """Attempts for notices that this transaction holds, by notice."""
        await self._mark([line.id for message, _, _ in going for line in message.all], "sending")
        await twins.make(going)
        return await attempts.begin(_beginnings(going))

    async def _mark(self, ids: list[int], status: str) -> None:
        """Notices that this transaction holds are ours from now on."""
        if ids:
            sql = Sql()
            await sql.run(
                f"update outbox_notice set status = {sql.arg(status)}, lease_owner = {sql.arg(self.worker)}, "
                f"lease_until = {sql.arg(clock.real() + self._lease)}"
                f"{', attempts = attempts + 1' if status == 'sending' else ''} where {sql.any_of('id', ids)}"
            )

    async def start(self, notice: Claimed, channel: str, address: str) -> Attempt | None:
        """Put an attempt on record before the network hears of it; None = it was cancelled or is not ours."""
        return (await self.start_all([(notice, channel, address)]))[0]

    async def start_all(self, messages: Sequence[Going]) -> list[Attempt | None]:
        """Put an attempt for each of these claimed messages on record, in one transaction; None in the place of one that
        was cancelled or is not ours any more.

        When one line of several was cancelled the others are put back: the message is to be written anew.
        """
        async with transaction():
            ours = await self._now_sending([line.id for message, _, _ in messages for line in message.all])
            whole = [each for each in messages if ours.issuperset(each[0].ids)]
            await self._not_sending(ours.difference(*(message.ids for message, _, _ in whole)))
            await twins.make(whole)
            begun = await attempts.begin(_beginnings(whole))
        # What somebody else was changing may still be ours; by itself, so that nobody waits for us meanwhile.
        for message, _, _ in messages:
            if not ours.issuperset(message.ids):
                await self.give_back(message.ids)
        return [_of_message(message, begun) if message.id in begun else None for message, _, _ in messages]

    async def _now_sending(self, ids: list[int]) -> set[int]:
        sql = Sql()
        rows = await sql.rows(
            f"with ours as (select id from outbox_notice where {sql.any_of('id', ids)} and status = 'claimed' "
            f"and lease_owner = {sql.arg(self.worker)} {sql.skip_held}) "
            "update outbox_notice set status = 'sending', attempts = attempts + 1, "
            f"lease_until = {sql.arg(clock.real() + self._lease)} where id in (select id from ours) returning id"
        )
        return {row["id"] for row in rows}

    async def _not_sending(self, ids: set[int]) -> None:
        """The lines that are left of messages of which one was cancelled."""
        if ids:
            sql = Sql()
            await sql.run(
                f"update outbox_notice set status = 'pending', attempts = attempts - 1, {FREE} "
                f"where {sql.any_of('id', sorted(ids))}"
            )


async def _nothing_at_once(_: list[Claimed]) -> list[Going]:
    return []


def _whose(line: Claimed) -> tuple[int, bool]:
    """Second messages of urgent work are messages of their own, also of a slot."""
    return line.person_id, line.twin_of_id is not None


def _beginnings(going: Sequence[Going]) -> list[Beginning]:
    return [
        Beginning(line.id, line.attempts + 1, channel, address)
        for message, channel, address in going
        for line in message.all
    ]


def _of_message(message: Claimed, begun: dict[int, Attempt]) -> Attempt:
    first, *others = (begun[line.id] for line in message.all)
    return msgspec.structs.replace(first, more=tuple(others)) if others else first


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
            f"update outbox_notice set status = 'pending', {FREE}, maybe_sent = (maybe_sent or exists (select 1 from "
            "delivery_attempt a where a.notice_id = outbox_notice.id and a.outcome = 'started')) "
            f"where {sql.any_of('id', ids)}"
        )
        await attempts.lost(ids)
        log.warning("lease.expired", notices=len(ids))
        return len(ids)
