"""A change feed: how waiting code learns that something happened."""

import asyncio
from contextlib import suppress


class Feed:
    """A number that grows with every change, and a way to wait for it."""

    def __init__(self) -> None:
        self.version = 0
        self._event = asyncio.Event()

    def bump(self) -> None:
        self.version += 1
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def changed(self, since: int, timeout_s: float | None) -> int:
        """The version once it is greater than `since`, or as it is after `timeout_s` (None waits for ever)."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.version <= since:
                    await self._event.wait()
        return self.version
