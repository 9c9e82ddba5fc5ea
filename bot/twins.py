"""Urgent work goes to two channels at once: the second message of a notice is a row of its own, its twin.

It is written in the transaction that puts the first try of the notice on record, so that a crash leaves both or none. The
two never use one channel, and whoever has only one way to be reached gets one message: that twin is muted and says so.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from backend import outbox
from backend.domain.notices import AnyNotice, TaskAccepted, TaskAcknowledged, TaskCommented, TaskNotice
from backend.domain.types import Urgency
from backend.kit import clock
from backend.kit.db import Sql
from bot.addresses import Route
from bot.claimed import Claimed

#: These ask nothing of the reader: once is enough, however urgent the task is.
_ONCE = (TaskAccepted, TaskAcknowledged, TaskCommented)


def wanted(claimed: Claimed, notices: Sequence[AnyNotice]) -> tuple[int, ...]:
    """Which of the notices that one message holds go to a second channel as well, when this is their first try."""
    return tuple(
        line.id
        for line, notice in zip(claimed.all, notices, strict=True)
        if line.urgent and not line.attempts and line.twin_of_id is None and _is_urgent_work(notice)
    )


def _is_urgent_work(notice: AnyNotice) -> bool:
    return (
        isinstance(notice, TaskNotice)
        and notice.task.urgency is not Urgency.NORMAL
        and not isinstance(notice, _ONCE)
        and notice.kind != "CardChanged"
    )


_MADE = {"id": "bigint", "status": "text", "problem": "text", "settled_at": "timestamptz"}
_COPIED = "kind, payload, person_id, task_id, topic, urgent, in_slot, not_before, ready_at"


async def make(going: Sequence[tuple[Claimed, str, str]]) -> None:
    """Write the twins of what is put on record in this transaction."""
    rows: list[tuple[Any, ...]] = []
    for claimed, channel, _ in going:
        alone = ("muted", f"{outbox.ONLY_WAY}{channel}", clock.real())
        rows += [(id_, *(("pending", "", None) if claimed.has_other else alone)) for id_ in claimed.twins]
    if not rows:
        return
    sql = Sql()
    copied = ", ".join(f"n.{name.strip()}" for name in _COPIED.split(","))
    suffix, now, no = sql.arg(outbox.TWIN), sql.arg(clock.now()), sql.arg(False)
    table = sql.table("given", _MADE, rows)
    await sql.run(
        f"insert into outbox_notice (dedup_key, {_COPIED}, created_at, lease_owner, attempts, maybe_sent, status, problem, "
        f"settled_at, twin_of_id) select n.dedup_key || {suffix}, {copied}, {now}, '', 0, {no}, given.status, "
        f"given.problem, given.settled_at, n.id from {table} join outbox_notice n on n.id = given.id where true "
        "order by n.id on conflict (dedup_key) do nothing"
    )


class Other(msgspec.Struct):
    """What is known of the other message of a notice in hand: where it has gone, and which channels refused it."""

    in_hand: bool = False
    going_on: bool = False
    taken: set[str] = msgspec.field(default_factory=set)
    failed: set[str] = msgspec.field(default_factory=set)

    def ways(self, claimed: Claimed, usable: Sequence[Route]) -> list[Route]:
        """The ways that are left to this message, best first: not where the other went, nor where a first message that
        goes on will go next."""
        left = [route for route in usable if route.channel not in self.taken]
        if claimed.twin_of_id is not None and self.going_on and not self.taken:
            next_ = next((route for route in left if route.channel not in self.failed), None)
            left = [route for route in left if route is not next_]
        return left

    def is_choosing(self, claimed: Claimed) -> bool:
        """Whether both are looking for another channel this very moment: then one has to wait for the other."""
        return self.in_hand and not self.taken and claimed.attempts > 0


class _Row(msgspec.Struct):
    mine: int
    status: str
    channel: str | None
    outcome: str | None


async def others(batch: Collection[Claimed]) -> dict[int, Other]:
    """The other message of each twin in the batch, and of each urgent notice that is tried again; by the notice's id.
    Of others nothing is asked: what is tried for the first time has no twin yet."""
    lines = {line.id: claimed.id for claimed in batch for line in claimed.all}
    twins = [line.id for claimed in batch for line in claimed.all if line.twin_of_id is not None]
    firsts = [
        line.id
        for claimed in batch
        for line in claimed.all
        if line.twin_of_id is None and line.urgent and line.attempts
    ]
    if not twins and not firsts:
        return {}
    sql = Sql()
    rows = await sql.fetch(
        "select n.id as mine, o.status, a.channel, a.outcome from outbox_notice n "
        "join outbox_notice o on o.id = n.twin_of_id left join delivery_attempt a on a.notice_id = o.id "
        f"where {sql.any_of('n.id', twins)} union all "
        "select n.id as mine, o.status, a.channel, a.outcome from outbox_notice n "
        f"join outbox_notice o on o.dedup_key = n.dedup_key || {sql.arg(outbox.TWIN)} "
        f"left join delivery_attempt a on a.notice_id = o.id where {sql.any_of('n.id', firsts)}",
        _Row,
    )
    found: dict[int, Other] = {}
    for row in rows:
        other = found.setdefault(lines[row.mine], Other())
        other.in_hand |= row.status == "claimed"
        other.going_on |= row.status in ("pending", "claimed", "sending")
        if row.channel is not None:
            (other.failed if row.outcome == "failed" else other.taken).add(row.channel)
    return found
