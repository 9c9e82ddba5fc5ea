"""Rows of the models as every act reads and writes them, with statements that stay the same: Tortoise writes the text of a
small statement anew each time, which takes longer than running it (docs/benchmarks.md)."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tortoise.models import Model

from backend.kit.db import Sql, connection

M = TypeVar("M", bound=Model)


async def read(sql: Sql, model: type[M], rest: str) -> list[M]:
    """Rows of ``model`` as the ORM would have read them; ``rest`` of the statement follows ``from``."""
    # Columns by name: a replica goes on when a newer one has added some.
    columns = ", ".join(model._meta.fields_db_projection.values())
    held = connection()
    executor = held.executor_class(model=model, db=held)
    found: list[M] = await executor.execute_select(f"select {columns} from {_table(model)} {rest}", sql.values)
    return found


async def insert(model: type[Model], **columns: Any) -> int:
    """Write one row, with the model's defaults for what is not named, and return its id."""
    sql = Sql()
    [row] = await sql.rows(f"{inserting(model, **columns)(sql)} returning id")
    return int(row["id"])


async def update(model: type[Model], columns: Mapping[str, Any], **where: Any) -> int:
    """Write these columns of the rows whose columns are equal to ``where``; returns how many there were."""
    return await run(updating(model, columns, **where))


#: Writes the text of a statement that changes something, with its parameters.
Writing = Callable[[Sql], str]


def inserting(model: type[Model], **columns: Any) -> Writing:
    """The statement of :func:`insert`."""

    def text(sql: Sql) -> str:
        stored = _stored(sql, model, {**_defaults(model), **columns})
        return f"insert into {_table(model)} ({', '.join(stored)}) values ({', '.join(stored.values())})"

    return text


def updating(model: type[Model], columns: Mapping[str, Any], **where: Any) -> Writing:
    """The statement of :func:`update`."""

    def text(sql: Sql) -> str:
        new = ", ".join(f"{name} = {value}" for name, value in _stored(sql, model, columns).items())
        found = " and ".join(f"{name} = {sql.arg(value)}" for name, value in where.items())
        return f"update {_table(model)} set {new} where {found}"

    return text


async def run(statement: Writing) -> int:
    """Run one such statement; returns how many rows it touched."""
    sql = Sql()
    return await sql.run(statement(sql))


async def together(*statements: Writing) -> list[int]:
    """Run statements of which none needs what another has written, and of which no two write the same row, inside a
    transaction: as one on PostgreSQL, where each is a trip. Returns how many rows each touched."""
    sql = Sql()
    if not sql.postgres:
        return [await run(statement) for statement in statements]
    parts = [f"w{place} as ({statement(sql)} returning 1)" for place, statement in enumerate(statements)]
    counts = [f"(select count(*) from w{place}) as n{place}" for place in range(len(statements))]
    [row] = await sql.rows(f"with {', '.join(parts)} select {', '.join(counts)}")
    return list(row.values())


def _table(model: type[Model]) -> str:
    return f'"{model._meta.db_table}"'


def _defaults(model: type[Model]) -> dict[str, Any]:
    columns = {name: model._meta.fields_map[name] for name in model._meta.fields_db_projection}
    return {
        name: field.default() if callable(field.default) else field.default
        for name, field in columns.items()
        if not field.generated
    }


def _stored(sql: Sql, model: type[Model], columns: Mapping[str, Any]) -> dict[str, str]:
    """Parameters for values, by column, converted as the ORM does."""
    fields = model._meta.fields_map
    return {name: sql.arg(fields[name].to_db_value(value, model)) for name, value in columns.items()}
