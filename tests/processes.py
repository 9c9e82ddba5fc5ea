"""Whole processes of the service for crash and replica tests.

They are forked from a server that has imported everything already, so that a life costs milliseconds and not the
seconds that importing takes; what runs in them is the real composition of ``backend.__main__``.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing.context import ForkServerProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from backend.settings import Settings

# Python 3.11's fork server does not take over sys.path, and an import that fails there is silently left out.
os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.preload"])


def _live(settings: Settings, roles: tuple[str, ...]) -> None:
    from backend.__main__ import _serve
    from backend.kit import logs

    # A killed process prints nothing useful; one that fails by itself must be seen.
    logs.setup("text", "error")
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    _serve(settings, set(roles))


def all_due(url: str, at: datetime, line: Barrier) -> None:
    """What an engine does at this moment, begun when everybody has come to the line."""
    from backend.kit import clock, db
    from reminders.schedule import run_all_due

    async def work() -> None:
        clock.use(lambda: at)
        async with db.opened(url, 2):
            line.wait(120)
            await run_all_due()

    asyncio.run(work())


class Office:
    """Processes of one office, started and killed by a test; :meth:`close` leaves none behind."""

    def __init__(self, settings: Settings, roles: tuple[str, ...] = ("bot", "reminders")) -> None:
        self.settings = settings
        self.roles = roles
        self.running: list[ForkServerProcess] = []

    def start(self, settings: Settings | None = None) -> ForkServerProcess:
        """A new process, with settings of its own if it needs any (a port); it works by the time the outside world sees
        its first call."""
        process = CONTEXT.Process(target=_live, args=(settings or self.settings, self.roles), daemon=True)
        process.start()
        self.running.append(process)
        return process

    def kill(self, process: ForkServerProcess) -> None:
        """SIGKILL: no clean-up of any kind."""
        process.kill()
        process.join(10)
        assert process.exitcode is not None
        self.running.remove(process)

    def stop(self, process: ForkServerProcess, timeout_s: float = 15) -> Any:
        """SIGTERM, as an operator stops a service; returns the exit code."""
        process.terminate()
        process.join(timeout_s)
        self.running.remove(process)
        return process.exitcode

    def close(self) -> None:
        for process in list(self.running):
            self.kill(process)


@contextmanager
def office(settings: Settings, roles: tuple[str, ...] = ("bot", "reminders")) -> Iterator[Office]:
    """An office whose processes are all gone at the end."""
    made = Office(settings, roles)
    try:
        yield made
    finally:
        made.close()
