"""What the routes that chat servers post to have in common: only whoever knows the secret gets in, with so much."""

import hmac
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.auth.guards import Guard
from backend.errors import NotSignedIn

#: No chat server posts more bytes than this at once.
LARGEST = 1024 * 1024


def knows_secret(name: str, header: str, secret: str) -> Guard:
    """The guard ``name`` of a webhook: ``secret`` is in ``header``, compared in constant time."""

    async def check(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        given = connection.headers.get(header, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            raise NotSignedIn("not_signed_in")

    return Guard(name, check)
