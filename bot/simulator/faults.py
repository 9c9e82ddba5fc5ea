"""Faults on order: refusals, dropped connections, slow answers, held answers and the rate limits of the real server."""

import asyncio
import math
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from bot.simulator.feed import Feed
from bot.simulator.state import Chat
from bot.simulator.wire import ApiError, Call

_WORDS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    413: "Request Entity Too Large",
    500: "Internal Server Error",
    502: "Bad Gateway",
}


class DroppedError(Exception):
    """The connection must be cut without an answer."""


class RawAnswerError(Exception):
    """The answer is this text with this status, not an envelope: what a proxy in front of the server says."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.status = status
        self.body = body


@dataclass(slots=True, eq=False)
class Fault:
    """One ordered fault: `times` more hits on calls of `method` to `chat_id`.

    `times` None is for ever, `method` "*" and `chat_id` None are all. `after` lets the call take effect first. Of the
    calls that it concerns it hits a `share`, as its `dice` fall.
    """

    method: str
    times: int | None
    chat_id: int | str | None
    after: bool
    error: Exception | None = None
    seconds: float = 0
    hits: int = 0
    share: float = 1
    dice: random.Random = field(default_factory=random.Random)

    def matches(self, call: Call, after: bool) -> bool:
        concerned = self.after is after and self.times != 0 and _concerns(self.method, self.chat_id, call)
        return concerned and (self.share >= 1 or self.dice.random() < self.share)

    async def hit(self) -> None:
        self.hits += 1
        if self.times is not None:
            self.times -= 1
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if self.error:
            raise self.error

    def cancel(self) -> None:
        self.times = 0


def _concerns(method: str, chat_id: int | str | None, call: Call) -> bool:
    return method in ("*", call.method.lower()) and (chat_id is None or str(chat_id) == call.chat_id)


def refusal(
    status: int, *, retry_after: int | None, migrate_to_chat_id: int | None, description: str | None, body: str | None
) -> Exception:
    """The error of a scripted failure, worded as the real one unless `description` or a raw `body` is given."""
    if body is not None:
        return RawAnswerError(status, body)
    if status == 429 and retry_after is None:
        retry_after = 1
    parameters = {}
    if retry_after is not None:
        parameters["retry_after"] = retry_after
    if migrate_to_chat_id is not None:
        parameters["migrate_to_chat_id"] = migrate_to_chat_id
        description = description or "Bad Request: group chat was upgraded to a supergroup chat"
    if status == 429:
        description = description or f"Too Many Requests: retry after {retry_after}"
    return ApiError(status, description or _WORDS.get(status, "Internal Server Error"), **parameters)


class Gate:
    """Holds answers back after their calls took effect; leaving the `with` block lets all go.

    `arrived` counts every call that came to the gate, `waiting` those still held.
    """

    def __init__(
        self, method: str, chat_id: int | str | None, activity: Feed, on_exit: Callable[["Gate"], None]
    ) -> None:
        self._method = method
        self._chat_id = chat_id
        self._activity = activity
        self._on_exit = on_exit
        self._held: list[asyncio.Event] = []
        self.arrived = 0
        self.calls: list[Call] = []

    @property
    def waiting(self) -> int:
        return len(self._held)

    def concerns(self, call: Call) -> bool:
        return _concerns(self._method, self._chat_id, call)

    async def hold(self, call: Call) -> None:
        event = asyncio.Event()
        self._held.append(event)
        self.calls.append(call)
        self.arrived += 1
        self._activity.bump()
        await event.wait()

    def release(self, count: int | None = None) -> None:
        """Lets the oldest `count` answers go, all by default; calls that come later are held still."""
        going, self._held = self._held[:count], self._held[len(self._held[:count]) :]
        for event in going:
            event.set()

    async def reached(self, count: int = 1, timeout_s: float = 5.0) -> None:
        """Waits until `count` calls in all have come to the gate; TimeoutError when they do not."""
        async with asyncio.timeout(timeout_s):
            while self.arrived < count:
                await self._activity.changed(self._activity.version, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._on_exit(self)
        self.release()


class Faults:
    """The ordered faults and open gates of one fake server."""

    def __init__(self, activity: Feed) -> None:
        self._activity = activity
        self._faults: list[Fault] = []
        self._gates: list[Gate] = []

    def add(self, fault: Fault) -> Fault:
        fault.method = fault.method.lower()
        self._faults.append(fault)
        return fault

    def gate(self, method: str, chat_id: int | str | None) -> Gate:
        gate = Gate(method.lower(), chat_id, self._activity, self._forget)
        self._gates.append(gate)
        return gate

    def _forget(self, gate: Gate) -> None:
        with suppress(ValueError):
            self._gates.remove(gate)

    def clear(self) -> None:
        self._faults.clear()
        self.open_gates()

    def open_gates(self) -> None:
        for gate in list(self._gates):
            self._forget(gate)
            gate.release()

    async def strike(self, call: Call, *, after: bool) -> None:
        """Gates and faults that concern a call, in the order they were made; raises what ends the call."""
        if after:
            for gate in [gate for gate in self._gates if gate.concerns(call)]:
                await gate.hold(call)
        for fault in list(self._faults):
            if fault.matches(call, after):
                await fault.hit()
        self._faults = [fault for fault in self._faults if fault.times != 0]


@dataclass(frozen=True, slots=True)
class Limits:
    """Sending limits of the real server: a bot overall, one private chat (with a short burst), one group."""

    overall_per_s: float = 30
    chat_per_s: float = 1
    chat_burst: float = 3
    group_per_min: float = 20


@dataclass(slots=True)
class _Bucket:
    size: float
    per_s: float
    left: float
    at: float

    def lacks(self, now: float, count: int) -> float:
        """Seconds until `count` may go, 0 when they may go now."""
        self.left = min(self.size, self.left + (now - self.at) * self.per_s)
        self.at = now
        return max(0.0, (min(count, self.size) - self.left) / self.per_s)


@dataclass(slots=True)
class RateLimiter:
    """Token buckets for each bot, chat and group; a refused call takes nothing from them."""

    limits: Limits
    clock: Callable[[], float]
    _buckets: dict[tuple[Literal["bot", "chat", "group"], int, int], _Bucket] = field(default_factory=dict)

    def spend(self, bot_id: int, chat: Chat, count: int) -> None:
        """Takes `count` messages to a chat, or raises 429 with the whole seconds to wait."""
        limits = self.limits
        buckets = [self._bucket(("bot", bot_id, 0), limits.overall_per_s, limits.overall_per_s)]
        if chat.type == "private":
            buckets.append(self._bucket(("chat", bot_id, chat.id), limits.chat_burst, limits.chat_per_s))
        else:
            buckets.append(self._bucket(("group", bot_id, chat.id), limits.group_per_min, limits.group_per_min / 60))
        wait = max(bucket.lacks(self.clock(), count) for bucket in buckets)
        if wait > 0:
            raise refusal(429, retry_after=math.ceil(wait), migrate_to_chat_id=None, description=None, body=None)
        for bucket in buckets:
            bucket.left -= count

    def _bucket(self, key: tuple[Literal["bot", "chat", "group"], int, int], size: float, per_s: float) -> _Bucket:
        return self._buckets.setdefault(key, _Bucket(size, per_s, size, self.clock()))
