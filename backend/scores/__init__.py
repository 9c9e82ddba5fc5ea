"""Scores: the ledger, periods, what an officer lost and why."""

from litestar.types import ControllerRouterHandler

from backend.scores import routes as score_routes
from backend.scores import routes_agencies, routes_rules, routes_signing

routes: list[ControllerRouterHandler] = [
    *score_routes.routes,
    *routes_signing.routes,
    *routes_rules.routes,
    *routes_agencies.routes,
]

__all__ = ["routes"]
