"""One statement for what many ask at once: whoever comes while one is on its way goes with the next."""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")

#: So many at most go together.
_MOST = 200


class Batching(Generic[T, R]):
    """Does for each what ``act`` does for several, in the order in which they came.

    ``act`` takes items and returns a result for each, in their order, or None for all of them. When it fails for several,
    each is tried by itself, so that nobody bears another's fault: it must be harmless to do twice. It runs outside the
    caller's transaction, and goes on when the caller is cancelled.
    """

    def __init__(self, act: Callable[[Sequence[T]], Awaitable[Sequence[R] | None]], *, linger_s: float = 0.0) -> None:
        """``linger_s``: how long the first waits for others, when somebody was here no longer ago."""
        self._act, self._linger_s = act, linger_s
        self._ended_at = -linger_s
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, item: T) -> R:
        """The item's own result. Raises what ``act`` raises for it."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None:
            # Not in the first caller's context: its transaction is not the others'.
            self._running = asyncio.create_task(self._run(), context=contextvars.Context())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._linger_s if time.monotonic() < self._ended_at + self._linger_s else 0)
                batch = self._waiting[:_MOST]
                del self._waiting[: len(batch)]
                if await self._fails(batch) and len(batch) > 1:
                    for one in batch:
                        await self._fails([one])
                self._ended_at = time.monotonic()
        finally:
            self._running = None

    async def _fails(self, batch: list[tuple[T, "asyncio.Future[R]"]]) -> bool:
        """Do these and tell their callers; a failure is told to one who is alone."""
        try:
            results = await self._act([item for item, _ in batch])
        except Exception as error:
            if len(batch) == 1 and not batch[0][1].done():
                batch[0][1].set_exception(error)
            return True
        for place, (_, future) in enumerate(batch):
            if not future.done():  # its caller may have been cancelled
                future.set_result(results[place] if results is not None else cast(R, None))
        return False
