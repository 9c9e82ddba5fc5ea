"""Whoever is cancelled in the middle of a statement or a transaction leaves the database as usable as before."""

import asyncio
from contextlib import suppress
from random import Random

import pytest

from backend.kit import db as kit
from backend.kit import state
from backend.kit.db import Sql, transaction
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
