"""Drains the outbox: claim → put into words → pace and put on record → send, with no transaction open → settle."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from backend.kit import logs
from bot import pacing, queue
from bot.channel import Channel
from bot.claimed import Claimed
from bot.flight import Flight
from bot.outlet import Job, Message, Outlet
from bot.preparing import Prepared
from bot.queue import Going, Queue

log = logs.get("bot.sender")

#: How long a sleeping sender waits before it looks again unasked.
POLL_S = 1.0

#: After a look that found nothing the next one comes no sooner, whoever asks for it: somebody does after every word that
#: is said in a chat, and most say nothing to anybody else.
_BREATH_S = 0.05

#: So many notices at most are claimed at once.
_CLAIMED_AT_ONCE = 512


class Sender:
    """Sends what is due on the channels that are open. Channels may be added and taken away while it runs.

    Many messages are on their way side by side, on each channel as many as it has lanes; the queue gives out one notice
    of each person at a time, which keeps the order within a chat.
    """

    def __init__(
        self, url: str, *, zone: str = "Asia/Ho_Chi_Minh", worker: str = "", lease_s: float = queue.LEASE_S
    ) -> None:
        self._queue = Queue(worker, lease_s)
        self._reclaim_every_s = lease_s / 4
        self._reclaim_at = 0.0
        self._dry_at = -_BREATH_S
        self._outlets: dict[str, Outlet] = {}
        self._prepared = Prepared(url, zone, self._queue, self._outlets)
        self._flight = Flight(self._queue, self.kick)
        self._flying, self._claiming = asyncio.Lock(), asyncio.Lock()
        self._wake = asyncio.Event()
        self._closing = False

    @property
    def channels(self) -> Mapping[str, Outlet]:
        return self._outlets

    def open(self, channel: Channel, limits: pacing.Limits = pacing.UNLIMITED) -> None:
        """Send on this channel from now on."""
        self._outlets[channel.name] = Outlet(channel, limits)
        self.kick()

    def shut(self, name: str) -> None:
        """Send no more on this channel; without any, notices wait."""
        self._outlets.pop(name, None)
        self.kick()

    def kick(self) -> None:
        """Something may be due: look now."""
        self._wake.set()

    async def drain_once(self) -> Counter[str]:
        """Send everything that is due now and return how often each end came: sent, retry, unknown, dead, muted, …"""
        await queue.reclaim()
        async with self._flying:
            self._flight.count_anew()
            await self._fly(until_dry=True)
            if self._flight.first_fault:
                raise self._flight.first_fault
            return self._flight.ends

    async def run(self) -> None:
        """Send until :meth:`close`; whatever is in hand is finished first."""
        async with self._flying:
            await self._fly(until_dry=False)

    async def close(self) -> None:
        """Take nothing new and give back what was not started; :meth:`run` ends when what is in flight has ended."""
        self._closing = True
        self.kick()
        async with self._claiming:
            for outlet in self._flight.outlets:
                self._flight.drop(outlet)
            await self._queue.release()

    async def _fly(self, *, until_dry: bool) -> None:
        """Keep lanes busy, until nothing is left to do or :meth:`close` was called, and nothing is on its way."""
        async with self._flight.open():
            while not (self._closing and not self._flight.held):
                self._wake.clear()
                held, found = self._flight.held, False
                try:
                    async with self._claiming:
                        found = await self._fill()
                except Exception as error:
                    self._flight.fault(error)
                if found:
                    continue
                if until_dry and not held and not self._flight.held:
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
                if not until_dry:
                    await asyncio.sleep(max(0.0, self._dry_at + _BREATH_S - time.monotonic()))

    async def _fill(self) -> bool:
        """Claim as many as there are lanes for, and send them or take them in hand; whether there was any."""
        await self._give_back_shut()
        if self._closing or not self._outlets:
            return False
        await self._reclaim_now_and_then()
        room = self._room()
        if not room:
            return False
        jobs: dict[int, Job] = {}
        boarded: list[Message] = []

        async def at_once(found: list[Claimed]) -> list[Going]:
            jobs.update(await self._prepared.plain(found))
            messages = (Message(claimed, jobs[claimed.id]) for claimed in found if claimed.id in jobs)
            boarded.extend(message for message in messages if self._flight.board(message))
            return [each.going for each in boarded]

        try:
            rest, begun = await self._queue.claim_and_start(min(room, _CLAIMED_AT_ONCE), at_once)
        except BaseException:
            for message in boarded:
                self._flight.unboard(message)
            raise
        for message, attempt in zip(boarded, begun, strict=True):
            self._flight.depart(message, attempt)
        for claimed in rest:
            if claimed.id in jobs:
                self._flight.take(Message(claimed, jobs[claimed.id]))
        await self._take_the_long_way([claimed for claimed in rest if claimed.id not in jobs])
        if not begun and not rest:
            self._dry_at = time.monotonic()
        return bool(begun or rest)

    async def _reclaim_now_and_then(self) -> None:
        if time.monotonic() >= self._reclaim_at:
            self._reclaim_at = time.monotonic() + self._reclaim_every_s
            await queue.reclaim()

    def _room(self) -> int:
        """For how many there are lanes. A few lanes of many are not worth a transaction while more come free."""
        outlets = self._outlets.values()
        lanes = sum(outlet.lanes for outlet in outlets)
        if sum(len(outlet.hand) for outlet in outlets) > 2 * lanes:
            return 0
        room = sum(max(0, outlet.free - len(outlet.hand)) for outlet in outlets)
        return 0 if room * 4 < lanes and self._flight.is_settling else room

    async def _take_the_long_way(self, batch: list[Claimed]) -> None:
        """What must be asked about, or cannot be sent."""
        if not batch:
            return
        for claimed, job in zip(batch, await self._prepared.jobs(batch), strict=True):
            if isinstance(job, str):
                self._flight.ends[job] += 1
            elif isinstance(job, Exception):
                self._flight.fault(job)
            else:
                self._flight.take(Message(claimed, job))

    async def _give_back_shut(self) -> None:
        """What was in hand for a channel that is shut waits for another."""
        for outlet in [outlet for outlet in self._flight.outlets if outlet not in self._outlets.values()]:
            self._flight.outlets.discard(outlet)
            for message in self._flight.drop(outlet):
                await self._queue.give_back(message.claimed.ids)
