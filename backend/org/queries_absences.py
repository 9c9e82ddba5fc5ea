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
    return (await absences([person_id], on or today())).last_day(person_id)


class Absences:
    """Who of many people is away on a day, and until when; asking it costs no query."""

    def __init__(self, on: date, leaves: Iterable[LeaveBrief]) -> None:
        """``leaves``: those of the people that end on the day ``on`` or later, in the order of their first days."""
        self._now: dict[int, LeaveBrief] = {}
        self._last: dict[int, date] = {}
        for leave in leaves:
            known = self._last.get(leave.person_id)
            if leave.from_on <= (on if known is None else known + timedelta(days=1)):
                self._last[leave.person_id] = leave.until_on
            if leave.from_on <= on:
                self._now[leave.person_id] = leave

    def now(self, person_id: int) -> LeaveBrief | None:
        """The leave that a person is on; None when they are there."""
        return self._now.get(person_id)

    def last_day(self, person_id: int) -> date | None:
        """The last day of a person's absence, leaves that follow day on day counted as one; None when they are there."""
        return self._last.get(person_id)


async def absences(person_ids: Iterable[int], on: date) -> Absences:
    """A picture of who of these people is away on a day."""
    sql = Sql()
    leaves = await sql.fetch(
        f"{_LEAVE} and {sql.any_of('l.person_id', sorted(set(person_ids)))} and l.until_on >= {sql.arg(on)} "
        "order by l.from_on, l.until_on",
        LeaveBrief,
    )
    return Absences(on, leaves)


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
