"""Wires features, pages and the kit into one ASGI application; no logic of its own."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from backend import auth, calendars, files, health, org, scores, tasks, web
from backend.auth import keys
from backend.auth.guards import is_public
from backend.auth.middleware import authentication, idempotency_owner
from backend.kit import db, idempotency, problems
from backend.kit.bodies import StrictRequest
from backend.kit.http import access_log, security_headers
from backend.kit.openapi import Answers, Decimals, Structs, openapi_config
from backend.kit.state import sync_clock
from backend.settings import Settings

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_app(
    settings: Settings,
    lifespans: Sequence[Lifespan] = (),
    routes: Sequence[ControllerRouterHandler] = (),
) -> Litestar:
    """The application. ``lifespans`` run around it with the database open (the bot, the reminder engine); ``routes``
    are added to the backend's own (webhooks of the bot, the simulator). The backend knows neither."""

    @asynccontextmanager
    async def database(app: Litestar) -> AsyncIterator[None]:
        ours: Settings = app.state["settings"]
        keys.use(ours.secret_key)
        async with db.opened(ours.database, ours.database_pool):
            await sync_clock()
            yield

    return Litestar(
        route_handlers=[
            *health.routes,
            *auth.routes,
            *org.routes,
            *calendars.routes,
            *tasks.routes,
            *files.routes,
            *scores.routes,
            *web.routes(settings),
            *routes,
        ],
        lifespan=[database, *lifespans],
        middleware=[access_log(settings.demo), authentication, idempotency.middleware(idempotency_owner)],
        exception_handlers={Exception: problems.handler(web.problem_page)},
        before_send=[security_headers],
        openapi_config=openapi_config(*web.reference_pages()),
        plugins=[Answers(is_public), Structs(), Decimals()],
        request_class=StrictRequest,
        state=State({"settings": settings}),
        request_max_body_size=settings.max_upload_mb * 2 * 1024 * 1024,
        logging_config=None,
        debug=False,
    )
