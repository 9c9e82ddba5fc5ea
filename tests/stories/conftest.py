"""A whole office for stories: the API, the engine, the bot, everybody's phone, and a clock that is moved by hand."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from backend.settings import Settings
from bot.simulator.phone import Phone
from bot.simulator.telegram import FakeTelegram
from reminders.schedule import run_all_due
from tests.apps import app_of
from tests.bot.conftest import Office, on_telegram
from tests.bot.telegram_rules import captured_problems
from tests.cast import Cast
from tests.fakes import FakeClock, vn


class Ward(Office):
    """The cast at work. Time passes only in :meth:`until`; everything that is due by then has happened."""

    def __init__(self, cast: Cast, settings: Settings, fake: FakeTelegram, channel: Any, clock: FakeClock) -> None:
        super().__init__(cast, settings, fake, channel)
        self.clock = clock
        self.app = app_of(settings)
        self.phones: dict[str, Phone] = {}

    def client(self, handle: str, locale: str = "en") -> AbstractAsyncContextManager[httpx.AsyncClient]:
        """The API as this person."""
        return self.cast.client(self.app, handle, locale)

    async def settle(self) -> None:
        """The engine looks, the bot speaks and hears, the undo grace is over."""
        await run_all_due()
        await self.turn()
        self.clock.move(seconds=12)
        await self.turn()

    async def until(self, text: str) -> None:
        """Let time pass to a Vietnamese wall time, an hour at a time by day, with everything happening on its way."""
        end = vn(text)
        while self.clock.at < end:
            local = self.clock.at.astimezone(end.tzinfo)
            night = not 7 <= local.hour < 18
            ahead = (local + timedelta(hours=7)).replace(minute=0) if night else local + timedelta(hours=1)
            self.clock.set(min(end, ahead))
            await run_all_due()
            await self.turn()

    def heard(self, handle: str) -> list[str]:
        """What the bot has said on somebody's phone, oldest first, as it reads now."""
        return [message.text for message in self.phones[handle].messages if message.from_bot]


@pytest.fixture
async def ward(db: None, cast: Cast, settings: Settings, clock: FakeClock) -> AsyncIterator[Ward]:
    """Everybody has a linked phone, the stranger too."""
    async with FakeTelegram() as fake, on_telegram(fake) as channel:
        made = Ward(cast, settings, fake, channel, clock)
        for handle in cast.people:
            made.phones[handle] = await made.phone(handle)
        yield made
        assert captured_problems(fake) == []
