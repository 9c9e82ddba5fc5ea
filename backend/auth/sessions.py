"""Signed-in browsers: opening, recognising, listing and ending server-side sessions."""

from datetime import datetime, timedelta

import msgspec

from backend import audit
from backend.auth import endings, keys
from backend.auth.actors import actor_of
from backend.auth.credentials import SEEN_EVERY_S, Credential
from backend.domain.types import Actor
from backend.errors import NotFound
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import Session

#: A session ends this long after it was opened or last renewed …
LASTS = timedelta(days=14)
#: … is renewed when it is used with less than this left …
RENEWED_BELOW = timedelta(days=7)
#: … and ends when it was not used for this long.
IDLE = timedelta(days=7)


class NewSession(msgspec.Struct, frozen=True):
    """``token`` goes into the cookie and exists nowhere else; ``csrf`` into every form and X-CSRF-Token."""

    person_id: int
    token: str
    csrf: str
    expires_at: datetime


class _Row(msgspec.Struct):
    id: int
    person_id: int
    csrf: str
    seen_at: datetime
    expires_at: datetime


async def open_session(person_id: int, user_agent: str = "", *, how: str = "password") -> NewSession:
    """Sign a person in at a browser; ``how`` is for the audit trail. Raises NotSignedIn for somebody who has left."""
    async with transaction():
        actor = await actor_of(person_id)
        now = clock.real()
        opened = NewSession(person_id, keys.new_token(), keys.new_token(), now + LASTS)
        row = await Session.create(
            token_hash=keys.hash_of(opened.token),
            person_id=person_id,
            csrf=opened.csrf,
            user_agent=user_agent[:255],
            created_at=now,
            seen_at=now,
            expires_at=opened.expires_at,
        )
        await audit.record(actor, "auth.signed_in", "person", person_id, how=how, session_id=row.id)
    return opened


async def find(token: str) -> Credential | None:
    """The live session of a cookie, or None. Being used keeps it alive."""
    sql = Sql()
    rows = await sql.fetch(
        "select id, person_id, csrf, seen_at, expires_at from session "
        f"where token_hash = {sql.arg(keys.hash_of(token))}",
        _Row,
    )
    now = clock.real()
    if not rows or rows[0].expires_at <= now or rows[0].seen_at + IDLE <= now:
        return None
    [row] = rows
    if (now - row.seen_at).total_seconds() >= SEEN_EVERY_S:
        await _touch(row, now)
    return Credential("session", row.person_id, session_id=row.id, csrf=row.csrf)


async def _touch(row: _Row, now: datetime) -> None:
    expires_at = now + LASTS if row.expires_at - now < RENEWED_BELOW else row.expires_at
    await Session.filter(id=row.id).update(seen_at=now, expires_at=expires_at)


class SignInView(msgspec.Struct):
    """One place where a person is signed in: a ``browser`` or an API ``client``. ``id`` names it for ending."""

    id: str
    kind: str
    user_agent: str
    created_at: datetime
    seen_at: datetime
    current: bool


async def sign_ins_of(actor: Actor, current: Credential | None = None) -> list[SignInView]:
    """Where the actor is signed in, last seen first."""
    now = clock.real()
    sql = Sql()
    me = sql.arg(actor.person_id)
    found = await sql.fetch(
        f"select cast(id as text) as id, 'browser' as kind, user_agent, created_at, seen_at, "
        f"id = {sql.arg((current and current.session_id) or 0)} as current from session "
        f"where person_id = {me} and expires_at > {sql.arg(now)} and seen_at > {sql.arg(now - IDLE)} "
        f"union all select family, 'client', '', min(created_at), max(created_at), "
        f"family = {sql.arg((current and current.family) or '')} from refresh_token "
        f"where person_id = {me} and revoked_at is null group by family having max(expires_at) > {sql.arg(now)}",
        SignInView,
    )
    return sorted(found, key=lambda view: view.seen_at, reverse=True)


async def end_sign_in(actor: Actor, sign_in_id: str) -> None:
    """End one of the actor's own sign-ins. Raises NotFound for one that is not theirs or not there."""
    async with transaction():
        if sign_in_id.isascii() and sign_in_id.isdecimal() and len(sign_in_id) < 19:
            ended = await Session.filter(id=int(sign_in_id), person_id=actor.person_id).delete()
        else:
            known = sign_in_id.isascii() and sign_in_id.isalnum()
            ended = await endings.revoke_families(actor.person_id, only=sign_in_id) if known else 0
        if not ended:
            raise NotFound("not_found")
        await audit.record(actor, "auth.session_ended", "person", actor.person_id, sign_in=sign_in_id)


async def end_other_sign_ins(actor: Actor, keep: Credential | None) -> int:
    """End all of the actor's sign-ins but the one in use; returns how many."""
    async with transaction():
        ended = await endings.end_sign_ins(actor.person_id, keep=keep)
        await audit.record(actor, "auth.sessions_ended", "person", actor.person_id, ended=ended)
    return ended


async def sign_out(actor: Actor, credential: Credential | None) -> None:
    """End the sign-in in use. An access token that came with no refresh tokens simply runs out."""
    if credential is not None and credential.session_id is not None:
        await end_sign_in(actor, str(credential.session_id))
    elif credential is not None and credential.family is not None:
        await end_sign_in(actor, credential.family)
