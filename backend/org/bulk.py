"""Writing many rows of one table with one prepared statement, on either database."""

from collections.abc import Iterable, Sequence
from typing import Any

from backend.kit.db import Sql, connection

Values = Sequence[Any]


async def insert(table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
    """Insert rows of values in the order of ``columns``."""
    places, values = _prepared(rows)
    if values:
        await connection().execute_many(
            f"insert into {table} ({', '.join(columns)}) values ({', '.join(places)})", values
        )


async def update(table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
    """Set ``columns`` of the rows whose id comes first in each of ``rows``."""
    places, values = _prepared(rows)
    if values:
        sets = ", ".join(f"{name} = {place}" for name, place in zip(columns, places[1:], strict=True))
        await connection().execute_many(f"update {table} set {sets} where id = {places[0]}", values)


def _prepared(rows: Iterable[Values]) -> tuple[list[str], list[list[Any]]]:
    """Placeholders of one row, and every row's values as the driver takes them."""
    sql = Sql()
    places: list[str] = []
    values: list[list[Any]] = []
    for row in rows:
        sql.values = []
        places = [sql.arg(value) for value in row]
        values.append(sql.values)
    return places, values
