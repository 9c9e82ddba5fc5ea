"""Tasks: assigning and the whole life of what was assigned."""

from litestar.types import ControllerRouterHandler

from backend.tasks import routes as task_routes
from backend.tasks import (
    routes_acts,
    routes_calendars,
    routes_feed,
    routes_files,
    routes_firmness,
    routes_imports,
    routes_phrasing,
    routes_recurrences,
)

routes: list[ControllerRouterHandler] = [
    *task_routes.routes,
    *routes_acts.routes,
    *routes_calendars.routes,
    *routes_recurrences.routes,
    *routes_files.routes,
    *routes_feed.routes,
    *routes_imports.routes,
    *routes_phrasing.routes,
    *routes_firmness.routes,
]
