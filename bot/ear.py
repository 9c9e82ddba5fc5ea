"""What a chat channel brings along to be run: the channel, how it is read, and the work that listens."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import msgspec

from bot.channel import ChatChannel
from bot.heard import Heard
from bot.pacing import Limits

#: The chat channels, each with the setting that turns it on. Its folder has a module ``ear`` with ``ear(settings)``, which
#: returns an :class:`Ear`, or None when settings do not name the channel.
CHATS = {"telegram": "telegram_token", "zalo": "zalo_token"}


class Closable(ChatChannel, Protocol):
    async def close(self) -> None: ...


class Ear(msgspec.Struct, frozen=True):
    """A chat channel before it runs. ``services(wake)`` is the work that listens, by name, for as long as the channel is
    open: it stores what comes and calls ``wake``; ``read`` understands what was stored."""

    channel: Closable
    read: Callable[[str], Heard | None]
    services: Callable[[Callable[[], None]], dict[str, Coroutine[Any, Any, None]]]
    limits: Limits = Limits()
