"""How many messages a second leave the outbox when the network costs nothing, for one and for two sender processes on
PostgreSQL and for one on SQLite; what each stage of it costs; and what claiming costs beside 1,000,000 waiting notices.

``bench_outbox.py`` empties 50,000 messages of one notice, then 50,000 slot messages of five lines each;
``bench_outbox.py 0.1`` a tenth of that. On a machine that is busy with other things the messages a second say little:
the processor time a message says what two cores of its own would do.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend import outbox
from backend.kit import clock, db, memory
from backend.kit.db import Sql
from bot.channel import Receipt, Text
from bot.outlet import Message, Outlet
from bot.pacing import UNLIMITED
from bot.preparing import Prepared
from bot.queue import Queue
from bot.sender import Sender
from tests.databases import PostgresServer, migrate

T = TypeVar("T")

PEOPLE = 50_000
LANES = 1024
WAITING = 1_000_000
URL = "https://viec.example.vn"
PAYLOAD = (
    """'{"kind":"TaskDueSoon","task":{"id":' || n || ',"code":"CV26-' || n || '","title":"Báo cáo tình hình thực """
    """nhiệm vụ số ' || n || '","due_at":"2026-12-01T10:00:00Z","urgency":"normal","secret":false},"why":"share",'"""
    """ || '"params":{"share":33,"late":3,"still":11}}'"""
)


class NullChannel:
    """Takes everything at once."""

    name, edits, buttons = "null", False, False

    def __init__(self) -> None:
        self.taken = 0

    async def send(self, address: str, text: Text, *, reply_to: Receipt | None = None) -> Receipt:
        self.taken += 1
        return Receipt(str(self.taken))

    async def edit(self, address: str, receipt: Receipt, text: Text) -> None: ...


async def fill(people: int, lines: int, *, slot: bool = True, later: timedelta = timedelta()) -> None:
    """``people`` with a linked chat each, and ``lines`` notices for each of them: a message, or one after the other."""
    now = clock.real() - timedelta(minutes=1)
    await _insert(
        people,
        "person (id, handle, full_name, name_folded, locale, must_change_password, channels, created_at)",
        lambda sql: f"n, 'u' || n, 'Nguyễn Văn ' || n, 'nguyen van ' || n, 'vi', false, '[\"null\"]', {sql.arg(now)}",
    )
    await _insert(
        people,
        "chat_link (person_id, channel, address, linked_at, end_reason)",
        lambda sql: f"n, 'null', 'chat-' || n, {sql.arg(now)}, ''",
    )
    await waiting(people, lines, slot, later)
    await outbox.let_go(clock.real())
    await Sql().run("analyze")


async def waiting(people: int, lines: int, slot: bool, later: timedelta) -> None:
    """The notices, line by line: what a person hears is spread over the table, as in life."""
    for line in range(lines):
        await _insert(
            people,
            "outbox_notice (dedup_key, kind, payload, person_id, topic, urgent, in_slot, status, created_at, "
            "not_before, ready_at, lease_owner, attempts, maybe_sent, problem)",
            partial(_notice, line=line, in_slot=slot, later=later),
        )


def _notice(sql: Sql, line: int, in_slot: bool, later: timedelta) -> str:
    now = clock.real() - timedelta(minutes=1)
    return (
        f"'remind:' || n || ':{line}', 'TaskDueSoon', {f'cast({PAYLOAD} as jsonb)' if sql.postgres else PAYLOAD}, n, "
        f"'remind', false, {sql.arg(in_slot)}, 'pending', {sql.arg(now)}, {sql.arg(now + later)}, {sql.arg(now)}, "
        "'', 0, false, ''"
    )


async def _insert(rows: int, into: str, values: Callable[[Sql], str]) -> None:
    sql = Sql()
    await sql.run(
        f"insert into {into} with recursive numbers (n) as (select 1 union all select n + 1 from numbers "
        f"where n < {rows}) select {values(sql)} from numbers"
    )


async def drain(url: str) -> None:
    """One sender process: says when it is ready, waits for the word, empties the outbox, says how it ended."""
    async with db.opened(url):
        sender = Sender(URL)
        sender.open(NullChannel(), msgspec.structs.replace(UNLIMITED, lanes=LANES))
        await Sql().rows("select 1 as one")
        memory.moved_in()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        cpu = time.process_time()
        ends = await sender.drain_once()
        print(json.dumps({"ends": ends, "cpu": time.process_time() - cpu}), flush=True)


