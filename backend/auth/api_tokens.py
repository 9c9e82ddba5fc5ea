"""Named tokens of integrations, limited to scopes: made once, shown once, revocable."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backend import audit
from backend.auth import keys
from backend.auth.authority import check_power_over
from backend.auth.credentials import SEEN_EVERY_S, Credential
from backend.auth.scopes import SCOPES
from backend.domain.types import Actor, Role
from backend.errors import NotFound, NotSignedIn, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, convert, transaction
from backend.kit.text import clean
from backend.models import ApiToken

#: Tells our API tokens from access tokens, and lets secret scanners know one when they see it.
PREFIX = "gv_"


class _Row(msgspec.Struct):
    id: int
    person_id: int
    scopes: Any
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked: bool


async def find(token: str) -> Credential:
    """Whose token it is. Raises NotSignedIn when it is unknown, expired or revoked."""
    sql = Sql()
    rows = await sql.fetch(
        "select id, person_id, scopes, last_used_at, expires_at, revoked_at is not null as revoked from api_token "
        f"where token_hash = {sql.arg(keys.hash_of(token))}",
        _Row,
    )
    now = clock.real()
    if not rows or rows[0].revoked:
        raise NotSignedIn("token_bad")
    [row] = rows
    if row.expires_at is not None and row.expires_at <= now:
        raise NotSignedIn("token_expired")
    if row.last_used_at is None or (now - row.last_used_at).total_seconds() >= SEEN_EVERY_S:
        await ApiToken.filter(id=row.id).update(last_used_at=now)
    return Credential("token", row.person_id, token_id=row.id, scopes=frozenset(_scopes(row.scopes)))


def _scopes(value: Any) -> list[str]:
    """JSON columns are text in raw rows, whichever the database."""
    return msgspec.json.decode(value, type=list[str]) if isinstance(value, str) else list(value)


class ApiTokenView(msgspec.Struct):
    """A token as its owner sees it; the token itself is shown once, in :class:`NewApiToken`."""

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewApiToken(msgspec.Struct):
    """``token`` exists nowhere else."""

    id: int
    token: str
    scopes: list[str]
    expires_at: datetime | None


async def make(
    actor: Actor, name: str, scopes: Collection[str], *, person_id: int | None = None, lasts: timedelta | None = None
) -> NewApiToken:
    """A token that acts as the actor, or as a person under an admin actor, within ``scopes``.

    Raises Unprocessable for no name, no or unknown scopes; NotFound or Forbidden as ``check_power_over``.
    """
    whose = actor.person_id if person_id is None else person_id
    name = clean(name)
    if not name or len(name) > 120:
        raise Unprocessable("name_needed")
    if not scopes or (unknown := sorted(set(scopes) - SCOPES)):
        raise Unprocessable("scope_unknown", scope=" ".join(unknown) if scopes else "-")
    now = clock.real()
    token = PREFIX + keys.new_token()
    async with transaction():
        await _check(actor, whose)
        row = await ApiToken.create(
            token_hash=keys.hash_of(token),
            name=name,
            person_id=whose,
            scopes=sorted(set(scopes)),
            created_at=now,
            expires_at=now + lasts if lasts is not None else None,
        )
        await audit.record(actor, "auth.api_token_made", "person", whose, name=name, scopes=row.scopes, of=row.id)
    return NewApiToken(row.id, token, row.scopes, row.expires_at)


async def list_of(actor: Actor, person_id: int | None = None) -> list[ApiTokenView]:
    """Live tokens of the actor, or of a person under an admin actor, newest first."""
    whose = actor.person_id if person_id is None else person_id
    await _check(actor, whose)
    sql = Sql()
    rows = await sql.rows(
        "select id, name, scopes, created_at, expires_at, last_used_at from api_token "
        f"where person_id = {sql.arg(whose)} and revoked_at is null order by id desc"
    )
    return [convert({**row, "scopes": _scopes(row["scopes"])}, ApiTokenView) for row in rows]


async def revoke(actor: Actor, token_id: int, person_id: int | None = None) -> None:
    """End a token of the actor's, or of a person's under an admin actor. Raises NotFound when there is none to end."""
    whose = actor.person_id if person_id is None else person_id
    async with transaction():
        await _check(actor, whose)
        live = ApiToken.filter(id=token_id, person_id=whose, revoked_at=None)
        if not await live.update(revoked_at=clock.real()):
            raise NotFound("not_found")
        await audit.record(actor, "auth.api_token_revoked", "person", whose, of=token_id)


async def _check(actor: Actor, person_id: int) -> None:
    if person_id != actor.person_id:
        await check_power_over(actor, person_id, Role.ADMIN)
