"""Periods as rows: reading a key, the period's row and whether it is closed."""

from datetime import date

from backend.auth.actors import ZONE, today
from backend.domain.scoring_periods import PeriodSpan, month_of, span
from backend.errors import Invalid
from backend.kit import clock
from backend.kit.db import Sql
from backend.models import Period

CLOSED = "closed"


def read_period(key: str) -> PeriodSpan:
    """The period that a key names. Raises Invalid for anything but ``2026-10`` and ``2026-Q4``."""
    try:
        return span(key.strip(), ZONE)
    except ValueError:
        raise Invalid("period_bad", value=key[:20]) from None


def current_month() -> str:
    """The key of the month that runs now."""
    return month_of(clock.now(), ZONE)


def reference_day(period: PeriodSpan) -> date:
    """The day whose positions count: the last of the period, today while it runs."""
    return min(today(), period.until_on)


async def ensure_period(key: str) -> int:
    """The id of the period's row, made when it is not there yet. Raises Invalid for a bad key."""
    period = read_period(key)
    sql = Sql()
    await sql.run(
        "insert into period (key, kind, from_on, until_on, status, seal) values ("
        f"{sql.arg(period.key)}, {sql.arg(period.kind)}, {sql.arg(period.from_on)}, {sql.arg(period.until_on)}, "
        "'open', '') on conflict (key) do nothing"
    )
    return int((await Period.get(key=period.key)).id)


async def closed_among(keys: list[str]) -> str | None:
    """The first of these periods that is closed, if any."""
    closed = {row.key for row in await Period.filter(key__in=keys, status=CLOSED)}
    return next((key for key in keys if key in closed), None)


def keys_around(month: str) -> list[str]:
    """The month and the quarter it lies in."""
    year, number = month.split("-")
    return [month, f"{year}-Q{(int(number) - 1) // 3 + 1}"]
