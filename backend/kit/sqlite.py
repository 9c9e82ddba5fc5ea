"""Tortoise's SQLite engine with BEGIN IMMEDIATE.

A deferred transaction that reads and then writes fails with "database is locked" as soon as another process wrote in
between, whatever the busy timeout; taking the write lock at BEGIN makes the second writer wait instead.
"""

import sqlite3
from datetime import UTC, datetime
from typing import Any

from tortoise.backends.base.client import TransactionContext
from tortoise.backends.sqlite.client import SqliteClient, SqliteTransactionContext, SqliteTransactionWrapper
from tortoise.exceptions import OperationalError


class ImmediateTransaction(SqliteTransactionWrapper):
    async def begin(self) -> None:
        try:
            await self._connection.commit()
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error


class ImmediateSqliteClient(SqliteClient):
    def _in_transaction(self) -> TransactionContext:
        return SqliteTransactionContext(ImmediateTransaction(self), self._lock)


def get_client_class(_: dict[str, Any]) -> type[SqliteClient]:
    return ImmediateSqliteClient


def _as_utc_text(at: datetime) -> str:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat(" ")


# Tortoise's own adapter keeps an instant's zone, and SQLite compares instants as text: all are written in UTC.
sqlite3.register_adapter(datetime, _as_utc_text)
