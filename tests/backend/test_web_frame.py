"""What every page shares: static files, security headers, problems, the demo's clock, the API reference, words."""

import gzip
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from backend.auth.linking import CHANNELS
from backend.domain.notices import AnyNotice, CardChanged, TaskNotice
from backend.domain.scoring import Band, InstanceKind, PartName
from backend.domain.types import Role, Status, TaskKind, Urgency
from backend.kit import clock as clocks
from backend.kit import i18n
from backend.settings import Settings, load
from backend.tasks.change import EVENT
from backend.tasks.queries import View
from backend.tasks.schemas import DueDraft
from backend.web import assets as assets_module
from backend.web.demo import AFTER_MOVE
from backend.web.render import assets
from backend.web.task_acts import ACTS
from backend.web.words import GROUPS, Words, initials, short_name
from tests.apps import app_of
from tests.backend.given import given
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock, vn

WEB = Path(str(files("backend.web")))


@pytest.fixture
def settings(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Settings:
    """Settings of a test office, those of a demo for tests that ask for the fixture ``demo``."""
    demo = "demo" in request.fixturenames
    return load({}, database_url=database_url, var_dir=str(tmp_path / "var"), database_pool=4, demo=demo)


@pytest.fixture
def demo() -> None:
    """The application of this test is a demo."""


@pytest.fixture
async def plain(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application whose database is never opened: enough for static files."""
    transport = httpx.ASGITransport(app=app_of(settings), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_static_files_never_change_under_their_address(plain: httpx.AsyncClient) -> None:
    for name in ("app.css", "js/app.js", "icons.svg", "icon.svg"):
        answer = await plain.get(assets.url(name), headers={"accept-encoding": "identity"})
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.content == assets.assets[name].data
        assert answer.headers["x-content-type-options"] == "nosniff"
        packed = await plain.get(assets.url(name), headers={"accept-encoding": "gzip"})
        assert packed.content == answer.content
    old = await plain.get("/static/0123456789ab/app.css")
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")
    for path in ("nothing.css", "../render.py", "%2e%2e/render.py", "css/1-tokens.css"):
        assert (await plain.get(f"/static/{assets.build}/{path}")).status_code == 404
    with pytest.raises(KeyError):
        assets.url("nothing.css")


def test_a_page_is_light() -> None:
    """ui.md: JavaScript at most 20 KB packed; the style sheet must leave room in a page of 40 KB."""
    sizes = {name: len(asset.packed or asset.data) for name, asset in assets.assets.items()}
    assert sum(size for name, size in sizes.items() if name.endswith(".js")) < 20_000
    assert sizes["app.css"] + sizes["icons.svg"] < 12_000
    assert gzip.decompress(assets.assets["app.css"].packed) == assets.assets["app.css"].data
    assert assets_module.Assets("backend.web", "/static").build == assets.build


@pytest.mark.usefixtures("clock")
async def test_a_page_carries_no_inline_code_and_the_strict_policy(app: Any, cast: Cast) -> None:
    task = await given(cast)
    async with Browser(app) as chair:
        await chair.sign_in(cast, "chair")
        for path in ("/", "/tasks/new", f"/tasks/{task.code}", "/scores", "/me", "/api"):
            answer = await chair.client.get(path)
            assert answer.status_code == 200, path
            assert "require-trusted-types-for 'script'" in answer.headers["content-security-policy"]
            assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|<script(?![^>]*src=)", answer.text), path
            assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', answer.text), path
            assert answer.text.count("<h1") == 1, path


@pytest.mark.usefixtures("clock")
async def test_problems_are_pages_for_browsers_and_json_for_programs(app: Any, cast: Cast) -> None:
    async with Browser(app, "en") as browser:
        page = await browser.get("/no/such/page", 404)
        assert "Not found" in page
        assert 'lang="en"' in page
        answer = await browser.client.get("/no/such/page", headers={"accept": "application/json"})
        assert answer.headers["content-type"].startswith("application/problem+json")
        answer = await browser.client.get("/api/no/such")
        assert answer.headers["content-type"].startswith("application/problem+json")
        await browser.client.request("DELETE", "/sign-in")
        # A word about what was done that nobody of ours wrote is not repeated.
        for forged in ("!!!", "eyJrZXkiOiJub3RoaW5nIn0", "e30"):
            browser.client.cookies.set("giaoviec_said", forged)
            await browser.get("/sign-in")


@pytest.mark.usefixtures("clock")
async def test_the_api_reference_is_drawn_from_the_document(app: Any, cast: Cast) -> None:
    async with Browser(app, "en") as browser:
        page = await browser.get("/api")
        document = (await browser.client.get("/api/openapi.json")).json()
    operations = sum(len(item) for item in document["paths"].values())
    assert page.count('<details class="fold op" id="') == operations + len(document["components"]["schemas"])
    text = text_of(page)
    for words in ("/api/tasks/{", "POST", "TaskDraft", "required", "Idempotency-Key", "RFC 9457"):
        assert words in text
    links, ids = set(re.findall(r'href="#([^"]+)"', page)), set(re.findall(r'id="([^"]+)"', page))
    assert links <= ids


@pytest.mark.usefixtures("demo")
async def test_a_demo_moves_its_clock_and_the_engine_follows(app: Any, cast: Cast, clock: FakeClock) -> None:
    ticked: list[str] = []

    async def tick() -> None:
        ticked.append(str(clocks.now()))

    app.state[AFTER_MOVE] = tick
    soon = await given(cast, title="Sớm", due=DueDraft(at=vn("2026-11-23 16:00")))
    late = await given(cast, title="Muộn", due=DueDraft(at=vn("2026-11-25 16:00")))
    async with Browser(app) as an:
        assert "08:00 thứ Hai 23/11/2026" in await an.get("/sign-in")
        await an.post("/demo/clock", {"to": "deadline", "next": "/sign-in"})
        assert "Không có hạn nào phía trước." in await an.get("/sign-in")
        await an.sign_in(cast, "an")
        await an.get("/")
        assert "Bây giờ là 09:00 thứ Hai 23/11/2026." in await an.follow("/demo/clock", {"to": "hour"})
        assert "13:30 thứ Hai 23/11/2026" in await an.follow("/demo/clock", {"to": "slot"})
        await an.get(f"/tasks/{late.code}")
        # On a task's page it is that task's deadline.
        assert await an.post("/demo/clock", {"to": "deadline"}) == f"/tasks/{late.code}"
        assert clocks.now() == vn("2026-11-25 16:01")
        assert "Quá hạn 1 phút" in text_of(await an.get(f"/tasks/{late.code}"))
        assert "Quá hạn 2 ngày" in text_of(await an.get(f"/tasks/{soon.code}"))
    assert len(ticked) == 3
    assert clocks.real() == vn("2026-11-23 08:00")


async def test_the_next_slot_skips_a_day_off(settings: Settings, clock: FakeClock) -> None:
    from backend.calendars.default import default_calendar
    from backend.web.demo import next_slot

    office = default_calendar()
    assert next_slot(vn("2026-11-23 13:30"), office) == vn("2026-11-25 08:00")  # 24 November is a day off
    assert next_slot(vn("2026-11-23 07:59"), office) == vn("2026-11-23 08:00")


@pytest.mark.usefixtures("clock")
async def test_the_real_thing_has_no_clock_to_move(app: Any, cast: Cast) -> None:
    async with Browser(app) as an:
        await an.sign_in(cast, "an")
        page = await an.get("/me")
        assert "/demo/clock" not in page
        assert "/simulator" not in page
        await an.post("/demo/clock", {"to": "hour"}, 404)
    assert clocks.offset() == timedelta()


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_text_that_a_page_names_is_in_the_catalogue(locale: str) -> None:
    known = i18n.catalogue(locale)
    simulator = Path(str(files("bot.simulator")))
    sources = [*WEB.glob("*.py"), *WEB.glob("templates/**/*.html"), *simulator.glob("templates/*.html")]
    whole = re.compile(r"\bt\(\s*[\"']([\w.]+)[\"']\s*[,)]")
    begun = re.compile(r"\bt\(\s*f?[\"']([\w.]+\.)(?:[\"']\s*~|\{)")
    for source in sources:
        text = source.read_text(encoding="utf-8")
        for key in whole.findall(text):
            assert f"web.{key}" in known, (source.name, key)
        for prefix in begun.findall(text):
            assert any(name.startswith(f"web.{prefix}") for name in known), (source.name, prefix)


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_everything_that_can_happen_has_its_words(locale: str) -> None:
    notices = [
        kind.__name__ for kind in get_args(AnyNotice) if issubclass(kind, TaskNotice) and kind is not CardChanged
    ]
    wanted = {
        "status": [*Status],
        "urgency": [*Urgency],
        "kind": [*TaskKind],
        "role": [*Role],
        "event": [*EVENT.values(), "assigned", "nudged", "late", "undone_reported", "undone_accepted"],
        "notice": notices,
        "channel": CHANNELS,
        "act": [*ACTS, "hand_on"],
        "said": [*ACTS],
        "view": [*View],
        "group": [*GROUPS, "decide"],
        "band": get_args(Band),
        "part": [*get_args(PartName), "common"],
        "instance": get_args(InstanceKind),
    }
    named = {f"web.{room}.{name}" for room, names in wanted.items() for name in names}
    # Taking back is told by what was taken back.
    assert named - set(i18n.catalogue(locale)) <= {"web.event.undone"}


WORDS = (
    ("2026-11-23 17:00", "vi", "hôm nay 17:00"),
    ("2026-11-24 09:05", "vi", "ngày mai 09:05"),
    ("2026-11-22 09:05", "en", "yesterday 09:05"),
    ("2026-11-27 17:00", "vi", "thứ Sáu 17:00"),
    ("2026-11-27 17:00", "en", "Friday 17:00"),
    ("2026-12-04 17:00", "vi", "04/12 17:00"),
    ("2027-01-04 17:00", "en", "04/01/2027 17:00"),
)


@pytest.mark.parametrize(("at", "locale", "said"), WORDS)
def test_a_near_instant_is_said_as_people_say_it(at: str, locale: str, said: str) -> None:
    assert Words(locale, "Asia/Ho_Chi_Minh", vn("2026-11-23 10:00")).when(vn(at)) == said


def test_lateness_is_said_in_its_largest_unit() -> None:
    now = vn("2026-11-25 10:00")
    vi, en = Words("vi", "Asia/Ho_Chi_Minh", now), Words("en", "Asia/Ho_Chi_Minh", now)
    assert vi.due(vn("2026-11-25 09:59"), True) == "Quá hạn 1 phút"
    assert vi.due(vn("2026-11-24 23:00"), True) == "Quá hạn 1 ngày"
    assert en.due(vn("2026-11-20 10:00"), True) == "Overdue by 5 days"
    assert en.due(vn("2026-11-25 08:00"), False) == "today 08:00"
    assert vi.due_long(vn("2026-11-25 12:30"), True) == "Còn 2 giờ"
    assert en.due_long(vn("2026-11-25 12:30"), False) == ""
    assert vi.size(10) == "1 kB"
    assert vi.size(3_500_000) == "3,3 MB"


def test_people_are_shown_by_their_initials_and_called_by_their_given_name() -> None:
    assert [initials(name) for name in ("Nguyễn Văn An", "Đỗ", "", "123 Ơn Đức")] == ["NA", "Đ", "?", "ƠĐ"]
    assert short_name("Nguyễn Văn An") == "An"
    assert short_name("") == ""
