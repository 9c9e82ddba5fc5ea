"""The route Telegram posts updates to, for several replicas: store, answer 200, nothing more. No aiogram here."""

from collections.abc import Callable
from functools import partial
from typing import Any

from litestar import Request, post
from litestar.types import ControllerRouterHandler

from backend.kit import logs
from backend.kit.batching import Batching
from backend.settings import Settings
from bot import heard
from bot.hooks import LARGEST, knows_secret
from bot.telegram.updates import key_of

log = logs.get("bot.telegram")

PATH = "/hooks/telegram"
_HEADER = "x-telegram-bot-api-secret-token"


def webhook_routes(settings: Settings, wake: Callable[[], None] | None = None) -> list[ControllerRouterHandler]:
    """The webhook when settings name its secret, else nothing. ``wake`` wakes an inbox in this very process."""
    secret = settings.telegram_webhook_secret
    if not secret:
        return []

    stored: Batching[tuple[str, str], bool] = Batching(partial(heard.store, "telegram"))

    @post(
        PATH,
        guards=[knows_secret("telegram_secret", _HEADER, secret)],
        opt={"exclude_from_auth": True},
        status_code=200,
        include_in_schema=False,
        media_type="text/plain",
        request_max_body_size=LARGEST,
    )
    async def telegram_webhook(request: Request[Any, Any, Any]) -> str:
        body = await request.body()
        try:
            key = key_of(body)
            text = body.decode()
        except heard.UNREADABLE as error:
            # Anything but 200 makes Telegram send it again for a day, and behind it everything else waits.
            log.warning("update.malformed", detail=str(error), size=len(body))
            return ""
        await stored((key, text))
        if wake is not None:
            wake()
        return ""

    return [telegram_webhook]
