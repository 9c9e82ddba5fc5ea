"""A populated database of either kind migrates from every past version and loses neither a row nor an index.

The ORM's SQLite backend rebuilds a table for some operations, and a rebuilt table silently loses its indexes and the
rows that refer to it (ADR 0002). So these tests fill every table before they migrate and compare everything after.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.api.migrate import migrate as run
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.schema_generator.state import State

from backend.kit import db
from tests.sources import ROOT

VERSIONS = sorted(path.stem for path in (ROOT / "backend/migrations").glob("[0-9]*.py"))

Rows = list[dict[str, Any]]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[None]:
    async with db.opened(url, 2):
        yield


async def migrate(url: str, version: str) -> None:
    """Bring a database up to one version."""
    try:
        await run(config=db.config(url), target=f"{db.APP}.{version}")
    finally:
        await Tortoise.close_connections()


class Steps(MigrationExecutor):
    """Goes from version to version and remembers the models of the last one: the executor would gather them again from
    all migrations before, which takes seconds each time."""

    _models: State | None = None

    async def _project_state(self, applied: set[MigrationKey], *, upto: MigrationKey | None = None) -> State:
        if self._models is None:
            self._models = await super()._project_state(applied, upto=upto)
        return self._models


async def emptied(url: str) -> str:
    """The same database with nothing in it."""
    if url.startswith("sqlite"):
        path = Path(url.removeprefix("sqlite:///").partition("?")[0])
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
    else:
        connection = await asyncpg.connect(url)
        await connection.execute("drop schema public cascade; create schema public")
        await connection.close()
    return url


async def rows(postgres: str, sqlite: str) -> Rows:
    """The same question to the catalogue of whichever database is open."""
    return [dict(row) for row in await db.connection().execute_query_dict(postgres if db.is_postgres() else sqlite)]


async def tables() -> set[str]:
    found = await rows(
        "select table_name as name from information_schema.tables where table_schema = 'public'",
        "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'",
    )
    return {row["name"] for row in found} - {"tortoise_migrations"}


async def columns(table: str) -> dict[str, str]:
    """Column → type in lower case, of the columns that a row must or may be given."""
    found = await rows(
        f"select column_name as name, data_type as type from information_schema.columns where table_name = '{table}'",
        f"select name, type from pragma_table_info('{table}')",
    )
    return {row["name"]: row["type"].lower() for row in found}


async def references(table: str) -> dict[str, str]:
    """Column → the table it refers to."""
    found = await rows(
        "select a.attname as name, c.confrelid::regclass::text as target from pg_constraint c "
        f"join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey) "
        f"where c.contype = 'f' and c.conrelid = '\"{table}\"'::regclass",
        f'select "from" as name, "table" as target from pragma_foreign_key_list(\'{table}\')',
    )
    return {row["name"]: row["target"].strip('"') for row in found}


async def indexes() -> dict[str, str]:
    """Index → its definition."""
    found = await rows(
        "select indexname as name, indexdef as sql from pg_indexes where schemaname = 'public'",
        "select name, tbl_name || ': ' || coalesce(sql, '') as sql from sqlite_master where type = 'index'",
    )
    return {row["name"]: row["sql"] for row in found}


async def uniqueness() -> set[tuple[str, frozenset[str]]]:
    """(table, columns) of every unique index without a condition, primary keys among them."""
    found = await rows(
        "select t.relname as name, string_agg(a.attname, ',') as columns from pg_index i "
        "join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace "
        "join pg_attribute a on a.attrelid = t.oid and a.attnum = any(i.indkey) "
        "where i.indisunique and i.indpred is null and n.nspname = 'public' group by t.relname, i.indexrelid",
        "select t.name, group_concat(c.name) as columns from sqlite_master t "
        "join pragma_index_list(t.name) i join pragma_index_info(i.name) c "
        "where t.type = 'table' and i.\"unique\" and not i.partial group by t.name, i.name "
        "having count(c.name) = count(*)",  # an index over an expression is no uniqueness of columns
    )
    return {(row["name"], frozenset(row["columns"].split(","))) for row in found}


#: What a column of row ``n`` is filled with, by the first of these words in its type.
FILLINGS = {
    "bool": "'0'",
    "timestamp": "'2026-03-02 01:00:00+00:00'",
    "date": "'2026-03-02'",
    "json": "'{}'",
    "int": "{n}",
    "decimal": "{n}",
    "numeric": "{n}",
    "": "'{n}'",
}


def filling(type_: str, n: int) -> str:
    return next(value for word, value in FILLINGS.items() if word in type_).replace("{n}", str(n))


async def fill_every_table(n: int) -> None:
    """One more row in each table, every column set: row ``n`` has key ``n`` and refers to row ``n`` of the others."""
    waiting = {table: await references(table) for table in await tables()}
    filled: set[str] = set()
    while waiting:
        ready = [table for table, refers in waiting.items() if set(refers.values()) <= filled | {table}]
        assert ready, f"tables refer to each other in a ring: {sorted(waiting)}"
        for table in ready:
            values = {column: filling(type_, n) for column, type_ in (await columns(table)).items()}
            names = ", ".join(f'"{name}"' for name in values)
            await db.connection().execute_query(
                f'insert into "{table}" ({names}) values ({", ".join(values.values())})'
            )
            del waiting[table]
        filled.update(ready)


async def contents(wanted: Iterable[str]) -> dict[str, Rows]:
    return {
        table: [dict(row) for row in await db.connection().execute_query_dict(f'select * from "{table}"')]
        for table in wanted
    }


def picked(found: Rows, names: list[str]) -> list[str]:
    """These columns of every row, in an order of their own."""
    return sorted(repr([row[name] for name in names]) for row in found)


@pytest.mark.slow
async def test_a_populated_database_migrates_whole_from_every_past_version(database_url: str) -> None:
    """Each version gets a row of its own in every table, and all of them arrive at the newest."""
    async with opened(database_url):
        fresh_tables, fresh_indexes = await tables(), await indexes()
    url = await emptied(database_url)
    before: dict[str, Rows] = {}
    async with opened(url):
        steps = Steps(get_connection(db.CONNECTION), db.config(url)["apps"])
        for n, version in enumerate(VERSIONS[:-1], 1):
            await steps.migrate([MigrationTarget(db.APP, version)])
            await arrived(before, version)
            await fill_every_table(n)
            before = await contents(await tables())
    assert before
    # The last step as an operator takes it, in a process that knows nothing of those before.
    await migrate(url, VERSIONS[-1])
    async with opened(url):
        await arrived(before, VERSIONS[-1])
        await fill_every_table(len(VERSIONS))
        assert await tables() == fresh_tables
        assert await indexes() == fresh_indexes


async def arrived(before: dict[str, Rows], version: str) -> None:
    """Every row is what it was, in the columns that there still are."""
    after = await contents(before)
    for table, rows_before in before.items():
        shared = [name for name in rows_before[0] if after[table] and name in after[table][0]]
        assert picked(after[table], shared) == picked(rows_before, shared), f"{table}, {version}"


async def test_every_uniqueness_that_a_model_declares_is_kept_by_the_database(database_url: str) -> None:
    """The ORM creates some declared constraints silently not (ADR 0002)."""
    async with opened(database_url):
        kept = await uniqueness()
        assert Tortoise.apps is not None
        for model in Tortoise.apps[db.APP].values():
            meta = model._meta
            declared = [{name} for name, field in meta.fields_map.items() if field.unique and not field.pk]
            declared += [set(names) for names in meta.unique_together]
            for names in declared:
                stored = frozenset(meta.fields_db_projection.get(name, f"{name}_id") for name in names)
                assert (meta.db_table, stored) in kept, f"{model.__name__}: {sorted(names)}"


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    async with opened(database_url):
        before = await indexes()
    await migrate(database_url, VERSIONS[-1])
    async with opened(database_url):
        assert await indexes() == before
