"""Connections to PostgreSQL that are lent again: the warmest first, a dead one never; the pool gets them back now and then."""

import asyncio
from pathlib import Path

import pytest

from backend.kit import db as kit
from backend.kit import postgres
from backend.kit.db import OperationalError, Sql, transaction
from backend.settings import Settings

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)


async def backend() -> int:
    [row] = await Sql().rows("select pg_backend_pid() as pid")
    return int(row["pid"])


async def both() -> set[int]:
    """The two connections of a pool, in use at the same time."""
    meeting = asyncio.Barrier(2)

    async def one() -> int:
        async with transaction():
            found = await backend()
            await meeting.wait()
            return found

    return set(await asyncio.gather(one(), one()))


async def test_what_was_used_last_is_lent_again(settings: Settings) -> None:
    async with kit.opened(settings.database, 2):
        two = await both()
        assert len(two) == 2
        assert len({await backend() for _ in range(5)}) == 1
        assert await both() == two


async def test_a_connection_that_died_is_not_lent(settings: Settings) -> None:
    async with kit.opened(settings.database, 2):
        [dying] = await both() - {await backend()}
        await Sql().rows(f"select pg_terminate_backend({dying})")
        while await Sql().rows(f"select 1 from pg_stat_activity where pid = {dying}"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        while Path(f"/proc/{dying}").exists():  # noqa: ASYNC110, ASYNC240 -- its socket is closed when it is gone
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        after = await both()
        assert len(after) == 2
        assert dying not in after


async def test_one_that_was_refused_something_goes_through_the_pool(settings: Settings) -> None:
    async with kit.opened(settings.database, 2):
        for _ in range(5):
            with pytest.raises(OperationalError):
                await Sql().rows("select nonsense")
            with pytest.raises(ZeroDivisionError):
                async with transaction():
                    raise ZeroDivisionError
        assert len(await both()) == 2


@pytest.mark.parametrize(("constant", "value"), [("_LOOKED_AFTER", 2), ("_KEEP_S", -1.0)])
async def test_the_pool_looks_after_them(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, constant: str, value: float
) -> None:
    monkeypatch.setattr(postgres, constant, value)
    async with kit.opened(settings.database, 2):
        async with asyncio.timeout(60):
            for _ in range(5):
                assert len(await both()) == 2
                await backend()


async def test_whoever_waits_gets_what_is_given_back(settings: Settings) -> None:
    async def held() -> int:
        async with transaction():
            return await backend()

    async with kit.opened(settings.database, 2):
        async with asyncio.timeout(60):
            found = await asyncio.gather(*(held() for _ in range(20)), *(backend() for _ in range(20)))
        assert len(set(found)) == 2
