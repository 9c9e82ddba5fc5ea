"""Who is away and when, and whose authority is lent to whom."""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from backend.auth.actors import today
from backend.kit.db import Sql


class LeaveBrief(msgspec.Struct, frozen=True):
    """A leave that stands, both days included."""

    id: int
    person_id: int
    from_on: date
    until_on: date
    substitute_id: int | None = None
    substitute_name: str = ""
    reason: str = ""


class DelegationBrief(msgspec.Struct, frozen=True):
    """Authority lent, both days included; ``ended`` when it was taken back early."""

    id: int
    position_id: int
    title: str
    unit_code: str
    giver_id: int
    giver_name: str
    substitute_id: int
    substitute_name: str
    from_on: date
    until_on: date
    reason: str
    ended: bool = False


_LEAVE = (
    "select l.id, l.person_id, l.from_on, l.until_on, l.substitute_id, coalesce(x.full_name, '') as substitute_name, "
    "l.reason from leave l left join person x on x.id = l.substitute_id where l.cancelled_at is null"
)


async def on_leave(person_ids: Iterable[int], at: date | None = None) -> dict[int, LeaveBrief]:
    """Those of the people who are away on a day (default today)."""
    people = sorted(set(person_ids))
    if not people:
        return {}
    sql = Sql()
    day = sql.arg(at or today())
    rows = await sql.fetch(
        f"{_LEAVE} and {sql.any_of('l.person_id', people)} and l.from_on <= {day} and l.until_on >= {day} "
        "order by l.until_on",
        LeaveBrief,
    )
    return {row.person_id: row for row in rows}


async def leave_until(person_id: int, on: date | None = None) -> date | None:
    """The last day of the absence that a day (default today) lies in, leaves that follow day on day counted as one;
    None when the person is there."""
    return (await leaves_until([person_id], on)).get(person_id)


async def leaves_until(person_ids: Iterable[int], on: date | None = None) -> dict[int, date]:
    """The same for many people: only those who are away are named."""
    on = on or today()
    sql = Sql()
    rows = await sql.fetch(
        f"{_LEAVE} and {sql.any_of('l.person_id', sorted(set(person_ids)))} and l.until_on >= {sql.arg(on)} "
        "order by l.from_on",
        LeaveBrief,
    )
    last: dict[int, date] = {}
    for row in rows:
        known = last.get(row.person_id)
        if row.from_on <= (on if known is None else known + timedelta(days=1)):
            last[row.person_id] = row.until_on
    return last


async def open_leave_between(person_id: int, from_on: date, until_on: date) -> LeaveBrief | None:
    """The first leave that touches these days, if any."""
    sql = Sql()
    rows = await sql.fetch(
        f"{_LEAVE} and l.person_id = {sql.arg(person_id)} and l.from_on <= {sql.arg(until_on)} "
        f"and l.until_on >= {sql.arg(from_on)} order by l.from_on limit 1",
        LeaveBrief,
    )
    return rows[0] if rows else None


async def leaves_of(person_id: int) -> list[LeaveBrief]:
    """Every leave of a person that was not cancelled, newest first."""
    sql = Sql()
    return await sql.fetch(
        f"{_LEAVE} and l.person_id = {sql.arg(person_id)} order by l.from_on desc, l.id desc", LeaveBrief
    )


async def delegations_of(person_id: int) -> list[DelegationBrief]:
    """Every delegation that a person gave or holds, newest first."""
    sql = Sql()
    person = sql.arg(person_id)
    return await sql.fetch(
        "select d.id, d.position_id, s.title, u.code as unit_code, d.giver_id, g.full_name as giver_name, "
        "d.substitute_id, x.full_name as substitute_name, d.from_on, d.until_on, d.reason, "
        "d.ended_at is not null as ended from delegation d join position s on s.id = d.position_id "
        "join unit u on u.id = s.unit_id join person g on g.id = d.giver_id join person x on x.id = d.substitute_id "
        f"where d.giver_id = {person} or d.substitute_id = {person} order by d.from_on desc, d.id desc",
        DelegationBrief,
    )
