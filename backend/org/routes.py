"""Every route of the organisation."""

from litestar.types import ControllerRouterHandler

from backend.org import routes_absences, routes_import, routes_people, routes_units

routes: list[ControllerRouterHandler] = [
    *routes_units.routes,
    *routes_people.routes,
    *routes_absences.routes,
    *routes_import.routes,
]
