"""Writing many rows of one table with one prepared statement, on either database."""

from collections.abc import Iterable, Sequence
from typing import Any

from backend.kit.db import Sql, connection

Values = Sequence[Any]


async def insert(table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
    """Insert rows of values in the order of ``columns``."""
    first, values = _prepared(rows)
    if first is not None:
        places = ", ".join(first.places)
        await connection().execute_many(f"insert into {table} ({', '.join(columns)}) values ({places})", values)


async def update(table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
    """Set ``columns`` of the rows whose id comes first in each of ``rows``."""
    first, values = _prepared(rows)
    if first is not None:
        sets = ", ".join(f"{name} = {place}" for name, place in zip(columns, first.places[1:], strict=True))
        await connection().execute_many(f"update {table} set {sets} where id = {first.places[0]}", values)


class _Places(Sql):
    """The placeholders of one row."""

    def __init__(self, row: Values) -> None:
        super().__init__()
        self.places = [self.arg(value) for value in row]


def _prepared(rows: Iterable[Values]) -> tuple[_Places | None, list[list[Any]]]:
    converted = [_Places(row) for row in rows]
    return (converted[0] if converted else None), [row.values for row in converted]
