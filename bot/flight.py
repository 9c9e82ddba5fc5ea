"""Messages in hand and on their way: put on record together, sent side by side, settled together."""

import asyncio
import heapq
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from itertools import count

from backend.kit import clock, logs
from bot.attempts import Attempt
from bot.channel import Receipt, SendError
from bot.failing import not_sent
from bot.outlet import Message, Outlet
from bot.queue import Queue

log = logs.get("bot.sender")

#: A place further away than this is not waited for with the notice in hand.
_LONGEST_WAIT_S = 10.0

#: So many at most are settled in one transaction.
_SETTLED_AT_ONCE = 1024


class Flight:
    """Brings messages to their end while it is :meth:`open`. What may leave this very moment boards directly; the rest
    is taken in hand and started as lanes and places come free, one transaction for all of a moment. Each message is a
    task while it is on its way. What arrives is settled in one transaction for all that came while the one before was
    written.

    ``changed`` is called whenever a message has left the hand or has come to its end.
    """

    def __init__(self, queue: Queue, changed: Callable[[], None]) -> None:
        self._queue, self._changed = queue, changed
        self._later: list[tuple[float, int, Message]] = []
        self._numbers = count()
        self._arrived: list[tuple[Message, Attempt, Receipt]] = []
        self._look, self._landed = asyncio.Event(), asyncio.Event()
        self._group: asyncio.TaskGroup | None = None
        #: Outlets with messages in hand.
        self.outlets: set[Outlet] = set()
        #: Messages that have not come to an end.
        self.held = 0
        #: How often each end came, and the first thing that went wrong on our side.
        self.ends: Counter[str] = Counter()
        self.first_fault: Exception | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Start, send and settle for as long as the block lasts; it ends when nothing is on its way any more."""
        try:
            async with asyncio.TaskGroup() as self._group:
                services = [
                    self._group.create_task(self._keep_starting()),
                    self._group.create_task(self._keep_settling()),
                ]
                yield
                for service in services:
                    service.cancel()
        finally:
            self._group = None
            await self._settle_arrived()

    def count_anew(self) -> None:
        """Forget which ends came before."""
        self.ends, self.first_fault = Counter(), None

    @property
    def is_settling(self) -> bool:
        """Whether lanes are about to come free."""
        return bool(self._arrived)

    def board(self, message: Message) -> bool:
        """Take a lane and a place, if one of each is free this moment and nobody is before it in the hand."""
        outlet, address, now_s = message.job.outlet, message.job.route.address, time.monotonic()
        if outlet.hand or not outlet.free or not outlet.pace.is_free(address, now_s):
            return False
        outlet.pace.reserve(address, now_s, group=is_group(address))
        outlet.free -= 1
        self.held += 1
        return True

    def unboard(self, message: Message) -> None:
        """It does not leave after all."""
        self._end(message)

    def depart(self, message: Message, attempt: Attempt) -> None:
        """Off: the attempt is on record."""
        if self._group is None:
            raise RuntimeError("nothing leaves when nobody looks after it")
        self._group.create_task(self._send(message, attempt))

    def take(self, message: Message) -> None:
        """Into the hand; it leaves as soon as there is a lane and a place for it."""
        self.held += 1
        self.outlets.add(message.job.outlet)
        message.job.outlet.hand.append(message)
        self._look.set()

    def drop(self, outlet: Outlet) -> list[Message]:
        """Out of the hand again, what has not left; its notices are still claimed."""
        dropped = list(outlet.hand)
        outlet.hand.clear()
        for waiting in [waiting for waiting in self._later if waiting[2].job.outlet is outlet]:
            self._later.remove(waiting)
            outlet.free += 1
            dropped.append(waiting[2])
        heapq.heapify(self._later)
        self.held -= len(dropped)
        self._changed()
        return dropped

    def fault(self, error: Exception) -> None:
        """Something of ours broke (the database may be away for a moment): leases bring back what was held."""
        log.error("sender.failed", exc_info=error)
        self.first_fault = self.first_fault or error

    # Leaving.

    async def _keep_starting(self) -> None:
        while True:
            self._look.clear()
            far = self._reserve()
            going = self._due()
            for message, wait_s in far:
                await self._put_back(message, wait_s)
            if going:
                await self._start(going)
            elif not far:
                await self._wait()

    def _reserve(self) -> list[tuple[Message, float]]:
        """A lane and a place for as many as there are lanes; returns those whose place is too far away."""
        now_s, far = time.monotonic(), []
        for outlet in self.outlets:
            while outlet.hand and outlet.free:
                message = outlet.hand.popleft()
                address = message.job.route.address
                wait_s = outlet.pace.reserve(address, now_s, group=is_group(address))
                outlet.free -= 1
                if wait_s > _LONGEST_WAIT_S:
                    far.append((message, wait_s))
                else:
                    heapq.heappush(self._later, (now_s + wait_s, next(self._numbers), message))
        return far

    def _due(self) -> list[Message]:
        now_s, going = time.monotonic(), []
        while self._later and self._later[0][0] <= now_s:
            going.append(heapq.heappop(self._later)[2])
        return going

    async def _wait(self) -> None:
        """Until something changes or the next place comes."""
        wait_s = max(0.0, self._later[0][0] - time.monotonic()) if self._later else None
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._look.wait()

    async def _put_back(self, message: Message, wait_s: float) -> None:
        try:
            await self._queue.put_back(message.claimed, clock.real() + timedelta(seconds=wait_s))
        except Exception as error:
            self.fault(error)
            self._end(message)
        else:
            self._end(message, "later")

    async def _start(self, going: list[Message]) -> None:
        try:
            begun = await self._queue.start_all([each.going for each in going])
        except Exception as error:
            if len(going) > 1:
                for each in going:  # the one at fault must not hold up the others
                    await self._start([each])
            else:
                self.fault(error)
                self._end(going[0])
            return
        for message, attempt in zip(going, begun, strict=True):
            if attempt is None:
                self._end(message, "cancelled")
            else:
                self.depart(message, attempt)
        self._changed()

    # On the way.

    async def _send(self, message: Message, attempt: Attempt) -> None:
        logs.bind_request(logs.new_request_id(), notice=attempt.notice_id)
        try:
            receipt = await message.job.run()
        except asyncio.CancelledError:
            await self._queue.unknown(attempt, "stopped while sending", clock.real())
            raise
        except SendError as error:
            await self._not_sent(message, attempt, error)
        except Exception as error:
            log.error("channel.broke", channel=attempt.channel, exc_info=error)
            await self._not_sent(message, attempt, SendError("unknown", f"{type(error).__name__}: {error}"))
        else:
            self._arrived.append((message, attempt, receipt))
            self._landed.set()

    async def _not_sent(self, message: Message, attempt: Attempt, error: SendError) -> None:
        try:
            end = await not_sent(self._queue, message.job, attempt, error)
        except Exception as fault:
            self.fault(fault)
            self._end(message)
        else:
            self._end(message, end)

    # Arrived.

    async def _keep_settling(self) -> None:
        while True:
            await self._landed.wait()
            self._landed.clear()
            await self._settle_arrived()

    async def _settle_arrived(self) -> None:
        """All that has arrived by now. What was interrupted is still there for the next call."""
        while batch := self._arrived[:_SETTLED_AT_ONCE]:
            if not await self._settled(batch):
                for each in batch:  # the one at fault must not leave the others in doubt
                    await self._settled([each], alone=True)
            del self._arrived[: len(batch)]
            for message, _, _ in batch:
                self._end(message, "sent")

    async def _settled(self, batch: list[tuple[Message, Attempt, Receipt]], *, alone: bool = False) -> bool:
        try:
            await self._queue.arrived([(attempt, receipt) for _, attempt, receipt in batch])
        except Exception as error:
            if alone:
                self.fault(error)
            return False
        return True

    def _end(self, message: Message, end: str = "") -> None:
        """A message has come to its end, or to its next try: its lane is free."""
        if end:
            self.ends[end] += 1
        message.job.outlet.free += 1
        self.held -= 1
        self._look.set()
        self._changed()


def is_group(address: str) -> bool:
    """Whether many read an address: Telegram gives groups negative numbers."""
    return address.startswith("-")
