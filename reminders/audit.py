"""The running check: every few minutes the part of the audit that can be asked so often; what is wrong is logged once and
measured, and only when nothing is wrong the heartbeat address is fetched, so that its silence wakes somebody."""

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from prometheus_client import Counter

from backend import sweeps
from backend.audits import Problem, Report, audit_running
from backend.kit import clock, logs

log = logs.get("reminders.audit")

PINGS = Counter("giaoviec_heartbeat_pings_total", "Fetches of the heartbeat address", ["outcome"])

#: The ledger, seals, rule sets and sign-offs are looked at once in so many runs: nobody touches them for months.
RECORD_EVERY = 12
_PING_S = 10.0


class Watch:
    """What one process has seen so far.

    An office with fewer than 20,000 open tasks is looked at whole each time (of what is settled the newest 20,000
    notices, and the ledger once in :data:`RECORD_EVERY` runs); a larger one by a window of open tasks that goes round.
    Where something is wrong it looks again the next time, so a heartbeat means that everything looked at is right.
    ``giaoviec audit`` compares everything. Every process of several does this by itself; that does no harm.
    """

    def __init__(self, heartbeat_url: str = "", *, timeout_s: float = _PING_S) -> None:
        self._url = heartbeat_url
        self._timeout_s = timeout_s
        self._after = 0
        self._runs = 0
        self._record_wrong = False
        self._logged: set[str] = set()

    async def tick(self, now: datetime | None = None) -> int:
        """Look once; returns 0: nothing is ever left to do at once."""
        record = self._record_wrong or self._runs % RECORD_EVERY == 0
        self._runs += 1
        look = await audit_running(now or clock.now(), self._after, record=record)
        self._after, self._record_wrong = look.after, look.record_wrong
        report = look.report
        self._log(report)
        await sweeps.audited(report.found)
        if not report.failed and self._url:
            await self._ping()
        return 0

    def _log(self, report: Report) -> None:
        """Each problem once, for as long as it lasts."""
        present = {_name(problem): problem for problem in report.problems}
        for name in present.keys() - self._logged:
            log.error("audit.problem", code=present[name].code, **present[name].params)
        if self._logged and not present:
            log.info("audit.all_is_well", compared=report.compared)
        self._logged = set(present)

    async def _ping(self) -> None:
        if await fetched(self._url, self._timeout_s):
            PINGS.labels("ok").inc()
            await sweeps.pinged()
        else:
            PINGS.labels("failed").inc()


def _name(problem: Problem) -> str:
    return " ".join([problem.code, *_said(problem.params.items())])


def _said(params: Iterable[tuple[str, str | int]]) -> list[str]:
    return [f"{name}={value}" for name, value in sorted(params)]


async def fetched(url: str, timeout_s: float) -> bool:
    """Whether an address answered a GET with success; why not is logged without the address, which may be a secret."""
    # Loaded with the first heartbeat: a process without one does not pay for it.
    import aiohttp

    host = urlsplit(url).hostname
    try:
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            if answer.status < 300:
                return True
            log.warning("heartbeat.refused", host=host, status=answer.status)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        log.warning("heartbeat.failed", host=host, error=type(error).__name__)
    return False
