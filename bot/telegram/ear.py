"""Telegram's ear: polling or a webhook, the commands beside the text field, and the bot's name. Import it late."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from backend.auth import linking
from backend.kit import i18n, state
from backend.settings import Settings
from bot.channel import SendError
from bot.ear import Ear
from bot.registering import nobody, until_done
from bot.telegram.channel import TelegramChannel
from bot.telegram.receiver import Poller
from bot.telegram.updates import read

_MENU = ("viec", "diem", "hoantac", "nghi", "giup")


def ear(settings: Settings) -> Ear | None:
    """The ear of the bot that settings name, polling unless there is a webhook secret."""
    if not settings.telegram_token:
        return None
    channel, secret = TelegramChannel(settings.telegram_token, settings.telegram_api), settings.telegram_webhook_secret

    async def be_posted_to() -> None:
        await channel.use_webhook(f"{settings.url}/hooks/telegram", secret)

    def services(wake: Callable[[], None]) -> dict[str, Coroutine[Any, Any, None]]:
        listening = until_done("webhook", be_posted_to, nobody) if secret else Poller(channel, wake).run()
        return {"menu": _introduce(channel, not settings.demo), "listening": listening}

    return Ear(channel, read, services)


async def _introduce(channel: TelegramChannel, public: bool) -> None:
    """Show the commands beside the text field, and note the bot's name for the links of ``/me`` when it is ``public``
    (a simulator's is nobody's on the real Telegram); only a convenience, so once and no more."""
    if public:
        with suppress(SendError):
            await state.put(linking.TELEGRAM_NAME, await channel.username())
    for locale in i18n.LOCALES:
        menu = [(name, i18n.t(locale, f"bot.menu.{name}")) for name in _MENU]
        with suppress(SendError):
            await channel.set_menu(menu, "" if locale == i18n.DEFAULT else locale)
