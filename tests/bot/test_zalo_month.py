"""A month on the free Zalo plan: 3,000 messages both ways are enough, nothing urgent is dropped, every task arrives."""

import sys

import pytest

from backend.settings import Settings
from bot.simulator.zalo import FakeZalo
from tests.bot.zalo_month import TOKEN, ZaloMonth
from tests.fakes import FakeClock, vn

#: What the free plan gives one bot: messages both ways and people.
FREE, PEOPLE = 3_000, 50


@pytest.mark.small("postgres-week", "sqlite-short")
@pytest.mark.parametrize(
    ("people", "monthly", "work", "end"),
    [
        # A month's work in a week, with as much for each of them as fifty have in a month.
        pytest.param(8, 480, 1, "2026-12-08 07:00", marks=pytest.mark.slow, id="week"),
        # So little that it is used up: the rest goes by e-mail.
        pytest.param(8, 60, 1, "2026-12-08 07:00", marks=pytest.mark.slow, id="short"),
        pytest.param(PEOPLE, FREE, 1, "2026-12-31 23:00", marks=pytest.mark.soak, id="month"),
        pytest.param(PEOPLE, FREE, 3, "2026-12-31 23:00", marks=pytest.mark.soak, id="busy"),
    ],
)
async def test_a_month_on_the_free_plan(
    db: None, settings: Settings, clock: FakeClock, people: int, monthly: int, work: float, end: str
) -> None:
    clock.set("2026-12-01 07:00")
    async with FakeZalo({TOKEN: "Giao việc"}, monthly=monthly) as fake:
        month = ZaloMonth(clock, settings, fake, people=people, monthly=monthly, work=work)
        try:
            await month.open()
            await month.live(vn(end))
            found = await month.judge()
        finally:
            await month.close()
    assert found["tasks"] >= people
    assert found["urgent"] > 0
    assert found["heard"] > people
    runs_short = work > 1 or monthly < 60 * people
    assert runs_short or (found["both ways"] <= monthly and not found["by e-mail"])
    assert bool(found["by e-mail"]) == runs_short
    sys.stdout.write("\n" + "\n".join(f"{name}: {value}" for name, value in found.items()) + "\n")
