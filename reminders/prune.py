"""Forgetting: keys, sessions, codes, spent links and handled chat updates that nothing will look at again."""

from datetime import datetime, timedelta

from backend.auth import pruning
from backend.kit import clock, idempotency
from backend.kit.db import Sql

#: A repeat of a chat update comes within minutes; a week leaves time to look into what went wrong.
UPDATES_KEPT_FOR = timedelta(days=7)
#: Questions the bot asked and nobody answered.
PROMPTS_KEPT_FOR = timedelta(days=60)


async def tick(now: datetime | None = None) -> int:
    """Delete what has no use any more; returns how many rows. Goes by real time, whatever ``now`` says."""
    real = clock.real()
    return (
        await idempotency.prune()
        + await pruning.prune()
        + await _delete("inbound_update", "handled_at", real - UPDATES_KEPT_FOR)
        + await _delete("chat_prompt", "asked_at", real - PROMPTS_KEPT_FOR)
    )


async def _delete(table: str, column: str, before: datetime) -> int:
    sql = Sql()
    return await sql.run(f"delete from {table} where {column} is not null and {column} < {sql.arg(before)}")
