"""Getting in through the pages: signing in and out, one-time links, passwords, language."""

from typing import Any

import pytest

from backend.auth import service as auth
from backend.domain.types import SYSTEM
from backend.models import Person, Session
from tests.backend.web_browser import Browser, text_of
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.usefixtures("clock")

NEW_PASSWORD = "một câu thật dài chỉ tôi biết"


async def test_a_page_asks_to_sign_in_and_comes_back_to_where_one_was_going(app: Any, cast: Cast) -> None:
    async with Browser(app) as browser:
        assert await browser.get("/", 303) == "/sign-in"
        assert await browser.get("/tasks/CV26-000001?x=1", 303) == "/sign-in?next=%2Ftasks%2FCV26-000001%3Fx%3D1"
        page = await browser.get("/sign-in?next=%2Fscores")
        assert "Đăng nhập" in page
        assert 'lang="vi"' in page
        where = await browser.post("/sign-in", {"account": "AN@phuong.example.vn", "password": PASSWORD})
        assert where == "/scores"
        assert await browser.get("/sign-in", 303) == "/"
        assert "Nguyễn Văn An" in await browser.get("/me")


async def test_a_wrong_password_keeps_what_was_typed_and_says_so(app: Any, cast: Cast) -> None:
    async with Browser(app, "en") as browser:
        await browser.get("/sign-in")
        page = await browser.post("/sign-in", {"account": "an@phuong.example.vn", "password": "guess-guess"}, 401)
        assert 'value="an@phuong.example.vn"' in page
        assert "guess-guess" not in page
        assert 'role="alert"' in page
        assert await Session.all().count() == 0


async def test_guessing_is_paused(app: Any, cast: Cast) -> None:
    async with Browser(app) as browser:
        await browser.get("/sign-in")
        form = {"account": "an@phuong.example.vn", "password": "x" * 12}
        seen = [(await browser.client.post("/sign-in", data=form)).status_code for _ in range(12)]
        assert seen[0] == 401
        assert seen[-1] == 429


@pytest.mark.parametrize("away", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
async def test_the_way_back_never_leaves_the_site(app: Any, cast: Cast, away: str) -> None:
    async with Browser(app) as browser:
        await browser.get("/sign-in")
        form = {"account": "+84900000008", "password": PASSWORD, "next": away}
        assert await browser.post("/sign-in", form) == "/"


async def test_opening_a_link_uses_nothing_and_its_button_signs_in_once(app: Any, cast: Cast) -> None:
    link = await auth.issue_link(SYSTEM, cast.an.id)
    async with Browser(app) as browser, Browser(app) as another:
        for _ in range(2):
            assert link.token in await browser.get(link.path)
        assert await browser.post("/link", {}) == "/password"
        # Until a password is chosen every page leads there.
        assert await browser.get("/", 303) == "/password"
        page = await browser.get("/password")
        assert 'name="old"' not in page
        assert "khớp" not in page
        for form, words in (
            ({"new": NEW_PASSWORD, "again": "khác"}, "không giống nhau"),
            ({"new": "ngắn", "again": "ngắn"}, "12"),
        ):
            assert words in text_of(await browser.post("/password", form, 422))
        assert "Đã đổi mật khẩu" in await browser.follow("/password", {"new": NEW_PASSWORD, "again": NEW_PASSWORD})
        # Shown once.
        assert "Đã đổi mật khẩu" not in await browser.get("/")
        await another.get(link.path)
        assert 'href="/forgot"' in await another.post("/link", {}, 401)
        assert await another.post("/sign-in", {"account": "an@phuong.example.vn", "password": NEW_PASSWORD}) == "/"


async def test_a_password_is_changed_with_the_old_one(app: Any, cast: Cast) -> None:
    async with Browser(app, "en") as browser:
        await browser.sign_in(cast, "an")
        assert 'name="old"' in await browser.get("/password")
        form = {"old": "wrong", "new": NEW_PASSWORD, "again": NEW_PASSWORD}
        await browser.post("/password", form, 422)
        assert await browser.post("/password", {**form, "old": PASSWORD}) == "/"


async def test_asking_for_a_link_tells_nobody_who_has_an_account(app: Any, cast: Cast) -> None:
    async with Browser(app, "en") as browser:
        await browser.get("/forgot")
        seen = {
            (await browser.post("/forgot", {"email": email}, 200)).replace(email, "E")
            for email in ("an@phuong.example.vn", "nobody@phuong.example.vn")
        }
        assert len(seen) == 1
        await browser.get("/forgot")
        for _ in range(60):
            answer = await browser.client.post("/forgot", data={"email": "an@phuong.example.vn"})
        assert answer.status_code == 429
        assert 'value="an@phuong.example.vn"' in answer.text


async def test_language_is_chosen_before_and_after_signing_in(app: Any, cast: Cast) -> None:
    async with Browser(app) as browser:
        assert "Mật khẩu" in await browser.get("/sign-in")
        page = await browser.follow("/language", {"locale": "en", "next": "/sign-in"})
        assert "Password" in page
        assert 'lang="en"' in page
        # A problem page speaks the chosen language too.
        assert "Not found" in await browser.get("/nothing-here", 404)
        await browser.sign_in(cast, "an")
        assert "Giao cho tôi" in await browser.get("/")
        await browser.get("/me")
        assert "Language and account" in await browser.follow("/language", {"locale": "en", "next": "/me"})
        assert (await Person.get(id=cast.an.id)).locale == "en"
        await browser.post("/language", {"locale": "xx", "next": "/me"})
        assert (await Person.get(id=cast.an.id)).locale == "en"


async def test_signing_out_ends_the_session(app: Any, cast: Cast) -> None:
    async with Browser(app) as browser:
        await browser.sign_in(cast, "an")
        await browser.get("/me")
        answer = await browser.client.post("/sign-out", data=browser.hidden("/sign-out"))
        assert answer.headers["location"] == "/sign-in"
        assert "storage" in answer.headers["clear-site-data"]
        assert await browser.get("/", 303) == "/sign-in"
        assert await Session.all().count() == 0


async def test_a_form_from_elsewhere_is_refused(app: Any, cast: Cast) -> None:
    async with Browser(app) as browser:
        foreign = {"sec-fetch-site": "cross-site"}
        form = {"account": "an@phuong.example.vn", "password": PASSWORD}
        answer = await browser.client.post("/sign-in", data=form, headers=foreign)
        assert answer.status_code == 403
        await browser.sign_in(cast, "an")
        assert "Không có quyền" in await browser.post("/sign-out", {}, 403)
        assert await Session.all().count() == 1


async def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(app: Any, cast: Cast) -> None:
    async with Browser(app) as browser:
        referer = {"referer": "http://test/tasks/CV26-000001"}
        answer = await browser.client.post("/tasks/CV26-000001/comment", data={"text": "x"}, headers=referer)
        assert answer.headers["location"] == "/sign-in?next=%2Ftasks%2FCV26-000001"
        referer = {"referer": "http://evil.example/tasks"}
        answer = await browser.client.post("/tasks/CV26-000001/comment", data={"text": "x"}, headers=referer)
        assert answer.headers["location"] == "/sign-in"
