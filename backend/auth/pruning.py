"""Forgetting what has no use any more: dead sessions, spent tokens and codes, old counts of guesses."""

from datetime import timedelta

from backend.auth import sessions, throttle
from backend.kit import clock
from backend.kit.db import Sql

#: Spent links and tokens stay this long, so that "this link was used" can be told from "unknown" by whoever asks us.
KEPT_FOR = timedelta(days=30)
_THROTTLES_KEPT_FOR = timedelta(days=2)


async def prune() -> int:
    """Delete what nothing will look at again; returns how many rows."""
    now = clock.real()
    old = now - KEPT_FOR
    return (
        await _delete("session", "expires_at <= {} or seen_at <= {}", now, now - sessions.IDLE)
        + await _delete("refresh_token", "expires_at <= {}", old)
        + await _delete("one_time_link", "expires_at <= {}", old)
        + await _delete("link_code", "expires_at <= {}", now)
        + await _delete(
            "throttle",
            f"coalesce(blocked_until, window_started_at) <= {{}} and (key not like '{throttle.PHONE_KIND}:%' "
            "or window_started_at <= {})",
            now - _THROTTLES_KEPT_FOR,
            now - throttle.PHONE.forgotten_after,
        )
    )


async def _delete(table: str, where: str, *values: object) -> int:
    sql = Sql()
    return await sql.run(f"delete from {table} where {where.format(*(sql.arg(value) for value in values))}")
