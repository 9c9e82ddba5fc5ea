"""Guards: every route has one; ``public`` says aloud that none is needed.

An API token opens only routes that name a scope (``scope("tasks:write")``), whatever its person may do. Somebody who
must change their password first gets through ``account`` and ``page_account`` only. Guards of pages raise exceptions
that the web room answers with redirects.
"""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from litestar import Request
from litestar.handlers import BaseRouteHandler

from backend.auth.middleware import CSRF_HEADER, Connection, credential_of, csrf_matches
from backend.auth.scopes import SCOPES
from backend.domain.types import Actor, Role
from backend.errors import Forbidden, NotSignedIn

Check = Callable[[Connection, BaseRouteHandler], Awaitable[None]]

#: Field of a page's form that carries the session's CSRF token.
CSRF_FIELD = "csrf"


class SignInNeeded(NotSignedIn):
    """A page wants somebody signed in; ``next`` is where they were going (path and query, always on this site)."""

    def __init__(self, next_: str) -> None:
        super().__init__("not_signed_in")
        self.next = next_


class PasswordChangeNeeded(Forbidden):
    """The person must choose a password of their own before anything else."""

    def __init__(self) -> None:
        super().__init__("must_change_password")


class Guard:
    """A guard with a name, by which the house test tells a guarded route from a forgotten one."""

    def __init__(self, guard_name: str, check: Check, *scopes: str) -> None:
        self.guard_name = guard_name
        self.scopes = scopes
        self._check = check

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        await self._check(connection, handler)

    def __repr__(self) -> str:
        return f"<guard {self.guard_name}>"


def _somebody(connection: Connection) -> Actor:
    """Whoever is signed in, by any credential. Raises what was wrong with the one shown, or NotSignedIn."""
    problem = connection.scope["state"].get("auth_problem")
    if problem is not None:
        raise problem
    actor: Actor | None = connection.scope["user"]
    if actor is None:
        raise NotSignedIn("not_signed_in")
    return actor


def _is_token(connection: Connection) -> bool:
    return bool(connection.scope["auth"] == "token")


def _settled(connection: Connection, handler: BaseRouteHandler) -> Actor:
    """Whoever may go about their work here: no forced change pending, an API token only where a scope is named."""
    actor = _somebody(connection)
    if _is_token(connection):
        if not any(isinstance(guard, Guard) and guard.scopes for guard in handler.resolve_guards()):
            raise Forbidden("scope_missing", scope="-")
    elif actor.must_change_password:
        raise PasswordChangeNeeded
    return actor


async def _public(connection: Connection, handler: BaseRouteHandler) -> None:
    pass


async def _signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    _settled(connection, handler)


async def _identified(connection: Connection, handler: BaseRouteHandler) -> None:
    _somebody(connection)


async def _account(connection: Connection, handler: BaseRouteHandler) -> None:
    _somebody(connection)
    if _is_token(connection):
        raise Forbidden("scope_missing", scope="-")


#: Anybody, signed in or not.
public = Guard("public", _public)
#: Somebody signed in, with any credential: for saying who they are and nothing more.
identified = Guard("identified", _identified)
#: A person signed in who may have to change their password first: their account and signing out. Never an API token.
account = Guard("account", _account)
#: Somebody signed in and ready to work.
signed_in = Guard("signed_in", _signed_in)


def is_public(handler: BaseRouteHandler) -> bool:
    """Whether nobody has to be signed in for this route."""
    return public in handler.resolve_guards()


def scope(*names: str) -> Guard:
    """Somebody signed in; an API token must hold every one of these scopes."""
    if not names or (unknown := set(names) - SCOPES):
        raise ValueError(f"no such scope: {sorted(unknown) if names else 'none given'}")

    async def check(connection: Connection, handler: BaseRouteHandler) -> None:
        actor = _settled(connection, handler)
        missing = () if actor.scopes is None else sorted(set(names) - actor.scopes)
        if missing:
            raise Forbidden("scope_missing", scope=" ".join(missing))

    return Guard(f"scope({' '.join(names)})", check, *names)


