"""procrastinate and pgqueuer as ``bench_queues.py`` sees them; only there are they installed."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.metadata import version
from typing import Any, Protocol

import asyncpg

LIMIT_S = 30.0
BULK = 1000
#: What a reminder carries, more or less.
BODY = {"task": 12345678, "person": 54321, "kind": "TaskDueSoon", "why": "share", "late": 12, "still": 18}


class Tried(Protocol):
    """One library as the bench sees it."""

    name: str

    async def enqueue(self, jobs: int) -> None: ...

    async def settle(self) -> None:
        """What autovacuum would do in a while: nobody plans a query without statistics for long."""

    async def claim(self) -> int:
        """Claim the next due jobs the way its worker does; returns how many."""

    async def work(self) -> int:
        """Run what is due with one worker, at most LIMIT_S; returns how many jobs ran."""

    async def fill(self, jobs: int, waiting: int, done: int) -> None:
        """Empty the queue; then ``waiting`` jobs for later, ``jobs`` due ones spread among them, and ``done`` old ones."""


class Procrastinate:
    """PsycopgConnector, batch_defer, one worker with concurrency=30 as its how-to on concurrency has it."""

    name = f"procrastinate {version('procrastinate')}"

    def __init__(self, app: Any, connection: Any) -> None:
        self.app, self.connection = app, connection
        self.ran = 0
        self.worker_id = 0

        @app.task(name="say", queue="reminders")  # type: ignore[untyped-decorator]
        async def say(**_: Any) -> None:
            self.ran += 1

        self.say = say

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator["Procrastinate"]:
        import procrastinate

        app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, max_size=10))
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            connection = await asyncpg.connect(url)
            tried = cls(app, connection)
            tried.worker_id = await app.job_manager.register_worker()
            yield tried
            await connection.close()

    async def enqueue(self, jobs: int) -> None:
        for _ in range(0, jobs, BULK):
            await self.say.batch_defer_async(*[BODY] * BULK)

    async def settle(self) -> None:
        await self.connection.execute("vacuum (analyze)", timeout=3600)

    async def claim(self) -> int:
        return int(await self.app.job_manager.fetch_job(queues=["reminders"], worker_id=self.worker_id) is not None)

    async def work(self) -> int:
        self.ran = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIMIT_S):
                await self.app.run_worker_async(
                    queues=["reminders"], concurrency=30, wait=False, install_signal_handlers=False
                )
        return self.ran

    async def fill(self, jobs: int, waiting: int, done: int) -> None:
        await self.connection.execute("truncate procrastinate_jobs cascade")
        await self.connection.execute("set session_replication_role = replica")
        columns = "procrastinate_jobs (queue_name, task_name, status, args, attempts, scheduled_at)"
        body = f"'{_json()}'"
        await self.connection.execute(
            f"insert into {columns} select 'reminders', 'say', 'succeeded', {body}, 1, now() - interval '90 days' "
            f"from generate_series(1, {done})",
            timeout=3600,
        )
        await self.connection.execute(
            f"insert into {columns} select 'reminders', 'say', 'todo', {body}, 0, {_when(jobs, waiting)} "
            f"from generate_series(1, {jobs + waiting}) n",
            timeout=3600,
        )
        await self.settle()


class PgQueuer:
    """asyncpg, which its benchmarks prefer, enqueueing in lists; a worker that takes ``batch`` jobs at a time."""

    def __init__(self, connection: Any, batch: int) -> None:
        from pgqueuer import PgQueuer as App
        from pgqueuer.db import AsyncpgDriver
        from pgqueuer.queries import Queries

        self.name = f"pgqueuer {version('pgqueuer')}, batches of {batch}"
        self.connection, self.batch = connection, batch
        self.queries = Queries(AsyncpgDriver(connection))
        self.new_app = lambda: App.from_asyncpg_connection(connection)
        self.manager = uuid.uuid4()
        self.ran = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, url: str, batch: int) -> AsyncIterator["PgQueuer"]:
        connection = await asyncpg.connect(url)
        tried = cls(connection, batch)
        await tried.queries.install()
        yield tried
        await connection.close()

    async def enqueue(self, jobs: int) -> None:
        body = _json().encode()
        for _ in range(0, jobs, BULK):
            await self.queries.enqueue(["say"] * BULK, [body] * BULK, [0] * BULK)

    async def settle(self) -> None:
        await self.connection.execute("vacuum (analyze)", timeout=3600)

    async def claim(self) -> int:
        from pgqueuer.ports.repository import EntrypointExecutionParameter

        jobs = await self.queries.dequeue(
            batch_size=self.batch,
            entrypoints={"say": EntrypointExecutionParameter(concurrency_limit=0)},
            queue_manager_id=self.manager,
            global_concurrency_limit=None,
            heartbeat_timeout=timedelta(hours=1),
        )
        return len(jobs)

    async def work(self) -> int:
        from pgqueuer.types import QueueExecutionMode

        self.ran = 0
        app = self.new_app()

        @app.entrypoint("say")  # type: ignore[untyped-decorator]
        async def say(_: Any) -> None:
            self.ran += 1

        async def stop_late() -> None:
            await asyncio.sleep(LIMIT_S)
            app.shutdown.set()

        late = asyncio.create_task(stop_late())
        await app.qm.run(batch_size=self.batch, mode=QueueExecutionMode.drain)
        late.cancel()
        return self.ran

    async def fill(self, jobs: int, waiting: int, done: int) -> None:
        # It deletes what is done; its log of the past is another table.
        await self.queries.clear_queue()
        await self.connection.execute("set session_replication_role = replica")
        await self.connection.execute(
            "insert into pgqueuer (priority, entrypoint, payload, status, execute_after) "
            f"select 0, 'say', '{_json()}'::bytea, 'queued', {_when(jobs, waiting)} "
            f"from generate_series(1, {jobs + waiting}) n",
            timeout=3600,
        )
        await self.settle()


def _json() -> str:
    return json.dumps(BODY)


def _when(jobs: int, waiting: int) -> str:
    """One of so many is due, the others within four weeks: jobs fall due in another order than they were planned in."""
    every = (jobs + waiting) // jobs
    return (
        f"case when n % {every} = 0 then now() - interval '1 minute' else now() + interval '1 day' * (1 + n % 28) end"
    )
