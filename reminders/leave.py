"""Leaving: people whose last day has passed lose every way in, and their leader hears of their open tasks."""

from datetime import datetime

from backend.org.service import sweep_left


async def tick(now: datetime | None = None) -> int:
    """Carry out the leaving of everybody whose time has come; returns how many. The day is that of the product's clock,
    whatever ``now`` says."""
    return await sweep_left()
