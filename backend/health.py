"""Health for orchestrators and Prometheus metrics."""

from typing import Any

from litestar import Request, Response, get, head
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from backend.auth.guards import metrics_reader, public
from backend.errors import AppError
from backend.kit.db import OperationalError
from backend.measures import measure
from backend.models import Person


class NotReady(AppError):
    """The process cannot serve: the database does not answer or is not migrated (503)."""

    status = 503


@get("/health/live", guards=[public], include_in_schema=False, opt={"exclude_from_auth": True})
async def live() -> dict[str, str]:
    """The process runs."""
    return {"status": "ok"}


@head("/health/live", guards=[public], include_in_schema=False, opt={"exclude_from_auth": True})
async def live_head() -> None:
    """The same for probes that send HEAD."""


@get("/health/ready", guards=[public], include_in_schema=False, opt={"exclude_from_auth": True})
async def ready() -> dict[str, str]:
    """The process can serve: the database answers and has our tables."""
    await _check()
    return {"status": "ok"}


@head("/health/ready", guards=[public], include_in_schema=False, opt={"exclude_from_auth": True})
async def ready_head() -> None:
    """The same for probes that send HEAD."""
    await _check()


async def _check() -> None:
    try:
        await Person.all().limit(1).count()
    except (OperationalError, OSError) as error:
        raise NotReady("not_ready") from error


@get("/metrics", guards=[metrics_reader], include_in_schema=False)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus text."""
    await measure(request.app.state.settings.zone)
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


routes = [live, live_head, ready, ready_head, metrics]
