"""The order in which a person hears of work, for their own page: each channel of the office, whether it works now,
and what moving it makes of the order."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from backend import channel_use
from backend.auth import reach
from backend.auth.linking import ChatLinkView
from backend.auth.push import PushBrowser
from backend.auth.schemas import MeView
from backend.channel_use import Level, Use
from backend.kit import clock
from backend.settings import Settings
from backend.web.words import Words

#: works | short: the bot has only urgent messages left, or none | missing: nothing is linked.
State = Literal["works", "short", "missing"]
_KIND = {"works": "good", "short": "wait", "missing": ""}
#: Where on the page a channel that is missing is set up; a mail address is HR's to enter.
_SET_UP = {"telegram": "#chat", "zalo": "#chat", "webpush": "#push"}


class Row(msgspec.Struct, frozen=True):
    """One channel; ``up`` and ``down`` are the whole order after a press, so that a repeated press changes nothing more
    (empty at the ends). ``kind`` colours the badge, ``set_up`` is where the channel is set up."""

    channel: str
    name: str
    state: State
    badge: str
    kind: str
    detail: str
    set_up: str
    up: str
    down: str


class Order(msgspec.Struct, frozen=True):
    """``first``, ``rest`` and ``urgent`` name the channels that carry a message now; ``chosen``: the order is their own."""

    rows: list[Row]
    first: str
    rest: str
    urgent: list[str]
    chosen: bool


class Has(msgspec.Struct, frozen=True):
    """What a person has linked and registered; which channels the office does not have."""

    account: MeView
    chats: Sequence[ChatLinkView]
    browsers: Sequence[PushBrowser]
    without: frozenset[str]


async def not_here(settings: Settings, chats: Sequence[ChatLinkView]) -> frozenset[str]:
    """The channels that the office does not send through. Nobody knows that of Telegram before a bot has run."""
    sent = await reach.sent()
    closed = {name for name in reach.OPTIONAL if name not in sent}
    if not settings.push_services:
        closed.add("webpush")
    if not any(chat.channel == "zalo" for chat in chats) and not await channel_use.bots_of("zalo"):
        closed.add("zalo")
    return frozenset(closed)


async def order_for(has: Has, words: Words) -> Order:
    """Every channel of the office in the person's order."""
    whole = reach.order_of(has.account.channels)
    shown = [name for name in whole if name not in has.without]
    levels = await _levels(has.chats, words)
    rows = [_row(whole, shown, place, has, levels, words) for place in range(len(shown))]
    working = [row.name for row in rows if row.state == "works"]
    urgent = [row.name for row in rows if row.state == "works" or levels.get(row.channel) is Level.URGENT_ONLY]
    return Order(rows, (working or [""])[0], ", ".join(working[1:]), urgent[:2], bool(has.account.channels))


async def _levels(chats: Sequence[ChatLinkView], words: Words) -> dict[str, Level]:
    """How short the month is of the bots behind a person's chats."""
    bots = {(chat.channel, chat.address.partition(":")[0]) for chat in chats if ":" in chat.address}
    uses: list[Use] = await channel_use.uses(words.zone.key) if bots else []
    return {use.channel: use.level(clock.now()) for use in uses if (use.channel, use.bot) in bots}


def _row(
    whole: Sequence[str], shown: Sequence[str], place: int, has: Has, levels: dict[str, Level], words: Words
) -> Row:
    name = shown[place]
    level = levels.get(name, Level.PLENTY)
    detail = _detail(name, has, words)
    state: State = "missing" if not detail else "short" if level >= Level.URGENT_ONLY else "works"
    return Row(
        channel=name,
        name=words.t(f"channel.{name}"),
        state=state,
        badge=words.t(f"channels.level.{level.name.lower()}" if state == "short" else f"me.way.{state}"),
        kind=_KIND[state],
        detail=detail or words.t(f"me.way.missing_{name}"),
        set_up="" if detail else _SET_UP.get(name, ""),
        up=_changed(whole, shown[place - 1 : place + 1]),
        down=_changed(whole, shown[place : place + 2]),
    )


def _detail(name: str, has: Has, words: Words) -> str:
    """What makes a channel work, in words; empty when there is nothing."""
    if name == "email":
        return has.account.email or ""
    if name == "webpush":
        return words.t("me.way.browsers", n=len(has.browsers)) if has.browsers else ""
    linked = next((chat.linked_at for chat in has.chats if chat.channel == name), None)
    return words.t("me.chat_since", at=words.moment(linked)) if linked else ""


def _changed(whole: Sequence[str], two: Sequence[str]) -> str:
    """The whole order with two channels changed, as a form sends it; empty where there are no two."""
    if len(two) < 2:
        return ""
    other = {two[0]: two[1], two[1]: two[0]}
    return ",".join(other.get(name, name) for name in whole)
