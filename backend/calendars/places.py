"""Where a calendar stands: a unit, or the whole office; found as an actor may know of it."""

from collections.abc import Sequence

import msgspec

from backend.calendars.queries import OFFICE
from backend.calendars.schemas import OFFICE_CODE
from backend.domain import access
from backend.domain.types import Actor
from backend.errors import NotFound
from backend.kit.db import Sql


class Place(msgspec.Struct, frozen=True):
    """``unit_id`` None and path ``/``: the whole office, which has no name of its own."""

    unit_id: int | None
    path: str
    code: str
    name: str


WHOLE_OFFICE = Place(None, OFFICE, OFFICE_CODE, "")


async def find_place(actor: Actor, code: str) -> Place:
    """The place of that code. Raises NotFound for a unit that does not exist for the actor."""
    wanted = code.strip().lower()
    if wanted == OFFICE_CODE:
        return WHOLE_OFFICE
    sql = Sql()
    found = await sql.fetch(
        f"select u.id as unit_id, u.path, u.code, u.name from unit u where u.code = {sql.arg(wanted)}", Place
    )
    if not found or not access.sees(actor, found[0].path):
        raise NotFound("unit_not_found", ref=code)
    return found[0]


async def places_of(actor: Actor) -> list[Place]:
    """The units the actor holds positions in, own ones first; of somebody without any the whole office."""
    ids = list(dict.fromkeys(post.unit_id for post in sorted(actor.posts, key=lambda post: post.giver_id is not None)))
    sql = Sql()
    found = await sql.fetch(
        f"select u.id as unit_id, u.path, u.code, u.name from unit u where {sql.any_of('u.id', ids)}", Place
    )
    return sorted(found, key=lambda place: ids.index(place.unit_id or 0)) or [WHOLE_OFFICE]


async def names_of(paths: Sequence[str]) -> dict[str, Place]:
    """The places at these paths."""
    sql = Sql()
    found = await sql.fetch(
        f"select u.id as unit_id, u.path, u.code, u.name from unit u where u.path in {sql.args(paths)}", Place
    )
    return {OFFICE: WHOLE_OFFICE, **{place.path: place for place in found}}


async def choices(actor: Actor) -> list[Place]:
    """Every open unit that exists for the actor, parents before children; the office's own word after all units."""
    trees = access.trees_of(actor)
    sql = Sql()
    where = "1 = 1" if trees is None else " or ".join(f"u.path like {sql.arg(path + '%')}" for path in trees) or "1 = 0"
    found = await sql.fetch(
        "select u.id as unit_id, u.path, u.code, u.name from unit u "
        f"where u.closed_on is null and ({where}) order by u.path",
        Place,
    )
    return [*found, WHOLE_OFFICE]
