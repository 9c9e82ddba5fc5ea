"""Reading appeals: one's own, and those of everybody whose scores a reader sees."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from backend.auth.actors import today
from backend.domain.types import Actor
from backend.errors import NotFound
from backend.kit.db import Sql
from backend.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, cursor, read_cursor
from backend.org.sql import under_any
from backend.scores import access, appeal_rights, evidence, people, reserves
from backend.scores.periods import read_period
from backend.scores.schemas_signing import AppealView, FileLine


class _Row(msgspec.Struct):
    id: int
    period_id: int
    period: str
    person_id: int
    person: str
    name: str
    text: str
    asked_at: datetime
    until_on: date | None
    decision: Literal["", "accepted", "rejected"]
    reason: str
    decided_by: str
    decided_at: datetime | None
    points: Decimal | None
    entry_id: int | None


_SELECT = (
    "select a.id, a.period_id, k.key as period, a.person_id, p.handle as person, p.full_name as name, a.text, "
    "a.asked_at, r.appeal_until as until_on, a.decision, a.reason, coalesce(b.full_name, '') as decided_by, "
    "a.decided_at, e.points, a.entry_id from appeal a join period k on k.id = a.period_id "
    "join person p on p.id = a.person_id left join person b on b.id = a.decided_by_id "
    "left join ledger_entry e on e.id = a.entry_id "
    "left join period_result r on r.period_id = a.period_id and r.person_id = a.person_id "
)


async def view(actor: Actor, appeal_id: int) -> AppealView:
    """One appeal. Raises NotFound for one of somebody whose scores the actor does not see."""
    sql = Sql()
    rows = await sql.fetch(f"{_SELECT} where a.id = {sql.arg(appeal_id)} and {await _visible(sql, actor)}", _Row)
    if not rows:
        raise NotFound("not_found")
    return (await _views(actor, rows))[0]


async def appeals_seen(
    actor: Actor,
    *,
    is_open: bool | None = None,
    period: str | None = None,
    person_id: int | None = None,
    after: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Page[AppealView]:
    """The appeals of the actor and of everybody whose scores they see, newest first. Raises Invalid for a bad cursor
    or period."""
    limit = max(1, min(limit, MAX_LIMIT))
    sql = Sql()
    where = [await _visible(sql, actor)]
    if is_open is not None:
        where.append("a.decision = ''" if is_open else "a.decision <> ''")
    if period is not None:
        where.append(f"k.key = {sql.arg(read_period(period).key)}")
    if person_id is not None:
        where.append(f"a.person_id = {sql.arg(person_id)}")
    if after is not None:
        [last] = read_cursor(after, tuple[int])
        where.append(f"a.id < {sql.arg(last)}")
    rows = await sql.fetch(f"{_SELECT} where {' and '.join(where)} order by a.id desc limit {sql.arg(limit + 1)}", _Row)
    shown = rows[:limit]
    return Page(await _views(actor, shown), cursor(shown[-1].id) if len(rows) > limit else None)


async def may_appeal(period: str, person_id: int) -> bool:
    """Whether the person may appeal against their score of a closed period today: in time, and not before."""
    sql = Sql()
    rows = await sql.fetch(
        "select r.appeal_until, exists (select 1 from appeal a where a.period_id = r.period_id "
        "and a.person_id = r.person_id) as appealed from period_result r join period k on k.id = r.period_id "
        f"where k.key = {sql.arg(period)} and r.person_id = {sql.arg(person_id)}",
        _Window,
    )
    return bool(rows) and not rows[0].appealed and (rows[0].appeal_until is None or today() <= rows[0].appeal_until)


class _Window(msgspec.Struct):
    appeal_until: date | None
    appealed: bool


async def _visible(sql: Sql, actor: Actor) -> str:
    """Their own, and those of people who held a position under the reader in the period."""
    paths = access.paths(actor)
    if paths is None:
        return "1 = 1"
    held = (
        "exists (select 1 from position s join unit u on u.id = s.unit_id where s.person_id = a.person_id "
        f"and s.from_on <= k.until_on and (s.until_on is null or s.until_on >= k.from_on) and {under_any(sql, paths)})"
    )
    also = {actor.person_id, *await reserves.subjects(actor)}
    return f"({sql.any_of('a.person_id', sorted(also))} or {held})"


async def _views(actor: Actor, rows: Sequence[_Row]) -> list[AppealView]:
    files = await evidence.of_all("appeal", [row.id for row in rows])
    return [await _view(actor, row, files.get(row.id, [])) for row in rows]


async def _view(actor: Actor, row: _Row, files: list[FileLine]) -> AppealView:
    period = read_period(row.period)
    seats = (await people.holders(period, people=[row.person_id])).get(row.person_id, [])
    decides = row.decision == "" and await appeal_rights.decides(actor, row.person_id, row.period_id, seats, period)
    return AppealView(
        id=row.id,
        period=row.period,
        person=row.person,
        name=row.name,
        unit_name=seats[0].unit_name if seats else "",
        text=row.text,
        files=files,
        asked_at=row.asked_at,
        until_on=row.until_on,
        decision=row.decision,
        reason=row.reason,
        by=row.decided_by,
        decided_at=row.decided_at,
        points=row.points,
        entry=row.entry_id,
        can=["decide"] if decides else [],
    )
