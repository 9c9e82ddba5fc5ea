"""Linking chats: a short code made by the signed-in person and typed into the chat proves that both are theirs."""

import secrets
from datetime import datetime, timedelta

import msgspec

from backend import audit, channel_use, outbox
from backend.auth import keys, throttle
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

CODE_LASTS = timedelta(minutes=10)
#: Digits and capitals that nobody mistakes for each other: 30⁸ ≈ 6·10¹¹ codes.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8
_ALL = "link:*"


class ChatLinkView(msgspec.Struct):
    """A chat that is linked to a person; ``address`` is the chat's id on its channel."""

    channel: str
    address: str
    linked_at: datetime


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
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    hashed = await keys.keyed_hash(code)
    now = clock.real()
    whose = person_id or actor.person_id
    async with transaction():
        sql = Sql()
        await sql.run(
            "insert into link_code (person_id, code_hash, created_at, expires_at, used_at) values "
            f"({sql.arg(whose)}, {sql.arg(hashed)}, {sql.arg(now)}, {sql.arg(now + CODE_LASTS)}, null) "
            "on conflict (person_id) do update set code_hash = excluded.code_hash, created_at = excluded.created_at, "
            "expires_at = excluded.expires_at, used_at = null"
        )
        await audit.record(actor, "auth.chat_code_made", "person", whose)
    return code, now + CODE_LASTS


async def _in_service(person_id: int) -> None:
    try:
        await actor_of(person_id)
    except NotSignedIn:
        raise NotFound("not_found") from None


async def redeem(channel: str, address: str, code: str) -> int:
    """Link the chat at ``address`` to whoever made ``code``; returns the person.

    The chat leaves whoever it was linked to before and the person's other chat on the channel is let go: one chat, one
    person. Raises NotFound for a code that is wrong, used or over; Conflict (the code stays good) when the chat's bot is
    for no more people; TooMany (``retry_after_s``) after several of them from this chat or very many from all;
    LimiterDown when they cannot be counted.
    """
    key = throttle.key_of("link", f"{channel}:{address}")
    await throttle.take(key, throttle.CHAT)
    await throttle.take(_ALL, throttle.ALL_CHATS)
    hashed = await keys.keyed_hash("".join(letter for letter in code.upper() if letter.isalnum()))
    actor, full = None, None
    try:
        async with transaction():
            actor = await _spend(hashed)
            if actor is not None:
                await _check_room(channel, address, actor.person_id)
                await _link(actor, channel, address)
    except Conflict as error:  # nothing was written: the code stays good
        full = error
    if actor is None:
        raise NotFound("link_code_wrong")
    await throttle.forget(key)
    await throttle.give_back(_ALL)
    if full is not None:
        raise full
    return actor.person_id


async def _spend(hashed: str) -> Actor | None:
    now = clock.real()
    sql = Sql()
    rows = await sql.rows(
        f"update link_code set used_at = {sql.arg(now)} where code_hash = {sql.arg(hashed)} and used_at is null "
        f"and expires_at > {sql.arg(now)} returning person_id"
    )
    try:
        return await actor_of(rows[0]["person_id"]) if rows else None
    except NotSignedIn:
        return None


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
        await _end(actor, link, "replaced" if link.person_id == actor.person_id else "taken_over")
    made = await ChatLink.create(person_id=actor.person_id, channel=channel, address=address, linked_at=clock.real())
    await audit.record(actor, "auth.chat_linked", "person", actor.person_id, channel=channel)
    await outbox.enqueue(ChatLinked(channel=channel), actor.person_id, f"chat-linked:{made.id}")
    await outbox.say_again(actor.person_id)


async def _end(actor: Actor, link: _Link, reason: str) -> None:
    await ChatLink.filter(id=link.id, ended_at=None).update(ended_at=clock.real(), end_reason=reason[:64])
    await audit.record(actor, "auth.chat_unlinked", "person", link.person_id, channel=link.channel, reason=reason)


async def unlink(actor: Actor, channel: str) -> bool:
    """Let go of the actor's chat on a channel; False when there was none."""
    return await _end_where(actor, "unlinked", channel=channel, person_id=actor.person_id)


async def end_link(channel: str, address: str, reason: str) -> bool:
    """The channel says that this address does not take our messages any more (blocked, deleted); False = not linked."""
    return await _end_where(SYSTEM, reason, channel=channel, address=address)


async def _end_where(actor: Actor, reason: str, **where: str | int) -> bool:
    async with transaction():
        sql = Sql()
        found = await sql.fetch(
            "select id, person_id, channel, address from chat_link where ended_at is null and "
            + " and ".join(f"{column} = {sql.arg(value)}" for column, value in where.items()),
            _Link,
        )
        for link in found:
            await _end(actor, link, reason)
    return bool(found)


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
    sql = Sql()
    rows = await sql.rows(
        f"select person_id from chat_link where channel = {sql.arg(channel)} and address = {sql.arg(address)} "
        "and ended_at is null"
    )
    return int(rows[0]["person_id"]) if rows else None
