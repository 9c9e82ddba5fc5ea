"""The routes Zalo posts to, one for each bot: store, answer 200, nothing more."""

from collections.abc import Callable
from typing import Any

from litestar import Request, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from backend.channel_use import Meter
from backend.errors import NotFound
from backend.kit import logs
from backend.settings import Settings
from bot import heard
from bot.hooks import LARGEST, knows_secret
from bot.zalo.receiver import PATH, Stored
from bot.zalo.updates import keep

log = logs.get("bot.zalo")

_HEADER = "x-bot-api-secret-token"


def webhook_routes(settings: Settings, wake: Callable[[], None] | None = None) -> list[ControllerRouterHandler]:
    """The webhook when settings name its secret, else nothing. ``wake`` wakes an inbox in this very process."""
    secret = settings.zalo_webhook_secret
    if not secret or not settings.zalo_tokens:
        return []
    bots = {token.partition(":")[0] for token in settings.zalo_tokens}
    stored = Stored(Meter("zalo", settings.zone, settings.zalo_monthly))

    @post(
        f"{PATH}/{{bot:str}}",
        guards=[knows_secret("zalo_secret", _HEADER, secret)],
        opt={"exclude_from_auth": True},
        status_code=200,
        include_in_schema=False,
        media_type="text/plain",
        request_max_body_size=LARGEST,
    )
    async def zalo_webhook(request: Request[Any, Any, Any], bot: FromPath[str]) -> str:
        if bot not in bots:
            raise NotFound("not_found")
        body = await request.body()
        try:
            update = keep(bot, body)
        except heard.UNREADABLE as error:
            # Also what Zalo posts to try the address: anything but 200 would be taken for a broken one.
            log.warning("update.malformed", bot=bot, detail=str(error), size=len(body))
            return ""
        if await stored(bot, update) and wake is not None:
            wake()
        return ""

    return [zalo_webhook]
