"""Working calendars: the reviewed table, each unit's own word on it, and deadlines counted for whoever asks."""

from typing import Any

__all__ = ["routes"]


def __getattr__(name: str) -> Any:
    # The routes bring the web library with them; `giaoviec due` counts without it, and starts in no time.
    if name != "routes":
        raise AttributeError(name)
    from backend.calendars import routes_changes, routes_due, routes_reading

    return [*routes_reading.routes, *routes_changes.routes, *routes_due.routes]