def has_role(*roles: Role) -> Guard:
    """Somebody signed in with one of these roles in some unit; over which unit, the service decides."""

    async def check(connection: Connection, handler: BaseRouteHandler) -> None:
        if not _settled(connection, handler).has(*roles):
            raise Forbidden("forbidden")

    return Guard(f"has_role({' '.join(roles)})", check)


def _reader(connection: Connection) -> Actor:
    """Whoever is signed in at a browser. Raises SignInNeeded with the way back."""
    if connection.scope["user"] is None:
        # Only a page that can be asked for again is a place to come back to.
        url = connection.url
        back = f"{url.path}?{url.query}" if url.query else url.path
        raise SignInNeeded(back if connection.scope.get("method") == "GET" else "/")
    return _somebody(connection)


async def _page_signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    _reader(connection)
    _settled(connection, handler)


async def _page_account(connection: Connection, handler: BaseRouteHandler) -> None:
    _reader(connection)


#: A page for somebody signed in and ready to work.
page_signed_in = Guard("page_signed_in", _page_signed_in)
#: A page for somebody signed in who may have to change their password first.
page_account = Guard("page_account", _page_account)


def page_has_role(*roles: Role) -> Guard:
    """A page for somebody with one of these roles."""

    async def check(connection: Connection, handler: BaseRouteHandler) -> None:
        _reader(connection)
        if not _settled(connection, handler).has(*roles):
            raise Forbidden("forbidden")

    return Guard(f"page_has_role({' '.join(roles)})", check)


async def _csrf_form(connection: Connection, handler: BaseRouteHandler) -> None:
    credential = credential_of(connection)
    if credential is None:
        if not _same_site(connection):
            raise Forbidden("csrf")
        return
    if credential.kind != "session":
        return
    given = connection.headers.get(CSRF_HEADER, "")
    if given or not isinstance(connection, Request):
        if not csrf_matches(given, credential):
            raise Forbidden("csrf")
        return
    # The form is kept by the request: the handler reads it again without parsing it twice.
    form = await connection.form()
    if not csrf_matches(str(form.get(CSRF_FIELD) or ""), credential):
        # No handler will run, and it is handlers' files that the framework closes.
        await form.close()
        raise Forbidden("csrf")


def _same_site(connection: Connection) -> bool:
    """Whether a form sent with nobody signed in (sign-in, reset) came from our own page: no other site may sign a
    browser in as somebody else. Browsers say so in Sec-Fetch-Site, older ones in Origin; programs say nothing."""
    fetched_from = connection.headers.get("sec-fetch-site")
    if fetched_from is not None:
        return fetched_from in ("same-origin", "none")
    origin = connection.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == connection.headers.get("host")


#: The form posted to a page is our own: field ``csrf`` (or header X-CSRF-Token) equals the session's. Put it on every
#: page route with an unsafe method, beside the guard that says who may use it.
csrf_form = Guard("csrf_form", _csrf_form)


def csrf_of(request: Connection) -> str:
    """The CSRF token for this reader's forms; empty when nobody is signed in."""
    credential = credential_of(request)
    return credential.csrf if credential is not None else ""


async def _metrics_reader(connection: Connection, handler: BaseRouteHandler) -> None:
    wanted = connection.app.state.settings.metrics_token
    if wanted:
        given = connection.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise NotSignedIn("not_signed_in")
    elif not _from_loopback(connection):
        raise Forbidden("forbidden")


def _from_loopback(connection: Connection) -> bool:
    client = connection.client
    try:
        return client is not None and ipaddress.ip_address(client.host).is_loopback
    except ValueError:
        return False


#: Whoever holds METRICS_TOKEN; without one only the loopback.
metrics_reader = Guard("metrics_reader", _metrics_reader)
