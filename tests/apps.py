"""One application for all tests of a process: making it costs a third of a second, and it holds no state but settings."""

from litestar import Litestar

from backend.app import create_app
from backend.settings import Settings

_made: dict[tuple[bool, int], Litestar] = {}


def app_of(settings: Settings) -> Litestar:
    """The application with these settings from now on; a test that needs two at once makes them itself."""
    key = (settings.demo, settings.max_upload_mb)
    if key not in _made:
        _made[key] = create_app(settings)
    app = _made[key]
    app.state.clear()
    app.state["settings"] = settings
    return app
