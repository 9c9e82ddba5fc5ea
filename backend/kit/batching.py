"""One statement for what many ask at once: whoever comes while one is on its way goes with the next."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")

#: So many at most go together.
_MOST = 200


class _Asked(Generic[T, R]):
    """What one caller asks; ``woken`` when it is answered, or when it is this caller's turn to ask for all."""

    def __init__(self, item: T) -> None:
        self.item = item
        self.answered = False
        self.woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._result: R
        self._error: Exception | None = None

    def answer(self, result: R, error: Exception | None = None) -> None:
        self._result, self._error, self.answered = result, error, True
        self.wake()

    def wake(self) -> None:
        if not self.woken.done():  # the caller may have been cancelled
            self.woken.set_result(None)

    def result(self) -> R:
        if self._error is not None:
            raise self._error
        return self._result


class Batching(Generic[T, R]):
    """Does for each what ``act`` does for several, in the order in which they came.

    ``act`` takes items and returns a result for each, in their order, or None for all of them. One of the callers has it
    done for all, so it is not for use within a transaction. When it fails for several, each is tried by itself, so that
    nobody bears another's fault; when the caller who had it done is cancelled, the next one begins again: it must be
    harmless to do twice.
    """

    def __init__(self, act: Callable[[Sequence[T]], Awaitable[Sequence[R] | None]], *, linger_s: float = 0.0) -> None:
        """``linger_s``: how long the first waits for others, when somebody was here no longer ago."""
        self._act, self._linger_s = act, linger_s
        self._ended_at = -linger_s
        self._waiting: list[_Asked[T, R]] = []
        #: Somebody has it done, or is woken to.
        self._led = False

    async def __call__(self, item: T) -> R:
        """The item's own result. Raises what ``act`` raises for it."""
        mine = _Asked[T, R](item)
        self._waiting.append(mine)
        try:
            if self._led:
                await mine.woken
            if not mine.answered:
                self._led = True
                await self._lead()
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            if mine.woken.done() and not mine.woken.cancelled() and not mine.answered:
                self._pass_on()
            raise
        return mine.result()

    async def _lead(self) -> None:
        """Have it done for all who wait, whoever has waited longest among them."""
        batch: list[_Asked[T, R]] = []
        try:
            await asyncio.sleep(self._linger_s if time.monotonic() < self._ended_at + self._linger_s else 0)
            batch = self._waiting[:_MOST]
            del self._waiting[: len(batch)]
            if await self._fails(batch) and len(batch) > 1:
                for one in batch:
                    await self._fails([one])
            self._ended_at = time.monotonic()
        finally:
            self._waiting[:0] = [one for one in batch if not one.answered]
            self._pass_on()

    def _pass_on(self) -> None:
        self._waiting = [one for one in self._waiting if not one.woken.cancelled()]
        self._led = bool(self._waiting)
        if self._waiting:
            self._waiting[0].wake()

    async def _fails(self, batch: list[_Asked[T, R]]) -> bool:
        """Do these and tell their callers; a failure is told to one who is alone."""
        try:
            results = await self._act([one.item for one in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0].answer(cast(R, None), error)
            return True
        for place, one in enumerate(batch):
            one.answer(results[place] if results is not None else cast(R, None))
        return False
