"""A real server on SQLite with the cast and some work, and a real browser that watches what pages do."""

import asyncio
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
import uvicorn
from litestar import Litestar
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from backend.auth import act_links
from backend.auth import service as auth
from backend.kit import db
from backend.settings import load
from backend.tasks import service
from backend.tasks.schemas import DueDraft
from bot.simulator.desk import Simulator
from bot.simulator.pages import simulator_routes
from reminders import penalise
from tests.apps import own_app
from tests.backend.given import given, reported
from tests.cast import Cast, make_cast
from tests.fakes import FakeClock, vn

#: What a page does is waited for as long as a busy machine may take; what it does not do fails all the same.
_PATIENCE_MS = 60_000
expect.set_options(timeout=_PATIENCE_MS)

#: Links that mails would have had: who, to which task, what, and about which question.
MAILED = (
    ("an", "asked", "ack", ""),
    ("an", "asked", "report", ""),
    ("an", "asked", "wait", ""),
    ("an", "late", "extend", ""),
    ("cuong", "asked", "extend", ""),
    ("chair", "asked", "approve", "1"),
    ("chair", "asked", "refuse", "1"),
    ("head", "waiting", "accept", ""),
    ("head", "waiting", "return", ""),
)


class Office:
    """The running server: its address, its people, and the Telegram bot that the simulator started (token, address)."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.folder = folder
        self.clock = clock
        self.tokens: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        self.mailed: dict[tuple[str, str, str], str] = {}
        self.bot = ("", "")
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = int(found.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = f"sqlite:///{folder / 'office.db'}?synchronous=OFF"
        self.simulator: Simulator | None = None

    async def seed(self) -> None:
        """The cast, work in every state, one task that went late; a session for everybody."""
        async with db.opened(self.database):
            cast = await make_cast()
            late = await given(cast, title="Báo cáo tiến độ nông thôn mới", due=DueDraft(at=vn("2026-11-23 10:00")))
            waiting = await reported(cast, title="Công khai thủ tục hành chính mới ban hành", urgency="urgent")
            await given(cast, "chair", "head", title="Chuẩn bị họp giao ban", secret=True, watchers=["an"])
            asked = await given(
                cast, "chair", "an", title="Xử lý vi phạm trật tự xây dựng thôn Hạ", body="Theo đơn\nsố 12"
            )
            await service.ask_extension(
                await cast.actor("an"), asked.id, DueDraft(at=vn("2026-12-04 17:00")), "Chờ xác minh"
            )
            self.clock.set("2026-11-23 14:00")
            await penalise.tick()
            self.codes = {"late": late.code, "waiting": waiting.code, "asked": asked.code}
            self.tokens = {handle: (await auth.open_session(cast.people[handle].id)).token for handle in cast.people}
            self.cast: Cast = cast
            given_ids = {"late": late.id, "waiting": waiting.id, "asked": asked.id}
            for handle, task, act, arg in MAILED:
                person = cast.people[handle]
                wanted = [(given_ids[task], act, arg)]
                [self.mailed[handle, task, act]] = await act_links.act_paths(person.id, person.email or "", wanted)

    def speak(self, locale: str) -> None:
        """Everybody reads this language from now on."""
        with closing(sqlite3.connect(self.folder / "office.db", timeout=15)) as connection, connection:
            connection.execute("update person set locale = ?", (locale,))

    async def start_bot(self, channel: str, token: str, base_url: str) -> None:
        if channel == "telegram":
            self.bot = (token, base_url)

    def serve(self) -> uvicorn.Server:
        settings = load({}, database_url=self.database, var_dir=str(self.folder), port=self.port, demo=True)
        self.simulator = Simulator(self.start_bot)
        simulator = self.simulator

        @asynccontextmanager
        async def stopped_at_the_end(_: Litestar) -> AsyncIterator[None]:
            yield
            await simulator.stop()

        app = own_app(settings, lifespans=[stopped_at_the_end], routes=simulator_routes(lambda: simulator))
        # A page that still waits for news of a phone is cut off; uvicorn would call that an error.
        config = uvicorn.Config(app, port=self.port, log_level="critical", timeout_graceful_shutdown=1, lifespan="on")
        return uvicorn.Server(config)


# Playwright's own event loop runs in this thread while it is open, so nothing else can run one: it is closed with the
# module, and everything asynchronous is prepared before it is opened.
@pytest.fixture(scope="module")
def office(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    shutil.copy(sqlite_template, folder / "office.db")
    with FakeClock(vn("2026-11-23 08:00")) as clock:
        office = Office(folder, clock)
        asyncio.run(office.seed())
        server = office.serve()
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 120
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        yield office
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def chromium(office: Office) -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "these tests need Debian's chromium (make system)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Desk:
    """Opens pages as somebody and keeps what went wrong in them: console errors, requests to other places."""

    def __init__(self, browser: Browser, office: Office) -> None:
        self.browser = browser
        self.office = office
        self.problems: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(
        self,
        path: str,
        who: str = "",
        *,
        width: int = 360,
        dark: bool = False,
        locale: str = "vi-VN",
        javascript: bool = True,
    ) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": 800 if width < 600 else 900},
            color_scheme="dark" if dark else "light",
            locale=locale,
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        context.set_default_timeout(_PATIENCE_MS)
        self.contexts.append(context)
        if who:
            token = self.office.tokens[who]
            context.add_cookies([{"name": "giaoviec_session", "value": token, "url": self.office.url}])
        page = context.new_page()
        page.on("console", self._heard)
        page.on("request", self._asked)
        page.on("pageerror", lambda error: self.problems.append(f"{page.url}: {error}"))
        page.goto(self.office.url + path)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        # A page that answers 4xx on purpose is a "failed" resource to the console.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.office.url, "data:")):
            self.problems.append(f"foreign request: {request.url}")


@pytest.fixture
def desk(chromium: Browser, office: Office) -> Iterator[Desk]:
    desk = Desk(chromium, office)
    yield desk
    for context in desk.contexts:
        context.close()
    assert desk.problems == []
