"""Drains the outbox: claim → pace → render → send, with no transaction open → settle."""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from backend.domain.notices import CardChanged, TaskAssigned
from backend.kit import clock, logs
from backend.kit.db import OperationalError
from bot import addresses, attempts, cards, pacing, queue
from bot.addresses import Reader, Route
from bot.attempts import Attempt
from bot.channel import Channel, SendError
from bot.outlet import Job, Outlet
from bot.queue import Claimed, Queue
from bot.render_slot import together
from bot.words import Voice

log = logs.get("bot.sender")

#: How many chats are written to at the same time.
LANES = 8

#: How long a sleeping sender waits before it looks again unasked.
POLL_S = 1.0

#: A place further away than this is not waited for with the notice in hand.
_LONGEST_WAIT_S = 10.0


class Sender:
    """Sends what is due on the channels that are open. Channels may be added and taken away while it runs.

    Several lanes work side by side; the queue gives each person to one of them at a time, which keeps the order within
    a chat.
    """

    def __init__(
        self, url: str, *, zone: str = "Asia/Ho_Chi_Minh", worker: str = "", lease_s: float = queue.LEASE_S
    ) -> None:
        self._url, self._zone = url, zone
        self._queue = Queue(worker, lease_s)
        self._reclaim_every_s = lease_s / 4
        self._outlets: dict[str, Outlet] = {}
        self._waiting: deque[Claimed] = deque()
        self._claiming = asyncio.Lock()
        self._wake = asyncio.Event()
        self._closing = False
        self._reclaim_at = 0.0

    @property
    def channels(self) -> Mapping[str, Outlet]:
        return self._outlets

    def open(self, channel: Channel, limits: pacing.Limits = pacing.UNLIMITED) -> None:
        """Send on this channel from now on."""
        self._outlets[channel.name] = Outlet(channel, pacing.Pace(limits))
        self.kick()

    def shut(self, name: str) -> None:
        """Send no more on this channel; without any, notices wait."""
        self._outlets.pop(name, None)

    def kick(self) -> None:
        """Something may be due: look now."""
        self._wake.set()

    # Running.

    async def drain_once(self) -> Counter[str]:
        """Send everything that is due now and return how often each end came: sent, retry, unknown, dead, muted, …"""
        ends: Counter[str] = Counter()
        await queue.reclaim()
        for failure in await asyncio.gather(*(self._drain_lane(ends) for _ in range(LANES)), return_exceptions=True):
            if failure is not None:
                raise failure
        return ends

    async def _drain_lane(self, ends: Counter[str]) -> None:
        while notice := await self._taken():
            ends[await self._deliver(notice)] += 1

    async def run(self) -> None:
        """Send until :meth:`close`; whatever is in hand is finished first."""
        await asyncio.gather(*(self._lane() for _ in range(LANES)))

    async def _lane(self) -> None:
        while not self._closing:
            try:
                async with self._claiming:
                    notice = await self._next_or_sleep()
                if notice:
                    await self._deliver(notice)
                    self.kick()
            except Exception as error:
                # The database may be away for a moment; leases bring back whatever this lane held.
                log.error("sender.failed", exc_info=error)
                await asyncio.sleep(POLL_S)

    async def _next_or_sleep(self) -> Claimed | None:
        """The next notice, or None after the wake-up or :data:`POLL_S`; one lane at a time."""
        if self._closing:
            return None
        self._wake.clear()
        if time.monotonic() >= self._reclaim_at:
            self._reclaim_at = time.monotonic() + self._reclaim_every_s
            await queue.reclaim()
        if notice := await self._next():
            return notice
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):
                await self._wake.wait()
        return None

    async def close(self) -> None:
        """Take nothing new and give back what was not started; :meth:`run` ends when what is in flight has ended."""
        self._closing = True
        self.kick()
        async with self._claiming:
            self._waiting.clear()
            await self._queue.release()

    async def _taken(self) -> Claimed | None:
        async with self._claiming:
            return await self._next()

    async def _next(self) -> Claimed | None:
        if not self._waiting and self._outlets and not self._closing:
            self._waiting.extend(await self._queue.claim(LANES))
        return self._waiting.popleft() if self._waiting else None

    # One notice.

    async def _deliver(self, claimed: Claimed) -> str:
        """Bring one notice to its end, or to its next try; returns the name of that end."""
        logs.bind_request(logs.new_request_id(), notice=claimed.id)
        try:
            job = await self._prepare(claimed)
        except (OperationalError, OSError):
            raise
        except Exception as error:
            # A notice that breaks the renderer would break it for ever: better a dead letter than a blocked chat.
            log.error("notice.unsayable", kind=claimed.kind, exc_info=error)
            await self._queue.unsayable(claimed, f"cannot be put into words: {type(error).__name__}: {error}")
            return "dead"
        return job if isinstance(job, str) else await self._attempt(claimed, job)

    async def _prepare(self, claimed: Claimed) -> Job | str:
        notices = [line.notice for line in claimed.all]
        notice = notices[0]
        who = await addresses.reader(claimed.person_id, claimed.kind)
        voice = Voice(who.locale, self._url, self._zone)
        if isinstance(notice, CardChanged):
            return await self._card_to_edit(claimed, notice, who, voice)
        failed = await attempts.failed_channels(claimed.id) if claimed.attempts else set()
        usable = [] if who.left else addresses.usable(who, self._outlets, failed)
        if not usable:
            await self._queue.nobody(claimed, addresses.why_nobody(who, failed))
            return "muted"
        maybe_sent = any(line.maybe_sent for line in claimed.all)
        text = together(notices, voice, maybe_sent=maybe_sent)
        if isinstance(notice, TaskAssigned):
            text = await cards.as_of_now(claimed.person_id, text, notice.task, voice, claimed.maybe_sent)
        return Job(self._outlets[usable[0].channel], usable[0], text, has_other=len(usable) > 1)

    async def _card_to_edit(self, claimed: Claimed, notice: CardChanged, who: Reader, voice: Voice) -> Job | str:
        """The newest card of the task in the person's chat; none there: nothing to do."""
        shown = [
            card
            for card in await addresses.last_cards(claimed.person_id, notice.task.id)
            if (outlet := self._outlets.get(card.channel)) and outlet.channel.edits
        ]
        if not shown:
            await self._queue.nothing_to_do(claimed)
            return "nothing"
        card, text = shown[-1], await cards.current(claimed.person_id, notice.task, voice)
        return Job(self._outlets[card.channel], Route(card.channel, card.address), text, edits=card.message)

    async def _attempt(self, claimed: Claimed, job: Job) -> str:
        outlet, route = job.outlet, job.route
        wait_s = outlet.pace.reserve(route.address, time.monotonic(), group=route.address.startswith("-"))
        if wait_s > _LONGEST_WAIT_S:
            await self._queue.put_back(claimed, clock.real() + timedelta(seconds=wait_s))
            return "later"
        await asyncio.sleep(wait_s)
        attempt = await self._queue.start(claimed, route.channel, route.address)
        if attempt is None:
            return "cancelled"
        try:
            receipt = await job.run()
        except SendError as error:
            return await self._failed(attempt, job, error)
        except asyncio.CancelledError:
            await self._queue.unknown(attempt, "stopped while sending", clock.real())
            raise
        except Exception as error:
            log.error("channel.broke", channel=route.channel, exc_info=error)
            return await self._failed(attempt, job, SendError("unknown", f"{type(error).__name__}: {error}"))
        await self._queue.sent(attempt, receipt)
        return "sent"

    async def _failed(self, attempt: Attempt, job: Job, error: SendError) -> str:
        """Settle an attempt that did not surely arrive; how, depends on the kind of the error (house.md §2)."""
        log.warning("send.failed", channel=attempt.channel, kind=error.kind, detail=error.detail, number=attempt.number)
        if error.moved_to is not None:
            await addresses.move(attempt.channel, attempt.address, error.moved_to)
            await self._queue.retry(attempt, error.detail, clock.real())
            return "retry"
        if error.kind == "message" and attempt.more:
            await self._queue.apart(attempt, error.detail)
            return "apart"
        if error.kind == "message":
            await self._queue.dead(attempt, error.detail)
            return "dead"
        if error.kind == "address":
            await addresses.end(attempt.channel, attempt.address, error.detail)
            await self._queue.elsewhere(attempt, error.detail)
            return "failed"
        return await self._again(attempt, job, error)

    async def _again(self, attempt: Attempt, job: Job, error: SendError) -> str:
        now = clock.real()
        if pacing.gives_up(attempt.number, await attempts.first_tried_at(attempt.notice_id), now):
            problem = f"given up: {error.detail}"
            await (self._queue.elsewhere if job.has_other else self._queue.dead)(attempt, problem)
            return "failed" if job.has_other else "dead"
        if error.retry_after_s is not None:
            job.outlet.pace.hold(attempt.address, time.monotonic(), error.retry_after_s)
            ready_at = now + timedelta(seconds=error.retry_after_s)
        else:
            ready_at = now + pacing.back_off(attempt.number, random.random)
        if error.kind == "unknown":
            await self._queue.unknown(attempt, error.detail, ready_at)
            return "unknown"
        await self._queue.retry(attempt, error.detail, ready_at)
        return "retry"
