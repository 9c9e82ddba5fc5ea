"""Every page of the product in one router, with the redirects that their guards ask for."""

from litestar import Router
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.types import ControllerRouterHandler

from backend.auth.guards import PasswordChangeNeeded, SignInNeeded
from backend.settings import Settings
from backend.web import (
    account,
    act,
    agencies,
    assigning,
    calendars,
    channels,
    demo,
    disqualifying,
    install,
    me,
    people,
    periods,
    proposals,
    reminding,
    requests,
    rules,
    scores,
    task,
    task_acts,
    work,
)
from backend.web.docs import ReferencePage
from backend.web.render import assets


def routes(settings: Settings) -> list[ControllerRouterHandler]:
    """All page routes; those that move the product clock exist in a demo only."""
    features = [
        account,
        act,
        work,
        assigning,
        task,
        task_acts,
        agencies,
        scores,
        disqualifying,
        rules,
        periods,
        requests,
        people,
        calendars,
        channels,
        proposals,
        reminding,
        me,
        install,
    ]
    if settings.demo:
        features.append(demo)
    pages = Router(
        path="/",
        route_handlers=[handler for feature in features for handler in feature.routes],
        exception_handlers={SignInNeeded: account.sign_in_first, PasswordChangeNeeded: account.password_first},
        include_in_schema=False,
    )
    return [pages, assets.route()]


def reference_pages() -> list[OpenAPIRenderPlugin]:
    """The page at /api that shows the OpenAPI document."""
    return [ReferencePage()]
