"""The proof of delivery: every attempt, on record before the network hears of it, and how it ended (real time)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import msgspec

from backend.domain.notices import AnyNotice
from backend.kit import clock
from backend.kit.db import Sql


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


def read_notice(payload: Any) -> AnyNotice:
    """The notice in a row's JSON column. Raises msgspec.ValidationError when it is none we know."""
    if isinstance(payload, str):
        return cast(AnyNotice, msgspec.json.decode(payload, type=AnyNotice))
    return cast(AnyNotice, msgspec.convert(payload, AnyNotice))


async def begin(notice_id: int, number: int, channel: str, address: str) -> Attempt:
    """Record that an attempt starts; commit before sending."""
    sql = Sql()
    made = await sql.rows(
        "insert into delivery_attempt (notice_id, channel, address, started_at, outcome, receipt, problem) "
        f"values ({sql.arg(notice_id)}, {sql.arg(channel)}, {sql.arg(address)}, {sql.arg(clock.real())}, "
        "'started', '', '') returning id"
    )
    return Attempt(made[0]["id"], notice_id, number, channel, address)


async def close(attempt: Attempt, outcome: str, problem: str = "", receipt: str = "") -> None:
    """End an attempt: sent | retry | failed | unknown. One that was declared unknown meanwhile stays unknown."""
    sql = Sql()
    ids = [attempt.id, *(line.id for line in attempt.more)]
    await sql.run(
        f"update delivery_attempt set outcome = {sql.arg(outcome)}, problem = {sql.arg(problem[:300])}, "
        f"receipt = {sql.arg(receipt)}, finished_at = {sql.arg(clock.real())} "
        f"where {sql.any_of('id', ids)} and outcome = 'started'"
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


async def failed_channels(notice_id: int) -> set[str]:
    """Channels that refused a notice for good."""
    sql = Sql()
    rows = await sql.rows(
        f"select distinct channel from delivery_attempt where notice_id = {sql.arg(notice_id)} and outcome = 'failed'"
    )
    return {row["channel"] for row in rows}
