"""How many things people say a second one server process takes, does and answers, on PostgreSQL: posted to its webhook,
stored, done, answered to a chat server that takes everything at once. Zalo: typed commands. Telegram: presses and words,
beside a bare aiogram echo.

``bench_inbound.py`` takes a few minutes, ``bench_inbound.py 0.2`` one; ``--only zalo,telegram`` takes parts,
``--profile`` prints where the server spends its time. The server, the chat server, PostgreSQL and whoever posts are
processes of their own: on two cores they share, so the processor time an act says more than the acts a second.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from backend.kit import db
from backend.kit.db import Sql
from benches.inbound_office import BOT, Act, acts_of, checked, furnish, telegram_update, unhandled, zalo_event
from tests.databases import PostgresServer

SECRET = "a-secret-of-the-webhook"
TOKEN = {"zalo": f"{BOT}:SECRET", "telegram": "123456:SECRET"}
PATH = {"zalo": f"/hooks/zalo/{BOT}", "telegram": "/hooks/telegram"}
HEADER = {"zalo": "x-bot-api-secret-token", "telegram": "x-telegram-bot-api-secret-token"}
KINDS = {"zalo": ("ack", "ask", "done", "list"), "telegram": ("press", "list")}
ECHOES = {"echo": "aiogram echo", "calls": "aiogram bot that calls as often and stores nothing"}
OFFICERS, EACH = 100, 24
CALM_PER_S = 100
#: Connections that post at the same time under full load.
POSTERS = 8


class Server:
    """One of our processes: its port, its processor time, its memory."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process, self.port = process, port

    @property
    def processor_s(self) -> float:
        found = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(found[11]) + int(found[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self, line: str = "VmRSS") -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(one for one in lines if one.startswith(line)).split()[1]) / 1024


