"""Who is there: passwords, sessions, tokens, links, linking chats, guards."""

from litestar.types import ControllerRouterHandler

from backend.auth import my_routes
from backend.auth import routes as sign_in_routes

routes: list[ControllerRouterHandler] = [*sign_in_routes.routes, *my_routes.routes]
