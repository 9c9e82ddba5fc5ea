"""Scenes that many tests begin with: played once in a process, then put back into the database as they stood."""

import asyncio
import copy
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from tests.fakes import FakeClock

T = TypeVar("T")


class Desk(Protocol):
    """A database whose rows can be saved and loaded while others have it open."""

    async def save(self) -> Any: ...

    async def load(self, saved: Any) -> None: ...


class _Scene(NamedTuple):
    saved: Any
    at: datetime
    made: Any


#: By name and kind of database, for the life of this process.
_SCENES: dict[tuple[str, str], _Scene] = {}


class Stage:
    """``await stage.scene("a closed month", play)`` leaves the database and the clock as ``play`` left them when it was
    first played, and returns a copy of what it returned.

    A scene is named once in the whole house, begins with an empty database or with the scene it is always played
    after, and leaves nothing behind but rows and the time: no files, no running work.
    """

    def __init__(
        self, clock: FakeClock, kind: str, desk: Desk, call: Callable[[Coroutine[Any, Any, Any]], Any]
    ) -> None:
        self._clock = clock
        self._kind = kind
        self._desk = desk
        self._call = call

    async def scene(self, name: str, play: Callable[[], Awaitable[T]]) -> T:
        found = _SCENES.get((name, self._kind))
        if found is None:
            made = await play()
            saved = await asyncio.to_thread(self._call, self._desk.save())
            found = _SCENES[name, self._kind] = _Scene(saved, self._clock.at, made)
        else:
            await asyncio.to_thread(self._call, self._desk.load(found.saved))
            self._clock.set(found.at)
        return copy.deepcopy(found.made)
