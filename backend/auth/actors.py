"""The Actor of a person today: positions in force, authority lent to them, and whether they are still in service."""

from datetime import date
from zoneinfo import ZoneInfo

import msgspec

from backend.domain.types import Actor, Post, Role
from backend.errors import NotSignedIn
from backend.kit import clock
from backend.kit.db import Sql

#: Where positions, delegations and service begin and end at midnight.
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


class _Row(msgspec.Struct):
    """The person beside one of their posts; the post's columns are empty for somebody who holds none."""

    id: int
    handle: str
    full_name: str
    locale: str
    must_change_password: bool
    until_on: date | None
    has_left: bool
    position_id: int | None
    unit_id: int | None
    path: str | None
    role: Role | None
    rank: int | None
    title: str | None
    giver_id: int | None
    delegation_id: int | None


def today() -> date:
    """The day that positions and delegations are judged by: domain time, in Vietnam."""
    return clock.now().astimezone(ZONE).date()


async def actor_of(person_id: int, *, scopes: frozenset[str] | None = None) -> Actor:
    """Who this person is today, with their own posts and those lent to them. ``scopes`` limits an API token's bearer.

    Raises NotSignedIn when there is no such person or their service has ended (``until_on`` is its last day), whether
    or not leaving has been carried out yet.
    """
    sql = Sql()
    found = await _found(sql, sql.arg(person_id), scopes)
    if found is None:
        raise NotSignedIn("not_signed_in")
    return found


async def actor_in(channel: str, address: str) -> Actor | None:
    """Who speaks from this chat today; None when it is nobody's, or of somebody who serves no more."""
    sql = Sql()
    linked = (
        f"(select person_id from chat_link where channel = {sql.arg(channel)} and address = {sql.arg(address)} "
        "and ended_at is null)"
    )
    return await _found(sql, linked, None)


async def _found(sql: Sql, person: str, scopes: frozenset[str] | None) -> Actor | None:
    on = today()
    rows = await _rows(sql, person, on)
    if not rows or rows[0].has_left or (rows[0].until_on is not None and rows[0].until_on < on):
        return None
    first = rows[0]
    return Actor(
        person_id=first.id,
        handle=first.handle,
        name=first.full_name,
        locale=first.locale,
        posts=tuple(post for row in rows if (post := _post(row)) is not None),
        scopes=scopes,
        must_change_password=first.must_change_password,
    )


def _post(row: _Row) -> Post | None:
    if row.position_id is None or row.unit_id is None or row.path is None or row.role is None:
        return None
    return Post(
        position_id=row.position_id,
        unit_id=row.unit_id,
        path=row.path,
        role=row.role,
        rank=row.rank or 1,
        title=row.title or "",
        giver_id=row.giver_id,
        delegation_id=row.delegation_id,
    )


async def _rows(sql: Sql, person: str, on: date) -> list[_Row]:
    """One query. Only the authority of a leader who is still in service can be lent; closed units give no posts."""
    in_force = (
        f"ps.from_on <= {sql.arg(on)} and (ps.until_on is null or ps.until_on >= {sql.arg(on)}) "
        f"and (u.closed_on is null or u.closed_on > {sql.arg(on)})"
    )
    post = "ps.id as position_id, ps.unit_id, u.path, ps.role, ps.rank, ps.title"
    return await sql.fetch(
        f"with posts as ("
        f"select {post}, cast(null as bigint) as giver_id, cast(null as bigint) as delegation_id "
        f"from position ps join unit u on u.id = ps.unit_id where ps.person_id = {person} and {in_force} "
        f"union all select {post}, d.giver_id, d.id "
        f"from delegation d join position ps on ps.id = d.position_id and ps.person_id = d.giver_id "
        f"join unit u on u.id = ps.unit_id join person g on g.id = d.giver_id "
        f"where d.substitute_id = {person} and d.ended_at is null and ps.role = 'leader' "
        f"and d.from_on <= {sql.arg(on)} and d.until_on >= {sql.arg(on)} "
        f"and g.left_at is null and (g.until_on is null or g.until_on >= {sql.arg(on)}) and {in_force}) "
        f"select p.id, p.handle, p.full_name, p.locale, p.must_change_password, p.until_on, "
        f"p.left_at is not null as has_left, posts.* from person p left join posts on 1 = 1 "
        f"where p.id = {person} order by posts.giver_id is not null, posts.path, posts.position_id",
        _Row,
    )
