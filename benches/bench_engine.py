"""How fast the engine is on PostgreSQL with 10,000,000 tasks of which 1,000,000 are open: finding what is due, planning
and enqueueing a slot, and how late a due reminder leaves. ``bench_engine.py 0.01`` measures a hundredth of it."""

import argparse
import contextlib
import cProfile
import math
import os
import pstats
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend.kit import clock, db, logs, memory
from backend.kit.db import Sql, transaction
from benches import big_office
from benches.big_office import FEW, FIVE_EACH, LATER, MANY, ONE_EACH, QUIET, Size
from benches.lateness import lateness
from reminders import escalate, penalise, remind, schedule
from tests.databases import PostgresServer
from tests.fakes import FakeClock

ROUNDS = 50

#: Each sweep's question "what is due?", as the engine asks it.
FINDS: dict[str, Callable[[datetime], Awaitable[Any]]] = {
    "remind": lambda now: remind.whose(now),
    "penalise": lambda now: penalise.PENALISE._lock(now),
    "escalate": lambda now: escalate.ESCALATE._lock(now),
}

Lines = list[tuple[str, str, str]]


# What is due?


async def finding(size: Size, explain: bool) -> Lines:
    lines: Lines = []
    for name, find in FINDS.items():
        for label, at, due in (("nothing", QUIET, 0), ("100", FEW, 100), (f"{size.many:,}", MANY, size.many)):
            # A minute later: lateness begins after its moment.
            now = at.astimezone(UTC) + timedelta(minutes=1)
            column = {"remind": "look_at", "penalise": "charge_at", "escalate": "answer_at"}[name]
            if at is MANY:
                # All at one moment, as in a slot: no order by time alone picks a batch.
                await Sql().run(f"update task set {column} = '{MANY}' where {column} = '{FEW}'")
            await expect(f"select count(*) as n from task where {column} <= '{now}'", min(due, size.many))
            took = sorted([await _once(find, now) for _ in range(ROUNDS)])
            median, p95 = statistics.median(took), took[math.ceil(0.95 * ROUNDS) - 1]
            lines.append((f"find, {name}: {label} due", "≤ 5 ms", f"{median:.2f} ms, p95 {p95:.2f} ms"))
            if explain:
                await _explained(find, now, f"{name}, {label} due")
    return lines


async def idle_ticks() -> Lines:
    """A whole tick of every job when nothing is due."""
    lines: Lines = []
    with FakeClock(QUIET):
        for job in schedule.JOBS:
            took: list[float] = []
            while len(took) < ROUNDS and sum(took) < 10_000:
                started = time.perf_counter()
                handled = await job.tick(clock.now())
                took.append((time.perf_counter() - started) * 1000)
                if handled and len(took) > 1:
                    raise SystemExit(f"{job.name} handled {handled} rows: something was due")
            lines.append(
                (f"tick of {job.name}, nothing due, every {job.every_s} s", "", f"{statistics.median(took):.1f} ms")
            )
    return lines


class _Undone(Exception):
    """Locks were taken only to see how long that takes."""


async def _once(find: Callable[[datetime], Awaitable[Any]], now: datetime) -> float:
    """Milliseconds of one question, in a transaction that is undone."""
    took = 0.0
    with contextlib.suppress(_Undone):
        async with transaction():
            started = time.perf_counter()
            await find(now)
            took = (time.perf_counter() - started) * 1000
            raise _Undone
    return took


async def _explained(find: Callable[[datetime], Awaitable[Any]], now: datetime, title: str) -> None:
    rows = Sql.rows

    async def explain(self: Sql, text: str) -> list[dict[str, Any]]:
        print(f"\n-- {title}\n{text}")
        for row in await rows(self, f"explain (analyze, buffers) {text}"):
            print("  ", next(iter(row.values())))
        return await rows(self, text)

    Sql.rows = explain  # type: ignore[method-assign]
    try:
        await _once(find, now)
    finally:
        Sql.rows = rows  # type: ignore[method-assign]


# Planning and enqueueing.


