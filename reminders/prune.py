"""Forgetting: keys, sessions, codes, spent links, handled chat updates and files nobody used: nothing looks at them again."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from backend.auth import pruning
from backend.files import pruning as files
from backend.kit import clock, idempotency, logs
from backend.kit.db import Sql
from backend.settings import Settings

log = logs.get("reminders.prune")

#: A repeat of a chat update comes within minutes; a week leaves time to look into what went wrong.
UPDATES_KEPT_FOR = timedelta(days=7)
#: Questions the bot asked and nobody answered.
PROMPTS_KEPT_FOR = timedelta(days=60)
#: A report that is being said in a chat is handed in after two minutes of quiet. One that is open for so long belongs to a
#: chat that nobody listens to any more, or could never be handed in.
REPORTS_OPEN_FOR = timedelta(days=7)
#: Reports that were handed in or dropped: what was handed in is the task's own by then.
REPORTS_KEPT_FOR = timedelta(days=60)
GIVEN_UP = "given up: nobody could hand it in"


async def tick(now: datetime | None = None) -> int:
    """Delete what has no use any more; returns how many rows. Goes by real time, whatever ``now`` says."""
    real = clock.real()
    return (
        await idempotency.prune()
        + await pruning.prune()
        + await _delete("inbound_update", "handled_at", real - UPDATES_KEPT_FOR)
        + await _delete("chat_prompt", "asked_at", real - PROMPTS_KEPT_FOR)
        + await _give_up_reports(real)
        + await _delete("chat_report", "ended_at", real - REPORTS_KEPT_FOR)
        + await files.prune(await _in_hand(real))
    )


class Contents:
    """Forgetting the content of files, where this process has them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def tick(self, now: datetime | None = None) -> int:
        """Delete content that no file names any more; returns how many."""
        return await files.prune_content(self._settings)


class _Files(msgspec.Struct):
    files: Any


async def _in_hand(real: datetime) -> set[int]:
    """Uploads that somebody is about to hand in from a chat: of reports that are being said, and such of which nobody has
    said yet which task they are for."""
    sql = Sql()
    rows = await sql.fetch(
        "select files from chat_report where ended_at is null union all "
        f"select data as files from chat_prompt where act = {sql.arg('which')} and answered_at is null "
        f"and asked_at > {sql.arg(real - REPORTS_OPEN_FOR)}",
        _Files,
    )
    found: set[int] = set()
    for row in rows:
        held = msgspec.json.decode(row.files) if isinstance(row.files, str) else row.files
        found.update(held["files"] if isinstance(held, dict) else held)
    return found


async def _give_up_reports(real: datetime) -> int:
    sql = Sql()
    rows = await sql.rows(
        f"update chat_report set ended_at = {sql.arg(real)}, problem = {sql.arg(GIVEN_UP)} "
        f"where ended_at is null and heard_at < {sql.arg(real - REPORTS_OPEN_FOR)} returning id, task_id"
    )
    for row in rows:
        log.warning("chat_report.given_up", report=row["id"], task=row["task_id"])
    return len(rows)


async def _delete(table: str, column: str, before: datetime) -> int:
    sql = Sql()
    return await sql.run(f"delete from {table} where {column} is not null and {column} < {sql.arg(before)}")
