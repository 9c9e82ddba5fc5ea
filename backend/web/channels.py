"""What is left of each channel's month, for HR and admins: per bot used, limit, people, trouble; who waits, and who got
no answer."""

import msgspec
from litestar import get

from backend import channel_use
from backend.auth.guards import page_has_role
from backend.channel_use import Level, Use
from backend.domain.types import Role
from backend.kit import clock
from backend.web.render import AnyRequest, Page, page, settings_of


class BotLine(msgspec.Struct, frozen=True):
    """One bot of the page."""

    use: Use
    name: str
    users: int
    most_users: int
    level: Level


@get("/channels", guards=[page_has_role(Role.HR, Role.ADMIN)])
async def channels_page(request: AnyRequest) -> Page:
    """Every bot that counts its messages, in the month that runs."""
    uses = await channel_use.uses(settings_of(request).zone)
    lines = [line for channel in sorted({use.channel for use in uses}) for line in await _lines(channel, uses)]
    waiting, unanswered = await channel_use.waiting(), await channel_use.unanswered(settings_of(request).zone)
    return page(request, "channels.html", lines=lines, waiting=waiting, unanswered=unanswered)


async def _lines(channel: str, uses: list[Use]) -> list[BotLine]:
    bots = {bot.id: bot for bot in await channel_use.bots_of(channel)}
    users, now = await channel_use.users_of(channel), clock.now()
    return [
        BotLine(
            use,
            bots[use.bot].name if use.bot in bots else "",
            users.get(use.bot, 0),
            bots[use.bot].most_users if use.bot in bots else 0,
            use.level(now),
        )
        for use in uses
        if use.channel == channel
    ]


routes = [channels_page]
