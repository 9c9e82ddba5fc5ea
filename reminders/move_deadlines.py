"""Changed calendars: what the sweeps look at is planned anew at once; deadlines that would be others become proposals for
whoever gave them, and none moves by itself."""

from datetime import datetime

from backend.kit import clock
from backend.tasks.calendar_proposals import propose_moves, tidy
from backend.tasks.calendar_replanning import replan_changed


async def tick(now: datetime | None = None) -> int:
    """Look at changed calendars and close proposals that no longer hold; returns how many rows were handled."""
    at = now or clock.now()
    return await replan_changed(at) + await tidy(at) + await propose_moves(at)
