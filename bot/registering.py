"""Setting something up at a chat server, as often as it takes."""

import asyncio
from collections.abc import Awaitable, Callable

from backend.kit import logs
from bot.channel import SendError

log = logs.get("bot.run")

_LONGEST_REST_S = 60.0


async def until_done(what: str, act: Callable[[], Awaitable[None]], failed: Callable[[str], Awaitable[None]]) -> None:
    """Do it until it succeeds, with growing rests; ``failed`` is told each reason."""
    rest_s = 1.0
    while True:
        try:
            await act()
            return
        except SendError as error:
            log.warning(f"{what}.failed", detail=error.detail, again_in_s=rest_s)
            await failed(error.detail)
        await asyncio.sleep(rest_s)
        rest_s = min(rest_s * 2, _LONGEST_REST_S)


async def nobody(_: str) -> None:
    """Nobody else is told."""
