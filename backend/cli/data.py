"""Commands that move data: imports, templates, backup and restore."""

import asyncio
from pathlib import Path

import click

from backend.cli.frame import fail, load_settings, locale, run, say
from backend.kit.i18n import t

FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command("import-org")
@FILE
@click.option("--dry-run", is_flag=True, help="Check and count, write nothing.")
@click.option("--close-missing", is_flag=True, help="End the service of people who are not in the file.")
@click.option("--template", is_flag=True, help="Write an empty template with examples to FILE instead.")
def import_org(file: Path, dry_run: bool, close_missing: bool, template: bool) -> None:
    """Import units, people and positions from FILE, an XLSX or a folder of CSV files.

    One bad row refuses the whole file.
    """
    settings = load_settings()
    if template:
        from backend.org.template import write_template

        write_template(file)
        say(t(locale(), "cli.template_written", file=str(file)))
        return
    if not file.exists():
        fail(t(locale(), "cli.no_such_file", file=str(file)))

    async def work() -> None:
        from backend.domain.types import SYSTEM
        from backend.org.importing import import_path

        result = await import_path(SYSTEM, file, dry_run=dry_run, close_missing=close_missing)
        say(
            t(
                locale(),
                "cli.imported",
                created=result.created,
                changed=result.changed,
                unchanged=result.unchanged,
                closed=result.closed,
            )
        )
        if result.missing:
            say(
                t(
                    locale(),
                    "cli.import_missing",
                    n=len(result.missing),
                    names=", ".join(missing.name for missing in result.missing),
                )
            )
        if dry_run:
            say(t(locale(), "cli.dry_run"))

    run(settings, work)


@click.command("import-tasks")
@FILE
@click.option("--dry-run", is_flag=True, help="Check and count, write nothing.")
def import_tasks(file: Path, dry_run: bool) -> None:
    """Import tasks with stable external ids from FILE (CSV or XLSX); importing it again changes nothing."""
    settings = load_settings()
    if not file.exists():
        fail(t(locale(), "cli.no_such_file", file=str(file)))

    async def work() -> None:
        from backend.domain.types import SYSTEM
        from backend.tasks.importing import import_tasks

        result = await import_tasks(SYSTEM, file, dry_run=dry_run)
        say(
            t(
                locale(),
                "cli.imported",
                created=result.created,
                changed=result.changed,
                unchanged=result.unchanged,
                closed=0,
            )
        )
        if dry_run:
            say(t(locale(), "cli.dry_run"))

    run(settings, work)


@click.command()
@FILE
def backup(file: Path) -> None:
    """Write the whole office, database and files, into FILE (.tar.gz); the service may go on running."""
    settings = load_settings()

    async def work() -> None:
        from backend.backup import write

        counted = await write(settings, file)
        say(t(locale(), "cli.backup_written", file=str(file), rows=counted.rows, files=counted.files))

    run(settings, work)


@click.command()
@FILE
def restore(file: Path) -> None:
    """Read a backup into an empty database of either kind; a database with people in it is refused."""
    settings = load_settings()
    if not file.exists():
        fail(t(locale(), "cli.no_such_file", file=str(file)))
    from backend.kit import migrations

    asyncio.run(migrations.migrate(settings.database))

    async def work() -> None:
        from backend.backup import read

        counted = await read(settings, file)
        say(t(locale(), "cli.restored", rows=counted.rows, files=counted.files))

    run(settings, work)


commands = [import_org, import_tasks, backup, restore]