def race(url: str, processes: int) -> tuple[float, Counter[str], float]:
    """Seconds until ``processes`` senders have emptied the outbox, how it ended, and their processor time."""
    crew = [
        subprocess.Popen(
            [sys.executable, __file__, "--sender", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(processes)
    ]
    for process in crew:
        process.stdout.readline()  # type: ignore[union-attr]
    started = time.perf_counter()
    for process in crew:
        process.stdin.write("go\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
    said = [json.loads(process.stdout.readline()) for process in crew]  # type: ignore[union-attr]
    took = time.perf_counter() - started
    for process in crew:
        process.communicate()
    return took, sum((Counter(one["ends"]) for one in said), Counter()), sum(one["cpu"] for one in said)


async def _filled(url: str, people: int, lines: int) -> int:
    """Fill it; returns the process that has PostgreSQL's backends as its children (0: there is none)."""
    async with db.opened(url):
        await fill(people, lines)
        if not db.is_postgres():
            return 0
        [backend] = await Sql().rows("select pg_backend_pid() as pid")
        return int(_stat(backend["pid"])[1])


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def processor_s(parent: int) -> float:
    """Processor time of the backends that have ended, once they have."""
    time.sleep(1)
    return sum(int(_stat(parent)[place]) for place in (13, 14)) / os.sysconf("SC_CLK_TCK") if parent else 0.0


def run(what: str, url: str, people: int, lines: int, processes: int) -> None:
    parent = asyncio.run(_filled(url, people, lines))
    before = processor_s(parent)
    took, ends, python_s = race(url, processes)
    postgres_s = processor_s(parent) - before
    both = f", PostgreSQL {postgres_s / people * 1e6:.1f} µs; both cores busy {2 * people / (python_s + postgres_s):,.0f} /s"
    print(
        f"{what:10} {processes} process{'es' if processes > 1 else '  '} {lines} line{'s' if lines > 1 else ' '} "
        f"{people / took:10,.0f} messages/s   processor a message: Python {python_s / people * 1e6:.1f} µs"
        f"{both if parent else ''}   {dict(ends)}",
        flush=True,
    )


async def stages(url: str, people: int) -> None:
    """What each stage costs when nothing runs beside it, in µs a message of one line."""
    async with db.opened(url):
        await fill(people, 1)
        queue, spent, messages = Queue(), Counter[str](), 0
        prepared = Prepared(URL, "Asia/Ho_Chi_Minh", queue, {"null": Outlet(NullChannel(), UNLIMITED)})

        async def timed(stage: str, work: Awaitable[T]) -> T:
            started = time.perf_counter()
            done = await work
            spent[stage] += time.perf_counter() - started  # type: ignore[assignment]
            return done

        while claimed := await timed("claim", queue.claim(512)):
            messages += len(claimed)
            jobs = await timed("prepare", prepared.plain(claimed))
            going = [Message(each, jobs[each.id]).going for each in claimed]
            begun = await timed("start", queue.start_all(going))
            await timed("settle", queue.arrived([(attempt, Receipt(str(attempt.id))) for attempt in begun if attempt]))
        print("stage by stage: ", ", ".join(f"{name} {s / messages * 1e6:.0f} µs" for name, s in spent.items()))


async def claims(url: str, people: int, rows: int, later: timedelta) -> None:
    """How long a claim takes beside very many notices that wait; nobody else is at work."""
    async with db.opened(url):
        await fill(people, max(1, rows // people), slot=False, later=later)
        [waiting] = await Sql().rows("select count(*) as n from outbox_notice")
        queue, took, found = Queue(), [], 0
        for _ in range(9):
            started = time.perf_counter()
            found += len(await queue.claim(512))
            took.append((time.perf_counter() - started) * 1000)
        due = "all due" if found else "none due"
        print(f"claim of 512 beside {waiting['n']:,} waiting, {due}: {statistics.median(took):8.1f} ms", flush=True)


def main(scale: float) -> None:
    people = max(100, round(PEOPLE * scale))
    with PostgresServer() as server:
        for lines in (1, 5):
            for processes in (1, 2):
                with server.database("bench") as url:
                    run("PostgreSQL", url, people, lines, processes)
        with server.database("bench") as url:
            asyncio.run(stages(url, people))
        for later in (timedelta(), timedelta(days=1)):
            with server.database("bench") as url:
                asyncio.run(claims(url, people, round(WAITING * scale), later))
    for lines in (1, 5):
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/bench.db"
            asyncio.run(migrate(url))
            run("SQLite", url, max(100, people // 5), lines, 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sender"]:
        uvloop.run(drain(sys.argv[2]))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
