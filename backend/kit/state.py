"""Small named values kept in the database: the demo's clock offset, the signing key."""

import secrets
from datetime import timedelta

from backend.kit import clock
from backend.kit.db import Sql, transaction


async def get(key: str) -> str | None:
    """The value kept under ``key``, or None."""
    sql = Sql()
    rows = await sql.rows(f"select value from setting where key = {sql.arg(key)}")
    return str(rows[0]["value"]) if rows else None


async def put(key: str, value: str) -> None:
    """Keep ``value`` under ``key``, replacing what was there."""
    sql = Sql()
    await sql.run(
        f"insert into setting (key, value) values ({sql.arg(key)}, {sql.arg(value)}) "
        "on conflict (key) do update set value = excluded.value"
    )


async def get_or_make_secret(key: str) -> str:
    """The secret kept under ``key``, made on first use; every process gets the same one."""
    return await keep_first(key, secrets.token_urlsafe(48))


async def keep_first(key: str, value: str) -> str:
    """Keep ``value`` under ``key`` unless something is kept there; returns what is: the same for every process."""
    sql = Sql()
    await sql.run(
        f"insert into setting (key, value) values ({sql.arg(key)}, {sql.arg(value)}) on conflict (key) do nothing"
    )
    kept = await get(key)
    assert kept is not None
    return kept


async def sync_clock() -> None:
    """Take the clock offset from the database into this process."""
    value = await get(clock.OFFSET_KEY)
    clock.set_offset(timedelta(seconds=float(value)) if value else timedelta())


async def move_clock(by: timedelta) -> None:
    """Move domain time forward for every process that shares this database. Raises ValueError when ``by`` < 0."""
    if by < timedelta():
        raise ValueError("domain time only moves forward")
    async with transaction():
        await sync_clock()
        offset = clock.offset() + by
        await put(clock.OFFSET_KEY, repr(offset.total_seconds()))
    clock.set_offset(offset)
