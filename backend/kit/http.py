"""What every answer shares: one access line, security headers, conditional requests, ids in paths."""

import hashlib
import time
from collections.abc import Callable
from typing import Annotated, Any

from litestar import Request
from litestar.exceptions import ValidationException
from litestar.params import PathParameter
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from backend.kit import logs
from backend.kit.state import sync_clock

log = logs.get("http")

#: The id of a row in a path. A number that no row can have is a thing that is not there: 404 (``kit.problems``).
PathId = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]


def require_written(request: Request[Any, Any, Any], name: str) -> None:
    """A parameter that is an instant must be written as one (RFC 3339): the decoder would take a bare number for seconds
    since 1970. Raises ValidationException."""
    given = request.query_params.get(name, "")
    if given and "-" not in given[1:]:
        wrong = {"key": name, "source": "query", "message": "Invalid RFC3339 encoded datetime"}
        raise ValidationException(detail="Invalid RFC3339 encoded datetime", extra=[wrong])


REQUESTS = Counter("giaoviec_http_requests_total", "Answered requests", ["method", "status"])
SECONDS = Histogram("giaoviec_http_seconds", "Seconds to answer", ["method"])

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self' https://web.telegram.org; require-trusted-types-for 'script'"
)
_HEADERS = {
    b"content-security-policy": CONTENT_SECURITY_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
}


def access_log(clock_moves: bool) -> Callable[[ASGIApp], ASGIApp]:
    """Give the request its id, write one line when it is answered, count it. In a demo (``clock_moves``) also take the
    clock's offset from the database first, since another process may have moved it."""

    def wrap(app: ASGIApp) -> ASGIApp:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            method = str(scope.get("method", ""))
            if not method:  # not HTTP
                await app(scope, receive, send)
                return
            given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
            request_id = given if given.isalnum() and len(given) <= 64 else logs.new_request_id()
            logs.bind_request(request_id)
            if clock_moves:
                await sync_clock()
            started, status = time.perf_counter(), 500

            async def count(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                await send(message)

            try:
                await app(scope, receive, count)
            finally:
                took = time.perf_counter() - started
                REQUESTS.labels(method, str(status)).inc()
                SECONDS.labels(method).observe(took)
                log.info("http", method=method, path=scope["path"], status=status, ms=round(took * 1000, 1))

        return serve

    return wrap


async def security_headers(message: Message, _: Scope) -> None:
    """Headers that every answer carries, errors and static files too."""
    if message["type"] == "http.response.start":
        said = {name.lower() for name, _ in message["headers"]}
        message["headers"] = [*message["headers"], *(pair for pair in _HEADERS.items() if pair[0] not in said)]


def etag(version: int, *, body: bytes = b"") -> str:
    """The entity tag of a version; with ``body``, of this very representation of it (what a reader sees of a thing may
    change while the thing's version does not)."""
    return f'"{version}-{hashlib.sha256(body).hexdigest()[:16]}"' if body else f'"{version}"'


def none_match(request: Request[Any, Any, Any], tag: str) -> bool:
    """Whether the client already has ``tag`` (If-None-Match, RFC 9110 §13.1.2): the answer is 304 without a body."""
    given = request.headers.get("if-none-match", "")
    held = {part.strip().removeprefix("W/") for part in given.split(",")}
    return tag.removeprefix("W/") in held or "*" in held


def if_match(request: Request[Any, Any, Any]) -> int | None:
    """The version a client decided on, from If-Match; None when it did not say (or said ``*``).

    An entity tag that is not one of ours can match nothing, so it is version 0.
    """
    given = request.headers.get("if-match", "").strip()
    if not given or given == "*":
        return None
    text = given.removeprefix("W/").strip('"').partition("-")[0]
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
