"""Who may read a file: whoever sees its task, who uploaded it, and whoever judges what it is evidence for."""

from backend.domain.types import Actor
from backend.errors import NotFound
from backend.files.service import Found, attachment
from backend.kit.db import Sql
from backend.scores import evidence
from backend.tasks.visibility import visible_to


async def readable(actor: Actor, attachment_id: int) -> Found:
    """A file that the actor may read. Raises NotFound otherwise."""
    found = await attachment(attachment_id)
    if found.uploaded_by_id == actor.person_id:
        return found
    if found.task_id is not None:
        sql = Sql()
        if await sql.rows(
            "select t.id from task t join unit u on u.id = t.unit_id "
            f"where t.id = {sql.arg(found.task_id)} and {visible_to(actor, sql)}"
        ):
            return found
    elif await evidence.readable(actor, attachment_id):
        return found
    raise NotFound("not_found")
