"""The secret in the address of somebody's calendar feed: making, revoking, recognising."""

from backend import audit
from backend.auth import endings, keys
from backend.auth.actors import actor_of
from backend.domain.types import Actor
from backend.errors import NotSignedIn
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import FeedLink


def feed_path(secret: str) -> str:
    """Where the feed of a secret is. In the query, which no log of ours writes down."""
    return f"/api/me/calendar.ics?token={secret}"


async def make_feed(actor: Actor) -> str:
    """A new secret for the actor's feed; the last one stops working."""
    now = clock.real()
    secret = keys.new_token()
    async with transaction():
        await endings.revoke("feed_link", actor.person_id, now)
        await FeedLink.create(token_hash=keys.hash_of(secret), person_id=actor.person_id, created_at=now)
        await audit.record(actor, "auth.feed_made", "person", actor.person_id)
    return secret


async def revoke_feed(actor: Actor) -> bool:
    """Make the feed's address worthless; False when there was none."""
    async with transaction():
        revoked = await endings.revoke("feed_link", actor.person_id, clock.real())
        if revoked:
            await audit.record(actor, "auth.feed_revoked", "person", actor.person_id)
    return bool(revoked)


async def person_of_feed(secret: str) -> int | None:
    """Whose feed it is; None for an unknown or revoked secret and for somebody who has left."""
    sql = Sql()
    rows = await sql.rows(
        f"select person_id from feed_link where token_hash = {sql.arg(keys.hash_of(secret))} and revoked_at is null"
    )
    if not rows:
        return None
    try:
        return (await actor_of(rows[0]["person_id"])).person_id
    except NotSignedIn:
        return None
