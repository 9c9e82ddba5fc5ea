"""Holds the running bot: the sender, the receivers and their tasks; the only file of the bot that makes tasks."""

import asyncio
import contextvars
import importlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from backend.auth import reach
from backend.kit import logs
from backend.kit.db import OperationalError
from backend.settings import Settings
from bot import pacing
from bot.channel import Channel
from bot.ear import CHATS, Ear
from bot.sender import Sender
from bot.words import Voice

if TYPE_CHECKING:
    from bot.inbox import Inbox

log = logs.get("bot.run")

#: How long what is in flight may take to end when the bot stops.
_DRAIN_S = 25.0

#: How often a channel that nobody wants yet is asked about.
_WANTED_EVERY_S = 2.0


class _Closable(Channel, Protocol):
    async def close(self) -> None: ...


class Running:
    """The bot while it runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._voice = Voice(settings.locale, settings.url, settings.zone)
        # Tasks are spawned from requests too (the simulator): they must not inherit a request's transaction.
        self._context = contextvars.copy_context()
        self._sending: asyncio.Task[None] | None = None
        self._channels: list[_Closable] = []
        self._listening: dict[str, _Listening] = {}
        self._waiting: list[asyncio.Task[None]] = []
        self._closing = asyncio.Event()
        self._starting = asyncio.Lock()
        self.sender = Sender(settings.url, zone=settings.zone, lease_s=settings.lease_s)

    def kick(self) -> None:
        """Something was enqueued or came in: look now rather than at the next poll."""
        self.sender.kick()
        self.hear()

    def hear(self) -> None:
        """Something came in: look at it now. What is to be said because of it is told by whoever handles it."""
        for listening in self._listening.values():
            listening.inbox.kick()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """A task of the bot, in a clean context; its death is logged, never silent."""
        task = asyncio.create_task(work, name=name, context=self._context.copy())
        task.add_done_callback(_report)
        return task

    def open(self, channel: _Closable, limits: pacing.Limits = pacing.UNLIMITED) -> None:
        """Send on this channel from now on."""
        self._channels.append(channel)
        self.sender.open(channel, limits)
        if self._sending is None:
            self._sending = self.spawn(self.sender.run(), "bot sender")

    def open_when(self, wanted: Callable[[], Coroutine[Any, Any, bool]], channel: _Closable) -> None:
        """Send on this channel as soon as it is ``wanted``; until then the sender works as if it were not there."""

        async def opened() -> None:
            while not await wanted():
                with suppress(TimeoutError):
                    async with asyncio.timeout(_WANTED_EVERY_S):
                        await self._closing.wait()
                        return
            self.open(channel)

        self._waiting.append(self.spawn(opened(), f"{channel.name} wanted"))

    async def start(self, name: str, **settings: str) -> None:
        """Speak and listen on a chat channel, as our settings say or with these instead; one that ran before is
        replaced. Without a token nothing is started.

        The first call in a process may cost seconds: a chat library is imported in a thread, the loop goes on meanwhile.
        """
        async with self._starting:
            await self._stop(name)
            module = await asyncio.to_thread(importlib.import_module, f"bot.{name}.ear")
            ear: Ear | None = module.ear(msgspec.structs.replace(self._settings, **settings))
            if ear is not None:
                self._listening[name] = self._listen(name, ear)
                self.open(ear.channel, ear.limits)

    @property
    def chats(self) -> tuple[str, ...]:
        """The chat channels the bot is on."""
        return tuple(self._listening)

    def _listen(self, name: str, ear: Ear) -> "_Listening":
        from bot.inbound import Inbound
        from bot.inbox import Inbox

        inbox = Inbox(ear.channel, ear.read, Inbound(self._settings), self._voice, handled=self.sender.kick)
        handling = self.spawn(inbox.run(), f"{name} inbox")
        services = [self.spawn(work, f"{name} {what}") for what, work in ear.services(inbox.kick).items()]
        return _Listening(ear.channel, inbox, handling, services)

    async def _stop(self, name: str) -> None:
        listening = self._listening.pop(name, None)
        if listening is not None:
            self.sender.shut(name)
            await listening.close()
            self._channels.remove(listening.channel)
            await listening.channel.close()

    async def close(self) -> None:
        """Stop listening, finish what is in flight, give back what was only claimed."""
        # Not cancelled: a question to the database is let finish.
        self._closing.set()
        for task in self._waiting:
            await _ended(task, _DRAIN_S)
        await asyncio.gather(*(listening.close() for listening in self._listening.values()))
        if self._sending is not None:
            await self.sender.close()
            await _ended(self._sending, _DRAIN_S)
        for channel in self._channels:
            await channel.close()


class _Listening:
    """The listening half of a chat channel: what stops when it is replaced."""

    def __init__(
        self, channel: _Closable, inbox: "Inbox", handling: asyncio.Task[None], services: list[asyncio.Task[None]]
    ) -> None:
        self.channel, self.inbox = channel, inbox
        self._handling, self._services = handling, services

    async def close(self) -> None:
        """Hear nothing new; an update in hand is finished."""
        for task in self._services:
            task.cancel()
            await _ended(task, _DRAIN_S)
        await self.inbox.close()
        await _ended(self._handling, _DRAIN_S)


@asynccontextmanager
async def run(settings: Settings) -> AsyncIterator[Running]:
    """The bot for as long as the block lasts, on the channels that settings name; a chat may be started later."""
    running = Running(settings)
    try:
        if settings.smtp_host:
            from bot.email.channel import EmailChannel

            running.open(EmailChannel(settings))
        if settings.push_services:
            from bot.webpush.channel import WebPushChannel, wanted

            running.open_when(wanted, WebPushChannel(settings))
        await _note_sent(settings)
        for name, token in CHATS.items():
            if getattr(settings, token):
                await running.start(name)
        yield running
    finally:
        await running.close()


async def _note_sent(settings: Settings) -> None:
    """So that pages and digests do not count on a channel that this office does not send through."""
    channels = (("email", settings.smtp_host), ("webpush", settings.push_services))
    with suppress(OperationalError, OSError):  # the database is away for a moment: as the last start noted
        await reach.note_sent([name for name, given in channels if given])


async def _ended(task: asyncio.Task[None], within_s: float) -> None:
    """Wait for a task to end by itself; cancel it when it does not."""
    done, _ = await asyncio.wait([task], timeout=within_s)
    if not done:
        task.cancel()
        await asyncio.wait([task])


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.critical("bot.task_died", task=task.get_name(), exc_info=error)
