"""Files: content-addressed storage and attachments."""

from litestar.types import ControllerRouterHandler

from backend.files import routes as file_routes

routes: list[ControllerRouterHandler] = [*file_routes.routes]
