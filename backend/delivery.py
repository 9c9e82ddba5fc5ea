"""The first sign that somebody read a message of ours: a press under it, a reply to it, its link opened, an act on its
task from the same place. Noted once, for good, on the attempts that brought the message (real time)."""

from backend.kit import clock
from backend.kit.db import Sql


async def seen(channel: str, address: str, receipt: str) -> bool:
    """Somebody read this very message, with everything it says; False when that was known, or it is no notice of ours."""
    if not receipt:
        return False
    sql = Sql()
    return bool(
        await sql.run(
            f"update delivery_attempt set seen_at = {sql.arg(clock.real())} where channel = {sql.arg(channel)} "
            f"and address = {sql.arg(address)} and receipt = {sql.arg(receipt)} and receipt <> '' and seen_at is null"
        )
    )


async def seen_task(person_id: int, task_id: int, channel: str) -> bool:
    """Somebody did something about a task from a channel: they have read what they were told of it there. False when
    that was known, or nothing was told there."""
    sql = Sql()
    return bool(
        await sql.run(
            f"update delivery_attempt set seen_at = {sql.arg(clock.real())} where channel = {sql.arg(channel)} "
            "and seen_at is null and outcome in ('sent', 'started') and notice_id in (select id from outbox_notice "
            f"where task_id = {sql.arg(task_id)} and person_id = {sql.arg(person_id)})"
        )
    )
