"""Finds out who a request is from: session cookie, access token or API token. Refusing is the guards' business."""

import hmac
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from backend.auth import access_tokens, api_tokens, sessions
from backend.auth.actors import actor_of
from backend.auth.cookies import cookie_name
from backend.auth.credentials import Credential
from backend.errors import Forbidden, NotSignedIn

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
CSRF_HEADER = "x-csrf-token"
#: ``opt`` of a route that takes or answers with a secret: nothing of it may be kept for replays (kit.idempotency), and
#: a password is not hashed inside the transaction that replays need.
NO_REPLAY = "no_replay"

Connection = ASGIConnection[Any, Any, Any, Any]


def authentication(app: ASGIApp) -> ASGIApp:
    """Set ``scope["user"]`` (Actor or None) and ``scope["auth"]`` (its kind or None) before the route's guards run.

    Bad credentials do not end a request here, for a public route does not need them: what is wrong waits in the state
    as ``auth_problem`` and every guard but ``public`` raises it. A bad cookie is nobody signed in, not a problem.
    Routes with ``opt={"exclude_from_auth": True}`` (health, static files, webhooks) never cost a query.
    """

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        scope["user"] = scope["auth"] = None
        if scope["type"] != ScopeType.HTTP or scope["route_handler"].opt.get("exclude_from_auth"):
            await app(scope, receive, send)
            return
        await _identify(ASGIConnection(scope))

        async def challenge(message: Message) -> None:
            # RFC 9110 §15.5.2: a 401 says how to authenticate. To programs only; pages lead to the sign-in form.
            if message["type"] == "http.response.start" and message["status"] == 401 and _is_api(scope):
                MutableScopeHeaders.from_message(message)["www-authenticate"] = "Bearer"
            await send(message)

        await app(scope, receive, challenge)

    return serve


def idempotency_owner(scope: Scope) -> str | None:
    """Whose Idempotency-Keys a request uses; None for nobody signed in and for routes that handle secrets.

    An API token has its own: an answer that its person got must not be replayed to a token without the scope for it.
    """
    credential: Credential | None = scope["state"].get("credential")
    if credential is None or scope["route_handler"].opt.get(NO_REPLAY):
        return None
    if credential.token_id is not None:
        return f"token:{credential.token_id}"
    return f"person:{credential.person_id}"


async def _identify(connection: Connection) -> None:
    scope, state = connection.scope, connection.scope["state"]
    try:
        credential = await _credential(connection)
        if credential is None:
            return
        actor = await actor_of(credential.person_id, scopes=credential.scopes)
    except NotSignedIn as problem:
        if _bearer(connection) is not None:
            state["auth_problem"] = problem
        return
    if credential.kind == "session":
        state["locale"] = actor.locale
    if _forged(connection, credential):
        state["auth_problem"] = Forbidden("csrf")
        return
    scope["user"], scope["auth"], state["credential"] = actor, credential.kind, credential


async def _credential(connection: Connection) -> Credential | None:
    bearer = _bearer(connection)
    if bearer is not None:
        return await (api_tokens.find(bearer) if bearer.startswith(api_tokens.PREFIX) else access_tokens.read(bearer))
    cookie = connection.cookies.get(cookie_name(connection.app.state.settings))
    return await sessions.find(cookie) if cookie else None


def _bearer(connection: Connection) -> str | None:
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _forged(connection: Connection, credential: Credential) -> bool:
    """Another site can make a browser send its cookie, and cannot know the header. Forms of pages are checked by
    :data:`backend.auth.guards.csrf_form`, which reads their body."""
    unsafe = connection.scope.get("method") in UNSAFE and _is_api(connection.scope)
    if credential.kind != "session" or not unsafe:
        return False
    return not csrf_matches(connection.headers.get(CSRF_HEADER, ""), credential)


def csrf_matches(given: str, credential: Credential) -> bool:
    """Whether ``given`` is the session's CSRF token, compared in constant time."""
    return hmac.compare_digest(given.encode(), credential.csrf.encode())


def credential_of(request: Connection) -> Credential | None:
    """What the request proved itself with; None when nobody is signed in."""
    found: Credential | None = request.scope["state"].get("credential")
    return found


def _is_api(scope: Scope) -> bool:
    return scope["path"].startswith("/api/")
