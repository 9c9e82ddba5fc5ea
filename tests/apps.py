"""One application for all tests of a process: making it costs a third of a second, and it holds no state but settings."""

from collections.abc import Callable
from typing import Any

from litestar import Litestar

from backend.app import create_app
from backend.settings import Settings
from tests.calls import watch

_made: dict[tuple[bool, int, Callable[[], list[Any]]], Litestar] = {}


def app_of(settings: Settings, routes: Callable[[], list[Any]] = list) -> Litestar:
    """The application with these settings from now on (and more routes, as ``create_app`` takes them); a test that needs
    two at once makes them with :func:`own_app`."""
    key = (settings.demo, settings.max_upload_mb, routes)
    if key not in _made:
        _made[key] = own_app(settings, routes=routes())
    app = _made[key]
    app.state.clear()
    app.state["settings"] = settings
    return app


def own_app(settings: Settings, **parts: Any) -> Litestar:
    """An application of the test's own (``lifespans`` and ``routes`` as ``create_app`` takes them); what it answers is
    on the record of called routes."""
    return watch(create_app(settings, **parts))
