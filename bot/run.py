"""Holds the running bot: the sender, the receivers and their tasks; the only file of the bot that makes tasks."""

import asyncio
import contextvars
import importlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from backend.auth import linking
from backend.kit import i18n, logs, state
from backend.settings import Settings
from bot import pacing
from bot.channel import Channel, SendError
from bot.sender import Sender
from bot.words import Voice

if TYPE_CHECKING:
    from bot.inbox import Inbox
    from bot.telegram.channel import TelegramChannel

log = logs.get("bot.run")

#: How long what is in flight may take to end when the bot stops.
_DRAIN_S = 25.0

_MENU = ("viec", "diem", "hoantac", "nghi", "giup")


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
        self._ear: _Ear | None = None
        self._starting = asyncio.Lock()
        self.sender = Sender(settings.url, zone=settings.zone, lease_s=settings.lease_s)

    def kick(self) -> None:
        """Something was enqueued or came in: look now rather than at the next poll."""
        self.sender.kick()
        if self._ear is not None:
            self._ear.inbox.kick()

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

    async def start_telegram(self, token: str, api_base: str, *, webhook_secret: str = "") -> None:
        """Speak and listen on Telegram, polling unless there is a webhook secret; a bot that ran before is replaced.

        The first call in a process costs seconds: aiogram is imported in a thread, the loop goes on meanwhile.
        """
        async with self._starting:
            await self._stop_telegram()
            module = await asyncio.to_thread(importlib.import_module, "bot.telegram.channel")
            channel: TelegramChannel = module.TelegramChannel(token, api_base)
            self._ear = self._listen(channel, webhook_secret)
            self.open(channel, pacing.Limits())

    @property
    def telegram(self) -> bool:
        """Whether the bot is on Telegram."""
        return self._ear is not None

    def _listen(self, channel: "TelegramChannel", webhook_secret: str) -> "_Ear":
        from bot.inbound import Inbound
        from bot.inbox import Inbox
        from bot.telegram.receiver import Poller
        from bot.telegram.updates import read

        inbox = Inbox(channel, read, Inbound(self._settings), self._voice, handled=self.sender.kick)
        tasks = [
            self.spawn(inbox.run(), "bot inbox"),
            self.spawn(_introduce(channel, not self._settings.demo), "bot menu"),
        ]
        if webhook_secret:
            url = f"{self._settings.url}/hooks/telegram"
            tasks.append(self.spawn(_be_posted_to(channel, url, webhook_secret), "bot webhook"))
        else:
            tasks.append(self.spawn(Poller(channel, inbox.kick).run(), "bot poller"))
        return _Ear(channel, inbox, tasks)

    async def _stop_telegram(self) -> None:
        if self._ear is not None:
            ear, self._ear = self._ear, None
            self.sender.shut(ear.channel.name)
            await ear.close()
            self._channels.remove(ear.channel)
            await ear.channel.close()

    async def close(self) -> None:
        """Stop listening, finish what is in flight, give back what was only claimed."""
        if self._ear is not None:
            await self._ear.close()
        if self._sending is not None:
            await self.sender.close()
            await _ended(self._sending, _DRAIN_S)
        for channel in self._channels:
            await channel.close()


class _Ear:
    """Telegram's listening half: what stops when the bot is replaced."""

    def __init__(self, channel: "TelegramChannel", inbox: "Inbox", tasks: list[asyncio.Task[None]]) -> None:
        self.channel, self.inbox, self._tasks = channel, inbox, tasks

    async def close(self) -> None:
        """Hear nothing new; an update in hand is finished."""
        handling, *others = self._tasks
        for task in others:
            task.cancel()
            await _ended(task, _DRAIN_S)
        await self.inbox.close()
        await _ended(handling, _DRAIN_S)


@asynccontextmanager
async def run(settings: Settings) -> AsyncIterator[Running]:
    """The bot for as long as the block lasts, on the channels that settings name; Telegram may be started later."""
    running = Running(settings)
    try:
        if settings.smtp_host:
            from bot.email.channel import EmailChannel

            running.open(EmailChannel(settings))
        if settings.telegram_token:
            await running.start_telegram(
                settings.telegram_token, settings.telegram_api, webhook_secret=settings.telegram_webhook_secret
            )
        yield running
    finally:
        await running.close()


async def _introduce(channel: "TelegramChannel", public: bool) -> None:
    """Show the commands beside the text field, and note the bot's name for the links of ``/me`` when it is ``public``
    (a simulator's is nobody's on the real Telegram); only a convenience, so once and no more."""
    if public:
        with suppress(SendError):
            await state.put(linking.TELEGRAM_NAME, await channel.username())
    for locale in i18n.LOCALES:
        menu = [(name, i18n.t(locale, f"bot.menu.{name}")) for name in _MENU]
        with suppress(SendError):
            await channel.set_menu(menu, "" if locale == i18n.DEFAULT else locale)


async def _be_posted_to(channel: "TelegramChannel", url: str, secret: str) -> None:
    """Register the webhook, as often as it takes."""
    rest_s = 1.0
    while True:
        try:
            await channel.use_webhook(url, secret)
            return
        except SendError as error:
            log.warning("webhook.failed", detail=error.detail, again_in_s=rest_s)
            await asyncio.sleep(rest_s)
            rest_s = min(rest_s * 2, 60.0)


async def _ended(task: asyncio.Task[None], within_s: float) -> None:
    """Wait for a task to end by itself; cancel it when it does not."""
    done, _ = await asyncio.wait([task], timeout=within_s)
    if not done:
        task.cancel()
        await asyncio.wait([task])


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.critical("bot.task_died", task=task.get_name(), exc_info=error)
