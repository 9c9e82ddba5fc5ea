"""Batching: who comes while a statement is on its way goes with the next; nobody bears another's fault."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from backend.kit.batching import Batching


class Doubling:
    """Doubles numbers while ``let`` is set, and keeps what it was asked together; negative ones are refused."""

    def __init__(self) -> None:
        self.let, self.asked = asyncio.Event(), list[list[int]]()
        self.each = Batching(self.double)

    async def double(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append(list(numbers))
        await self.let.wait()
        await asyncio.sleep(0)
        if min(numbers) < 0:
            raise ValueError(min(numbers))
        return [2 * number for number in numbers]


async def begun_at_once(doubling: Doubling, number: int) -> list["asyncio.Task[int]"]:
    return [asyncio.create_task(_of(doubling.each, number))]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def begun(doubling: Doubling, *numbers: int) -> list["asyncio.Task[int]"]:
    """Each asked for by a task of its own, one after another."""

    async def one(number: int) -> int:
        return await doubling.each(number)

    tasks = [asyncio.create_task(one(number)) for number in numbers]
    await settle()
    return tasks


async def test_who_comes_meanwhile_goes_with_the_next() -> None:
    doubling = Doubling()
    tasks = await begun(doubling, 1) + await begun(doubling, 2, 3) + await begun(doubling, 4)
    assert doubling.asked == [[1]]
    doubling.let.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8]
    assert doubling.asked == [[1], [2, 3, 4]]
    assert await doubling.each(5) == 10


async def test_nobody_bears_anothers_fault() -> None:
    doubling = Doubling()
    doubling.let.set()
    tasks = await begun(doubling, 1, -2, 3, -4)
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(one) for one in found] == ["2", "-2", "6", "-4"]
    assert doubling.asked == [[1, -2, 3, -4], [1], [-2], [3], [-4]]
    with pytest.raises(ValueError, match="-5"):
        await doubling.each(-5)


async def test_it_goes_on_when_a_caller_is_cancelled() -> None:
    doubling = Doubling()
    first, second, third = await begun(doubling, 1, -2, 3)
    first.cancel()
    second.cancel()
    doubling.let.set()
    assert await third == 6
    assert first.cancelled()
    assert second.cancelled()
    assert await doubling.each(4) == 8


async def test_whoever_is_told_to_ask_for_all_may_be_cancelled_too() -> None:
    doubling = Doubling()
    [first] = await begun(doubling, 1)
    second, third, fourth, fifth, sixth = await begun(doubling, 2, 3, 4, 5, 6)
    assert doubling.asked == [[1]]
    first.cancel()  # the others' turn comes in the next step of the loop
    await asyncio.sleep(0)
    second.cancel()
    third.cancel()
    await settle()
    fourth.cancel()
    doubling.let.set()
    assert await asyncio.gather(fifth, sixth) == [10, 12]
    assert all(one.cancelled() for one in (first, second, third, fourth))
    assert await doubling.each(7) == 14


@pytest.mark.parametrize("seed", range(20))
async def test_whoever_is_not_cancelled_is_answered(seed: int) -> None:
    dice, doubling = random.Random(seed), Doubling()
    doubling.let.set()
    tasks = list[asyncio.Task[int]]()
    for number in range(200):
        tasks += await begun_at_once(doubling, number)
        if dice.random() < 0.4:
            dice.choice(tasks).cancel()
        for _ in range(dice.randrange(3)):
            await asyncio.sleep(0)
    async with asyncio.timeout(30):
        found = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(one == 2 * number or isinstance(one, asyncio.CancelledError) for number, one in enumerate(found))
    assert sum(isinstance(one, int) for one in found) > 100
    assert await doubling.each(7) == 14


async def test_the_first_waits_for_others_when_somebody_was_here_just_now() -> None:
    doubling = Doubling()
    doubling.let.set()
    each = Batching(doubling.double, linger_s=0.2)
    assert await each(1) == 2
    second = asyncio.create_task(_of(each, 2))
    await asyncio.sleep(0.05)
    assert await each(3) == 6
    assert await second == 4
    assert doubling.asked == [[1], [2, 3]]


async def _of(each: Batching[int, int], number: int) -> int:
    return await each(number)
