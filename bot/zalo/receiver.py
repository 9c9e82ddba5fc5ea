"""Fetching what was said to a bot, for development: asking takes a message away, so it is stored before the next ask."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import msgspec

from backend.channel_use import Meter
from backend.kit import logs
from bot import heard
from bot.polling import keep_fetching
from bot.zalo.updates import keep

log = logs.get("bot.zalo")

#: Where Zalo posts to, with the bot's id behind it.
PATH = "/hooks/zalo"

_WAIT_S = 25
_LONGEST_REST_S = 60.0


async def store(meter: Meter, said: Sequence[tuple[str, tuple[str, str]]]) -> list[bool]:
    """Keep and count what was said to bots, each a bot with an update as :func:`keep` makes it; False for a repeat."""
    fresh = await heard.store(meter.channel, [update for _, update in said])
    # Not in one transaction: nobody waits for the count of another's message, and a process that dies in between has
    # kept the message and only counted one too few (Zalo counts as well, and says when nothing is left).
    for bot, count in Counter(bot for (bot, _), new in zip(said, fresh, strict=True) if new).items():
        await meter.heard(bot, count)
    return fresh


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
        self._source, self._meter, self._wake = source, meter, wake
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
        [fresh] = await store(self._meter, [(self._source.id, update)])
        if fresh:
            self._wake()
        return int(fresh)
