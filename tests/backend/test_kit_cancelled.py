"""Whoever is cancelled in the middle of a statement, or cannot begin, leaves the database as usable as before."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from random import Random
from urllib.parse import urlsplit

import pytest

from backend.kit import db as kit
from backend.kit import state
from backend.kit.db import OperationalError, Sql, transaction
from backend.settings import Settings

ROUNDS = 30


async def _speaks() -> None:
    while True:
        await Sql().rows("select key from setting")
        await state.put("cancelled.spoken", "yes")


async def _changes() -> None:
    while True:
        async with transaction():
            await state.put("cancelled.outer", "changed")
            async with transaction():
                await state.put("cancelled.inner", "changed")
            await asyncio.sleep(0)


@pytest.mark.parametrize("seed", [1, 2])
async def test_nobody_waits_for_somebody_who_was_cancelled(settings: Settings, seed: int) -> None:
    random = Random(seed)
    # Not the fixture: the first of them also opens the file.
    async with kit.opened(settings.database, 2):
        for number in range(ROUNDS):
            tasks = [asyncio.create_task(work()) for work in (_speaks, _changes, _changes)]
            await asyncio.sleep(random.random() * 0.01)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            async with asyncio.timeout(60):
                async with transaction():
                    await state.put("cancelled.last", str(number))
                    assert await state.get("cancelled.last") == str(number)
                # Nothing of theirs is left open: what was written stays when the next one takes its own back.
                with suppress(ZeroDivisionError):
                    async with transaction():
                        await state.put("cancelled.last", "undone")
                        raise ZeroDivisionError
                assert await state.get("cancelled.last") == str(number)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_nobody_waits_for_somebody_who_found_the_file_locked(database_url: str) -> None:
    path = urlsplit(database_url).path.removeprefix("/")
    async with kit.opened(f"{database_url}&busy_timeout=50", 2):
        with closing(sqlite3.connect(f"/{path}", isolation_level=None)) as other:
            other.execute("begin immediate")
            with pytest.raises(OperationalError):
                async with transaction():
                    raise AssertionError("somebody else writes")
            other.execute("rollback")
        async with asyncio.timeout(60), transaction():
            await state.put("locked.last", "written")
    async with kit.opened(database_url, 2):
        assert await state.get("locked.last") == "written"