async def slot(now: datetime, people: int, each: int, profile: bool) -> Lines:
    """One tick of a slot in which ``people`` have ``each`` lines due."""
    due = people * each
    await expect(f"select count(*) as n from task where look_at <= '{now}'", due)
    profiler = cProfile.Profile()
    memory.moved_in()  # as a server has done long before its first slot
    with FakeClock(now):
        server = await _server_cpu()
        started, cpu = time.perf_counter(), time.process_time()
        if profile:
            profiler.enable()
        handled = await remind.tick(clock.now())
        profiler.disable()
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        server = await _server_cpu() - server
    if handled < due:
        raise SystemExit(f"the tick handled {handled} of {due} rows: nothing worth a number was measured")
    # Of the field trial a line is held back instead of said; either is one reminder planned and written.
    await expect(
        f"select (select count(*) from outbox_notice where topic = 'remind' and created_at = '{now}') + "
        f"(select count(*) from trial_reminder where held and at = '{now}') as n",
        due,
    )
    await expect(f"select count(*) as n from task where look_at <= '{now}'", 0)
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(15)
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(40)
    told = f"{due / wall:,.0f} /s, {cpu / wall:.0%} of a core and {cpu / due * 1e6:.0f} µs each here"
    if server > 0:
        told += f", {server / wall:.0%} and {server / due * 1e6:.0f} µs in PostgreSQL"
    return [(f"plan and enqueue, {people:,} people × {each}", "≥ 5,000 /s", told)]


async def _server_cpu() -> float:
    """Seconds of processor time that PostgreSQL has used, all its processes; 0 when they are on another machine."""
    return sum(_cpu_of(row["pid"]) for row in await Sql().rows("select pid from pg_stat_activity"))


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# All of it.


async def expect(question: str, wanted: int) -> None:
    """A bench that measures something else than it says is worse than none."""
    [row] = await Sql().rows(question)
    if row["n"] != wanted:
        raise SystemExit(f"expected {wanted}, found {row['n']}: {question}")


async def measure(url: str, size: Size, options: argparse.Namespace) -> Lines:
    lines: Lines = []
    if "find" in options.only:
        lines += await finding(size, options.explain)
        lines += await idle_ticks()
    # What was due for the finding alone is due no more.
    await Sql().run(f"update task set look_at = '{LATER}' where look_at <= '{MANY}'")
    if "slot" in options.only:
        lines += await slot(FIVE_EACH, size.officers // 5, 5, options.profile)
        lines += await slot(ONE_EACH, size.officers, 1, options.profile)
    if "late" in options.only:
        for at_minutes in (False, True):
            lines.append(await lateness(url, size, options.seconds, at_minutes=at_minutes))
    return lines


@contextlib.contextmanager
def said(what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)


async def main(url: str, options: argparse.Namespace) -> None:
    size = Size.of(options.scale)
    with said(f"load {size.tasks:,} tasks, {size.open:,} open, {size.officers:,} officers"):
        await big_office.load(url, size)
    async with db.opened(url):
        lines = await measure(url, size, options)
    print(f"\n{size.tasks:,} tasks, {size.open:,} of them open, {size.officers:,} officers\n")
    print("| what | target | measured |\n|---|---|---|")
    for line in lines:
        print(f"| {' | '.join(line)} |")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scale", nargs="?", type=float, default=1.0, help="1 = 10,000,000 tasks")
    parser.add_argument("--only", default="find,slot,late", help="which parts, by commas")
    parser.add_argument("--seconds", type=int, default=60, help="how long reminders fall due for lateness")
    parser.add_argument("--explain", action="store_true", help="print the plans of the finding queries")
    parser.add_argument("--profile", action="store_true", help="print where planning and enqueueing spends its time")
    options = parser.parse_args()
    options.only = options.only.split(",")
    return options


if __name__ == "__main__":
    logs.setup("text", "warning")
    with PostgresServer() as server, server.database("bench") as url:
        uvloop.run(main(url, _options()))  # as a server runs
