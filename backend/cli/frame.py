"""What all commands share: settings, the database, printing, and errors as one clear line."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeVar

from backend import settings as settings_module
from backend.errors import AppError
from backend.kit import logs
from backend.kit.sentences import say as sentence
from backend.kit.sentences import say_issue
from backend.settings import BadSettings, Settings

T = TypeVar("T")


def load_settings(**overrides: Any) -> Settings:
    """The settings, with logs set up; a bad value ends the command with its name."""
    try:
        settings = settings_module.load(**overrides)
    except BadSettings as error:
        fail(str(error))
    logs.setup(settings.log_format, settings.log_level)
    settings.var.mkdir(parents=True, exist_ok=True)
    return settings


def say(*lines: str) -> None:
    """Print for a person."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def fail(message: str, code: int = 1) -> NoReturn:
    """End the command with one line on standard error."""
    sys.stderr.write(f"giaoviec: {message}\n")
    sys.exit(code)


def locale() -> str:
    """The language of the terminal's user: ``en`` when LANG says so, else Vietnamese."""
    return "en" if os.environ.get("LANG", "").lower().startswith("en") else "vi"


@asynccontextmanager
async def office(settings: Settings) -> AsyncIterator[None]:
    """The database open and the clock's offset taken from it, as the server has it."""
    # The ORM takes a second to import: commands that need no database must not pay for it.
    from backend.auth import keys
    from backend.kit import db
    from backend.kit.state import sync_clock

    async with db.opened(settings.database, settings.database_pool):
        keys.use(settings.secret_key)
        await sync_clock()
        yield


def run(settings: Settings, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run ``work`` with the database open; an AppError becomes its sentence and exit code 1."""

    from backend.kit.db import OperationalError

    async def whole() -> T:
        async with office(settings):
            return await work()

    try:
        return asyncio.run(whole())
    except AppError as error:
        lines = [sentence(locale(), error.code, error.params)]
        for issue in getattr(error, "issues", []):
            lines.append("  " + say_issue(locale(), issue))
        fail("\n".join(lines))
    except OperationalError as error:
        fail(f"the database does not answer or is not migrated (giaoviec migrate): {error}")
