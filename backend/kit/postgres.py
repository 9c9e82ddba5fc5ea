"""Tortoise's PostgreSQL engine with connections that go back to the pool as they are, whoever is cancelled while using one.

Tortoise never gives a connection back when a task is cancelled while BEGIN is on its way; after as many of them as the pool
is large, everybody waits for ever.
"""

from typing import Any

import asyncpg  # type: ignore[import-untyped]
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """An open transaction is rolled back when it is given back, as ever. There are no session locks, cursors, settings or
    listeners to undo, and asking for that after each statement doubled what a statement costs."""

    def get_reset_query(self) -> str:
        return ""


class _Transaction(TransactionContextPooled):
    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        client: Any = self.client
        pool = client._parent._pool
        client._connection = await pool.acquire()
        self.token = get_connections().set(self.connection_name, client)
        try:
            await client.begin()
        except BaseException:
            get_connections().reset(self.token)
            await pool.release(client._connection)
            raise
        held: TransactionalDBClient = client
        return held


class PostgresClient(AsyncpgDBClient):
    connection_class = Connection

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(TransactionWrapper(self), self._pool_init_lock)


def get_client_class(_: dict[str, Any]) -> type[AsyncpgDBClient]:
    return PostgresClient
