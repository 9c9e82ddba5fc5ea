"""Linking chats: a short code made by the signed-in person and typed into the chat proves that both are theirs."""

from datetime import datetime

import msgspec

from backend import audit, channel_use, outbox
from backend.auth import link_codes, lost_chats, throttle
from backend.auth.actors import actor_of
from backend.auth.authority import check_power_over
from backend.domain.notices import ChatLinked
from backend.domain.types import SYSTEM, Actor, Role
from backend.errors import Conflict, NotFound, NotSignedIn
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import ChatLink

#: Where the Telegram side of the bot notes the name it is found under (kit.state), for links that open its chat.
TELEGRAM_NAME = "telegram.username"

#: Ways to reach a person, in the order they are tried unless the person chose another.
CHANNELS = ("telegram", "zalo", "webpush", "email")

#: Guesses from all chats together are counted under this key.
ALL = "link:*"


class ChatLinkView(msgspec.Struct):
    """A chat that is linked to a person; ``address`` is the chat's id on its channel."""

    channel: str
    address: str
    linked_at: datetime


class PhoneNeeded(msgspec.Struct, frozen=True):
    """The code is right, and from HR's printed sheet: the chat is linked by :mod:`backend.auth.link_phone`, once the end
    of the person's phone number was said too. ``code`` is the hash by which the code is found again."""

    code: str


class _Link(msgspec.Struct):
    id: int
    person_id: int
    channel: str
    address: str


async def make_code(actor: Actor, person_id: int | None = None) -> tuple[str, datetime]:
    """A code that links a chat to the actor, or to a person under an HR or admin actor, and when it ends.

    The person's last code stops working. Raises NotFound or Forbidden as ``check_power_over``.
    """
    if person_id is not None and person_id != actor.person_id:
        await check_power_over(actor, person_id, Role.HR, Role.ADMIN)
        await _in_service(person_id)
    return await link_codes.make(actor, person_id or actor.person_id)


async def _in_service(person_id: int) -> None:
    try:
        await actor_of(person_id)
    except NotSignedIn:
        raise NotFound("not_found") from None


async def redeem(channel: str, address: str, code: str) -> int | PhoneNeeded:
    """Link the chat at ``address`` to whoever made ``code``; returns the person. A code from HR's printed sheet links
    nothing by itself: returns PhoneNeeded, and the code stays good.

    The chat leaves whoever it was linked to before, who is told elsewhere as HR are, and the person's other chat on the
    channel is let go, which they are told on another channel: one chat, one person. Raises NotFound for a code that is
    wrong, used or over; Conflict (the code stays good) when the chat's bot is for no more people, or a printed code is
    for somebody without a phone number; TooMany (``retry_after_s``) after several of them from this chat or very many
    from all; LimiterDown when they cannot be counted.
    """
    key = await count_guess(channel, address)
    hashed = await link_codes.hash_of(code)
    try:
        async with transaction():
            brought = await _bring(hashed, channel, address)
    except Conflict:  # nothing was written: the code stays good
        await throttle.give_back(key)
        await throttle.give_back(ALL)
        raise
    if brought is None:
        raise NotFound("link_code_wrong")
    if isinstance(brought, int):  # who holds a printed code may still be guessing at its other half
        await throttle.forget(key)
        await throttle.give_back(ALL)
    return brought


async def count_guess(channel: str, address: str) -> str:
    """Count something that a chat brings to be linked by, before it is looked at; returns the key it is counted under.
    Raises TooMany, LimiterDown."""
    key = throttle.key_of("link", f"{channel}:{address}")
    await throttle.take(key, throttle.CHAT)
    await throttle.take(ALL, throttle.ALL_CHATS)
    return key


async def _bring(hashed: str, channel: str, address: str) -> int | PhoneNeeded | None:
    code = await link_codes.find(hashed)
    if code is None:
        return None
    if not code.asks_phone:
        return await spend(code, channel, address)
    if code.phone is None:
        raise Conflict("link_code_no_phone")
    await _check_room(channel, address, code.person_id)
    return PhoneNeeded(hashed)


async def spend(code: link_codes.Code, channel: str, address: str) -> int | None:
    """Use a code up for a chat, in a transaction of the caller's; returns the person, or None when it is good no more.

    Raises Conflict when the chat's bot is for no more people.
    """
    try:
        actor = await actor_of(code.person_id)
    except NotSignedIn:
        return None
    if not await link_codes.spend(code.hashed):
        return None
    await _check_room(channel, address, actor.person_id)
    await _link(actor, channel, address)
    return actor.person_id


