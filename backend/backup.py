"""The whole office in one file: every table as JSON lines, every stored file, a manifest; readable by either database.

A backup of a ward's SQLite restores into a city's PostgreSQL: rows are values, not pages.
"""

import asyncio
import io
import json
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from tortoise import Tortoise, fields
from tortoise.models import Model

from backend import __version__
from backend.errors import Conflict, Invalid
from backend.files.storage import LocalStorage
from backend.kit import clock
from backend.kit.db import APP, Sql, connection, is_postgres, transaction
from backend.models import Blob, Person
from backend.settings import Settings

FORMAT = 1
_BATCH = 500


class Counted(msgspec.Struct, frozen=True):
    """What was written or read."""

    rows: int
    files: int


async def write(settings: Settings, target: Path) -> Counted:
    """Write a consistent backup to ``target``; it appears there only when it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(target.name + ".part")
    rows: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder, tarfile.open(aside, "w:gz", compresslevel=5) as archive:
        async with _snapshot():
            for model in tables():
                path = Path(folder) / f"{model._meta.db_table}.jsonl"
                rows[model._meta.db_table] = await _dump(model, path)
            hashes = [blob.sha256 for blob in await Blob.all().only("sha256")]
        manifest = {"format": FORMAT, "version": __version__, "made_at": clock.real().isoformat(), "rows": rows}
        _add_text(archive, "manifest.json", json.dumps(manifest, indent=1))
        for table in rows:
            archive.add(Path(folder) / f"{table}.jsonl", f"tables/{table}.jsonl")
        storage = LocalStorage(settings.files_dir)
        for sha256 in hashes:
            try:
                await asyncio.to_thread(archive.add, storage.path(sha256), f"files/{sha256}")
            except FileNotFoundError:
                if await Blob.filter(sha256=sha256).exists():
                    raise
                # It was forgotten meanwhile: no file named it any more.
    aside.replace(target)
    return Counted(sum(rows.values()), len(hashes))


async def read(settings: Settings, source: Path) -> Counted:
    """Fill an empty, migrated database from a backup, in one transaction.

    Raises Conflict when there are people in the database already, Invalid when the file is not a whole backup of ours.
    """
    if await Person.exists():
        raise Conflict("restore_not_empty")
    rows = files = 0
    try:
        with tarfile.open(source, "r:gz") as archive:
            manifest = json.loads(_text(archive, "manifest.json"))
            if manifest.get("format") != FORMAT:
                raise Invalid("backup_unknown_format")
            async with transaction():
                for model in tables():
                    rows += await _load(model, archive, manifest["rows"].get(model._meta.db_table, 0))
            storage = LocalStorage(settings.files_dir)
            for member in archive:
                if member.name.startswith("files/"):
                    content = archive.extractfile(member)
                    assert content is not None
                    await asyncio.to_thread(storage.write, content.read())
                    files += 1
    except (tarfile.TarError, KeyError, EOFError, OSError, ValueError) as error:
        raise Invalid("backup_unreadable", detail=str(error)) from None
    return Counted(rows, files)


@asynccontextmanager
async def _snapshot() -> AsyncIterator[None]:
    """One moment of the database while others go on writing."""
    async with transaction() as held:
        if is_postgres():
            await held.execute_script("set transaction isolation level repeatable read, read only")
        yield


def tables() -> list[type[Model]]:
    """Every table, those that others refer to first."""
    models = [model for model in Tortoise.apps[APP].values()]
    ordered: list[type[Model]] = []
    waiting = sorted(models, key=lambda model: model._meta.db_table)
    while waiting:
        for model in waiting:
            if all(needed in ordered or needed is model for needed in _refers_to(model)):
                ordered.append(model)
                waiting.remove(model)
                break
        else:
            raise RuntimeError("tables refer to each other in a ring")
    return ordered


def _refers_to(model: type[Model]) -> Iterator[type[Model]]:
    for name in model._meta.fk_fields | model._meta.o2o_fields:
        yield model._meta.fields_map[name].related_model  # type: ignore[attr-defined]


def _own_reference(model: type[Model]) -> str | None:
    """The column that refers to the same table (unit.parent_id): filled after all rows are there."""
    for name in model._meta.fk_fields:
        field = model._meta.fields_map[name]
        if field.related_model is model:  # type: ignore[attr-defined]
            return str(field.source_field)
    return None


async def _dump(model: type[Model], path: Path) -> int:
    table, key, count = model._meta.db_table, model._meta.db_pk_column, 0
    last: Any = None
    with path.open("wb") as file:
        while True:
            sql = Sql()
            after = f'where "{key}" > {sql.arg(last)}' if last is not None else ""
            rows = await sql.rows(f'select * from "{table}" {after} order by "{key}" limit {_BATCH}')
            for row in rows:
                file.write(msgspec.json.encode(dict(row)) + b"\n")
            count += len(rows)
            if len(rows) < _BATCH:
                return count
            last = rows[-1][key]


async def _load(model: type[Model], archive: tarfile.TarFile, expected: int) -> int:
    table = model._meta.db_table
    own = _own_reference(model)
    count, later = 0, []
    for line in _text(archive, f"tables/{table}.jsonl").splitlines():
        row = {name: _value(model, name, value) for name, value in json.loads(line).items()}
        if own and row[own] is not None:
            later.append((row["id"], row[own]))
            row[own] = None
        sql = Sql()
        columns = ", ".join(f'"{name}"' for name in row)
        await sql.run(f'insert into "{table}" ({columns}) values {sql.args(list(row.values()))}')
        count += 1
    if count != expected:
        raise ValueError(f"{table}: {count} rows instead of {expected}")
    for row_id, value in later:
        sql = Sql()
        await sql.run(f'update "{table}" set "{own}" = {sql.arg(value)} where id = {sql.arg(row_id)}')
    if is_postgres() and isinstance(model._meta.pk, fields.BigIntField):
        next_id = f'(select coalesce(max(id), 0) + 1 from "{table}")'
        await connection().execute_query(
            f"select setval(pg_get_serial_sequence('\"{table}\"', 'id'), {next_id}, false)"
        )
    return count


def _value(model: type[Model], column: str, value: Any) -> Any:
    """A JSON value as what the column's driver takes."""
    if value is None:
        return None
    field = model._meta.fields_map[model._meta.fields_db_projection_reverse[column]]
    if isinstance(field, fields.JSONField):
        return value if isinstance(value, str) else json.dumps(value)
    if isinstance(field, fields.DatetimeField):
        return datetime.fromisoformat(value)
    if isinstance(field, fields.DateField):
        return date.fromisoformat(value)
    if isinstance(field, fields.DecimalField):
        return Decimal(value)
    if isinstance(field, fields.BooleanField):
        return bool(value)
    return value


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    info = tarfile.TarInfo(name)
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))


def _text(archive: tarfile.TarFile, name: str) -> str:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read().decode()
