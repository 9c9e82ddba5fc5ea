"""The running check: it pings when all is true and at no other time, and nothing that the other end does harms it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from backend import sweeps
from backend.audits import audit_running
from backend.audits_tasks import window
from backend.kit import clock as product_clock
from backend.kit.db import Sql
from backend.models import Task
from backend.settings import BadSettings, load
from reminders.audit import PINGS, RECORD_EVERY, Watch
from reminders.run import FAILURES, Engine
from reminders.schedule import JOBS, run_all_due, watching
from tests.reminders.proving import sent


class Listener:
    """What a monitoring service does with a heartbeat address: it counts."""

    def __init__(self) -> None:
        self.pings = 0
        self.status = 200
        self.answers = asyncio.Event()
        self.answers.set()
        self.url = ""

    async def heard(self, request: web.Request) -> web.Response:
        self.pings += 1
        await self.answers.wait()
        return web.Response(status=self.status)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    there = Listener()
    app = web.Application()
    app.router.add_get("/ping/secret", there.heard)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]
    there.url = f"http://127.0.0.1:{port}/ping/secret"
    yield there
    there.answers.set()
    await runner.cleanup()


def pings(outcome: str) -> float:
    return PINGS.labels(outcome)._value.get()


async def outcome() -> sweeps.Audited:
    found = await sweeps.last_audit()
    assert found is not None
    return found


async def test_it_pings_when_all_is_true(db, cast, clock, give, listener):
    await give("an")
    before = pings("ok")
    assert await Watch(listener.url).tick() == 0
    assert (listener.pings, pings("ok")) == (1, before + 1)
    assert await outcome() == sweeps.Audited(clock.at, clock.at, {})
    assert await sweeps.last_ping() == clock.at


async def test_without_an_address_it_looks_all_the_same(db, cast, clock, give):
    await give("an")
    await Sql().run("update task set look_at = null")
    await Watch().tick()
    assert await outcome() == sweeps.Audited(clock.at, None, {"look_missing": 1})
    assert await sweeps.last_ping() is None


@pytest.mark.parametrize(
    ("damage", "repair", "code"),
    [
        ("update task set look_at = null", "update task set look_at = assigned_at", "look_missing"),
        (
            "update outbox_notice set status = 'gone' where kind = 'TaskAssigned'",
            "update outbox_notice set status = 'pending' where kind = 'TaskAssigned'",
            "notice_lost",
        ),
    ],
)
async def test_it_does_not_ping_while_something_is_wrong(db, cast, clock, give, listener, damage, repair, code):
    await give("an")
    watch = Watch(listener.url)
    await watch.tick()
    well_at = clock.at
    await Sql().run(damage)
    clock.move(minutes=1)
    await watch.tick()
    await watch.tick()
    assert listener.pings == 1
    assert await outcome() == sweeps.Audited(clock.at, well_at, {code: 1})
    await Sql().run(repair)
    await watch.tick()
    assert listener.pings == 2
    assert (await outcome()).found == {}


async def test_it_does_not_ping_while_a_sweep_is_behind(db, cast, clock, give, listener):
    task = await Task.get(id=await give("an"))
    await sent()
    assert task.look_at is not None
    clock.set(task.look_at)
    watch = Watch(listener.url)
    await watch.tick()
    assert listener.pings == 1
    clock.move(minutes=11)
    await watch.tick()
    assert listener.pings == 1
    assert (await outcome()).found["sweep_behind"] > 0
    await run_all_due()
    await sent()
    await watch.tick()
    assert listener.pings == 2


async def test_what_is_wrong_in_the_record_stays_in_view(db, cast, clock, give, listener):
    await give("an")
    clock.set("2026-12-02 09:00")
    await run_all_due()
    await sent()
    await Sql().run("update ledger_entry set key = 'x' || key where scope = 'unit' and kind = 'delay'")
    await Sql().run("update task set late_count = 0, late_at = null, charge_at = null, status = 'cancelled'")
    watch = Watch(listener.url)
    for _ in range(3):
        await watch.tick()
        assert (await outcome()).found == {"entry_alone": 2}
    assert listener.pings == 0
    await Sql().run("update ledger_entry set key = substr(key, 2) where key like 'xdelay%'")
    await watch.tick()
    assert listener.pings == 1
    # From then on the record is looked at now and then.
    await Sql().run("update ledger_entry set key = 'x' || key where scope = 'unit' and kind = 'delay'")
    for _ in range(RECORD_EVERY):
        await watch.tick()
    assert (await outcome()).found == {"entry_alone": 2}
    assert 1 < listener.pings < 1 + RECORD_EVERY


@pytest.mark.parametrize("fault", ["error", "hang", "closed"])
async def test_whatever_the_other_end_does_the_engine_goes_on(db, cast, clock, give, listener, settings, fault):
    await give("an")
    url = listener.url if fault != "closed" else "http://127.0.0.1:1/ping"
    if fault == "error":
        listener.status = 503
    if fault == "hang":
        listener.answers.clear()
    watch = Watch(url, timeout_s=0.3)
    job = msgspec.structs.replace(watching(settings), tick=watch.tick)
    engine = Engine(settings)
    failures, before = FAILURES.labels("audit")._value.get(), pings("failed")
    await engine.tick(job)
    assert FAILURES.labels("audit")._value.get() == failures
    assert pings("failed") == before + 1
    assert await sweeps.last_ping() is None
    assert (await outcome()).ok_at == clock.at
    assert (await sweeps.ended())["audit"] == clock.at
    await engine.drain()


async def test_only_the_ticker_runs_it(db, cast, clock, give, listener, settings):
    engine = Engine(msgspec.structs.replace(settings, heartbeat_url=listener.url))
    assert [(job.name, job.every_s) for job in engine.jobs if job not in JOBS] == [("contents", 3600), ("audit", 300)]
    await give("an")
    clock.move(days=2)
    assert await engine.tick_now() > 0
    assert await run_all_due() == 0
    assert listener.pings == 0
    await sent()
    await engine.tick(next(job for job in engine.jobs if job.name == "audit"))
    assert listener.pings == 1
    demo = Engine(msgspec.structs.replace(settings, heartbeat_url=listener.url, demo=True))
    assert demo.jobs == JOBS


async def test_beats_are_noted_now_and_then_and_an_engine_says_what_to_expect(db, cast, clock, settings):
    engine = Engine(settings)
    remind = next(job for job in JOBS if job.name == "remind")
    await engine.tick(remind)
    first = clock.at
    clock.move(seconds=15)
    await engine.tick(remind)
    assert (await sweeps.ended())["remind"] == first
    clock.move(seconds=15)
    await engine.tick(remind)
    assert (await sweeps.ended())["remind"] == clock.at
    found = {lag.sweep: lag for lag in await sweeps.lags(product_clock.now())}
    assert {job.name for job in engine.jobs} <= set(found)
    assert (found["prune"].ended_at, found["prune"].alive_at, found["prune"].every_s) == (None, first, 3600)
    await engine.drain()


async def test_a_problem_is_logged_once(db, cast, clock, give, capsys, caplog):
    await give("an")
    await Sql().run("update task set look_at = null")
    watch = Watch()
    for _ in range(3):
        await watch.tick()
    await Sql().run("update task set look_at = assigned_at")
    await watch.tick()
    said = capsys.readouterr().out + caplog.text
    assert said.count("audit.problem") == 1
    assert said.count("look_missing") == 1


async def test_the_address_is_not_logged(db, cast, clock, listener, capsys, caplog):
    listener.status = 500
    await Watch(listener.url).tick()
    await Watch("http://127.0.0.1:1/ping/secret", timeout_s=1).tick()
    said = capsys.readouterr().out + caplog.text
    assert "heartbeat.refused" in said
    assert "heartbeat.failed" in said
    assert "secret" not in said


async def test_a_large_office_is_looked_at_by_a_window_that_goes_round(db, cast, clock, give):
    ids = [await give("an") for _ in range(5)]
    await Task.filter(id=ids[2]).update(status="cancelled")
    first, n = await window(0, 2)
    assert (first.after, first.upto, n) == (0, ids[1], 2)
    second, n = await window(ids[1], 2)
    assert (second.upto, n) == (ids[4], 2)
    assert (await window(ids[4], 2))[1] == 0
    # Behind the last open task it begins again at the first.
    look = await audit_running(product_clock.now(), after=ids[4])
    assert (look.report.checks["open_tasks"], look.after, look.report.failed) == (4, 0, False)
    # What lies before the window is not looked at; where something is wrong it looks again.
    await Task.filter(id=ids[0]).update(look_at=None)
    look = await audit_running(product_clock.now(), after=ids[1])
    assert (look.report.failed, look.after) == (False, 0)
    await Task.filter(id=ids[3]).update(look_at=None)
    look = await audit_running(product_clock.now(), after=ids[1])
    assert (look.report.found, look.after) == ({"look_missing": 1}, ids[1])


@pytest.mark.parametrize("bad", ["ftp://example.vn/x", "example.vn/ping", "http://?ping", "https://[x"])
def test_an_address_that_is_none_stops_the_start(bad):
    with pytest.raises(BadSettings, match="HEARTBEAT_URL") as refused:
        load({"HEARTBEAT_URL": bad})
    assert bad not in str(refused.value)


def test_the_address_may_come_from_a_file(tmp_path: Path):
    (tmp_path / "url").write_text("https://hc.example.vn/ping/secret\n")
    assert load({"HEARTBEAT_URL_FILE": str(tmp_path / "url")}).heartbeat_url == "https://hc.example.vn/ping/secret"
    assert load({}).heartbeat_url == ""
