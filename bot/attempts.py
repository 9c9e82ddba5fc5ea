"""The proof of delivery: every attempt, on record before the network hears of it, and how it ended (real time)."""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple, cast

import msgspec

from backend.domain.notices import AnyNotice
from backend.kit import clock
from backend.kit.db import Sql
from bot.channel import Receipt


class Attempt(msgspec.Struct, frozen=True):
    """A try that is on record: ``number`` 1 is the first of its notice."""

    id: int
    notice_id: int
    number: int
    channel: str
    address: str
    #: Those of the further lines that go in the same message.
    more: "tuple[Attempt, ...]" = ()

    @property
    def notice_ids(self) -> list[int]:
        return [self.notice_id, *(line.notice_id for line in self.more)]

    @property
    def ids(self) -> list[int]:
        return [self.id, *(line.id for line in self.more)]


#: Building it costs more than a hundred notices do: made once.
_PAYLOAD = msgspec.json.Decoder(AnyNotice)


def read_notice(payload: Any) -> AnyNotice:
    """The notice in a row's JSON column. Raises msgspec.ValidationError when it is none we know."""
    if isinstance(payload, str):
        return cast(AnyNotice, _PAYLOAD.decode(payload))
    return cast(AnyNotice, msgspec.convert(payload, AnyNotice))


class Beginning(NamedTuple):
    """An attempt that is about to start: ``number`` counts those of its notice."""

    notice_id: int
    number: int
    channel: str
    address: str


async def begin(starting: Sequence[Beginning]) -> dict[int, Attempt]:
    """Record that these attempts start, one of each notice; commit before sending. Returns them by their notice."""
    if not starting:
        return {}
    sql = Sql()
    rows = [(each.notice_id, each.channel, each.address) for each in starting]
    table = sql.table("given", {"notice_id": "bigint", "channel": "text", "address": "text"}, rows)
    made = await sql.rows(
        "insert into delivery_attempt (notice_id, channel, address, started_at, outcome, receipt, problem) "
        f"select given.notice_id, given.channel, given.address, {sql.arg(clock.real())}, 'started', '', '' from {table} "
        "order by given.notice_id returning id, notice_id"
    )
    ids = {row["notice_id"]: row["id"] for row in made}
    return {
        each.notice_id: Attempt(ids[each.notice_id], each.notice_id, each.number, each.channel, each.address)
        for each in starting
    }


async def close(attempt: Attempt, outcome: str, problem: str = "") -> None:
    """End an attempt that did not surely arrive: retry | failed | unknown. One that was declared unknown meanwhile stays
    unknown."""
    sql = Sql()
    await sql.run(
        f"update delivery_attempt set outcome = {sql.arg(outcome)}, problem = {sql.arg(problem[:300])}, "
        f"finished_at = {sql.arg(clock.real())} where {sql.any_of('id', attempt.ids)} and outcome = 'started'"
    )


async def arrived(receipts: Sequence[tuple[Attempt, Receipt]]) -> None:
    """End the attempts that arrived: all lines of a message share its receipt. One that was declared unknown meanwhile
    stays unknown."""
    sql = Sql()
    ended = {attempt_id: receipt.id for attempt, receipt in receipts for attempt_id in attempt.ids}
    await sql.run(
        f"update delivery_attempt set outcome = 'sent', receipt = {sql.looked_up('id', ended)}, "
        f"finished_at = {sql.arg(clock.real())} where {sql.any_of('id', list(ended))} and outcome = 'started'"
    )


async def lost(notice_ids: Sequence[int]) -> None:
    """Whoever was sending these is gone: their open attempts may have arrived."""
    sql = Sql()
    await sql.run(
        f"update delivery_attempt set outcome = 'unknown', finished_at = {sql.arg(clock.real())}, "
        "problem = 'the worker ended before the answer' "
        f"where outcome = 'started' and {sql.any_of('notice_id', notice_ids)}"
    )


class _First(msgspec.Struct):
    at: datetime | None


async def first_tried_at(notice_id: int) -> datetime:
    """When a notice that has attempts was first tried."""
    sql = Sql()
    rows = await sql.fetch(
        f"select min(started_at) as at from delivery_attempt where notice_id = {sql.arg(notice_id)}", _First
    )
    return rows[0].at or clock.real()


class _Tried(msgspec.Struct):
    at: datetime
    outcome: str


async def failing_since(attempt: Attempt, after: datetime) -> datetime:
    """Since when nothing arrives where this attempt went: the first try there, of all that is said to this person, behind
    the last that arrived. Nothing before ``after`` is looked at."""
    sql = Sql()
    tried = await sql.fetch(
        "select a.started_at as at, a.outcome from delivery_attempt a join outbox_notice n on n.id = a.notice_id "
        f"where n.person_id = (select person_id from outbox_notice where id = {sql.arg(attempt.notice_id)}) "
        f"and a.channel = {sql.arg(attempt.channel)} and a.address = {sql.arg(attempt.address)} "
        f"and a.started_at > {sql.arg(after)} order by a.id desc",
        _Tried,
    )
    failing = list(takewhile(lambda one: one.outcome != "sent", tried))
    return failing[-1].at if failing else clock.real()


async def failed_channels(notice_ids: Sequence[int]) -> dict[int, set[str]]:
    """Channels that refused these notices for good, by notice; one that none refused is not in it."""
    if not notice_ids:
        return {}
    sql = Sql()
    rows = await sql.rows(
        "select distinct notice_id, channel from delivery_attempt "
        f"where {sql.any_of('notice_id', notice_ids)} and outcome = 'failed'"
    )
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row["notice_id"], set()).add(row["channel"])
    return found
