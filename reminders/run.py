"""Runs the engine: APScheduler as a ticker and nothing more; jobs live in memory, the database says what is due."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from prometheus_client import Counter, Gauge

from backend.kit import logs
from backend.kit.state import sync_clock
from backend.settings import Settings
from reminders.schedule import JOBS, Job, run_all_due

log = logs.get("reminders")

FAILURES = Counter("giaoviec_sweep_failures_total", "Ticks that failed as a whole", ["sweep"])
LAST_DONE = Gauge("giaoviec_sweep_last_done_timestamp_seconds", "When a sweep last came to its end", ["sweep"])

#: A tick that could not run in time is not made up for: the next one finds the same rows.
_ONE_AT_A_TIME = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


class Engine:
    """The running engine of this process."""

    def __init__(self, settings: Settings) -> None:
        self._moving = settings.demo
        self._busy = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False

    async def tick_now(self) -> int:
        """Do everything that is due now; returns how many rows were handled."""
        with self._working():
            return await run_all_due()

    async def tick(self, job: Job) -> None:
        """One tick of one sweep, as the ticker calls it. A failure is logged and counted; the next tick tries again."""
        if self._stopping:
            return
        logs.bind_request(logs.new_request_id(), sweep=job.name)
        with self._working():
            try:
                if self._moving:
                    await sync_clock()
                handled = await job.tick(None)
            except Exception:
                FAILURES.labels(job.name).inc()
                log.exception("sweep.failed")
                return
        LAST_DONE.labels(job.name).set_to_current_time()
        if handled:
            log.info("sweep.done", rows=handled)

    async def drain(self) -> None:
        """Begin nothing new and let what runs come to its end: a tick cut off half-way would only be done again, but a
        shutdown must not look like a crash."""
        self._stopping = True
        await self._idle.wait()

    @contextmanager
    def _working(self) -> Iterator[None]:
        self._busy += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._busy -= 1
            if not self._busy:
                self._idle.set()


@asynccontextmanager
async def run(settings: Settings) -> AsyncIterator[Engine]:
    """The engine for as long as the context is open; the database must be open around it."""
    engine = Engine(settings)
    ticker: Any = AsyncIOScheduler(timezone=UTC, job_defaults=_ONE_AT_A_TIME)  # type: ignore[no-untyped-call]
    for job in JOBS:
        ticker.add_job(engine.tick, "interval", seconds=job.every_s, args=[job], id=job.name)
    ticker.start()
    try:
        yield engine
    finally:
        # Its own shutdown cancels what runs, so that comes to its end first.
        ticker.pause()
        await engine.drain()
        ticker.shutdown(wait=False)
