"""A whole bot on a fake Zalo, turned by hand: what was said is fetched, handled and answered in one ``turn``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from backend.auth import linking
from backend.channel_use import Bot, Meter, put_bots
from backend.settings import Settings
from bot.inbound import Inbound
from bot.inbox import Inbox
from bot.sender import Sender
from bot.simulator.zalo import FakeZalo
from bot.simulator.zalo_state import ZaloPhone
from bot.words import Voice
from bot.zalo.channel import ZaloChannel
from bot.zalo.client import Client
from bot.zalo.receiver import Poller
from bot.zalo.updates import read
from tests.bot.bot_room import link
from tests.cast import Cast

FIRST, SECOND = "700001:FIRST-TOKEN-OF-ZALO", "700002:SECOND-TOKEN-OF-ZALO"
TOKENS = {FIRST: "Giao việc 1", SECOND: "Giao việc 2"}


class ZaloOffice:
    """The cast with phones in their hands and two bots between them."""

    def __init__(self, cast: Cast, settings: Settings, fake: FakeZalo, *, monthly: int) -> None:
        self.cast, self.settings, self.fake = cast, settings, fake
        self.meter = Meter("zalo", settings.zone, monthly)
        self.clients = [Client(token, fake.base_url, timeout_s=60) for token in TOKENS]
        self.channel = ZaloChannel(self.clients, self.meter, settings.url)
        self.inbox = Inbox(self.channel, read, Inbound(settings), Voice("vi", settings.url), rests_s=())
        self.sender = Sender(settings.url)
        self.sender.open(self.channel)
        self.pollers = [Poller(client, self.meter, self.inbox.kick, wait_s=0) for client in self.clients]

    async def phone(self, handle: str, *, bot: str = "", linked: bool = True) -> ZaloPhone:
        person = self.cast.people[handle]
        phone = self.fake.phone(person.id, person.full_name, bot=bot, started=linked)
        if linked and await linking.person_of("zalo", phone.address) is None:
            await link(person, phone.address, "zalo")
        return phone

    async def turn(self) -> None:
        """Let everything that was said and everything that is due arrive, until nothing moves any more."""
        for _ in range(20):
            fetched = sum([await poller.fetch_once() for poller in self.pollers])
            heard = await self.inbox.drain_once()
            sent = await self.sender.drain_once()
            if not (fetched or heard or sent or any(bot.queue for bot in self.fake.world.bots.values())):
                return
        raise AssertionError("the bot talks to itself")


@asynccontextmanager
async def zalo_office(
    cast: Cast, settings: Settings, *, monthly: int = 0, users: int = 0, **fake: Any
) -> AsyncIterator[ZaloOffice]:
    async with FakeZalo(TOKENS, **fake) as server:
        made = ZaloOffice(cast, settings, server, monthly=monthly)
        await made.meter.open([client.id for client in made.clients])
        await put_bots(
            "zalo", [Bot(client.id, TOKENS[token], users) for client, token in zip(made.clients, TOKENS, strict=True)]
        )
        try:
            yield made
        finally:
            await made.channel.close()
