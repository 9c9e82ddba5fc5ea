"""Everybody whom a typed line may name: who serves in the trees an actor looks at, with position and unit."""

import msgspec

from backend.auth.actors import today
from backend.domain.types import Actor
from backend.kit.db import Sql
from backend.org.permissions import trees_of
from backend.org.sql import in_force, in_service, under_any


class Named(msgspec.Struct, frozen=True):
    """A person in one of their positions; people with several positions come several times."""

    handle: str
    name: str
    unit: str
    title: str


async def everybody(actor: Actor) -> list[Named]:
    """Who serves today in the actor's trees, by unit, leaders first."""
    sql = Sql()
    on, trees = today(), trees_of(actor)
    where = f"{in_force(sql, on)} and {in_service(sql, on)}"
    if trees is not None:
        where += f" and {under_any(sql, trees)}"
    return await sql.fetch(
        "select p.handle, p.full_name as name, u.name as unit, s.title from position s join unit u on u.id = s.unit_id "
        f"join person p on p.id = s.person_id where {where} "
        "order by u.path, case s.role when 'leader' then 0 else 1 end, s.rank, p.id",
        Named,
    )


async def state_of_the_office(actor: Actor) -> tuple[str, ...]:
    """Changes whenever :func:`everybody` may: with the actor's trees, the day, and every change of people, positions
    and units, all of which are audited."""
    sql = Sql()
    [row] = await sql.rows(
        "select max(id) as newest from audit_row where object_kind in ('person', 'position', 'unit', 'org')"
    )
    return (str(row["newest"]), today().isoformat(), *(trees_of(actor) or ("*",)))
