"""Forgetting uploads that hang on nothing: first their rows, then content that no row names any more.

Whatever was handed in stays: a file of a task, of a report, of a waiver request or of an appeal is never looked at. The
audit trail keeps that something was uploaded, by whom, and its hash.
"""

import asyncio
from collections.abc import Collection
from datetime import timedelta

import msgspec

from backend.files.service import storage
from backend.kit import clock, logs
from backend.kit.db import Sql, transaction
from backend.settings import Settings

log = logs.get("files.pruning")

#: Whoever uploads may take this long to say what for (domain time, as uploads are dated).
UNUSED_FOR = timedelta(days=30)
#: Content that was written, or asked for once more, so lately may be about to get a row.
_UNTOUCHED_FOR = timedelta(days=1)
_AT_ONCE = 500


async def prune(in_hand: Collection[int] = ()) -> int:
    """Delete old uploads that nobody used, but for those ``in_hand``; returns how many."""
    sql = Sql()
    but = f"and not {sql.any_of('id', sorted(in_hand))} " if in_hand else ""
    return await sql.run(
        f"delete from attachment where task_id is null and report_id is null {but}"
        f"and uploaded_at < {sql.arg(clock.now() - UNUSED_FOR)} "
        "and not exists (select 1 from evidence e where e.attachment_id = attachment.id)"
    )


class _Blob(msgspec.Struct):
    sha256: str


async def prune_content(settings: Settings) -> int:
    """Delete content that no attachment names any more; returns how many."""
    sql = Sql()
    old = sql.arg(clock.now() - UNUSED_FOR)
    none = "not exists (select 1 from attachment a where a.blob_id = blob.sha256)"
    found = await sql.fetch(
        f"select sha256 from blob where created_at < {old} and {none} order by sha256 limit {_AT_ONCE}", _Blob
    )
    place, gone = storage(settings), 0
    for blob in found:
        async with transaction():
            sql = Sql()
            gone += await sql.run(f"delete from blob where sha256 = {sql.arg(blob.sha256)} and {none}")
        # After the row: content without a row is waste, a row without content would be a loss.
        await asyncio.to_thread(place.forget, blob.sha256, _UNTOUCHED_FOR)
    if gone:
        log.info("content.forgotten", files=gone)
    return gone
