"""Bringing a database to the newest migration, and telling whether it is there."""

from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.api.migrate import migrate as run
from tortoise.migrations.executor import MigrationExecutor

from backend.kit import db


async def migrate(url: str) -> None:
    """Apply every migration that is missing. Running it twice is harmless."""
    try:
        await run(config=db.config(url))
    finally:
        await Tortoise.close_connections()


async def pending(url: str) -> int:
    """How many migrations are missing."""
    config = db.config(url)
    await Tortoise.init(config=config, init_connections=False)
    try:
        executor = MigrationExecutor(get_connection(db.CONNECTION), config["apps"])
        return len(await executor.plan())
    finally:
        await Tortoise.close_connections()
