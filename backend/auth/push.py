"""Browsers that take our pushes: whose they are, which push services we speak to, and how they end."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urlsplit

import msgspec

from backend import audit, outbox
from backend.auth.push_keys import decoded, is_point
from backend.domain.types import SYSTEM, Actor
from backend.errors import NotFound, Unprocessable
from backend.kit import clock
from backend.kit.db import Sql, transaction

#: Browsers of one person that take pushes at the same time; one more ends the oldest.
MOST = 10

_LONGEST_ENDPOINT = 1000
_AUTH_BYTES = 16
#: A bot that has never had a browser to push to opens the channel within this time (``bot.run``).
_CHANNEL_OPENS_IN = timedelta(seconds=5)


class PushBrowser(msgspec.Struct):
    """A browser that takes somebody's pushes."""

    id: int
    user_agent: str
    made_at: datetime


class Subscription(msgspec.Struct, frozen=True):
    """Where and with which keys a browser is pushed to."""

    id: int
    endpoint: str
    p256dh: str
    auth: str


class _Kept(msgspec.Struct):
    id: int
    person_id: int
    live: bool


# Which push services.


def origin_served(endpoint: str, hosts: Sequence[str]) -> str | None:
    """The origin (``https://host``) of an endpoint when it is of one of these push services, else None.

    ``hosts``: names, ``*.`` in front for every name below, ``:port`` behind when it is not 443. Nothing else is ever
    asked: an endpoint comes from a browser, and must not make us call addresses of our own network.
    """
    parts = _parts(endpoint)
    if parts is None:
        return None
    host, port = (parts.hostname or "").rstrip("."), parts.port or 443
    place = host if port == 443 else f"{host}:{port}"
    if not any(place == known or (known.startswith("*.") and place.endswith(known[1:])) for known in hosts):
        return None
    return f"https://{place}"


def _parts(endpoint: str) -> SplitResult | None:
    """The parts of an https address without a name, a password or anything that parsers read differently."""
    if not endpoint.isascii() or not endpoint.isprintable() or set(endpoint) & set(" \\@#"):
        return None
    try:
        parts = urlsplit(endpoint)
        return parts if parts.scheme == "https" and parts.port != 0 and parts.hostname else None
    except ValueError:
        return None


# Subscribing.


async def subscribe(
    actor: Actor, endpoint: str, p256dh: str, auth: str, user_agent: str = "", *, hosts: Sequence[str]
) -> PushBrowser:
    """The browser at ``endpoint`` takes the actor's pushes from now on, and nobody else's; saying so again changes nothing.

    The newest cards that nobody could send the actor so far are sent after all. Raises NotFound when the office pushes
    to no service, Unprocessable when the endpoint is of none of its ``hosts`` or the keys are no keys.
    """
    if not hosts:
        raise NotFound("push_off")
    if len(endpoint) > _LONGEST_ENDPOINT or origin_served(endpoint, hosts) is None:
        raise Unprocessable("push_endpoint_refused")
    if not is_point(p256dh) or len(decoded(auth)) != _AUTH_BYTES:
        raise Unprocessable("push_keys_wrong")
    hashed = hashlib.sha256(endpoint.encode()).hexdigest()
    async with transaction():
        sql = Sql()
        before = await sql.fetch(
            "select id, person_id, ended_at is null as live from push_subscription "
            f"where endpoint_hash = {sql.arg(hashed)}",
            _Kept,
        )
        known = bool(before) and before[0].live and before[0].person_id == actor.person_id
        if before and before[0].live and not known:
            await audit.record(actor, "auth.push_ended", "person", before[0].person_id, reason="taken_over")
        made = await _keep(actor.person_id, (endpoint, hashed, p256dh, auth, user_agent[:190]), renew=not known)
        if not known:
            await audit.record(actor, "auth.push_started", "person", actor.person_id, browser=made.id)
            await _end_oldest(actor)
            await outbox.say_again(actor.person_id, after=_CHANNEL_OPENS_IN)
    return made


async def _keep(person_id: int, browser: tuple[str, ...], *, renew: bool) -> PushBrowser:
    sql = Sql()
    endpoint, hashed, p256dh, auth, user_agent = [sql.arg(value) for value in browser]
    since = "excluded.made_at" if renew else "push_subscription.made_at"
    rows = await sql.fetch(
        "insert into push_subscription "
        "(person_id, endpoint, endpoint_hash, p256dh, auth, user_agent, made_at, ended_at, end_reason) values "
        f"({sql.arg(person_id)}, {endpoint}, {hashed}, {p256dh}, {auth}, {user_agent}, {sql.arg(clock.real())}, null, '') "
        "on conflict (endpoint_hash) do update set person_id = excluded.person_id, p256dh = excluded.p256dh, "
        f"auth = excluded.auth, user_agent = excluded.user_agent, made_at = {since}, ended_at = null, end_reason = '' "
        "returning id, user_agent, made_at",
        PushBrowser,
    )
    return rows[0]


async def _end_oldest(actor: Actor) -> None:
    for browser in (await subscriptions_of(actor.person_id))[MOST:]:
        await _end(actor, browser.id, "too_many", actor.person_id)


# Reading.


async def subscriptions_of(person_id: int) -> list[PushBrowser]:
    """The browsers that take a person's pushes, newest first."""
    sql = Sql()
    return await sql.fetch(
        f"select id, user_agent, made_at from push_subscription where person_id = {sql.arg(person_id)} "
        "and ended_at is null order by made_at desc, id desc",
        PushBrowser,
    )


async def targets_of(person_id: int) -> list[Subscription]:
    """The same for whoever pushes to them."""
    sql = Sql()
    return await sql.fetch(
        f"select id, endpoint, p256dh, auth from push_subscription where person_id = {sql.arg(person_id)} "
        "and ended_at is null order by id",
        Subscription,
    )


async def is_used() -> bool:
    """Whether anybody's browser takes pushes."""
    return bool(await Sql().rows("select 1 as one from push_subscription where ended_at is null limit 1"))


# Ending.


async def unsubscribe(actor: Actor, browser_id: int) -> bool:
    """A browser takes no more of the actor's pushes; False when it did not before."""
    async with transaction():
        return await _end(actor, browser_id, "unsubscribed", actor.person_id)


async def gone(browser_id: int, reason: str) -> bool:
    """The push service says that a subscription is no more; False = it had ended before."""
    async with transaction():
        return await _end(SYSTEM, browser_id, reason)


async def _end(actor: Actor, browser_id: int, reason: str, person_id: int | None = None) -> bool:
    sql = Sql()
    theirs = f" and person_id = {sql.arg(person_id)}" if person_id is not None else ""
    rows = await sql.rows(
        f"update push_subscription set ended_at = {sql.arg(clock.real())}, end_reason = {sql.arg(reason[:64])} "
        f"where id = {sql.arg(browser_id)} and ended_at is null{theirs} returning person_id"
    )
    for row in rows:
        await audit.record(
            actor, "auth.push_ended", "person", int(row["person_id"]), browser=browser_id, reason=reason[:64]
        )
    return bool(rows)
