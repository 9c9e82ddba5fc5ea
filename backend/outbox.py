"""What is to be said: notices are written in the transaction of their cause and sent after it by ``bot.sender``."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from backend.domain.notices import AnyNotice, CardChanged, TaskAssigned, TaskNotice, TaskRef
from backend.kit import clock, state
from backend.kit.db import Sql
from backend.kit.rows import Writing

#: The first notice of a new task leaves after this undo grace, in real seconds (reminders.md rule 11).
UNDO_GRACE_S = 10
#: A line of a slot that the engine has not let go leaves by itself so long after its moment, in real time.
SLOT_PATIENCE = timedelta(minutes=5)
#: Whoever links a chat late gets so many cards at most; the bot's list has the others.
_CARDS_AGAIN = 5
#: The key of a notice's second message (urgent work goes to two channels at once) is the notice's own with this behind.
TWIN = "~2"
#: How the problem of a second message begins that had nowhere to go; the channel of the first follows.
ONLY_WAY = "only one way: "
_GONE_KEY = "slots.gone_until"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """``notice`` to a person, once for ever per ``dedup_key``.

    ``topic`` lets :func:`cancel` take it back with its cause. ``not_before`` is domain time (default: now), ``grace_s``
    real seconds. ``urgent`` goes before the rest. ``in_slot``: it is a line of the slot ``not_before``, and goes in one
    message with the person's other lines of that moment when the engine lets the slot go (:func:`let_go`).
    """

    notice: AnyNotice
    person_id: int
    dedup_key: str
    topic: str = ""
    urgent: bool = False
    not_before: datetime | None = None
    grace_s: float = 0
    in_slot: bool = False


async def enqueue(
    notice: AnyNotice,
    person_id: int,
    dedup_key: str,
    *,
    topic: str = "",
    urgent: bool = False,
    not_before: datetime | None = None,
    grace_s: float = 0,
    in_slot: bool = False,
) -> bool:
    """Say one notice, see :class:`Said`; False when it was already there. Call it inside the transaction of the cause."""
    one = Said(
        notice=notice,
        person_id=person_id,
        dedup_key=dedup_key,
        topic=topic,
        urgent=urgent,
        not_before=not_before,
        grace_s=grace_s,
        in_slot=in_slot,
    )
    return bool(await enqueue_all([one]))


_HAS_CHAT = "exists (select 1 from chat_link c where c.person_id = said.person_id and c.ended_at is null)"
_QUEUED = {
    "dedup_key": "text",
    "kind": "text",
    "payload": "jsonb",
    "person_id": "bigint",
    "task_id": "bigint",
    "topic": "text",
    "urgent": "boolean",
    "in_slot": "boolean",
    "created_at": "timestamptz",
    "not_before": "timestamptz",
    "ready_at": "timestamptz",
}


async def enqueue_all(said: Sequence[Said], *, linked: bool = False) -> int:
    """Say many at once, in their order; returns how many were not there before. Inside the transaction of their cause.
    ``linked``: only to those who have a chat."""
    if not said:
        return 0
    sql = Sql()
    return len(await sql.rows(f"{enqueueing(said, linked=linked)(sql)} returning id"))


def enqueueing(said: Sequence[Said], *, linked: bool = False) -> Writing:
    """The statement of :func:`enqueue_all`, for those who write more with it."""
    now, real = clock.now(), clock.real()
    names = ", ".join(_QUEUED)

    def text(sql: Sql) -> str:
        table = sql.table("said", _QUEUED, [_row(one, now, real) for one in said])
        return (
            f"insert into outbox_notice ({names}, status, lease_owner, attempts, maybe_sent, problem) "
            f"select {names}, 'pending', '', 0, {sql.arg(False)}, '' from {table} where {_HAS_CHAT if linked else 'true'} "
            "on conflict (dedup_key) do nothing"
        )

    return text


def _row(one: Said, now: datetime, real: datetime) -> tuple[Any, ...]:
    not_before = one.not_before or now
    ready_at = real + timedelta(seconds=one.grace_s)
    if one.in_slot:
        ready_at += max(not_before - now, timedelta())
    return (
        one.dedup_key,
        one.notice.kind,
        msgspec.json.encode(one.notice).decode(),
        one.person_id,
        one.notice.task.id if isinstance(one.notice, TaskNotice) else None,
        one.topic,
        one.urgent,
        one.in_slot,
        now,
        not_before,
        ready_at,
    )


async def let_go(now: datetime) -> None:
    """Everything that is a line of a slot up to ``now`` has been written: the messages may leave."""
    sql = Sql()
    waiting = await sql.rows(
        "select 1 as one from outbox_notice where in_slot and status = 'pending' "
        f"and not_before > {sql.arg(await gone_until())} and not_before <= {sql.arg(now)} limit 1"
    )
    if waiting:
        await state.put(_GONE_KEY, now.astimezone(UTC).isoformat())


async def gone_until() -> datetime:
    """Up to which moment the lines of slots have been let go (domain time)."""
    found = await state.get(_GONE_KEY)
    return datetime.fromisoformat(found) if found else _NEVER


async def say_again(person_id: int, *, after: timedelta = timedelta()) -> int:
    """Somebody can be reached now: the newest cards of open tasks that nobody could send them are sent after all. Returns
    how many. (What else was muted is on the pages, and old by now.)"""
    sql = Sql()
    ready_at = sql.arg(clock.real() + after)
    rows = await sql.rows(
        f"update outbox_notice set status = 'pending', problem = '', settled_at = null, ready_at = {ready_at} "
        "where id in (select n.id from outbox_notice n join task t on t.id = n.task_id "
        f"where n.person_id = {sql.arg(person_id)} and n.status = 'muted' and n.kind = {sql.arg(TaskAssigned.__name__)} "
        "and n.twin_of_id is null "
        f"and t.status in ('assigned', 'acknowledged') order by n.id desc limit {_CARDS_AGAIN}) returning id"
    )
    return len(rows)


async def cancel(task_id: int, *topics: str, person_id: int | None = None) -> int:
    """Take back what has not left yet about a task (all topics when none is named); returns how many were never said.

    A notice that is being sent this very moment is not touched: it may have arrived. One that may have arrived earlier
    is not sent again, and not counted; a second message of urgent work never counts.
    """
    sql = Sql()
    where = f"task_id = {sql.arg(task_id)}"
    if topics:
        where += f" and topic in {sql.args(topics)}"
    if person_id is not None:
        where += f" and person_id = {sql.arg(person_id)}"
    return await _cancel(sql, where)


async def take_back(dedup_key: str) -> bool:
    """Unsay one notice that has not left yet, on any channel; False when it has (or may have, or was never there)."""
    sql = Sql()
    return bool(await _cancel(sql, f"dedup_key in {sql.args((dedup_key, dedup_key + TWIN))}"))


async def answered(task_id: int, person_id: int) -> None:
    """Somebody did something about a task: what of urgent work said to them twice has not left yet, need not any more."""
    sql = Sql()
    suffix, same = sql.arg(TWIN), f"task_id = {sql.arg(task_id)} and person_id = {sql.arg(person_id)}"
    await _cancel(
        sql,
        f"{same} and (twin_of_id is not null or urgent and attempts > 0 and exists (select 1 from outbox_notice t "
        f"where t.dedup_key = outbox_notice.dedup_key || {suffix} and t.status <> 'muted'))",
    )


async def _cancel(sql: Sql, where: str) -> int:
    rows = await sql.rows(
        f"update outbox_notice set status = 'cancelled', settled_at = {sql.arg(clock.real())} "
        f"where {where} and status in ('pending', 'claimed') returning dedup_key, maybe_sent, urgent, twin_of_id"
    )
    unsaid = [row for row in rows if not row["maybe_sent"] and row["twin_of_id"] is None]
    return len(unsaid) - await _said_the_other_way([row["dedup_key"] for row in unsaid if row["urgent"]])


async def _said_the_other_way(keys: Sequence[str]) -> int:
    """Of how many of these notices the second message has gone, or may have."""
    if not keys:
        return 0
    sql = Sql()
    [row] = await sql.rows(
        f"select count(*) as n from outbox_notice where dedup_key in {sql.args([key + TWIN for key in keys])} "
        "and (status in ('sending', 'sent') or maybe_sent)"
    )
    return int(row["n"])


def refreshing_cards(task: TaskRef, version: int, people: Iterable[int]) -> Writing:
    """The statement that has the task's cards in these people's chats edited to what is now true; nothing is said aloud."""
    card = CardChanged(task=task)
    return enqueueing(
        [
            Said(notice=card, person_id=person, dedup_key=f"card:{task.id}:{version}:{person}", topic="card")
            for person in sorted(set(people))
        ],
        linked=True,
    )
