"""Which routes the tests really called: an application under watch says what its handlers answered.

A call counts for a route when its handler ran to its end and answered below 400. What a guard, a missing thing or a
redirect to the sign-in form answers proves nothing of the handler, so probes that walk all routes do not count.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from litestar import Litestar
from litestar.types import Message, Scope

from backend.settings import load

_FAILED = "tests.failed"
#: Litestar's own answers: preflights, and the 404 beside the OpenAPI document.
_NOT_OURS = {"/api/{path}"}


class Call(NamedTuple):
    """A request that found a route: the route's path as the OpenAPI document writes it, and what it was answered."""

    method: str
    path: str
    status: int
    #: Whether the handler answered, and not an error on the way.
    handled: bool


#: Of this process; the controller of a run on several workers adds theirs.
SEEN: set[Call] = set()


def watch(app: Litestar, seen: set[Call] = SEEN) -> Litestar:
    """Note from now on what ``app`` answers. Returns it."""

    async def failed(_: Exception, scope: Scope) -> None:
        scope[_FAILED] = True  # type: ignore[literal-required]

    async def note(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start" and (path := scope.get("path_template")):
            method, status = str(scope.get("method")), int(message["status"])
            seen.add(Call(method, path, status, _FAILED not in scope))

    app.after_exception.append(failed)
    app.before_send.append(note)
    return app


def whole_application() -> Litestar:
    """Every route that a process can have: the product, its demo, the simulator and the bot's webhook."""
    from backend.__main__ import ROLES, Parts
    from backend.app import create_app

    settings = load(
        {},
        demo=True,
        telegram_webhook_secret="a-secret-of-the-webhook",
        zalo_token="700001:A-TOKEN",
        zalo_webhook_secret="a-secret-of-the-webhook",
    )
    return create_app(settings, routes=Parts(settings, set(ROLES)).routes())


def uncalled(app: Litestar, seen: Iterable[Call] = SEEN) -> list[str]:
    """Routes of ``app`` whose handler never answered below 400, as ``POST /api/tasks``."""
    called = {(call.method, call.path) for call in seen if call.handled and call.status < 400}
    ours = {
        (str(method), route.path_format)
        for route in app.routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS" and route.path_format not in _NOT_OURS
    }
    return [f"{method} {path}" for method, path in sorted(ours - called, key=lambda found: found[::-1])]


def undocumented(app: Litestar, seen: Iterable[Call] = SEEN) -> list[str]:
    """Statuses that the API answered and its OpenAPI document does not name, as ``POST /api/tasks 409``.

    Faults of ours are nothing to document.
    """
    paths: dict[str, Any] = app.openapi_schema.to_schema()["paths"]
    wrong = {
        (call.path, call.method, call.status)
        for call in seen
        if (operation := paths.get(call.path, {}).get(call.method.lower())) is not None
        and call.status < 500
        and str(call.status) not in operation["responses"]
    }
    return [f"{method} {path} {status}" for path, method, status in sorted(wrong)]


def is_whole_run(config: pytest.Config) -> bool:
    """Whether this run leaves out nothing but the soak tests: no files, no keywords, no failures of last time."""
    option = config.option
    return (
        config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and option.markexpr in ("", "not soak")
        and not (option.keyword or option.deselect or option.collectonly or option.lf or option.failedfirst)
    )
