"""Chats that were lost: the person hears of it on another channel of theirs, and whoever keeps their record does too."""

import msgspec

from backend import outbox
from backend.auth.actors import today
from backend.domain.notices import ChatLost
from backend.domain.types import Role
from backend.kit.db import Sql

#: The reason of a chat that went to an address where it cannot be followed.
MOVED = "moved"
#: The reason of a chat that somebody else linked to their own account.
TAKEN_OVER = "taken_over"
#: The reason of a chat in whose place its owner, or somebody with a code of theirs, linked another.
REPLACED = "replaced"


class _Keeper(msgspec.Struct):
    person_id: int
    role: Role
    path: str


def why(reason: str) -> str:
    """What a channel gave as its reason, as one of the few kinds that have words."""
    text = reason.lower()
    if reason in (MOVED, TAKEN_OVER):
        return reason
    if "block" in text or "kicked" in text:
        return "blocked"
    return "gone" if any(word in text for word in ("not found", "deactivated", "deleted")) else "refused"


async def tell(person_id: int, channel: str, reason: str, *, new_owner: int | None = None) -> None:
    """Say that a person's chat is lost, inside the transaction that ends its link: once a person, channel and day, and
    again for each ``new_owner`` who linked the chat to their own account (HR learn who that is).

    Whoever has no other way is not reached, which the outbox finds out by itself; HR are told all the same.
    """
    notice = ChatLost(channel=channel, reason=why(reason))
    once = f"chat-lost:{person_id}:{channel}:{today()}{f':{new_owner}' if new_owner else ''}"
    said = [outbox.Said(notice=notice, person_id=person_id, dedup_key=once)]
    told = msgspec.structs.replace(
        notice, person=await _name(person_id), new_owner=await _name(new_owner) if new_owner else ""
    )
    said += [
        outbox.Said(notice=told, person_id=keeper, dedup_key=f"{once}:{keeper}") for keeper in await _keepers(person_id)
    ]
    await outbox.enqueue_all(said)


async def tell_owner(person_id: int, channel: str, link_id: int) -> None:
    """Say to somebody, on another channel, that the link ``link_id`` took the place of their chat: it may not have been
    them. Nobody else is told: people get new phones. Inside the transaction that makes the link."""
    notice = ChatLost(channel=channel, reason=REPLACED)
    await outbox.enqueue(notice, person_id, f"chat-replaced:{link_id}")


async def _name(person_id: int) -> str:
    sql = Sql()
    [row] = await sql.rows(f"select full_name from person where id = {sql.arg(person_id)}")
    return str(row["full_name"])


async def _keepers(person_id: int) -> list[int]:
    """HR nearest above each position of the person; where there is none, the nearest admins. Nobody keeps themselves."""
    places = await _places(person_id)
    seats = await _seats(person_id)
    found: list[int] = []
    for place in places:
        over = [seat for seat in seats if place.startswith(seat.path)]
        role = Role.HR if any(seat.role is Role.HR for seat in over) else Role.ADMIN
        mine = [seat for seat in over if seat.role is role]
        nearest = max((len(seat.path) for seat in mine), default=0)
        found += [seat.person_id for seat in mine if len(seat.path) == nearest]
    return sorted(set(found))


async def _places(person_id: int) -> list[str]:
    sql = Sql()
    rows = await sql.rows(
        "select distinct u.path from position s join unit u on u.id = s.unit_id "
        f"where s.person_id = {sql.arg(person_id)} and {_in_force(sql)}"
    )
    return [str(row["path"]) for row in rows]


async def _seats(but: int) -> list[_Keeper]:
    sql = Sql()
    return await sql.fetch(
        "select s.person_id, s.role, u.path from position s join unit u on u.id = s.unit_id "
        f"join person p on p.id = s.person_id where s.role in ('hr', 'admin') and {_in_force(sql)} "
        f"and p.left_at is null and (p.until_on is null or p.until_on >= {sql.arg(today())}) "
        f"and s.person_id <> {sql.arg(but)}",
        _Keeper,
    )


def _in_force(sql: Sql) -> str:
    on = sql.arg(today())
    return (
        f"s.from_on <= {on} and (s.until_on is null or s.until_on >= {on}) "
        f"and (u.closed_on is null or u.closed_on > {on})"
    )
