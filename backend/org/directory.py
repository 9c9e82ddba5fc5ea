"""The directory as one actor may see it: the tree of units, lists of people, one person."""

from collections.abc import Sequence

import msgspec

from backend.auth.actors import today
from backend.domain.types import Actor
from backend.kit import paging
from backend.kit.db import Sql
from backend.kit.paging import Page
from backend.kit.text import fold
from backend.org.permissions import sees_contacts, trees_of
from backend.org.queries_absences import on_leave
from backend.org.queries_lines import heads_of
from backend.org.queries_people import PERSON, PersonRow, person_brief, seats_of
from backend.org.queries_units import UnitRow, units_under
from backend.org.schemas import PersonView, UnitView, person_ref, position_view
from backend.org.sql import in_force, in_service, matches, under_any
from backend.org.visible import visible_person, visible_unit


async def unit_tree(actor: Actor) -> list[UnitView]:
    """The open units of the actor's trees, roots first, each with those below it."""
    on = today()
    units = [unit for unit in await units_under(trees_of(actor)) if unit.closed_on is None or unit.closed_on > on]
    views = {unit.id: view for unit, view in zip(units, await _unit_views(units), strict=True)}
    roots: list[UnitView] = []
    for unit in units:
        above = views.get(unit.parent_id) if unit.parent_id is not None else None
        (above.units if above is not None else roots).append(views[unit.id])
    return roots


async def unit_view(actor: Actor, code: str) -> UnitView:
    """One unit, open or closed. Raises NotFound for a unit of somebody else's tree."""
    [view] = await _unit_views([await visible_unit(actor, code)])
    return view


async def _unit_views(units: Sequence[UnitRow]) -> list[UnitView]:
    heads = await heads_of([unit.id for unit in units])
    parents = {unit.id: unit.code for unit in units}
    parents |= await _codes({unit.parent_id for unit in units if unit.parent_id is not None} - parents.keys())
    people = await person_brief(
        [*heads.values(), *(unit.overseer_id for unit in units if unit.overseer_id is not None)]
    )
    return [
        UnitView(
            code=unit.code,
            name=unit.name,
            kind=unit.kind,
            parent=parents[unit.parent_id] if unit.parent_id is not None else None,
            leader=person_ref(people.get(heads.get(unit.id, 0))),
            overseer=person_ref(people.get(unit.overseer_id or 0)),
            closed_on=unit.closed_on,
            units=[],
        )
        for unit in units
    ]


async def _codes(unit_ids: set[int]) -> dict[int, str]:
    sql = Sql()
    rows = await sql.rows(f"select id, code from unit where {sql.any_of('id', sorted(unit_ids))}")
    return {row["id"]: row["code"] for row in rows}


async def list_people(
    actor: Actor, *, q: str = "", unit: str | None = None, after: str | None = None, limit: int = paging.DEFAULT_LIMIT
) -> Page[PersonView]:
    """People who serve, by name; ``q`` words of name or handle without regard to accents, ``unit`` a code (with all
    below it). Those who have no position are shown to whoever keeps everything. Raises Invalid for a foreign cursor."""
    limit = max(1, min(limit, paging.MAX_LIMIT))
    trees = trees_of(actor)
    paths = [(await visible_unit(actor, unit)).path] if unit else trees
    sql = Sql()
    on = today()
    where = [in_service(sql, on), matches(sql, q, "p.name_folded", "p.handle")]
    if paths is not None:
        where.append(
            "exists (select 1 from position s join unit u on u.id = s.unit_id where s.person_id = p.id "
            f"and {in_force(sql, on)} and {under_any(sql, paths)})"
        )
    if after:
        where.append(_behind(sql, after))
    rows = await sql.fetch(
        f"select {PERSON} from person p where {' and '.join(where)} order by p.name_folded, p.id "
        f"limit {sql.arg(limit + 1)}",
        PersonRow,
    )
    shown = rows[:limit]
    next_ = paging.cursor(fold(shown[-1].full_name), shown[-1].id) if len(rows) > limit else None
    return Page(await _person_views(actor, shown), next_)


def _behind(sql: Sql, after: str) -> str:
    name, person_id = paging.read_cursor(after, tuple[str, int])
    return f"(p.name_folded, p.id) > ({sql.arg(name)}, {sql.arg(person_id)})"


async def person_view(actor: Actor, ref: str) -> PersonView:
    """One person, whether they still serve or not. Raises NotFound for strangers."""
    person, _ = await visible_person(actor, ref)
    [view] = await _person_views(actor, [person])
    return view


async def _person_views(actor: Actor, rows: Sequence[PersonRow]) -> list[PersonView]:
    ids = [row.id for row in rows]
    seats, away = await seats_of(ids), await on_leave(ids)
    views = []
    for row in rows:
        theirs = seats.get(row.id, [])
        view = PersonView(
            id=row.id,
            handle=row.handle,
            full_name=row.full_name,
            locale=row.locale,
            positions=[position_view(seat) for seat in theirs],
            away_until=away[row.id].until_on if row.id in away else None,
        )
        if sees_contacts(actor, row.id, theirs):
            view = msgspec.structs.replace(view, email=row.email, phone=row.phone, until_on=row.until_on)
        views.append(view)
    return views
