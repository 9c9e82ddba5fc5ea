"""The ticker: runs the sweeps, survives their failures, and lets what runs come to its end before it stops."""

import asyncio
from datetime import date, timedelta

import msgspec
import pytest

from backend.kit import clock as product_clock
from backend.kit import state
from backend.models import InboundUpdate, LedgerEntry, OutboxNotice, Person, Recurrence, Task
from backend.settings import Settings
from backend.tasks.schemas import RecurrenceDraft, TaskWords
from backend.tasks.service import recur
from reminders import leave, prune, run, schedule
from reminders import recur as recurring
from reminders.run import FAILURES, Engine
from reminders.schedule import Job


def job(name: str, tick) -> Job:
    return Job(name, 1, tick)


async def test_the_engine_ticks_and_stops(db, settings: Settings, clock, monkeypatch):
    ticked = asyncio.Event()

    async def tick(now=None) -> int:
        ticked.set()
        return 0

    monkeypatch.setattr(run, "JOBS", (job("quick", tick),))
    async with run.run(settings) as engine:
        assert isinstance(engine, Engine)
        await asyncio.wait_for(ticked.wait(), 60)


async def test_stopping_waits_for_the_tick_that_runs_and_begins_no_other(db, settings, clock, monkeypatch):
    begun, finish, finished = asyncio.Event(), asyncio.Event(), []

    async def slow(now=None) -> int:
        begun.set()
        await finish.wait()
        finished.append(True)
        return 0

    engine = Engine(settings)
    running = asyncio.ensure_future(engine.tick(job("slow", slow)))
    await begun.wait()
    stopping = asyncio.ensure_future(engine.drain())
    await asyncio.sleep(0)
    assert not stopping.done()
    await engine.tick(job("slow", slow))
    finish.set()
    await asyncio.gather(running, stopping)
    assert finished == [True]


async def test_a_tick_that_fails_is_counted_and_the_next_one_runs(db, settings, clock):
    async def broken(now=None) -> int:
        raise RuntimeError("the database is away")

    engine = Engine(settings)
    before = FAILURES.labels("broken")._value.get()
    await engine.tick(job("broken", broken))
    await engine.tick(job("broken", broken))
    assert FAILURES.labels("broken")._value.get() == before + 2
    await engine.drain()


async def test_a_demo_takes_the_clock_from_the_database_at_each_tick(db, settings, cast, clock, give):
    await give("an")
    await state.move_clock(timedelta(days=20))
    product_clock.set_offset(timedelta())
    engine = Engine(msgspec.structs.replace(settings, demo=True))
    await engine.tick(next(job for job in schedule.JOBS if job.name == "penalise"))
    assert await LedgerEntry.all().count() > 0


async def test_tick_now_does_everything_that_is_due(db, settings, cast, clock, give):
    await give("an")
    clock.move(days=20)
    assert await Engine(settings).tick_now() > 0
    assert await OutboxNotice.filter(kind="TaskLate").count() == 1


async def test_recurring_tasks_are_made_by_the_tick(db, cast, clock):
    words = TaskWords(title="Báo cáo tuần", leads=["an"])
    await recur(await cast.actor("head"), RecurrenceDraft(task=words, every="weekly", day=5))
    clock.move(days=7)
    assert await recurring.tick() >= 1
    assert await Task.filter(title="Báo cáo tuần").count() >= 1
    assert await recurring.tick() == 0
    assert await Recurrence.filter(make_at=None).count() == 0


async def test_who_has_left_is_closed_by_the_tick(db, cast, clock, give, said):
    await give("an")
    await Person.filter(id=cast.an.id).update(until_on=date(2026, 11, 25))
    assert await leave.tick() == 0
    clock.set("2026-11-26 08:00")
    assert await leave.tick() == 1
    assert await leave.tick() == 0
    assert "PersonLeft head" in await said()


@pytest.mark.parametrize(("age", "kept"), [(6, 1), (8, 0)])
async def test_handled_chat_updates_are_forgotten_after_a_week_and_others_never(db, clock, age, kept):
    for key, handled in (("1", True), ("2", False)):
        await InboundUpdate.create(
            channel="telegram",
            update_key=key,
            body="{}",
            received_at=clock(),
            handled_at=clock() if handled else None,
        )
    clock.move(days=age)
    await prune.tick()
    assert await InboundUpdate.filter(update_key="1").count() == kept
    assert await InboundUpdate.filter(update_key="2").count() == 1
