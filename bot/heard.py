"""Updates as rows: stored under their key once, claimed by one replica, finished."""

from collections.abc import Iterable, Sequence
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


async def store(channel: str, updates: Iterable[tuple[str, str]]) -> int:
    """Keep updates, each a (key, body); one that is there already is not kept twice. Returns how many were new."""
    new = 0
    for key, body in updates:
        sql = Sql()
        made = await sql.rows(
            "insert into inbound_update (channel, update_key, body, received_at, attempts, problem) values ("
            f"{sql.arg(channel)}, {sql.arg(key)}, {sql.arg(body)}, {sql.arg(clock.real())}, 0, '') "
            "on conflict (channel, update_key) do nothing returning id"
        )
        new += len(made)
    return new


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


async def claim(rows: Sequence[Row]) -> bool:
    """Ours, unless another replica was quicker."""
    for row in rows:
        sql = Sql()
        ours = await sql.run(
            f"update inbound_update set attempts = attempts + 1 where id = {sql.arg(row.id)} "
            f"and attempts = {sql.arg(row.attempts)} and handled_at is null"
        )
        if not ours:
            return False
    return True


async def finish(rows: Sequence[Row], problem: str = "") -> None:
    """Handled, or given up with a problem."""
    for row in rows:
        sql = Sql()
        await sql.run(
            f"update inbound_update set handled_at = {sql.arg(clock.real())}, problem = {sql.arg(problem[:300])} "
            f"where id = {sql.arg(row.id)}"
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
