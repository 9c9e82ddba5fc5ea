"""How people can be reached: the order of their channels, and what HR counts of it."""

from collections.abc import Collection, Sequence
from typing import Literal

from backend.auth.linking import CHANNELS
from backend.kit import state
from backend.kit.db import Sql

#: The best way to somebody: a chat (where they can answer), else a browser's notifications, else only mail, else none.
Reach = Literal["chat", "push", "mail", "none"]
REACHES: tuple[Reach, ...] = ("none", "mail", "push", "chat")

#: What needs nothing linked, so that only whoever sends knows whether the office has it at all.
OPTIONAL = ("webpush", "email")
_SENT = "channels.sent"


def order_of(chosen: Sequence[str]) -> tuple[str, ...]:
    """Every channel in the order in which it is tried for somebody who chose these."""
    return tuple(dict.fromkeys([*(name for name in chosen if name in CHANNELS), *CHANNELS]))


async def note_sent(channels: Collection[str]) -> None:
    """The bot starts, and sends through these."""
    await state.put(_SENT, " ".join(name for name in OPTIONAL if name in channels))


async def sent() -> frozenset[str]:
    """Which of push and mail the office sends at all: as the bot that started last noted, both before any has."""
    noted = await state.get(_SENT)
    return frozenset(OPTIONAL if noted is None else noted.split())


def reach(sql: Sql, through: Collection[str], person: str = "p") -> str:
    """An SQL expression: the :data:`Reach` of a person, of push and mail only what is in ``through`` (see :func:`sent`)."""
    ways = [_way(sql, "chat", f"select 1 from chat_link c where c.person_id = {person}.id and c.ended_at is null")]
    if "webpush" in through:
        subscribed = f"select 1 from push_subscription b where b.person_id = {person}.id and b.ended_at is null"
        ways.append(_way(sql, "push", subscribed))
    if "email" in through:
        ways.append(f"when {person}.email is not null then {sql.arg('mail')}")
    return f"(case {' '.join(ways)} else {sql.arg('none')} end)"


def _way(sql: Sql, name: Reach, found: str) -> str:
    return f"when exists ({found}) then {sql.arg(name)}"
