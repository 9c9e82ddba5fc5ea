"""Fakes of the outside world that every room's tests share: the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from backend.kit import clock

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def vn(text: str) -> datetime:
    """An instant from Vietnamese wall time: ``vn("2026-11-23 08:00")``."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


class FakeClock:
    """Time stands still at ``at`` until it is moved; real and domain time move together, as in life."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> datetime:
        """Let time pass: ``clock.move(hours=1)``."""
        self.at += timedelta(**by)
        return self.at

    def set(self, at: datetime | str) -> datetime:
        """Jump to an instant (text = Vietnamese wall time)."""
        self.at = (vn(at) if isinstance(at, str) else at).astimezone(UTC)
        return self.at

    def __enter__(self) -> "FakeClock":
        clock.use(self)
        return self

    def __exit__(self, *_: object) -> None:
        clock.use(None)
        clock.set_offset(timedelta())
