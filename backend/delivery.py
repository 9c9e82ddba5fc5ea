"""The first sign that somebody read a message of ours: a press under it, a reply to it, its link opened, its notification
tapped, an act on its task from the same place. Noted once, for good, on the attempts that brought the message (real time).
"""

from collections.abc import Sequence

from backend.kit import clock
from backend.kit.db import Sql, transaction

_PUSH = "webpush"
_BEHIND_NAME = ":"


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


def push_receipt(message: str, browsers: Sequence[int]) -> str:
    """The receipt of a push: ``message`` names it in what the browsers show, ``browsers`` took it."""
    return f"{message}{_BEHIND_NAME}{','.join(str(browser) for browser in browsers)}"[:190]


async def seen_push(person_id: int, message: str) -> bool:
    """A person tapped a notification of theirs: they have read the ``message``, and, when it is of one task, what else was
    pushed of that task so far: the newest takes the place of the others, and opens the page that shows them all. False
    when that was known, or it is no push to them."""
    async with transaction():
        sql = Sql()
        rows = await sql.rows(
            f"update delivery_attempt set seen_at = {sql.arg(clock.real())} where channel = {sql.arg(_PUSH)} "
            f"and address = {sql.arg(str(person_id))} and receipt <> '' and seen_at is null "
            f"and substr(receipt, 1, {sql.arg(len(message) + 1)}) = {sql.arg(message + _BEHIND_NAME)} returning notice_id"
        )
        tasks = await _tasks_of([int(row["notice_id"]) for row in rows])
        if len(tasks) == 1 and tasks[0] is not None:
            await seen_task(person_id, tasks[0], _PUSH)
    return bool(rows)


async def _tasks_of(notice_ids: Sequence[int]) -> list[int | None]:
    sql = Sql()
    rows = await sql.rows(f"select distinct task_id from outbox_notice where {sql.any_of('id', notice_ids)}")
    return [row["task_id"] for row in rows]
