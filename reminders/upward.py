"""Who hears of silence: up a line of people, past those who are away or gone, whose names are told."""

from collections.abc import Iterable, Sequence

from backend.auth.actors import today
from backend.kit.db import Sql
from backend.org.queries import on_leave, person_brief
from backend.org.sql import in_service


async def first_there(levels: Sequence[Sequence[int]]) -> tuple[list[int], list[str], int]:
    """Of levels of people, the first at which somebody is there: who, the names passed over, and how many levels were
    used up. Nobody anywhere: an empty list and every level."""
    people = [person_id for level in levels for person_id in level]
    away = set(await on_leave(people)) | set(people) - await _serving(people)
    skipped: list[int] = []
    for used, level in enumerate(levels, 1):
        there = [person_id for person_id in level if person_id not in away]
        if there:
            names = await person_brief(skipped)
            return there, [names[person_id].name for person_id in skipped], used
        skipped += level
    return [], [], len(levels)


async def _serving(people: Iterable[int]) -> set[int]:
    sql = Sql()
    rows = await sql.rows(
        f"select p.id from person p where {sql.any_of('p.id', list(people))} and {in_service(sql, today())}"
    )
    return {int(row["id"]) for row in rows}
