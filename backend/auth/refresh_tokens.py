"""Refresh tokens of API clients: each is used once and replaced; using a used one ends the whole family."""

import uuid
from datetime import timedelta

import msgspec

from backend import audit
from backend.auth import access_tokens, endings, keys
from backend.auth.actors import actor_of
from backend.domain.types import SYSTEM, Actor
from backend.errors import NotSignedIn
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import RefreshToken

#: A client that does not come back for this long signs in again.
LASTS = timedelta(days=30)


class TokenPair(msgspec.Struct, frozen=True):
    """What a client gets; ``expires_in`` is the access token's, in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    must_change_password: bool = False
    token_type: str = "Bearer"


class _Row(msgspec.Struct):
    person_id: int
    family: str
    used: bool
    revoked: bool


async def open_tokens(person_id: int, *, how: str = "password") -> TokenPair:
    """Sign a person in at an API client. Raises NotSignedIn for somebody who has left."""
    async with transaction():
        actor = await actor_of(person_id)
        family = uuid.uuid4().hex
        pair = await _issue(actor, family)
        await audit.record(actor, "auth.signed_in", "person", person_id, how=how, family=family)
    return pair


async def refresh(token: str) -> TokenPair:
    """A new pair for an unused refresh token. Raises NotSignedIn for any other.

    A used one was stolen, or stolen from: nobody can tell whose hands the newer one is in, so all of its family end and
    the audit trail says so.
    """
    async with transaction():
        pair = await _rotate(token)
    # Raised outside, so that the end of the family is kept.
    if pair is None:
        raise NotSignedIn("refresh_bad")
    return pair


async def _rotate(token: str) -> TokenPair | None:
    now = clock.real()
    sql = Sql()
    rows = await sql.rows(
        f"update refresh_token set used_at = {sql.arg(now)} where token_hash = {sql.arg(keys.hash_of(token))} "
        f"and used_at is null and revoked_at is null and expires_at > {sql.arg(now)} returning person_id, family"
    )
    if not rows:
        await _end_if_reused(token)
        return None
    [row] = rows
    try:
        actor = await actor_of(row["person_id"])
    except NotSignedIn:
        await endings.revoke_families(row["person_id"])
        return None
    return await _issue(actor, row["family"])


async def _end_if_reused(token: str) -> None:
    sql = Sql()
    rows = await sql.fetch(
        "select person_id, family, used_at is not null as used, revoked_at is not null as revoked from refresh_token "
        f"where token_hash = {sql.arg(keys.hash_of(token))}",
        _Row,
    )
    if not rows or not rows[0].used or rows[0].revoked:
        return
    [row] = rows
    await endings.revoke_families(row.person_id, only=row.family)
    await audit.record(SYSTEM, "auth.refresh_reused", "person", row.person_id, family=row.family)


async def _issue(actor: Actor, family: str) -> TokenPair:
    now = clock.real()
    token = keys.new_token()
    await RefreshToken.create(
        token_hash=keys.hash_of(token),
        family=family,
        person_id=actor.person_id,
        created_at=now,
        expires_at=now + LASTS,
    )
    return TokenPair(
        access_token=await access_tokens.access_token_for(actor.person_id, family),
        refresh_token=token,
        expires_in=int(access_tokens.LASTS.total_seconds()),
        must_change_password=actor.must_change_password,
    )
