"""Sweeping: every row once whatever the concurrency, bad rows pushed back, a kill in the middle leaves no trace."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from backend.kit import db as database_kit
from backend.models import LedgerEntry, OutboxNotice, Task
from backend.settings import Settings
from reminders import escalate, penalise, remind, sweep
from reminders.schedule import JOBS, run_all_due
from reminders.sweep import BAD_ROWS, Sweep
from tests.fakes import vn

ROOT = Path(__file__).parents[2]
LATE = "2026-12-02 09:00"


async def pairs() -> tuple[int, int]:
    return await LedgerEntry.filter(scope="officer").count(), await LedgerEntry.filter(scope="unit").count()


async def test_four_tickers_at_once_handle_every_row_once(db, cast, clock, give, monkeypatch):
    monkeypatch.setattr(sweep, "BATCH", 3)
    ids = [await give(lead) for lead in ("an", "binh") for _ in range(6)]
    clock.set(LATE)
    handled = await asyncio.gather(*(penalise.tick() for _ in range(4)))
    assert sum(handled) == len(ids)
    assert await pairs() == (len(ids), len(ids))
    assert await OutboxNotice.filter(kind="TaskLate").count() == len(ids)
    assert [task.late_count for task in await Task.all()] == [1] * len(ids)


async def test_four_tickers_remind_and_escalate_once(db, cast, clock, give, monkeypatch):
    monkeypatch.setattr(sweep, "BATCH", 2)
    ids = [await give("an") for _ in range(6)]
    clock.set("2026-11-26 08:00")
    await asyncio.gather(*(job.tick() for _ in range(4) for job in (remind, escalate)))
    # A row that another sweep held at that moment was passed over: the next tick finds it.
    await remind.tick()
    await escalate.tick()
    assert await OutboxNotice.filter(kind="TaskUnacknowledged").count() == len(ids)
    # Five lines make a message; the sixth task was not spoken of, and is planned for the next slot.
    assert await OutboxNotice.filter(kind="TaskDueSoon").count() == 5
    assert sorted(task.reminded_count for task in await Task.all()) == [0, 1, 1, 1, 1, 1]
    left = await Task.get(reminded_count=0)
    assert left.look_at == vn("2026-11-26 13:30")


async def test_more_rows_than_a_batch_are_handled_in_one_tick(db, cast, clock, give, monkeypatch):
    monkeypatch.setattr(sweep, "BATCH", 2)
    for _ in range(5):
        await give("an")
    clock.set(LATE)
    assert await penalise.tick() == 5


def bad_rows(name: str) -> float:
    return BAD_ROWS.labels(name)._value.get()  # type: ignore[no-any-return]


async def test_a_bad_row_is_pushed_back_and_the_others_go_on(db, cast, clock, give):
    good, bad, other = [await give("an") for _ in range(3)]
    clock.set(LATE)

    async def choking(task: Task, *more: Any) -> None:
        if task.id == bad:
            raise ValueError("cannot be read")
        await penalise.handle(task, *more)

    before = bad_rows("choking")
    choke = Sweep("choking", "charge_at", choking, after=True)
    assert await choke.tick() == 3
    assert {entry.task_id for entry in await LedgerEntry.all()} == {good, other}  # type: ignore[attr-defined]
    assert bad_rows("choking") == before + 1
    task = await Task.get(id=bad)
    assert task.charge_at == vn("2026-12-02 09:15")
    assert await choke.tick() == 0
    clock.move(minutes=16)
    assert await penalise.tick() == 1
    # Pushed back, not forgotten: the delay has its true time.
    assert [entry.happened_at for entry in await LedgerEntry.filter(task_id=bad)] == [vn("2026-12-01 17:30")] * 2


async def test_a_handler_that_leaves_a_row_due_does_not_spin(db, cast, clock, give):
    await give("an")
    clock.set(LATE)

    async def idle(task: Task, *more: Any) -> None:
        pass

    assert await Sweep("idle", "charge_at", idle, after=True).tick() == 1
    assert [task.charge_at for task in await Task.all()] == [vn("2026-12-02 09:15")]


async def test_a_row_that_somebody_else_took_is_left_alone(db, cast, clock, give):
    task = await Task.get(id=await give("an"))
    await Task.filter(id=task.id).update(look_at=vn("2026-11-30 08:00"))
    assert not await sweep.claim(task, "look_at", look_at=None)
    assert (await Task.get(id=task.id)).look_at == vn("2026-11-30 08:00")


async def test_everything_due_is_done_and_then_nothing_is(db, cast, clock, give, said):
    await give("an")
    clock.set("2026-12-02 08:00")
    assert await run_all_due() > 0
    assert await run_all_due() == 0
    kinds = {text.split()[0] for text in await said()}
    assert {"TaskUnacknowledged", "TaskSilent", "TaskLate", "TaskLateForAssigner"} <= kinds
    names = ["calendars", "penalise", "escalate", "remind", "recur", "scores", "leave", "prune"]
    assert [job.name for job in JOBS] == names


KILLED = """
import asyncio, sys
from datetime import datetime
from backend import outbox
from backend.kit import clock, db
from reminders import penalise

async def main():
    at = datetime.fromisoformat(sys.argv[2])
    clock.use(lambda: at)
    async def stop(*args, **more):
        print("written, not committed", flush=True)
        await asyncio.sleep(600)
    outbox.enqueue = stop
    async with db.opened(sys.argv[1]):
        await penalise.tick()

asyncio.run(main())
"""


async def test_a_kill_between_the_entries_and_the_commit_leaves_no_trace(
    db, settings: Settings, cast, clock, give, said
):
    task_id = await give("an")
    clock.set(LATE)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        KILLED,
        settings.database,
        clock().isoformat(),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    assert b"not committed" in await asyncio.wait_for(child.stdout.readline(), 60)
    child.send_signal(signal.SIGKILL)
    await child.wait()
    assert await pairs() == (0, 0)
    assert (await Task.get(id=task_id)).late_count == 0
    await run_all_due()
    assert await pairs() == (1, 1)
    assert await said("TaskLate") == ["TaskLate an"]


@pytest.mark.parametrize("column", ["look_at", "answer_at", "charge_at"])
async def test_every_due_column_is_found_by_its_index(db, column):
    """What is due now is read from a partial index, however many tasks there are."""
    sql = database_kit.Sql()
    found = await sql.rows(
        "select indexname as name from pg_indexes where tablename = 'task'"
        if sql.postgres
        else "select name from sqlite_master where type = 'index' and tbl_name = 'task'"
    )
    assert f"idx_task_{column.removesuffix('_at')}" in {row["name"] for row in found}
