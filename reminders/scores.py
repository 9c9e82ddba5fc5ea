"""Scores: officers hear of theirs when a period was closed, and whoever holds up a sign-off is reminded."""

from datetime import datetime

from backend.kit import clock
from backend.scores import service

_LIMIT = 200


async def tick(now: datetime | None = None) -> int:
    """Tell who has not been told; returns how many notices were written."""
    told = 0
    while found := await service.announce(_LIMIT):
        told += found
    return told + await service.remind(now or clock.now())
