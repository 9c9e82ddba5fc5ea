"""The database: opening and closing it, transactions, and SQL text that runs on both SQLite and PostgreSQL."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec
from tortoise import Tortoise
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.backends.base.config_generator import expand_db_url
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.connection import ConnectionHandler, get_connection, get_connections
from tortoise.exceptions import IntegrityError, OperationalError
from tortoise.transactions import in_transaction

__all__ = ["IntegrityError", "OperationalError", "Sql", "config", "connection", "is_postgres", "opened", "transaction"]

T = TypeVar("T")

CONNECTION = "default"
APP = "models"

#: Statements that a PostgreSQL connection keeps prepared: the pages, the bot and the sweeps of one process have more than
#: asyncpg's hundred that come again and again.
_STATEMENTS = 400

_openings = count(1)
_opening = 0
#: Whether the open database is PostgreSQL: every statement asks. None while only migrations have it open.
_postgres: bool | None = None
#: Its connections: Tortoise would look them up for every statement.
_connections: ConnectionHandler | None = None


def config(url: str, pool: int = 10) -> dict[str, Any]:
    """Tortoise's configuration for a database URL, ``sqlite:///PATH[?pragma=value]`` or ``postgres://…``."""
    if url.startswith("sqlite:///"):
        parts = urlsplit(url)
        pragmas: dict[str, Any] = {"busy_timeout": 15000, "synchronous": "NORMAL"}
        pragmas.update(parse_qsl(parts.query))
        path = parts.path.removeprefix("/") if parts.path.startswith("//") else parts.path
        link: dict[str, Any] = {"engine": "backend.kit.sqlite", "credentials": {"file_path": path, **pragmas}}
    else:
        link = expand_db_url(url.replace("postgresql://", "postgres://", 1)) | {"engine": "backend.kit.postgres"}
        link["credentials"] = {
            "minsize": 1,
            "maxsize": pool,
            "statement_cache_size": _STATEMENTS,
            **link["credentials"],
        }
    return {
        "connections": {CONNECTION: link},
        "apps": {
            APP: {
                "models": ["backend.models"],
                "migrations": "backend.migrations",
                "default_connection": CONNECTION,
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


@asynccontextmanager
async def opened(url: str, pool: int = 10) -> AsyncIterator[None]:
    """Hold the process's one database open. Server tasks started later see it too (the global fall-back)."""
    # Executors are cached by connection name; a process that opens another dialect under the same name (tests,
    # `restore`) would build SQL for the wrong one.
    global _opening, _postgres, _connections
    EXECUTOR_CACHE.clear()
    _opening = next(_openings)
    await Tortoise.init(config=config(url, pool), _enable_global_fallback=True)
    _connections = get_connections()
    _postgres = connection().capabilities.dialect == "postgres"
    try:
        yield
    finally:
        _postgres = _connections = None
        await Tortoise.close_connections()


def opening() -> int:
    """Which opening of a database this is in the life of the process: part of the key of whatever is kept in memory."""
    return _opening


def connection() -> BaseDBAsyncClient:
    """The connection in force here: the open transaction's, or the pool."""
    return get_connection(CONNECTION) if _connections is None else _connections.get(CONNECTION)


def is_postgres() -> bool:
    return connection().capabilities.dialect == "postgres" if _postgres is None else _postgres


@asynccontextmanager
async def transaction() -> AsyncIterator[BaseDBAsyncClient]:
    """One transaction; inside another it is a savepoint. Never await the network inside: SQLite has one writer."""
    async with in_transaction(CONNECTION) as held:
        yield held


class Sql:
    """Numbers the parameters of one statement as its text is written, for either database.

    ``sql = Sql(); await sql.rows(f"select … where id = {sql.arg(7)}", Row)``. Numbered placeholders let parts be
    written in any order. Values are converted to what each driver compares correctly: on SQLite instants become UTC
    text in the very form the ORM stores, dates ISO text, decimals text; on PostgreSQL, and in a :meth:`table` on both,
    a NUL becomes U+FFFD.
    """

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.postgres = is_postgres()

    def arg(self, value: Any) -> str:
        """Add one parameter and return its placeholder."""
        values = self.values
        if self.postgres:
            values.append(_without_nul(value) if isinstance(value, str) else value)
            return f"${len(values)}"
        values.append(_for_sqlite(value))
        return f"?{len(values)}"

    def args(self, values: Sequence[Any]) -> str:
        """A parenthesised list for ``in``; an empty one matches nothing."""
        return "(" + ", ".join(self.arg(value) for value in values) + ")" if values else "(null)"

    def any_of(self, column: str, values: Sequence[int]) -> str:
        """``column`` is one of ``values``; one parameter on PostgreSQL however many there are."""
        if len(values) == 1:
            # A plan for any number looks dearer than one for this one, so that PostgreSQL would plan it anew every time.
            return f"{column} = {self.arg(values[0])}"
        if self.postgres:
            return f"{column} = any({self.arg(list(values))}::bigint[])"
        return f"{column} in {self.args(values)}"

    def table(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> str:
        """Rows as something to select from, ``(…) as name``; ``columns``: name → PostgreSQL type.

        However many rows there are (none is fine), it is one parameter a column on PostgreSQL and one in all on SQLite.
        """
        if self.postgres:
            return self._arrays(name, columns, rows)
        shown = ", ".join(f"json_extract(value, '$[{place}]') as {column}" for place, column in enumerate(columns))
        plain = msgspec.json.encode([[_for_sqlite(_without_nul(value)) for value in row] for row in rows]).decode()
        return f"(select {shown} from json_each({self.arg(plain)})) as {name}"

    def _arrays(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> str:
        """An array a column. What all rows have in common is sent once: the driver looks at each element of an array twice,
        which takes longer than the server takes to read it (docs/benchmarks.md)."""
        values_of = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
        common: list[str] = []
        arrays: dict[str, str] = {}
        for (column, kind), values in zip(columns.items(), values_of, strict=True):
            if values and values.count(values[0]) == len(values):
                common.append(f"{self.arg(values[0])}::{kind} as {column}")
            else:
                arrays[column] = f"{self.arg(_array(kind, values))}::{kind}[]"
        if len(rows) > 1 and not arrays:  # as many rows as were given, though all are the same
            arrays["row"] = f"{self.arg(list(range(len(rows))))}::int[]"
        from_ = f" from unnest({', '.join(arrays.values())}) as {name}({', '.join(arrays)})" if arrays else ""
        return f"(select {', '.join([*arrays, *common])}{from_}) as {name}"

    def looked_up(self, key: str, values: Mapping[int, str]) -> str:
        """For each row what ``values`` has under the number ``key``, as text: one parameter, and no join to be planned."""
        plain = self.arg(msgspec.json.encode({k: _without_nul(v) for k, v in values.items()}).decode())
        if self.postgres:
            return f"{plain}::jsonb ->> {key}::text"
        return f"json_extract({plain}, '$.\"' || {key} || '\"')"

    @property
    def skip_locked(self) -> str:
        """Row-lock clause for claiming; SQLite's single writer needs none."""
        return "for update skip locked" if self.postgres else ""

    @property
    def skip_held(self) -> str:
        """The same for rows that others may refer to meanwhile: their key is not taken."""
        return "for no key update skip locked" if self.postgres else ""

    @property
    def hold(self) -> str:
        """Row-lock clause that waits for whoever has the rows; order by id, so that nobody waits in a circle."""
        return "for no key update" if self.postgres else ""

    async def rows(self, text: str) -> list[dict[str, Any]]:
        """Run and return every row."""
        return cast(list[dict[str, Any]], await connection().execute_query_dict(text, self.values))

    async def fetch(self, text: str, row: type[T]) -> list[T]:
        """Run and return every row as a Struct ``row`` (columns matched by name; JSON columns stay text on SQLite)."""
        return [convert(found, row) for found in await self.rows(text)]

    async def run(self, text: str) -> int:
        """Run a statement and return how many rows it touched."""
        count, _ = await connection().execute_query(text, self.values)
        return count


def convert(found: dict[str, Any], row: type[T]) -> T:
    """One raw row as a Struct, with SQLite's text and integers turned into instants, dates, decimals and booleans."""
    return msgspec.convert(found, row, strict=False)


def _without_nul(value: Any) -> Any:
    # PostgreSQL keeps no NUL and refuses to be asked for one: such a text equals nothing that is stored. SQLite ends what
    # it reads out of JSON there.
    return value.replace("\x00", "\ufffd") if isinstance(value, str) and "\x00" in value else value


def _array(kind: str, values: Iterable[Any]) -> list[Any]:
    return [_without_nul(value) for value in values] if kind == "text" else list(values)


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value
