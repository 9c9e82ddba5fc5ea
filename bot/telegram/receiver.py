"""Fetching Telegram's updates: each is stored before it is confirmed, so that a crash loses none."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from backend.kit import logs
from bot import heard
from bot.polling import keep_fetching

log = logs.get("bot.telegram")

_WAIT_S = 25
_LONGEST_REST_S = 30.0


class Source(Protocol):
    """Where updates come from."""

    async def updates(self, offset: int | None, wait_s: int) -> list[dict[str, Any]]: ...

    async def use_polling(self) -> None: ...


class Poller:
    """The one poller of a bot. ``wake`` is called when something was stored."""

    def __init__(
        self,
        source: Source,
        wake: Callable[[], None],
        *,
        wait_s: int = _WAIT_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source, self._wake, self._wait_s, self._sleep = source, wake, wait_s, sleep
        self._offset: int | None = None

    async def run(self) -> None:
        """Fetch until cancelled; after a failure rest, longer each time."""
        await keep_fetching(
            self._source.use_polling, self.fetch_once, log, longest_rest_s=_LONGEST_REST_S, sleep=self._sleep
        )

    async def fetch_once(self) -> int:
        """One call: what it brings is stored, and confirmed by the next one. Returns how many updates came."""
        found = await self._source.updates(self._offset, self._wait_s)
        if found:
            await heard.store(
                "telegram", [(str(update["update_id"]), msgspec.json.encode(update).decode()) for update in found]
            )
            self._offset = max(update["update_id"] for update in found) + 1
            self._wake()
        return len(found)
