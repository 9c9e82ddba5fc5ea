"""Tortoise's SQLite engine with BEGIN IMMEDIATE, and with a connection that survives whoever is cancelled while using it.

A deferred transaction that reads and then writes fails with "database is locked" as soon as another process wrote in
between, whatever the busy timeout; taking the write lock at BEGIN makes the second writer wait instead.

Everybody shares one connection behind one lock. Tortoise never gives that lock back when a task is cancelled between
taking it and the end of BEGIN (or of opening the file), and all who come after wait for ever.
"""

import sqlite3
from datetime import UTC, datetime
from typing import Any

from tortoise.backends.base.client import ConnectionWrapper, TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.connection import get_connections
from tortoise.exceptions import OperationalError


class ImmediateTransaction(SqliteTransactionWrapper):
    async def begin(self) -> None:
        try:
            await self._connection.commit()
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error


class _Held(ConnectionWrapper[Any]):
    async def __aenter__(self) -> Any:
        await self._lock.acquire()
        try:
            await self.ensure_connection()
        except BaseException:
            self._lock.release()
            raise
        return self.connection


class _Transaction(SqliteTransactionContext):
    async def __aenter__(self) -> TransactionalDBClient:
        await self._trxlock.acquire()
        try:
            await self.ensure_connection()
            self.token = get_connections().set(self.connection_name, self.connection)
            await self._begin()
        except BaseException:
            self._trxlock.release()
            raise
        held: TransactionalDBClient = self.connection
        return held

    async def _begin(self) -> None:
        try:
            await self.connection.begin()
        except BaseException:
            get_connections().reset(self.token)
            # The thread of the connection takes one thing after the other: BEGIN may still be before it, and ends here.
            await self.connection._connection.rollback()
            raise


class ImmediateSqliteClient(SqliteClient):
    def acquire_connection(self) -> ConnectionWrapper[Any]:
        return _Held(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(ImmediateTransaction(self), self._lock)


def get_client_class(_: dict[str, Any]) -> type[SqliteClient]:
    return ImmediateSqliteClient


def _as_utc_text(at: datetime) -> str:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat(" ")


# Tortoise's own adapter keeps an instant's zone, and SQLite compares instants as text: all are written in UTC.
sqlite3.register_adapter(datetime, _as_utc_text)
