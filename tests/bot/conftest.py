"""A whole bot on a fake Telegram, turned by hand: what was said is heard, handled and answered in one ``turn``."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from backend.auth import linking
from backend.kit import clock as times
from backend.settings import Settings
from backend.tasks import queries, service
from backend.tasks.schemas import DueDraft, TaskDraft, TaskView
from bot.heard import Heard
from bot.inbound import Inbound
from bot.inbox import Inbox
from bot.sender import Sender
from bot.simulator.phone import Phone
from bot.simulator.telegram import FakeTelegram
from bot.telegram.receiver import Poller
from bot.telegram.updates import read
from bot.words import Voice
from tests.bot.bot_room import link
from tests.bot.telegram_rules import captured_problems
from tests.cast import Cast

TOKEN = "123456:TEST"


class Office:
    """The cast with phones in their hands and the bot between them."""

    def __init__(self, cast: Cast, settings: Settings, fake: FakeTelegram, channel: Any) -> None:
        self.cast, self.settings, self.fake, self.channel = cast, settings, fake, channel
        self.inbound = Inbound(settings)
        self.voice = Voice("vi", settings.url)
        self.inbox = Inbox(channel, read, self.inbound, self.voice, album_wait_s=0, rests_s=())
        self.sender = Sender(settings.url)
        self.sender.open(channel)
        self.poller = Poller(channel, self.inbox.kick, wait_s=0)

    async def phone(self, handle: str, *, linked: bool = True) -> Phone:
        """A person's phone, in a chat that is linked already unless told otherwise."""
        person = self.cast.people[handle]
        phone = self.fake.user(1000 + person.id, person.full_name, started=linked)
        if linked and await linking.person_of("telegram", str(phone.id)) is None:
            await link(person, str(phone.id))
        return phone

    async def hear(self) -> int:
        """Fetch and handle what people did; returns how many things that were."""
        await self.poller.fetch_once()
        return await self.inbox.drain_once()

    async def turn(self) -> None:
        """Let everything that was said and everything that is due arrive, until nothing moves any more."""
        for _ in range(10):
            heard = await self.hear()
            sent = await self.sender.drain_once()
            if not heard and not sent and not self.fake.pending():
                return
        raise AssertionError("the bot talks to itself")

    async def assign(self, by: str = "head", to: str = "an", **more: Any) -> TaskView:
        """A task for two working days from now, its card on the lead's phone (if they have one)."""
        values: dict[str, Any] = {"title": "Báo cáo PCCC quý IV", "due": DueDraft(minutes=960), "leads": [to], **more}
        made = await service.assign(await self.cast.actor(by), TaskDraft(**values))
        return made.tasks[0]

    async def see(self, task: TaskView, by: str = "an") -> TaskView:
        return await queries.view(await self.cast.actor(by), task.id)


#: Reading every authority there is takes as long as the rest of a small test: one reading does for all sessions.
_ONE_CONTEXT = SimpleNamespace(create_default_context=cache(ssl.create_default_context))


@asynccontextmanager
async def on_telegram(fake: FakeTelegram, timeout_s: float = 60) -> AsyncIterator[Any]:
    """Our channel to the fake server."""
    from aiogram.client.session import aiohttp as session

    from bot.telegram.channel import TelegramChannel

    session.ssl = _ONE_CONTEXT
    channel = TelegramChannel(TOKEN, fake.base_url, timeout_s=timeout_s)
    try:
        yield channel
    finally:
        await channel.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    """Telegram on the loopback."""
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
async def office(db: None, cast: Cast, settings: Settings, fake: FakeTelegram) -> AsyncIterator[Office]:
    """A bot that is turned by hand. What it said is checked against Telegram's own rules at the end."""
    async with on_telegram(fake) as channel:
        yield Office(cast, settings, fake, channel)
    assert captured_problems(fake) == []


def after_grace() -> timedelta:
    """An assignment leaves after its undo grace."""
    return timedelta(seconds=10)


__all__ = ["Heard", "Office", "times"]
