"""Commands about the office itself: init, migrate, one-time links, the check before serving."""

import asyncio

import click

from backend.cli.frame import fail, load_settings, locale, run, say
from backend.kit.i18n import t
from backend.settings import Settings


@click.command()
@click.option("--name", default="", help="Full name of the first administrator.")
@click.option("--email", default="", help="Work e-mail of the first administrator.")
@click.option("--phone", default="", help="Phone of the first administrator, when there is no e-mail.")
@click.option("--office", default="", help="Name of the office.")
def init(name: str, email: str, phone: str, office: str) -> None:
    """Make an empty database and print a one-time link for the first administrator."""
    settings = load_settings()
    asyncio.run(_migrate(settings))
    where = locale()
    name = name or click.prompt(t(where, "cli.ask_name"))
    if not email and not phone:
        email = click.prompt(t(where, "cli.ask_email"), default="", show_default=False)
        phone = "" if email else click.prompt(t(where, "cli.ask_phone"))
    office = office or click.prompt(t(where, "cli.ask_office"))

    async def work() -> str:
        from backend.auth.service import first_admin

        made = await first_admin(full_name=name, email=email or None, phone=phone or None, office=office)
        return made.path

    say(t(where, "cli.first_admin", url=settings.url + run(settings, work)))


@click.command()
@click.argument("person")
def link(person: str) -> None:
    """Print a one-time sign-in link for PERSON, a handle, e-mail or id (who holds the machine holds the keys)."""
    settings = load_settings()

    async def work() -> str:
        from backend.auth.service import issue_link
        from backend.domain.types import SYSTEM
        from backend.org.queries import find_person

        return (await issue_link(SYSTEM, (await find_person(person)).id, "sign_in")).path

    say(t(locale(), "cli.sign_in_link", url=settings.url + run(settings, work)))


@click.command()
def migrate() -> None:
    """Bring the database to this version; running it twice is harmless."""
    settings = load_settings()
    asyncio.run(_migrate(settings))
    say(t(locale(), "cli.migrated"))


async def _migrate(settings: Settings) -> None:
    from backend.kit import migrations

    await migrations.migrate(settings.database)


async def ready_to_serve(settings: Settings) -> None:
    """An embedded database is migrated by the one process that uses it; a server's by ``giaoviec migrate``, once.

    A demo's database is refused: its clock runs ahead and its password is known.
    """
    from backend.kit import migrations, state
    from backend.kit.clock import OFFSET_KEY
    from backend.kit.db import opened

    if settings.database.startswith("sqlite"):
        await migrations.migrate(settings.database)
    elif missing := await migrations.pending(settings.database):
        fail(f"the database lacks {missing} migration(s); run `giaoviec migrate` first")
    async with opened(settings.database, 2):
        if await state.get(OFFSET_KEY) is not None or await state.get("demo") is not None:
            fail("this is a demo's database; set VAR_DIR or DATABASE_URL to the office's own")


commands = [init, migrate, link]
