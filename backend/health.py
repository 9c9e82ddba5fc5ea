"""Health for orchestrators and Prometheus metrics."""

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, head
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from backend.auth.guards import metrics_reader, public
from backend.errors import AppError
from backend.kit import clock
from backend.kit.db import OperationalError, Sql
from backend.models import Person

OUTBOX = Gauge("giaoviec_outbox_notices", "Notices by status", ["status"])
OLDEST = Gauge("giaoviec_outbox_oldest_seconds", "Age of the oldest notice that is ready and not sent")


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
    for row in await Sql().rows("select status, count(*) as n from outbox_notice group by status"):
        OUTBOX.labels(row["status"]).set(row["n"])
    sql = Sql()
    now = clock.real()
    oldest = await sql.rows(
        "select ready_at from outbox_notice where status = 'pending' "
        f"and ready_at <= {sql.arg(now)} and not_before <= {sql.arg(clock.now())} order by ready_at limit 1"
    )
    age = 0.0
    if oldest:
        at = oldest[0]["ready_at"]
        age = (now - (datetime.fromisoformat(at) if isinstance(at, str) else at)).total_seconds()
    OLDEST.set(age)
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


routes = [live, live_head, ready, ready_head, metrics]
