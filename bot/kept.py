"""Files sent in a chat of which nobody said which task they are for, as rows: kept for a day, until a number claims them.

Each is a question of ours that waits (``chat_prompt``): which task? It stands with the message that brought the files, and
is answered when they are claimed or dropped. Times are real.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from backend.kit import clock
from backend.kit.db import Sql
from bot.collected import KEPT_FOR, WHICH, Piece, unclaimed

#: So long after the last of them a number alone is taken for their task's.
NUMBER_FOR = timedelta(minutes=30)


class _Row(msgspec.Struct):
    id: int
    receipt: str
    data: Any
    asked_at: datetime


class Kept(msgspec.Struct, frozen=True):
    """What is kept of one chat, in the order in which it came; ``last_at``: when the newest of it came."""

    files: tuple[int, ...]
    kinds: tuple[str, ...]
    text: str
    receipts: tuple[str, ...]
    last_at: datetime

    @property
    def is_fresh(self) -> bool:
        """Whether a number alone means these."""
        return self.last_at > clock.real() - NUMBER_FOR

    @property
    def until(self) -> datetime:
        """When the newest of it is given up."""
        return self.last_at + KEPT_FOR

    @property
    def piece(self) -> Piece:
        """The same as one more message of a report."""
        return Piece(self.receipts[0], self.text, list(zip(self.files, self.kinds, strict=True)))


async def put(channel: str, address: str, person_id: int, piece: Piece) -> None:
    """Keep what one message brought."""
    sql = Sql()
    data = {
        "person": person_id,
        "text": piece.text,
        "files": [id_ for id_, _ in piece.kept],
        "kinds": [kind for _, kind in piece.kept],
    }
    await sql.run(
        "insert into chat_prompt (channel, address, receipt, task_id, act, data, asked_at) values ("
        f"{sql.arg(channel)}, {sql.arg(address)}, {sql.arg(piece.receipt)}, null, {sql.arg(WHICH)}, "
        f"{sql.arg(msgspec.json.encode(data).decode())}, {sql.arg(clock.real())})"
    )


async def waiting(channel: str, address: str, person_id: int) -> Kept | None:
    """What is kept of this person's in a chat and nobody has claimed."""
    sql = Sql()
    rows = await sql.fetch(
        f"select id, receipt, data, asked_at from chat_prompt where {_open(sql, channel, address)} order by id", _Row
    )
    return _whole(rows, person_id)


async def take(channel: str, address: str, person_id: int) -> Kept | None:
    """The same, ours to hand in or to drop, in the transaction that does it: whoever comes later finds nothing."""
    sql = Sql()
    now = sql.arg(clock.real())
    rows = await sql.fetch(
        f"update chat_prompt set answered_at = {now} where {_open(sql, channel, address)} "
        "returning id, receipt, data, asked_at",
        _Row,
    )
    return _whole(sorted(rows, key=lambda row: row.id), person_id)


def _open(sql: Sql, channel: str, address: str) -> str:
    return unclaimed(sql, f"channel = {sql.arg(channel)} and address = {sql.arg(address)}")


def _whole(rows: list[_Row], person_id: int) -> Kept | None:
    """Of a chat that has changed hands, what another person sent is nobody's."""
    told = [(row, msgspec.json.decode(row.data) if isinstance(row.data, str) else row.data) for row in rows]
    own = [(row, data) for row, data in told if data.get("person") == person_id]
    if not own:
        return None
    return Kept(
        tuple(id_ for _, data in own for id_ in data["files"]),
        tuple(kind for _, data in own for kind in data["kinds"]),
        "\n".join(data["text"] for _, data in own if data["text"]),
        tuple(row.receipt for row, _ in own),
        max(row.asked_at for row, _ in own),
    )
