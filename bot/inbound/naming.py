"""Which task a number or a code means for whoever types it."""

import msgspec

from backend.errors import NotFound
from backend.tasks import queries
from backend.tasks.schemas import TaskView
from bot.inbound.talk import Talk


class Meant(msgspec.Struct, frozen=True):
    """The task that somebody named. Whether they may see it is asked when its view is read: most acts ask by themselves."""

    id: int
    talk: Talk
    unseen: NotFound = NotFound("not_found")

    async def view(self) -> TaskView:
        """Raises NotFound that says what the number is instead."""
        try:
            return await self.talk.view(self.id)
        except NotFound as error:
            raise self.unseen from error


async def called(talk: Talk, task: str) -> Meant:
    """The task of a number or code. Raises NotFound that says what the number is instead."""
    if not task.isdecimal():
        unknown = NotFound("code_unknown", task=task)
        try:
            return Meant(await queries.find_task(talk.actor, task), talk, unknown)
        except NotFound as error:
            raise unknown from error
    number = int(task)
    found = await queries.called(talk.actor.person_id, number)
    if found is None:
        raise NotFound("number_unknown", number=number)
    if found.is_over:
        raise NotFound("number_over", number=number, task=found.code, at=found.closed_at)
    return Meant(found.task_id, talk, NotFound("number_not_yours", number=number, task=found.code))
