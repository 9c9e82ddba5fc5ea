"""Importing tasks from a spreadsheet with their history: read, judged as a whole, written in one transaction or not at
all; a second import of the same file changes nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from backend.domain.types import Actor, Role
from backend.errors import AppError, Forbidden
from backend.kit import clock
from backend.kit.db import Sql, transaction
from backend.models import Task
from backend.org.sheets import Issue, files_at, refuse
from backend.tasks.importing_cast import Casting, stored_parents
from backend.tasks.importing_clocks import clocks_of
from backend.tasks.importing_columns import Table, read_files, read_rows
from backend.tasks.importing_rows import Reader
from backend.tasks.importing_write import write


class TasksImported(msgspec.Struct, frozen=True):
    """What an import did, or with ``dry_run`` would do. ``unchanged``: tasks with these external ids were there already;
    they live their own life and are left alone. ``codes``: external id → code of what was made."""

    dry_run: bool
    created: int
    changed: int
    unchanged: int
    codes: dict[str, str] = {}


class _DryRun(Exception):
    """Takes back everything that was written on trial."""


async def import_tasks(
    actor: Actor, source: Path | Mapping[str, bytes] | Sequence[Mapping[str, str]], *, dry_run: bool = False
) -> TasksImported:
    """Import tasks from a CSV or XLSX file, from uploaded files by name, or from rows by column name.

    Each task is its assigner's, who must have authority over the lead today; its history is written as it happened and
    nobody is told. HR and admins import for the units they keep the records of. Raises InvalidFields with every bad row
    (number, column, reason), and then nothing is written; Forbidden for anybody else.
    """
    if not actor.is_system and not actor.has(Role.HR, Role.ADMIN):
        raise Forbidden("forbidden")
    issues: list[Issue] = []
    table = await _table(source, issues)
    refuse(issues)
    calendar, calendars = await clocks_of(actor, (line.cells.get("lead", "") for line in table.lines))
    rows = Reader(table, clock.now(), calendar, issues, calendars).read()
    codes: dict[str, str] = {}
    try:
        async with transaction():
            known = await _known([row.external_id for row in rows])
            new = sorted(
                (row for row in rows if row.external_id not in known),
                key=lambda row: (row.assigned_at, row.parent is not None, row.row),
            )
            cast = await Casting(actor, table, issues).all(new)
            parents = await stored_parents(new, cast, table, issues)
            refuse(issues)
            tasks: dict[str, Task] = {}
            for row in new:
                parent = tasks.get(row.parent) or parents.get(row.parent) if row.parent else None
                try:
                    tasks[row.external_id] = await write(actor, row, cast[row.row], parent)
                except AppError as error:
                    # Judged while it is written, when what it cost is there: a waiver, and what cannot be charged.
                    column = "due" if error.code == "import_period_closed" else "waived_by"
                    issues.append(table.issue(row.row, column, error.code, **error.params))
            refuse(issues)
            codes = {external_id: task.code for external_id, task in tasks.items()}
            if dry_run:
                raise _DryRun
    except _DryRun:
        codes = {}
    return TasksImported(dry_run, created=len(new), changed=0, unchanged=len(known), codes=codes)


async def _table(source: Path | Mapping[str, bytes] | Sequence[Mapping[str, str]], issues: list[Issue]) -> Table:
    if isinstance(source, Path):
        source = await asyncio.to_thread(files_at, source)
    if isinstance(source, Mapping):
        return await asyncio.to_thread(read_files, source, issues)
    return read_rows(source, issues)


async def _known(external_ids: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(external_ids), 500):
        sql = Sql()
        chunk = external_ids[start : start + 500]
        rows = await sql.rows(f"select external_id from task where external_id in {sql.args(chunk)}")
        found |= {row["external_id"] for row in rows}
    return found
