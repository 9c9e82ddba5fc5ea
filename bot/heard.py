"""Updates as rows: stored under their key once, claimed by one replica, finished."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from backend.kit import clock
from backend.kit.db import Sql
from bot.speech import Incoming

#: What reading a body raises that is none; so many brackets in each other that nobody can read them make none, too.
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

#: How many waiting updates are looked at at once.
LOOK_AT = 500


class Heard(msgspec.Struct, frozen=True):
    """One update understood: who said what. Updates of one ``album`` belong together."""

    address: str
    said: Incoming
    album: str = ""


async def store(channel: str, updates: Sequence[tuple[str, str]]) -> list[bool]:
    """Keep updates, each a (key, body), in their order, which is the order in which a chat is heard; one that is there
    already is not kept twice. Returns of each whether it is new."""
    sql, now = Sql(), clock.real()
    columns = {"place": "int", "channel": "text", "key": "text", "body": "text", "at": "timestamptz"}
    come = sql.table("u", columns, [(place, channel, key, body, now) for place, (key, body) in enumerate(updates)])
    made = await sql.rows(
        "insert into inbound_update (channel, update_key, body, received_at, attempts, problem) "
        f"select u.channel, u.key, u.body, u.at, 0, '' from {come} where true order by u.place "
        "on conflict (channel, update_key) do nothing returning update_key"
    )
    new = {row["update_key"] for row in made}
    first = {key: place for place, (key, _) in reversed(list(enumerate(updates)))}
    return [key in new and first[key] == place for place, (key, _) in enumerate(updates)]


class Row(msgspec.Struct):
    """A stored update; ``attempts`` tries were begun. Times are real time."""

    id: int
    body: str
    received_at: datetime
    attempts: int


async def waiting(channel: str) -> list[Row]:
    """Updates of a channel that nobody has finished, oldest first."""
    sql = Sql()
    return await sql.fetch(
        "select id, body, received_at, attempts from inbound_update where handled_at is null "
        f"and channel = {sql.arg(channel)} order by id limit {sql.arg(LOOK_AT)}",
        Row,
    )


async def claim(rows: Sequence[Row]) -> set[int]:
    """Those that are ours now: all but what another replica was quicker to take, by their ids."""
    sql = Sql()
    seen = sql.table("s", {"id": "bigint", "attempts": "int"}, [(row.id, row.attempts) for row in rows])
    # Passing over what somebody else is taking: nobody waits in a circle.
    ours = await sql.rows(
        "update inbound_update set attempts = attempts + 1 where id in (select i.id from inbound_update i "
        f"join {seen} on s.id = i.id and s.attempts = i.attempts where {sql.any_of('i.id', [row.id for row in rows])} "
        f"and i.handled_at is null {sql.skip_locked}) returning id"
    )
    return {row["id"] for row in ours}


async def finish(ended: Sequence[tuple[int, str]]) -> None:
    """Updates by their ids as handled, or given up with a problem."""
    for problem in {problem for _, problem in ended}:
        sql = Sql()
        await sql.run(
            f"update inbound_update set handled_at = {sql.arg(clock.real())}, problem = {sql.arg(problem[:300])} "
            f"where {sql.any_of('id', [id_ for id_, its in ended if its == problem])}"
        )


def joined(heard: Sequence[Heard]) -> Heard:
    """The messages of an album as one: all files, the first words."""
    first = heard[0]
    if len(heard) == 1:
        return first
    said = msgspec.structs.replace(
        first.said,
        files=tuple(file for part in heard for file in part.said.files),
        text=next((part.said.text for part in heard if part.said.text), ""),
        reply_to=next((part.said.reply_to for part in heard if part.said.reply_to), ""),
    )
    return Heard(first.address, said, first.album)
