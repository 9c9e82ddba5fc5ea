"""Looks for reports that went quiet in the chats of one channel, and has each handed in once nothing of it can still come."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from backend.kit import clock, logs
from bot import collected
from bot.collected import Collected

log = logs.get("bot.quiet")

_POLL_S = 2.0
#: A report that could not be handed in rests so long before it is tried again.
_REST_S = 60.0


class Quiet:
    """``busy`` are the addresses that somebody is being listened to at; ``waiting`` tells of whom something is stored and
    not handled yet: their reports wait, too, and everybody's while so much waits that it cannot tell (None)."""

    def __init__(
        self,
        channel: str,
        busy: set[str],
        waiting: Callable[[], Awaitable[set[str] | None]],
        hand_in: Callable[[Collected], Awaitable[None]],
    ) -> None:
        self._channel, self._busy, self._waiting, self._hand_in = channel, busy, waiting, hand_in
        self._since: datetime | None = None
        self._resting: dict[int, float] = {}

    async def run(self, closed: asyncio.Event) -> None:
        """Look again and again until ``closed``; whatever fails, the next look comes."""
        while not closed.is_set():
            try:
                await self.once()
            except Exception as error:
                log.error("quiet.failed", exc_info=error)
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await closed.wait()

    async def once(self) -> int:
        """Hand in what is ready; returns how many reports. Nobody's quiet counts before we have listened that long
        ourselves: what was said while nobody listened may still be on its way."""
        now = clock.real()
        self._since = self._since or now
        found = await collected.quiet(self._channel, rested=now >= self._since + collected.QUIET_FOR)
        if not found:
            return 0
        waiting = await self._waiting()
        if waiting is None:
            return 0
        return sum([await self._one(held) for held in found if held.address not in waiting])

    async def _one(self, held: Collected) -> bool:
        if held.address in self._busy or time.monotonic() < self._resting.get(held.id, 0.0):
            return False
        self._busy.add(held.address)
        try:
            await self._hand_in(held)
        except Exception as error:
            # It stays open, so nothing is lost.
            log.error("chat_report.failed", report=held.id, exc_info=error)
            self._resting[held.id] = time.monotonic() + _REST_S
            return False
        finally:
            self._busy.discard(held.address)
        self._resting.pop(held.id, None)
        return True
