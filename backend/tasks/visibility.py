"""Which tasks exist for a reader: the SQL side of ``domain.access.may_see``, and naming one task."""

from backend.domain.types import Actor, Role
from backend.errors import NotFound
from backend.kit.db import Sql
from backend.kit.text import clean, row_id


def visible_to(actor: Actor, sql: Sql, task: str = "t", unit: str = "u") -> str:
    """The SQL condition under which a task exists for this actor; the same rule as ``domain.access.may_see``.

    ``task`` and ``unit`` are the aliases of the task and of the unit it is charged to.
    """
    if actor.is_system:
        return "1 = 1"
    me = sql.arg(actor.person_id)
    ways = [
        f"{task}.lead_id = {me}",
        f"{task}.assigner_id = {me}",
        f"{task}.on_behalf_of_id = {me}",
        f"exists (select 1 from task_part p where p.task_id = {task}.id and p.person_id = {me})",
        f"exists (select 1 from task up where up.id = {task}.parent_id and {me} in (up.lead_id, up.assigner_id))",
    ]
    for path in actor.paths(Role.LEADER, Role.AUDITOR):
        ways.append(f"{unit}.path like {sql.arg(path + '%')}")
    for path in actor.paths(Role.HR):
        ways.append(f"({unit}.path like {sql.arg(path + '%')} and not {task}.secret)")
    return "(" + " or ".join(ways) + ")"


async def find_task(actor: Actor, ref: str) -> int:
    """The id of a task named by code or id. Raises NotFound when there is none that the actor may see."""
    sql = Sql()
    ref = clean(ref)
    by_id = ref.isascii() and ref.isdecimal()
    by = f"t.id = {sql.arg(row_id(ref))}" if by_id else f"t.code = {sql.arg(ref.upper())}"
    rows = await sql.rows(
        f"select t.id from task t join unit u on u.id = t.unit_id where {by} and {visible_to(actor, sql)}"
    )
    if not rows:
        raise NotFound("not_found")
    return int(rows[0]["id"])
