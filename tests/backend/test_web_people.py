"""People for HR: who can get in, printed sheets that are shown once, links by e-mail."""

import re
from typing import Any

import pytest

from backend.models import OneTimeLink, OutboxNotice, Person
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("clock")


async def test_hr_prints_sheets_and_each_lets_one_person_in(app: Any, cast: Cast) -> None:
    await Person.filter(id=cast.an.id).update(password_hash=None)
    async with Browser(app) as hr, Browser(app) as an:
        await hr.sign_in(cast, "hr")
        page = await hr.get("/people")
        assert "Chưa có mật khẩu" in page
        assert "Mai Xa Lạ" not in page
        assert "Nguyễn Thị Bình" not in await hr.get("/people?q=cuong")
        assert "Đặng Hùng Cường" in hr.page
        assert "Đặng Hùng Cường" not in await hr.get("/people?unit=tuphap")
        answer = await hr.client.post("/people/sheets", data={**hr.hidden("/people/sheets"), "person": ["an", "binh"]})
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text.count('class="card stack sheet"') == 2
        assert answer.text.count('<svg role="img"') == 2
        assert "chỉ hiện một lần" in answer.text
        token = re.search(r"/link\?token=([\w-]+)", answer.text)
        assert token is not None
        await an.get(f"/link?token={token[1]}")
        assert await an.post("/link", {}) == "/password"
    assert await OneTimeLink.all().count() == 2


async def test_nobody_ticked_or_a_stranger_among_them_issues_nothing(app: Any, cast: Cast) -> None:
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        await hr.get("/people")
        assert "từ một đến 100 người" in text_of(await hr.post("/people/sheets", {}, 422))
        await hr.get("/people")
        page = await hr.post("/people/sheets", {"person": ["an", "stranger"]}, 404)
        assert 'value="an" checked' in page
        await hr.post("/people/mail", {"person": ["an", "stranger"]}, 404)
    assert await OneTimeLink.all().count() == 0


async def test_links_go_by_e_mail(app: Any, cast: Cast) -> None:
    async with Browser(app) as hr:
        await hr.sign_in(cast, "hr")
        await hr.get("/people")
        form = {**hr.hidden("/people/sheets"), "person": ["an", "binh"]}
        assert "Đã gửi thư cho 2 người." in await hr.follow("/people/mail", form)
        await Person.filter(id=cast.an.id).update(email=None)
        await hr.get("/people")
        form = {**hr.hidden("/people/sheets"), "person": "an"}
        assert 'role="alert"' in await hr.post("/people/mail", form, 409)
    assert await OutboxNotice.filter(kind="SignInLink").count() == 2


async def test_the_page_is_for_hr_and_admins(app: Any, cast: Cast) -> None:
    for handle in ("an", "head", "auditor"):
        async with Browser(app, "en") as browser:
            await browser.sign_in(cast, handle)
            assert "/people" not in await browser.get("/")
            await browser.get("/people", 403)
            await browser.get("/me")
            await browser.post("/people/sheets", {"person": "binh"}, 403)
    assert await OneTimeLink.all().count() == 0