async def _check_room(channel: str, address: str, person_id: int) -> None:
    """Raises Conflict, with the bots that have room, when one more person does not fit behind the bot of an address."""
    bots = await channel_use.bots_of(channel)
    mine = next((bot for bot in bots if address.startswith(f"{bot.id}:")), None)
    if mine is None or not mine.most_users:
        return
    await channel_use.hold(channel, mine.id)
    open_ = await channel_use.with_room(channel, (address, person_id))
    if not open_:
        raise Conflict("chat_bots_full", n=mine.most_users)
    if mine not in open_:
        raise Conflict("chat_bot_full", n=mine.most_users, bots=", ".join(bot.name or bot.id for bot in open_))


async def _link(actor: Actor, channel: str, address: str) -> None:
    sql = Sql()
    live = await sql.fetch(
        "select id, person_id, channel, address from chat_link where ended_at is null "
        f"and channel = {sql.arg(channel)} "
        f"and (address = {sql.arg(address)} or person_id = {sql.arg(actor.person_id)})",
        _Link,
    )
    if any(link.address == address and link.person_id == actor.person_id for link in live):
        return
    for link in live:
        theirs = link.person_id != actor.person_id
        await _end(actor, link, lost_chats.TAKEN_OVER if theirs else lost_chats.REPLACED)
        if theirs:
            await lost_chats.tell(link.person_id, channel, lost_chats.TAKEN_OVER, new_owner=actor.person_id)
    made = await ChatLink.create(person_id=actor.person_id, channel=channel, address=address, linked_at=clock.real())
    await audit.record(actor, "auth.chat_linked", "person", actor.person_id, channel=channel)
    await outbox.enqueue(ChatLinked(channel=channel), actor.person_id, f"chat-linked:{made.id}")
    if any(link.person_id == actor.person_id for link in live):
        await lost_chats.tell_owner(actor.person_id, channel, made.id)
    await outbox.say_again(actor.person_id)


async def _end(actor: Actor, link: _Link, reason: str) -> None:
    await ChatLink.filter(id=link.id, ended_at=None).update(ended_at=clock.real(), end_reason=reason[:64])
    await audit.record(actor, "auth.chat_unlinked", "person", link.person_id, channel=link.channel, reason=reason)


async def unlink(actor: Actor, channel: str) -> bool:
    """Let go of the actor's chat on a channel; False when there was none."""
    return bool(await _end_where(actor, "unlinked", channel=channel, person_id=actor.person_id))


async def end_link(channel: str, address: str, reason: str) -> bool:
    """The channel says that this address does not take our messages any more (blocked, deleted); False = not linked.
    The person hears of it on another channel of theirs, and so do HR."""
    async with transaction():
        ended = await _end_where(SYSTEM, reason, channel=channel, address=address)
        for link in ended:
            await lost_chats.tell(link.person_id, channel, reason)
    return bool(ended)


async def move_link(channel: str, address: str, to: str) -> bool:
    """The channel says that the chat at ``address`` is at another address from now on; False = not linked.

    The link follows it, unless somebody else's chat is there: then it ends, as in :func:`end_link`.
    """
    async with transaction():
        link = await _live(channel, address)
        if link is None or to == address:
            return link is not None
        if await _live(channel, to) is not None:
            return await end_link(channel, address, lost_chats.MOVED)
        await ChatLink.filter(id=link.id, ended_at=None).update(address=to)
        await audit.record(SYSTEM, "auth.chat_moved", "person", link.person_id, channel=channel)
    return True


async def _live(channel: str, address: str) -> _Link | None:
    sql = Sql()
    found = await sql.fetch(
        f"select id, person_id, channel, address from chat_link where channel = {sql.arg(channel)} "
        f"and address = {sql.arg(address)} and ended_at is null",
        _Link,
    )
    return found[0] if found else None


async def _end_where(actor: Actor, reason: str, **where: str | int) -> list[_Link]:
    async with transaction():
        sql = Sql()
        found = await sql.fetch(
            "select id, person_id, channel, address from chat_link where ended_at is null and "
            + " and ".join(f"{column} = {sql.arg(value)}" for column, value in where.items()),
            _Link,
        )
        for link in found:
            await _end(actor, link, reason)
    return found


async def links_of(person_id: int) -> list[ChatLinkView]:
    """A person's live links, by channel."""
    sql = Sql()
    return await sql.fetch(
        f"select channel, address, linked_at from chat_link where person_id = {sql.arg(person_id)} "
        "and ended_at is null order by channel",
        ChatLinkView,
    )


async def person_of(channel: str, address: str) -> int | None:
    """Whose chat it is; None when it is nobody's."""
    link = await _live(channel, address)
    return link.person_id if link else None
