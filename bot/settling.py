"""How notices end that a worker holds: every way an attempt may end, and the ends without one.

A notice's row is always changed before its attempts: whoever has the row has the attempts, and nobody waits in a circle.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from backend.kit import clock, logs
from backend.kit.batching import Batching
from backend.kit.db import Sql, transaction
from bot import attempts
from bot.attempts import Attempt
from bot.channel import Receipt
from bot.claimed import FREE, Claimed

log = logs.get("bot.queue")


#: A notice, how it ends without an attempt, and why.
_End = tuple[Claimed, str, str]


class Settling:
    """Ends what ``worker`` holds, and nothing else: a lease that ran out is somebody else's to settle."""

    def __init__(self, worker: str, lease_s: float) -> None:
        self.worker = worker
        self._lease = timedelta(seconds=lease_s)
        self._ended: Batching[_End, None] = Batching(self._end)

    # With an attempt.

    async def arrived(self, receipts: Sequence[tuple[Attempt, Receipt]]) -> None:
        """All of these arrived, in one transaction; receipts are kept so that messages can be edited and answered."""
        async with transaction():
            await self._finish(
                [notice_id for attempt, _ in receipts for notice_id in attempt.notice_ids], "sending", "sent"
            )
            await attempts.arrived(receipts)

    async def sent(self, attempt: Attempt, receipt: Receipt) -> None:
        """It arrived."""
        await self.arrived([(attempt, receipt)])

    async def retry(self, attempt: Attempt, problem: str, ready_at: datetime) -> None:
        """It did not arrive; it is tried again at ``ready_at`` (real time)."""
        async with transaction():
            await self._finish(attempt.notice_ids, "sending", "pending", problem, ready_at)
            await attempts.close(attempt, "retry", problem)

    async def unknown(self, attempt: Attempt, problem: str, ready_at: datetime) -> None:
        """It may have arrived: it is sent once more at ``ready_at`` (real time), saying that it may be a repeat."""
        async with transaction():
            sql = Sql()
            await sql.run(
                f"update outbox_notice set maybe_sent = {sql.arg(True)} where {sql.any_of('id', attempt.notice_ids)} "
                f"and status = 'sending' and lease_owner = {sql.arg(self.worker)}"
            )
            await self._finish(attempt.notice_ids, "sending", "pending", problem, ready_at)
            await attempts.close(attempt, "unknown", problem)

    async def elsewhere(self, attempt: Attempt, problem: str) -> None:
        """This channel cannot carry it: it is tried at once on the person's next one."""
        async with transaction():
            await self._finish(attempt.notice_ids, "sending", "pending", problem, clock.real())
            await attempts.close(attempt, "failed", problem)

    async def dead(self, attempt: Attempt, problem: str) -> None:
        """No channel will ever take this: a dead letter for an administrator."""
        async with transaction():
            await self._finish(attempt.notice_ids, "sending", "dead", problem)
            await attempts.close(attempt, "failed", problem)

    async def apart(self, attempt: Attempt, problem: str) -> None:
        """One message of several lines will never be taken: each line is said by itself, so that only the one at fault
        is lost."""
        async with transaction():
            await self._single(attempt.notice_ids)
            await self._finish(attempt.notice_ids, "sending", "pending", problem, clock.real())
            await attempts.close(attempt, "retry", problem)

    # Without an attempt.

    async def nobody(self, notice: Claimed, reason: str) -> None:
        """There is no address to send it to: muted."""
        await self._ended((notice, "muted", reason))

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
        await self._ended((notice, "sent", ""))

    async def _end(self, ended: Sequence[_End]) -> None:
        sql = Sql()
        columns = {"id": "bigint", "status": "text", "problem": "text"}
        rows = [(id_, status, problem[:300]) for notice, status, problem in ended for id_ in notice.ids]
        # Passing over what somebody else is changing: with several rows in hand nobody waits.
        ids = sql.any_of("outbox_notice.id", [row[0] for row in rows])
        done = await sql.rows(
            f"with ours as (select id from outbox_notice where {ids} and status = 'claimed' "
            f"and lease_owner = {sql.arg(self.worker)} {sql.skip_held}) "
            f"update outbox_notice set status = e.status, {FREE}, problem = e.problem, settled_at = {sql.arg(clock.real())} "
            f"from {sql.table('e', columns, rows)} where {ids} and outbox_notice.id = e.id and e.id in (select id from ours) "
            "returning outbox_notice.id"
        )
        ours = {row["id"] for row in done}
        for notice, status, problem in ended:
            if not ours.issuperset(notice.ids):
                await self._finish([id_ for id_ in notice.ids if id_ not in ours], "claimed", status, problem)

    async def put_back(self, notice: Claimed, ready_at: datetime) -> None:
        """Not now: nothing was tried, and it is ready again at ``ready_at`` (real time)."""
        await self._finish(notice.ids, "claimed", "pending", ready_at=ready_at)

    async def give_back(self, ids: Sequence[int]) -> None:
        """Whatever of this is still in hand waits again, as if it had never been claimed."""
        sql = Sql()
        await sql.run(
            f"update outbox_notice set status = 'pending', {FREE} where {sql.any_of('id', ids)} "
            f"and status = 'claimed' and lease_owner = {sql.arg(self.worker)}"
        )

    async def release(self) -> int:
        """Give back at once what this worker claimed and never started; returns how many."""
        sql = Sql()
        return await sql.run(
            f"update outbox_notice set status = 'pending', {FREE} "
            f"where status = 'claimed' and lease_owner = {sql.arg(self.worker)}"
        )

    async def _single(self, ids: list[int]) -> None:
        sql = Sql()
        await sql.run(f"update outbox_notice set in_slot = {sql.arg(False)} where {sql.any_of('id', ids)}")

    async def _finish(
        self, ids: list[int], was: str, status: str, problem: str = "", ready_at: datetime | None = None
    ) -> None:
        sql = Sql()
        end = f"ready_at = {sql.arg(ready_at)}" if ready_at else f"settled_at = {sql.arg(clock.real())}"
        ours = await sql.run(
            f"update outbox_notice set status = {sql.arg(status)}, {FREE}, problem = {sql.arg(problem[:300])}, {end} "
            f"where {sql.any_of('id', ids)} and status = {sql.arg(was)} and lease_owner = {sql.arg(self.worker)}"
        )
        if ours < len(ids):
            log.warning("lease.lost", notices=ids if not ours else [], lost=len(ids) - ours, would_be=status)
