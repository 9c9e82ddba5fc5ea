"""Asking a chat server again and again for what was said."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from structlog.stdlib import BoundLogger

from bot.channel import SendError

_FIRST_REST_S = 1.0


async def keep_fetching(
    begin: Callable[[], Awaitable[None]],
    fetch: Callable[[], Awaitable[object]],
    log: BoundLogger,
    *,
    longest_rest_s: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """``begin`` until that succeeds, then ``fetch`` until cancelled; after a failure rest, longer each time, or as long as
    the server says."""
    rest_s, ready = _FIRST_REST_S, False
    while True:
        try:
            if not ready:
                await begin()
                ready = True
            await fetch()
            rest_s = _FIRST_REST_S
        except SendError as error:
            wait_s = error.retry_after_s or rest_s * (0.75 + random.random() / 2)
            log.warning("poll.failed", kind=error.kind, detail=error.detail, again_in_s=round(wait_s, 1))
            await sleep(wait_s)
            rest_s = min(rest_s * 2, longest_rest_s)
        except Exception as error:
            log.error("poll.broke", exc_info=error)
            await sleep(rest_s)
