"""What every test of the engine needs: assigning quickly, and reading what would be said."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from backend.domain.types import Urgency
from backend.models import OutboxNotice, Task
from backend.tasks.schemas import DueDraft, TaskDraft
from backend.tasks.service import assign
from tests.cast import Cast

Give = Callable[..., Awaitable[int]]


@pytest.fixture
def give(cast: Cast) -> Give:
    """``await give("an", working_days=3)`` assigns a task from the head and returns its id."""

    async def assign_one(lead: str = "an", by: str = "head", urgency: str = "normal", **due: Any) -> int:
        more = {name: due.pop(name) for name in list(due) if name not in ("at", "minutes", "working_days")}
        draft = TaskDraft(
            title="Báo cáo",
            leads=[lead],
            due=DueDraft(**(due or {"working_days": 5})),
            urgency=Urgency(urgency),
            **more,
        )
        made = await assign(await cast.actor(by), draft)
        return made.tasks[0].id

    return assign_one


@pytest.fixture
def said(cast: Cast) -> Callable[..., Awaitable[list[str]]]:
    """``await said()`` lists ``TaskDueSoon an`` for every notice that has not been taken back, oldest first."""
    handles = {person.id: handle for handle, person in cast.people.items()}

    async def listed(*kinds: str) -> list[str]:
        rows = await OutboxNotice.filter(status="pending").order_by("id")
        names = {row.id: handles[row.person_id] for row in rows}  # type: ignore[attr-defined]
        return [f"{row.kind} {names[row.id]}" for row in rows if not kinds or row.kind in kinds]

    return listed


async def row(task_id: int) -> Task:
    return await Task.get(id=task_id)