@contextmanager
def started(*args: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([sys.executable, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
        sys.stdout.write(out)


@contextmanager
def fake() -> Iterator[int]:
    with started(str(Path(__file__).with_name("inbound_fake.py"))) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())


@contextmanager
def server(kind: str, url: str, api: int, profile: bool) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    role = json.dumps({"kind": kind, "url": url, "api": f"http://127.0.0.1:{api}", "port": port, "profile": profile})
    with started(__file__, "--role", role) as process:
        yield Server(process, port)


def turns_of(scale: float) -> int:
    """How many tasks each officer has: one to warm up, one in calm, the rest under full load."""
    return max(4, round(EACH * scale))


# The processes.


def play(role: dict[str, Any]) -> None:
    work = _echo(role) if role["kind"] in ECHOES else ours(role)
    if not role["profile"]:
        uvloop.run(work)  # as a server runs
        return
    import cProfile
    import pstats

    # The web server stops at the signal, then raises it once more for whoever started it: that would end us unprinted.
    signal.signal(signal.SIGTERM, lambda *_: None)
    profile = cProfile.Profile()
    profile.runcall(uvloop.run, work)
    pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(45)


async def _echo(role: dict[str, Any]) -> None:
    from benches.inbound_echo import echo  # late: ours loads no aiogram for Zalo

    await echo(role, SECRET, TOKEN["telegram"], PATH["telegram"])


async def ours(role: dict[str, Any]) -> None:
    """The service as ``giaoviec serve --roles web,bot`` composes it."""
    from backend.__main__ import _run
    from backend.kit import logs
    from backend.settings import Settings

    logs.setup("text", "error")
    kind = role["kind"]
    chosen = {f"{kind}_token": TOKEN[kind], f"{kind}_api": role["api"], f"{kind}_webhook_secret": SECRET}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            database_url=role["url"], port=role["port"], var_dir=folder, log_level="error", zalo_monthly=0, **chosen
        )
        await _run(settings, {"web", "bot"})


# Whoever posts.


class Posting:
    """Posts what is said, one person's in order, and takes the time until each answer."""

    def __init__(self, channel: str, port: int) -> None:
        self.channel, self.url = channel, f"http://127.0.0.1:{port}{PATH[channel]}"
        self.serial = 0

    def _body(self, act: Act) -> bytes:
        self.serial += 1
        make = zalo_event if self.channel == "zalo" else telegram_update
        return msgspec.json.encode(make(act, self.serial))

    async def post(self, acts: Sequence[Act], per_s: float = 0) -> list[float]:
        """The milliseconds of each; as fast as they are taken unless ``per_s`` says how fast."""
        lanes: list[list[tuple[float, bytes]]] = [[] for _ in range(POSTERS)]
        for place, act in enumerate(acts):
            lanes[act.person % POSTERS].append((place / per_s if per_s else 0.0, self._body(act)))
        began, took = time.perf_counter(), list[float]()
        headers = {HEADER[self.channel]: SECRET, "content-type": "application/json"}
        async with aiohttp.ClientSession(headers=headers) as client:

            async def lane(waiting: list[tuple[float, bytes]]) -> None:
                for at, body in waiting:
                    await asyncio.sleep(max(0.0, began + at - time.perf_counter()))
                    started = time.perf_counter()
                    async with client.post(self.url, data=body) as answer:
                        assert answer.status == 200, await answer.text()
                        await answer.read()
                    took.append((time.perf_counter() - started) * 1000)

            await asyncio.gather(*(lane(one) for one in lanes))
        return took


def shown(took: list[float]) -> str:
    quantiles = statistics.quantiles(took, n=100)
    return f"p50 {quantiles[49]:.1f} ms, p99 {quantiles[98]:.1f} ms, max {max(took):.1f} ms"


async def ready(port: int, path: str) -> None:
    async with aiohttp.ClientSession() as client:
        for _ in range(1200):
            try:
                async with client.get(f"http://127.0.0.1:{port}{path}") as answer:
                    if answer.status in (200, 404):
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
    raise TimeoutError("the server does not get ready")


async def calls(api: int) -> dict[str, int]:
    async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{api}/count") as answer:
        return dict((await answer.json())["result"])


async def all_handled() -> float:
    """When everything was handled (wall time)."""
    while await unhandled():  # noqa: ASYNC110 -- it is another process that we wait for
        await asyncio.sleep(0.2)
    [row] = await Sql().rows("select extract(epoch from max(handled_at)) as at from inbound_update")
    return float(row["at"])


# The runs.


async def measure(channel: str, url: str, scale: float, one: Server, api: int, tasks: list[list[int]]) -> float:
    """Our own; returns processor seconds an act under full load."""
    turns = turns_of(scale)
    async with db.opened(url, 2):
        await ready(one.port, "/health/ready")
        posting, kinds = Posting(channel, one.port), KINDS[channel]
        warm, calm = acts_of(tasks, range(1), kinds), acts_of(tasks, range(1, 2), kinds)
        await posting.post(warm, 50)
        await all_handled()
        took = await posting.post(calm, CALM_PER_S)
        await all_handled()
        print(f"{channel}: webhook at {CALM_PER_S}/s: {shown(took)}", flush=True)
        full = acts_of(tasks, range(2, turns), kinds)
        before, began = one.processor_s, time.time()
        took = await posting.post(full)
        stored_s = time.time() - began
        took_s = await all_handled() - began
        each_s = (one.processor_s - before) / len(full)
        print(
            f"{channel}: {len(full)} acts, {len(full) / took_s:,.0f} acts/s done and answered; processor an act "
            f"{each_s * 1e3:.2f} ms ({1 / each_s:,.0f}/s with a core of its own)\n"
            f"{channel}: webhook at full load ({len(full) / stored_s:,.0f}/s): {shown(took)}\n"
            f"{channel}: memory {one.memory_mb():.0f} MB, at most {one.memory_mb('VmHWM'):.0f} MB",
            flush=True,
        )
        await checked([*warm, *calm, *full])
        counted = await calls(api)
        assert counted.get("sendMessage", 0) + counted.get("answerCallbackQuery", 0) >= len(warm + calm + full), counted
        print(f"{channel}: the chat server was called: {counted}", flush=True)
        return each_s


async def measure_echo(what: str, scale: float, one: Server, api: int, tasks: list[list[int]]) -> float:
    await ready(one.port, "/")
    posting = Posting("telegram", one.port)
    acts = acts_of(tasks, range(turns_of(scale)), KINDS["telegram"])
    await posting.post(acts[:50], 50)
    before, began, so_far = one.processor_s, time.time(), await _said(api)
    took = await posting.post(acts)
    while await _said(api) < so_far + len(acts):  # noqa: ASYNC110 -- the same
        await asyncio.sleep(0.05)
    took_s = time.time() - began
    each_s = (one.processor_s - before) / len(acts)
    print(
        f"{what}: {len(acts) / took_s:,.0f} acts/s; processor an act {each_s * 1e3:.2f} ms "
        f"({1 / each_s:,.0f}/s with a core of its own); webhook {shown(took)}; memory {one.memory_mb():.0f} MB",
        flush=True,
    )
    return each_s


async def _said(api: int) -> int:
    counted = await calls(api)
    return counted.get("sendMessage", 0) + counted.get("editMessageText", 0)


async def _furnished(url: str, scale: float) -> list[list[int]]:
    async with db.opened(url, 4):
        return await furnish(max(20, round(OFFICERS * scale)), turns_of(scale))


def main(scale: float, only: set[str], profile: bool) -> None:
    with PostgresServer() as postgres:
        each = {}
        for channel in ("zalo", "telegram"):
            if channel in only:
                with postgres.database("bench") as url, fake() as api:
                    tasks = asyncio.run(_furnished(url, scale))
                    with server(channel, url, api, profile) as one:
                        each[channel] = asyncio.run(measure(channel, url, scale, one, api, tasks))
        if "telegram" in only:
            for kind, what in ECHOES.items():
                with fake() as api, server(kind, "", api, profile) as one:
                    each[kind] = asyncio.run(measure_echo(what, scale, one, api, tasks))
                print(f"telegram beside the {what}: {each[kind] / each['telegram']:.2f} × by processor time")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scale", type=float, nargs="?", default=1.0)
    parser.add_argument("--only", default="zalo,telegram")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--role", default="", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.role:
        play(json.loads(chosen.role))
    else:
        main(chosen.scale, set(chosen.only.split(",")), chosen.profile)
