"""Work that tests begin with: a task given by one of the cast to another."""

from datetime import date, datetime
from typing import Any

from backend.domain.types import Actor
from backend.kit import clock
from backend.kit.db import Sql
from backend.models import Delegation, Leave, Position
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft, TaskView
from tests.cast import Cast
from tests.fakes import vn


def draft(**fields: Any) -> TaskDraft:
    """A draft due on Friday 27 November 2026, 17:00, unless told otherwise."""
    return TaskDraft(**{"title": "Báo cáo phòng cháy chữa cháy", "due": DueDraft(at=vn("2026-11-27 17:00")), **fields})


async def given(cast: Cast, by: str = "head", to: str | list[str] = "an", **fields: Any) -> TaskView:
    """A task as its assigner sees it."""
    leads = [to] if isinstance(to, str) else to
    assigned = await service.assign(await cast.actor(by), draft(leads=leads, **fields))
    return assigned.tasks[0]


async def reported(cast: Cast, by: str = "head", to: str = "an", **fields: Any) -> TaskView:
    """A task whose report waits for its assigner."""
    task = await given(cast, by, to, **fields)
    return (await service.report(await cast.actor(to), task.id, "Đã xong")).task


async def lend(cast: Cast, giver: str, to: str, from_on: str = "2026-11-20", until_on: str = "2026-11-30") -> Actor:
    """Lend the authority of a leader; the Actor of who holds it now."""
    position = await Position.get(person_id=cast.people[giver].id)
    await Delegation.create(
        position_id=position.id,
        giver_id=cast.people[giver].id,
        substitute_id=cast.people[to].id,
        from_on=date.fromisoformat(from_on),
        until_on=date.fromisoformat(until_on),
        recorded_by_id=cast.people[giver].id,
        recorded_at=clock.now(),
    )
    return await cast.actor(to)


async def away(cast: Cast, who: str, from_on: str, until_on: str, substitute: str | None = None) -> None:
    """Somebody is on leave."""
    await Leave.create(
        person_id=cast.people[who].id,
        substitute_id=cast.people[substitute].id if substitute else None,
        from_on=date.fromisoformat(from_on),
        until_on=date.fromisoformat(until_on),
        recorded_by_id=cast.people[who].id,
        recorded_at=clock.now(),
    )


async def said(task_id: int, to: int | None = None, *, pending: bool = False) -> list[str]:
    """Kinds of the notices about a task that were not taken back, in order."""
    sql = Sql()
    where = f"task_id = {sql.arg(task_id)} and kind <> 'CardChanged' and status <> 'cancelled'"
    if to is not None:
        where += f" and person_id = {sql.arg(to)}"
    if pending:
        where += " and status = 'pending'"
    return [row["kind"] for row in await sql.rows(f"select kind from outbox_notice where {where} order by id")]


async def everything_left() -> None:
    """As if every notice had been sent."""
    await Sql().run("update outbox_notice set status = 'sent' where status = 'pending'")


def at(text: str) -> datetime:
    """Vietnamese wall time."""
    return vn(text)
