"""Recurring tasks: each period's task is made one period ahead."""

from datetime import datetime

from backend.kit import clock
from backend.tasks.recurring import make_due

_LIMIT = 100


async def tick(now: datetime | None = None) -> int:
    """Make every task whose time has come; returns how many recurrences were served."""
    total = 0
    while True:
        served = await make_due(now or clock.now(), _LIMIT)
        total += served
        if served < _LIMIT:
            return total
