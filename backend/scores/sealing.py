"""The seal of a closed period: one hash over all its stored results, whatever database holds them."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from backend.kit.db import Sql

_BATCH = 500


def digest(data: Any) -> bytes:
    """The digest of one stored result, in a form that does not depend on the database."""
    return digest_of(msgspec.json.encode(data, order="sorted"))


def digest_of(text: bytes) -> bytes:
    """SHA-256 of a result as JSON with sorted keys."""
    return hashlib.sha256(text).digest()


def seal(digests: Iterable[bytes]) -> str:
    """SHA-256 over the digests of every result, in an order that is theirs alone."""
    return hashlib.sha256(b"".join(sorted(digests))).hexdigest()


async def holds(period_id: int, sealed: str) -> bool:
    """Whether the stored results of a closed period are still those that were sealed."""
    digests: list[bytes] = []
    last = 0
    while True:
        sql = Sql()
        rows = await sql.rows(
            f"select id, data from period_result where period_id = {sql.arg(period_id)} and id > {sql.arg(last)} "
            f"order by id limit {_BATCH}"
        )
        for row in rows:
            data = row["data"]
            digests.append(digest(msgspec.json.decode(data) if isinstance(data, str) else data))
        if len(rows) < _BATCH:
            return seal(digests) == sealed
        last = int(rows[-1]["id"])
