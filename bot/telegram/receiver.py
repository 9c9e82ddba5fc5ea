"""Fetching Telegram's updates: each is stored before it is confirmed, so that a crash loses none."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec

from backend.kit import logs
from bot import heard
from bot.channel import SendError

log = logs.get("bot.telegram")

_WAIT_S = 25
_FIRST_REST_S = 1.0
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
        rest_s, ready = _FIRST_REST_S, False
        while True:
            try:
                if not ready:
                    await self._source.use_polling()
                    ready = True
                await self.fetch_once()
                rest_s = _FIRST_REST_S
            except SendError as error:
                wait_s = error.retry_after_s or rest_s * (0.75 + random.random() / 2)
                log.warning("poll.failed", kind=error.kind, detail=error.detail, again_in_s=round(wait_s, 1))
                await self._sleep(wait_s)
                rest_s = min(rest_s * 2, _LONGEST_REST_S)
            except Exception as error:
                log.error("poll.broke", exc_info=error)
                await self._sleep(rest_s)

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
