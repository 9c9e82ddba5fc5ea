"""Tortoise's PostgreSQL engine with connections that go back to the pool as they are, whoever is cancelled while using one.

Tortoise never gives a connection back when a task is cancelled while BEGIN is on its way; after as many of them as the pool
is large, everybody waits for ever. And asyncpg's pool takes twice as long to lend a connection as the connection takes for
a small statement (docs/benchmarks.md): what was just used is lent again without asking it.
"""

import time
from types import TracebackType
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import (
    NestedTransactionContext,
    TransactionalDBClient,
    TransactionContext,
    TransactionContextPooled,
)
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """An open transaction is rolled back when it is given back, as ever. There are no session locks, cursors, settings or
    listeners to undo, and asking for that after each statement doubled what a statement costs."""

    def get_reset_query(self) -> str:
        return ""


#: A connection that nobody has lent for so long goes back to the pool, which closes it in its own time.
_KEEP_S = 30.0
#: One in so many that are given back goes there too: the pool replaces those that have served long enough.
_LOOKED_AFTER = 1000


class Lender:
    """Stands before a pool and lends what was given back last, when it was left as it was found; whoever waits for the
    pool comes first."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        #: Connections of the pool that nobody uses, and since when; the last one is the warmest.
        self._free: list[tuple[Any, float]] = []
        self._waiting = 0
        self._given_back = 0

    async def acquire(self) -> Any:
        while self._free:
            found, _ = self._free.pop()
            if _alive(found):
                return found
            await self._pool.release(found)
        self._waiting += 1
        try:
            return await self._pool.acquire()
        finally:
            self._waiting -= 1

    async def release(self, connection: Any, *, clean: bool) -> None:
        """``clean``: nobody was interrupted or refused while using it."""
        self._given_back += 1
        if not clean or self._waiting or self._given_back % _LOOKED_AFTER == 0:
            await self._pool.release(connection)
            return
        now = time.monotonic()
        self._free.append((connection, now))
        if now - self._free[0][1] > _KEEP_S:
            await self._pool.release(self._free.pop(0)[0])

    async def close(self) -> None:
        """Everything that is not in use is the pool's again."""
        while self._free:
            await self._pool.release(self._free.pop()[0])


def _alive(connection: Any) -> bool:
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:  # it died, and the pool has taken it back by itself
        return False


class _Lent:
    """One connection for one statement outside transactions."""

    def __init__(self, client: "PostgresClient") -> None:
        self._client = client

    async def __aenter__(self) -> Any:
        self._lender = await self._client.lender()
        self._connection = await self._lender.acquire()
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._lender.release(self._connection, clean=kind is None)


class _Transaction(TransactionContextPooled):
    async def __aenter__(self) -> TransactionalDBClient:
        client: Any = self.client
        self.lender: Lender = await client._parent.lender()
        client._connection = await self.lender.acquire()
        self.token = get_connections().set(self.connection_name, client)
        try:
            await client.begin()
        except BaseException:
            get_connections().reset(self.token)
            await self.lender.release(client._connection, clean=False)
            raise
        held: TransactionalDBClient = client
        return held

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        client: Any = self.client
        clean = False
        try:
            if not client._finalized and kind is not TransactionManagementError:
                await (client.rollback() if kind else client.commit())
            clean = kind is None
        finally:
            get_connections().reset(self.token)
            await self.lender.release(client._connection, clean=clean)


async def _raise(_: Any, error: Exception) -> None:
    raise error


class _Statements:
    """Statements with one step between Tortoise and the driver, where it has five of its own: every act takes twenty."""

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        return [dict(row) for row in await self._ask("fetch", query, values)]

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Any]:
        """How many rows it touched or found, and those it found."""
        if query.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            return int((await self._ask("execute", query, values)).rpartition(" ")[2]), []
        rows = await self._ask("fetch", query, values)
        return len(rows), rows

    async def _ask(self, method: str, query: str, values: list[Any] | None) -> Any:
        raise NotImplementedError


class _Within(_Statements, TransactionWrapper):
    """An open transaction."""

    async def _ask(self, method: str, query: str, values: list[Any] | None) -> Any:
        async with self._lock:
            try:
                return await getattr(self._connection, method)(query, *(values or ()))
            except Exception as error:
                return await self._translate_exceptions(_raise, error)

    def _in_transaction(self) -> TransactionContext:
        return NestedTransactionContext(_Within(self))


class PostgresClient(_Statements, AsyncpgDBClient):
    connection_class = Connection
    _lender: Lender | None = None

    async def _ask(self, method: str, query: str, values: list[Any] | None) -> Any:
        lender = self._lender or await self.lender()
        connection = await lender.acquire()
        clean = False
        try:
            answer = await getattr(connection, method)(query, *(values or ()))
            clean = True
            return answer
        except Exception as error:
            return await self._translate_exceptions(_raise, error)
        finally:
            await lender.release(connection, clean=clean)

    async def lender(self) -> Lender:
        if self._lender is None:
            async with self._pool_init_lock:
                if self._pool is None:
                    await self.create_connection(with_db=True)
                if self._lender is None:
                    self._lender = Lender(self._pool)
        return self._lender

    def acquire_connection(self) -> Any:
        return _Lent(self)

    async def _close(self) -> None:
        if self._lender is not None:
            await self._lender.close()
            self._lender = None
        await super()._close()

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(_Within(self), self._pool_init_lock)


def get_client_class(_: dict[str, Any]) -> type[AsyncpgDBClient]:
    return PostgresClient
