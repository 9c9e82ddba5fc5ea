"""Ending what lets a person in: signed-in browsers and clients, one-time links, API tokens, feeds."""

from datetime import datetime

from backend.auth.credentials import Credential
from backend.kit import clock
from backend.kit.db import Sql


async def end_sign_ins(person_id: int, *, keep: Credential | None = None) -> int:
    """End every session and family of refresh tokens of a person except the one in ``keep``; returns how many.

    Pushes end with them in every browser; the one that stays signed in subscribes again by itself on its next page.
    """
    await end_pushes(person_id, "signed_out")
    sql = Sql()
    where = f"person_id = {sql.arg(person_id)}"
    if keep is not None and keep.session_id is not None:
        where += f" and id <> {sql.arg(keep.session_id)}"
    ended = await sql.run(f"delete from session where {where}")
    return ended + await revoke_families(person_id, keep=keep.family if keep is not None else None)


async def end_pushes(person_id: int, reason: str) -> int:
    """No browser takes a person's pushes any more; returns how many did."""
    sql = Sql()
    return await sql.run(
        f"update push_subscription set ended_at = {sql.arg(clock.real())}, end_reason = {sql.arg(reason)} "
        f"where person_id = {sql.arg(person_id)} and ended_at is null"
    )


async def revoke_families(person_id: int, *, only: str | None = None, keep: str | None = None) -> int:
    """Revoke a person's refresh tokens (``only`` one family, or all but ``keep``) and with them their access tokens."""
    sql = Sql()
    where = f"person_id = {sql.arg(person_id)} and revoked_at is null"
    if only is not None:
        where += f" and family = {sql.arg(only)}"
    if keep is not None:
        where += f" and family <> {sql.arg(keep)}"
    rows = await sql.rows(
        f"update refresh_token set revoked_at = {sql.arg(clock.real())} where {where} returning family"
    )
    return len({row["family"] for row in rows})


async def void_links(person_id: int, purpose: str | None = None) -> int:
    """Make a person's unused one-time links (of one purpose) worthless; returns how many."""
    sql = Sql()
    now = clock.real()
    where = f"person_id = {sql.arg(person_id)} and used_at is null and expires_at > {sql.arg(now)}"
    if purpose is not None:
        where += f" and purpose = {sql.arg(purpose)}"
    return await sql.run(f"update one_time_link set expires_at = {sql.arg(now)} where {where}")


async def revoke(table: str, person_id: int, now: datetime) -> int:
    """Revoke a person's live rows of ``api_token`` or ``feed_link``; returns how many."""
    sql = Sql()
    return await sql.run(
        f"update {table} set revoked_at = {sql.arg(now)} where person_id = {sql.arg(person_id)} and revoked_at is null"
    )
