"""Runs the engine: APScheduler as a ticker and nothing more; jobs live in memory, the database says what is due."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from prometheus_client import Counter

from backend import sweeps
from backend.kit import clock, logs
from backend.kit.state import sync_clock
from backend.settings import Settings
from reminders.schedule import JOBS, Job, forgetting, run_all_due, watching

log = logs.get("reminders")

FAILURES = Counter("giaoviec_sweep_failures_total", "Ticks that failed as a whole", ["sweep"])

#: A sweep's end is noted in the database at most so often.
_BEAT_EVERY = timedelta(seconds=30)
#: A tick that could not run in time is not made up for: the next one finds the same rows.
_ONE_AT_A_TIME = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}


class Engine:
    """The running engine of this process."""

    def __init__(self, settings: Settings, wake: Callable[[], None] | None = None) -> None:
        self._wake = wake or (lambda: None)
        # Nobody watches a demo, and it must not keep the office's heartbeat alive.
        self.jobs = JOBS if settings.demo else (*JOBS, forgetting(settings), watching(settings))
        self._moving = settings.demo
        self._began = False
        self._beaten: dict[str, datetime] = {}
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
                await self._begin()
                handled = await job.tick(None)
                await self._beat(job)
            except Exception:
                FAILURES.labels(job.name).inc()
                log.exception("sweep.failed")
                return
        if handled:
            log.info("sweep.done", rows=handled)
            self._wake()

    async def _begin(self) -> None:
        """Note once which sweeps are to be expected from now on; at the first tick, when the database is surely there."""
        if not self._began:
            await sweeps.began({job.name: job.every_s for job in self.jobs})
            self._began = True

    async def _beat(self, job: Job) -> None:
        """Note that a sweep came to its end, so that its silence is noticed."""
        now = clock.real()
        if now - self._beaten.get(job.name, now - _BEAT_EVERY) >= _BEAT_EVERY:
            await sweeps.beat(job.name)
            self._beaten[job.name] = now

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
async def run(settings: Settings, wake: Callable[[], None] | None = None) -> AsyncIterator[Engine]:
    """The engine for as long as the context is open; the database must be open around it. ``wake`` is called when a tick
    has done something: there may be something to send."""
    engine = Engine(settings, wake)
    ticker: Any = AsyncIOScheduler(timezone=UTC, job_defaults=_ONE_AT_A_TIME)  # type: ignore[no-untyped-call]
    for job in engine.jobs:
        ticker.add_job(engine.tick, "interval", seconds=job.every_s, args=[job], id=job.name)
    ticker.start()
    try:
        yield engine
    finally:
        # Its own shutdown cancels what runs, so that comes to its end first.
        ticker.pause()
        await engine.drain()
        ticker.shutdown(wait=False)
