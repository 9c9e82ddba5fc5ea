"""Leaving: once a person's last day has passed, what let them in ends and their open work is named to the leader."""

from datetime import date

import msgspec

from backend import audit, outbox
from backend.auth.actors import today
from backend.auth.service import leave, to_leave
from backend.domain.notices import PersonLeft
from backend.domain.types import SYSTEM, Actor, Status
from backend.kit import clock, logs
from backend.kit.db import Sql, transaction
from backend.org.permissions import root_of
from backend.org.queries_lines import leader_over
from backend.org.queries_people import Seat, seats_of
from backend.org.sql import in_force, in_service, under_any

log = logs.get("org.leaving")


class Left(msgspec.Struct, frozen=True):
    """Somebody whose leaving was carried out, with the codes of the tasks they still led."""

    person_id: int
    handle: str
    codes: tuple[str, ...]


class _Leaver(msgspec.Struct):
    handle: str
    full_name: str
    until_on: date


async def close_left(actor: Actor) -> list[Left]:
    """Carry out the leaving of everybody whose last day has passed, each in a transaction of their own.

    One who fails is logged and comes again with the next call; the others go on.
    """
    done: list[Left] = []
    for person_id in await to_leave():
        try:
            left = await close_one(actor, person_id)
        except Exception as error:
            log.error("leaving.failed", person_id=person_id, exc_info=error)
            continue
        if left is not None:
            done.append(left)
    return done


async def sweep_left() -> int:
    """:func:`close_left` as the engine calls it; returns how many left."""
    return len(await close_left(SYSTEM))


async def close_one(actor: Actor, person_id: int) -> Left | None:
    """Carry out one person's leaving: sign-ins, tokens and chats end, authority lent by or to them ends, the leader
    over them is told of their open tasks, once. None when it is not time or was done before."""
    async with transaction():
        sql = Sql()
        found = await sql.fetch(
            f"select handle, full_name, until_on from person where id = {sql.arg(person_id)} and left_at is null "
            f"and until_on is not null and until_on < {sql.arg(today())}",
            _Leaver,
        )
        if not found or not await leave(person_id, actor):
            return None
        [leaver] = found
        await _end_delegations(person_id)
        codes = await open_codes(person_id)
        await audit.record(actor, "person.left", "person", person_id, open_tasks=list(codes))
        if codes:
            notice = PersonLeft(person=leaver.full_name, codes=codes)
            for recipient in await _told(person_id):
                await outbox.enqueue(notice, recipient, f"left:{person_id}:{leaver.until_on}:{recipient}")
    return Left(person_id, leaver.handle, codes)


async def open_codes(person_id: int) -> tuple[str, ...]:
    """Codes of the open tasks that a person leads, the most pressing first."""
    sql = Sql()
    open_ = [status.value for status in Status if status.is_open]
    rows = await sql.rows(
        f"select code from task where lead_id = {sql.arg(person_id)} and status in {sql.args(open_)} "
        "order by due_at, id"
    )
    return tuple(row["code"] for row in rows)


async def _end_delegations(person_id: int) -> None:
    sql = Sql()
    me = sql.arg(person_id)
    await sql.run(
        f"update delegation set ended_at = {sql.arg(clock.now())} "
        f"where (giver_id = {me} or substitute_id = {me}) and ended_at is null"
    )


async def _told(person_id: int) -> list[int]:
    """The nearest leader above where they last sat; for those at the very top, HR and admins of their tree."""
    seats = (await seats_of([person_id], ever=True)).get(person_id, [])
    leader = await leader_over(person_id, [seat.unit_id for seat in seats])
    if leader is not None:
        return [leader]
    return await _record_keepers(seats)


async def _record_keepers(seats: list[Seat]) -> list[int]:
    sql = Sql()
    trees = sorted({root_of(seat.path) for seat in seats})
    on = today()
    rows = await sql.rows(
        "select distinct p.id from position s join unit u on u.id = s.unit_id join person p on p.id = s.person_id "
        f"where s.role in ('hr', 'admin') and {in_force(sql, on)} and {in_service(sql, on)} "
        f"and {under_any(sql, trees)} order by p.id"
    )
    return [int(row["id"]) for row in rows]
