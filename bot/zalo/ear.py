"""Zalo's ear: for each bot a check of its token, its name for those who look for it, and a webhook or a poller."""

from collections.abc import Callable, Coroutine
from typing import Any

from backend import channel_use
from backend.channel_use import Bot, Meter
from backend.kit import logs
from backend.kit.db import transaction
from backend.settings import Settings
from bot.ear import Ear
from bot.pacing import Limits
from bot.registering import until_done
from bot.zalo.channel import ZaloChannel
from bot.zalo.client import Client
from bot.zalo.receiver import PATH, Poller
from bot.zalo.updates import read

log = logs.get("bot.zalo")

#: Zalo names no rates; slow enough not to be noticed, quick enough for a slot of two hundred people.
_LIMITS = Limits(overall_per_s=20, chat_per_s=2)


def ear(settings: Settings) -> Ear | None:
    """The ear of the bots that settings name, polling unless there is a webhook secret."""
    if not settings.zalo_tokens:
        return None
    bots = [Client(token, settings.zalo_api) for token in settings.zalo_tokens]
    meter = Meter(ZaloChannel.name, settings.zone, settings.zalo_monthly)
    channel = ZaloChannel(bots, meter, settings.url, largest=settings.max_upload_mb * 1024 * 1024)

    def services(wake: Callable[[], None]) -> dict[str, Coroutine[Any, Any, None]]:
        found: dict[str, Coroutine[Any, Any, None]] = {"bots": _introduce(bots, meter, settings.zalo_users)}
        for bot in bots:
            found[f"listening of {bot.id}"] = (
                _be_posted_to(bot, meter, settings) if settings.zalo_webhook_secret else Poller(bot, meter, wake).run()
            )
        return found

    return Ear(channel, read, services, _LIMITS)


async def _introduce(bots: list[Client], meter: Meter, most_users: int) -> None:
    """Open this month's lines, then ask each bot who it is: that its token is good, and its name for ``/me``."""
    await meter.open([bot.id for bot in bots])
    known = {bot.id: bot.name for bot in await channel_use.bots_of(meter.channel)}
    await channel_use.put_bots(meter.channel, [Bot(bot.id, known.get(bot.id, ""), most_users) for bot in bots])
    for bot in bots:

        async def ask(bot: Client = bot) -> None:
            await _name(bot, (await bot.me()).name, meter)

        async def failed(why: str, bot: Client = bot) -> None:
            await meter.trouble(bot.id, f"getMe: {why}")

        await until_done("token", ask, failed)


async def _name(bot: Client, name: str, meter: Meter) -> None:
    async with transaction():
        bots = [
            Bot(one.id, name, one.most_users) if one.id == bot.id else one
            for one in await channel_use.bots_of(meter.channel)
        ]
        await channel_use.put_bots(meter.channel, bots)
        await meter.trouble(bot.id, "")
    log.info("bot.known", bot=bot.id, name=name)


async def _be_posted_to(bot: Client, meter: Meter, settings: Settings) -> None:
    async def register() -> None:
        await bot.use_webhook(f"{settings.url}{PATH}/{bot.id}", settings.zalo_webhook_secret)

    async def failed(why: str) -> None:
        await meter.trouble(bot.id, f"setWebhook: {why}")

    await until_done("webhook", register, failed)
