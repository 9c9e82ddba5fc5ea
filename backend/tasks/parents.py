"""The rule of sub-tasks: a part of a task is due at the latest when the whole is."""

from datetime import datetime

from backend.errors import Unprocessable
from backend.models import Task


async def require_within_parent(task: Task, due_at: datetime) -> None:
    """Raises Unprocessable when the task is a part of one that is due earlier."""
    if task.parent_id is not None:
        parent = await Task.get(id=task.parent_id)
        if due_at > parent.due_at:
            raise Unprocessable("due_after_parent", due=parent.due_at)
