"""The short numbers by which people call their tasks, for whoever says something of a task. Not in ``tasks``: that feature
brings the web with it, and a process that only sends has no need of it."""

from collections.abc import Collection, Mapping

from backend.kit import clock
from backend.kit.db import Sql


async def numbers(tasks: Mapping[int, Collection[int]]) -> dict[int, dict[int, int]]:
    """By which numbers people call those tasks that they have one for, by person."""
    wanted = sorted({task for of_one in tasks.values() for task in of_one})
    if not wanted:
        return {}
    sql = Sql()
    rows = await sql.rows(
        f"select person_id, task_id, number from task_number where {sql.any_of('task_id', wanted)} "
        f"and {sql.any_of('person_id', sorted(tasks))} and (free_at is null or free_at > {sql.arg(clock.now())})"
    )
    found: dict[int, dict[int, int]] = {}
    for row in rows:
        found.setdefault(int(row["person_id"]), {})[int(row["task_id"])] = int(row["number"])
    return found
