"""Limits on guessing, counted in the database so that every process and replica shares them.

An attempt is counted before it is checked: a hundred guesses sent at once are a hundred attempts. Where the counting
itself fails, the attempt is refused.
"""

import hashlib
import ipaddress
from datetime import datetime, timedelta

import msgspec

from backend.errors import AppError, TooMany
from backend.kit import clock
from backend.kit.db import OperationalError, Sql, transaction
from backend.kit.sentences import real_seconds_until


class LimiterDown(AppError):
    """Attempts cannot be counted, so none is allowed (503)."""

    status = 503


class Limit(msgspec.Struct, frozen=True):
    """From the ``free``-th attempt on, each is followed by a pause, twice as long as the last. Everything is forgotten
    ``forgotten_after`` the last pause ended (without one: after the first attempt)."""

    free: int
    first_pause: timedelta
    longest_pause: timedelta
    forgotten_after: timedelta


#: Passwords, by what was typed as the account: about 15 guesses in the first hour, then four an hour.
ACCOUNT = Limit(5, timedelta(seconds=30), timedelta(minutes=15), timedelta(hours=1))
#: Passwords, by network address: an office of forty people has one.
ADDRESS = Limit(50, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=1))
#: Reset links by e-mail to one account.
RESET = Limit(3, timedelta(minutes=20), timedelta(hours=4), timedelta(hours=1))
#: Codes for linking, by chat.
CHAT = Limit(5, timedelta(minutes=1), timedelta(hours=1), timedelta(hours=24))
#: Answers to the question after a code of HR's sheet, by code: never a pause (the code is void first), and remembered for
#: longer than a code lasts.
PHONE = Limit(1_000, timedelta(minutes=1), timedelta(hours=1), timedelta(days=8))
#: What those are counted under.
PHONE_KIND = "link-phone"
#: Codes for linking, from all chats together.
ALL_CHATS = Limit(100, timedelta(minutes=1), timedelta(minutes=15), timedelta(minutes=10))


async def take(key: str, limit: Limit) -> int:
    """Count one attempt; returns how many there were. Raises TooMany (``retry_after_s``) during a pause, LimiterDown.

    Call it outside any transaction that may be rolled back.
    """
    try:
        async with transaction():
            attempts, blocked_until = await _count(key, limit)
    except (OperationalError, OSError) as error:
        raise LimiterDown("limiter_down") from error
    if blocked_until is not None:
        seconds = real_seconds_until(blocked_until)
        raise TooMany("too_many_guesses", retry_after_s=seconds, minutes=-(-seconds // 60))
    return attempts


class _Block(msgspec.Struct):
    blocked_until: datetime


async def _count(key: str, limit: Limit) -> tuple[int, datetime | None]:
    """Attempts counted including this one, or until when there are none."""
    now = clock.real()
    sql = Sql()
    forgotten = (
        f"coalesce(throttle.blocked_until, throttle.window_started_at) <= {sql.arg(now - limit.forgotten_after)}"
    )
    rows = await sql.rows(
        "insert into throttle (key, failures, window_started_at, blocked_until) "
        f"values ({sql.arg(key)}, 1, {sql.arg(now)}, null) on conflict (key) do update set "
        f"failures = case when {forgotten} then 1 else throttle.failures + 1 end, "
        f"window_started_at = case when {forgotten} then excluded.window_started_at "
        "else throttle.window_started_at end, blocked_until = null "
        f"where throttle.blocked_until is null or throttle.blocked_until <= {sql.arg(now)} returning failures"
    )
    sql = Sql()
    if not rows:
        [block] = await sql.fetch(f"select blocked_until from throttle where key = {sql.arg(key)}", _Block)
        return 0, block.blocked_until
    attempts = int(rows[0]["failures"])
    if attempts >= limit.free:
        doubled = limit.first_pause * 2 ** min(attempts - limit.free, 20)
        until = now + min(doubled, limit.longest_pause)
        await sql.run(f"update throttle set blocked_until = {sql.arg(until)} where key = {sql.arg(key)}")
    return attempts, None


async def forget(key: str) -> None:
    """The attempts were the right person's: start anew."""
    sql = Sql()
    await sql.run(f"delete from throttle where key = {sql.arg(key)}")


async def give_back(key: str) -> None:
    """This attempt was a good one; earlier ones still count."""
    sql = Sql()
    await sql.run(
        f"update throttle set failures = failures - 1, blocked_until = null where key = {sql.arg(key)} and failures > 0"
    )


def key_of(kind: str, what: str) -> str:
    """A key for something typed or foreign: short, and never the thing itself (people type passwords anywhere)."""
    return f"{kind}:{hashlib.sha256(what.encode()).hexdigest()[:32]}"


def network(address: str) -> str:
    """What is counted as one place: an IPv4 address, the /64 of an IPv6 one (a household or office has a whole one)."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)
