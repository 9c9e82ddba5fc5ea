"""Storing what was said to a bot; and fetching it, for development: asking takes a message away, so it is stored before
the next ask."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

import msgspec

from backend.channel_use import Meter
from backend.kit import logs
from backend.kit.batching import Batching
from bot import heard
from bot.polling import keep_fetching
from bot.zalo.updates import keep

log = logs.get("bot.zalo")

#: Where Zalo posts to, with the bot's id behind it.
PATH = "/hooks/zalo"

_WAIT_S = 25
_LONGEST_REST_S = 60.0


class Stored:
    """Keeps and counts what is said to the bots of a meter's channel, that of many webhooks at once."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._kept: Batching[tuple[str, str], bool] = Batching(partial(heard.store, meter.channel))
        self._counted: Batching[str, None] = Batching(self._count)

    async def __call__(self, bot: str, update: tuple[str, str]) -> bool:
        """An update as :func:`keep` makes it; False for a repeat."""
        fresh = await self._kept(update)
        if fresh:
            # Not in one transaction: nobody waits for the count of another's message, and a process that dies in between
            # has kept the message and only counted one too few (Zalo counts as well, and says when nothing is left).
            await self._counted(bot)
        return fresh

    async def _count(self, bots: Sequence[str]) -> None:
        for bot, count in Counter(bots).items():
            await self._meter.heard(bot, count)


class Source(Protocol):
    """Where messages come from."""

    id: str

    async def update(self, wait_s: int) -> dict[str, Any] | None: ...

    async def use_polling(self) -> None: ...


class Poller:
    """The one poller of a bot. ``wake`` is called when something was stored."""

    def __init__(
        self,
        source: Source,
        meter: Meter,
        wake: Callable[[], None],
        *,
        wait_s: int = _WAIT_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._source, self._stored, self._wake = source, Stored(meter), wake
        self._wait_s, self._sleep = wait_s, sleep

    async def run(self) -> None:
        """Fetch until cancelled; after a failure rest, longer each time. A dropped poll is asked again: what it would have
        brought is Zalo's to keep."""
        await keep_fetching(
            self._source.use_polling,
            self.fetch_once,
            log.bind(bot=self._source.id),
            longest_rest_s=_LONGEST_REST_S,
            sleep=self._sleep,
        )

    async def fetch_once(self) -> int:
        """One call; returns how many messages were new."""
        found = await self._source.update(self._wait_s)
        if found is None:
            return 0
        try:
            update = keep(self._source.id, msgspec.json.encode(found))
        except heard.UNREADABLE as error:
            log.warning("update.malformed", bot=self._source.id, detail=str(error))
            return 0
        fresh = await self._stored(self._source.id, update)
        if fresh:
            self._wake()
        return int(fresh)
