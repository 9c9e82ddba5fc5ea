"""Real databases of both kinds, a still clock, the application over ASGI; a skip fails the run."""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import hypothesis
import pytest
import structlog

from backend import settings as settings_module
from backend.kit import db as database_kit
from backend.settings import Settings
from tests import calls, dealing, orm
from tests.apps import app_of
from tests.cast import Cast, make_cast
from tests.databases import PostgresDesk, PostgresServer, SqliteDesk, migrate, one_at_a_time
from tests.fakes import FakeClock, vn
from tests.stages import Stage

DATABASES = ("sqlite", "postgres")

# No test asserts a duration: a busy machine must not fail a law of arithmetic.
hypothesis.settings.register_profile("giaoviec", deadline=None)
hypothesis.settings.load_profile("giaoviec")

# Before a service sets up its own logs, a fault is told by its traceback alone: drawn in a box, with all that the
# variables hold, it takes seconds.
_plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _plain])
orm.install()


#: Which worker this is, if there are several.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the workers of this run share: an empty database takes seconds to migrate, so it is done once."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if WORKER else base


@pytest.fixture(scope="session")
def postgres_server(run_folder: Path) -> Iterator[PostgresServer]:
    """One PostgreSQL for this run, fsync off, with a migrated template; or the one that ``DATABASE_URL`` names."""
    with PostgresServer(run_folder) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_desk(postgres_server: PostgresServer) -> Iterator[PostgresDesk]:
    """The database of that server in which this worker's tests run one after the other."""
    desk = PostgresDesk(postgres_server, f"giaoviec_desk_{WORKER or 'alone'}")
    yield desk
    postgres_server.call(desk.close())


@pytest.fixture(scope="session")
def sqlite_template(run_folder: Path) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = run_folder / "template.db"
    with one_at_a_time(run_folder / "template.lock"):
        if not path.exists():
            making = run_folder / "making.db"
            asyncio.run(migrate(f"sqlite:///{making}"))
            making.rename(path)
    return path


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh migrated database; every test that uses it runs once per kind."""
    folder = Path(tempfile.mkdtemp(prefix="gv-"))
    try:
        if request.param == "sqlite":
            template: Path = request.getfixturevalue("sqlite_template")
            shutil.copy(template, folder / "test.db")
            yield f"sqlite:///{folder / 'test.db'}?synchronous=OFF"
        else:
            desk: PostgresDesk = request.getfixturevalue("postgres_desk")
            desk.server.call(desk.clean())
            yield desk.url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def clock() -> Iterator[FakeClock]:
    """Monday 23 November 2026, 08:00 in Vietnam, a working day; it stands still until moved."""
    with FakeClock(vn("2026-11-23 08:00")) as fake:
        yield fake


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a test office on a fresh database."""
    return settings_module.load({}, database_url=database_url, var_dir=str(tmp_path / "var"), database_pool=4)


@pytest.fixture
async def db(settings: Settings, clock: FakeClock) -> AsyncIterator[None]:
    """The database open in this process, for tests that call services themselves."""
    async with database_kit.opened(settings.database, settings.database_pool):
        yield


@pytest.fixture
async def app(settings: Settings, clock: FakeClock) -> AsyncIterator[Any]:
    """The application with its lifespan running (and so the database open)."""
    application = app_of(settings)
    # In a task of its own: the lifespan holds a task group, which must be left by the task that entered it, and a
    # fixture is set up and torn down by different ones.
    started, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with application.lifespan():
            started.set()
            await over.wait()

    task = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not started.is_set():
        waiting.cancel()
        await task
    yield application
    over.set()
    await task


@pytest.fixture
async def client(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client with nobody signed in. ``cast.client(person)`` gives signed-in ones."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers={"accept-language": "en"}) as it:
        yield it


@pytest.fixture
def stage(request: pytest.FixtureRequest, database_url: str, clock: FakeClock) -> Stage:
    """Scenes that many tests begin with, played once in this worker and put back afterwards."""
    if "postgres" in database_url.partition(":")[0]:
        desk: PostgresDesk = request.getfixturevalue("postgres_desk")
        return Stage(clock, "postgres", desk, desk.server.call)
    return Stage(clock, "sqlite", SqliteDesk(Path(urlsplit(database_url).path)), asyncio.run)


@pytest.fixture
async def cast(request: pytest.FixtureRequest, stage: Stage) -> Cast:
    """A small ward with everybody a story needs, a stranger among them. Use it with ``db`` or ``app``."""
    if not {"app", "client", "db"} & set(request.fixturenames):
        raise pytest.UsageError("the cast needs `db` or `app` before it")
    return await stage.scene("cast", make_cast)


# What is imported lives as long as the process, and is much: a collector of cycles that looks at it again and again took
# a quarter of the whole run.
gc.set_threshold(10_000, 20, 20)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    dealing.deal(items)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tests per database, so that nobody has to believe that both ran; and what no test called."""
    done = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    counts = {
        kind: sum(f"[{kind}" in report.nodeid or f"-{kind}" in report.nodeid for report in done) for kind in DATABASES
    }
    terminalreporter.write_line(
        f"tests per database: sqlite {counts['sqlite']}, postgres {counts['postgres']}, "
        f"without a database {len(done) - sum(counts.values())}"
    )
    for what, found in _UNPROVEN.items():
        for line in found:
            terminalreporter.write_line(f"{what}: {line}", red=True)


#: What a whole run left unproven; filled when it ends.
_UNPROVEN: dict[str, list[str]] = {}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker has ended: what it saw joins the rest."""
    calls.SEEN.update(calls.Call(*call) for call in getattr(node, "workeroutput", {}).get("calls", ()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A skipped test proves nothing, and neither does a route that no test has called: they fail the run."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["calls"] = [tuple(call) for call in calls.SEEN]
        return
    if calls.is_whole_run(session.config) and not session.shouldstop and not session.shouldfail:
        app = calls.whole_application()
        _UNPROVEN["no test calls the route"] = calls.uncalled(app)
        _UNPROVEN["not in the OpenAPI document"] = calls.undocumented(app)
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter is not None and reporter.stats.get("skipped")
    if exitstatus == 0 and (skipped or any(_UNPROVEN.values())):
        session.exitstatus = 1
