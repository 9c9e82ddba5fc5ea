"""One-time links that sign a person in: the first admin's, HR's printed sheet or e-mail, a forgotten password."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from backend import audit, outbox
from backend.auth import endings, keys, refresh_tokens, sessions, throttle
from backend.auth.actors import actor_of
from backend.auth.authority import check_power_over
from backend.auth.identity import account_by, normal_email
from backend.domain.notices import SignInLink
from backend.domain.types import SYSTEM, Actor, Role
from backend.errors import Conflict, NotFound, NotSignedIn, TooMany
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import OneTimeLink

Purpose = Literal["first_admin", "sign_in", "reset"]

_LASTS: dict[Purpose, timedelta] = {
    "first_admin": timedelta(days=7),
    "sign_in": timedelta(days=7),
    "reset": timedelta(hours=1),
}


class IssuedLink(msgspec.Struct, frozen=True):
    """``token`` is shown once and stored nowhere but in the message that carries it."""

    id: int
    person_id: int
    token: str
    expires_at: datetime

    @property
    def path(self) -> str:
        """Where the link leads on our site: a page with a button, because mail scanners open links too. The secret is
        in the query, which no log of ours writes down."""
        return f"/link?token={self.token}"


async def issue_link(actor: Actor, person_id: int, purpose: Purpose = "sign_in") -> IssuedLink:
    """A new link for a person, for HR, an admin or the command line (SYSTEM) to hand over; the last one is void.

    Raises NotFound or Forbidden as :func:`backend.auth.authority.check_power_over`.
    """
    async with transaction():
        await _check(actor, person_id)
        return await _issue(actor, person_id, purpose)


async def send_link(actor: Actor, person_id: int, url: str) -> datetime:
    """The same by e-mail; returns when it ends. ``url`` is our own address. Raises Conflict when there is no e-mail."""
    async with transaction():
        await _check(actor, person_id)
        account = await account_by("id", person_id)
        if account is None or account.email is None:
            raise Conflict("no_email")
        link = await _issue(actor, person_id, "sign_in")
        await _mail(link, url)
    return link.expires_at


async def ask_reset(email: str, url: str, address: str) -> None:
    """Somebody at ``address`` forgot the password of the account with this e-mail: a link is sent to it.

    Says nothing of whether there is such an account. Raises TooMany when this address asks too often.
    """
    await throttle.take(throttle.key_of("reset-from", throttle.network(address)), throttle.ADDRESS)
    try:
        await throttle.take(throttle.key_of("reset", normal_email(email) or email), throttle.RESET)
    except TooMany:
        return
    async with transaction():
        account = await account_by("email", normal_email(email) or "")
        if account is None:
            return
        try:
            await actor_of(account.id)
        except NotSignedIn:
            return
        await _mail(await _issue(SYSTEM, account.id, "reset"), url)


async def use_link(token: str, user_agent: str = "") -> sessions.NewSession:
    """Sign a browser in by a link, once; the next thing is choosing a password. Raises NotSignedIn for a spent link."""
    async with transaction():
        return await sessions.open_session(await _consume(token), user_agent, how="link")


async def use_link_for_tokens(token: str) -> refresh_tokens.TokenPair:
    """The same for an API client."""
    async with transaction():
        return await refresh_tokens.open_tokens(await _consume(token), how="link")


async def _consume(token: str) -> int:
    """Spend the link. The old password and every sign-in end with it: somebody else may know or hold them."""
    now = clock.real()
    sql = Sql()
    rows = await sql.rows(
        f"update one_time_link set used_at = {sql.arg(now)} where token_hash = {sql.arg(keys.hash_of(token))} "
        f"and used_at is null and expires_at > {sql.arg(now)} returning person_id, purpose"
    )
    if not rows:
        raise NotSignedIn("link_spent")
    person_id = int(rows[0]["person_id"])
    actor = await actor_of(person_id)
    await endings.end_sign_ins(person_id)
    await endings.void_links(person_id)
    sql = Sql()
    await sql.run(
        f"update person set password_hash = null, must_change_password = {sql.arg(True)} "
        f"where id = {sql.arg(person_id)}"
    )
    await audit.record(actor, "auth.link_used", "person", person_id, purpose=rows[0]["purpose"])
    return person_id


async def _check(actor: Actor, person_id: int) -> None:
    await check_power_over(actor, person_id, Role.HR, Role.ADMIN)
    try:
        await actor_of(person_id)
    except NotSignedIn:
        raise NotFound("not_found") from None


async def _issue(actor: Actor, person_id: int, purpose: Purpose) -> IssuedLink:
    now = clock.real()
    token = keys.new_token()
    await endings.void_links(person_id, purpose)
    row = await OneTimeLink.create(
        token_hash=keys.hash_of(token),
        person_id=person_id,
        purpose=purpose,
        issued_by_id=None if actor.is_system else actor.person_id,
        created_at=now,
        expires_at=now + _LASTS[purpose],
    )
    await audit.record(actor, "auth.link_issued", "person", person_id, purpose=purpose)
    return IssuedLink(row.id, person_id, token, now + _LASTS[purpose])


async def _mail(link: IssuedLink, url: str) -> None:
    notice = SignInLink(url=f"{url}{link.path}", until=link.expires_at)
    await outbox.enqueue(notice, link.person_id, f"sign-in-link:{link.id}", urgent=True)
