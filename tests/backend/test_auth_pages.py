"""Pages: what their guards raise, forms that another site forged, the cookie."""

from typing import Any

import pytest
from litestar.datastructures import Cookie

from backend.auth import cookies, service
from backend.auth.guards import PasswordChangeNeeded, SignInNeeded, page_signed_in
from backend.auth.sessions import NewSession
from backend.models import Person
from backend.settings import Settings, load
from tests.backend.auth_office import browser_of, client_of, guarded_app
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def test_api_write_with_a_cookie_needs_the_csrf_header(settings: Settings, cast: Cast) -> None:
    browser, csrf = await browser_of(guarded_app(settings), cast.an.id)
    async with browser:
        for given in ({}, {"x-csrf-token": "guess"}, {"x-csrf-token": "é".encode()}):
            answer = await browser.post("/api/test/write", headers=given)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
        assert (await browser.post("/api/test/write", headers={"x-csrf-token": csrf})).json() == {"user": "an"}


async def test_api_write_with_a_bearer_needs_none(settings: Settings, cast: Cast) -> None:
    token = await service.access_token_for(cast.an.id)
    async with client_of(guarded_app(settings), authorization=f"Bearer {token}") as client:
        assert (await client.post("/api/test/write")).status_code == 200


async def test_one_sessions_csrf_token_is_no_good_for_another(settings: Settings, cast: Cast) -> None:
    app = guarded_app(settings)
    an, _ = await browser_of(app, cast.an.id)
    stranger, foreign = await browser_of(app, cast.stranger.id)
    async with an, stranger:
        assert (await an.post("/api/test/write", headers={"x-csrf-token": foreign})).status_code == 403


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
async def test_form_carries_its_csrf_field(settings: Settings, cast: Cast, form: str) -> None:
    browser, csrf = await browser_of(guarded_app(settings), cast.an.id)
    extra: dict[str, Any] = {"files": {"file": ("a.txt", b"x")}} if form == "multipart" else {}
    async with browser:
        for fields, status in (({}, 403), ({"csrf": "guess"}, 403), ({"csrf": csrf}, 200)):
            answer = await browser.post("/test/form", data={"title": "Báo cáo", **fields}, **extra)
            assert answer.status_code == status
        assert answer.json() == {"title": "Báo cáo"}
        answer = await browser.post("/test/form", data={"title": "x"}, headers={"x-csrf-token": csrf})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://test"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
async def test_form_with_nobody_signed_in_must_come_from_our_site(
    settings: Settings, headers: dict[str, str], status: int
) -> None:
    async with client_of(guarded_app(settings), **headers) as client:
        assert (await client.post("/test/open-form", data={"a": "b"})).status_code == status


async def test_page_tells_where_the_reader_was_going(settings: Settings, cast: Cast) -> None:
    app = guarded_app(settings)
    seen: list[Exception] = []

    async def watch(connection: Any, handler: Any) -> None:
        try:
            await page_signed_in(connection, handler)
        except Exception as error:
            seen.append(error)
            raise

    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if page_signed_in in (handler.guards or ()):
                handler._resolved_guards = [watch]
    async with client_of(app) as nobody:
        assert (await nobody.get("/test/page?view=mine&after=x")).status_code == 401
        assert (await nobody.post("/test/form", data={})).status_code == 401
    assert [(type(error), getattr(error, "next", "")) for error in seen] == [
        (SignInNeeded, "/test/page?view=mine&after=x"),
        (SignInNeeded, "/"),
    ]
    await Person.filter(id=cast.an.id).update(must_change_password=True)
    browser, _ = await browser_of(app, cast.an.id)
    async with browser:
        assert (await browser.get("/test/page")).json()["code"] == "must_change_password"
        assert (await browser.get("/test/account")).status_code == 200
    assert isinstance(seen[-1], PasswordChangeNeeded)


async def test_pages_for_a_role(settings: Settings, cast: Cast) -> None:
    app = guarded_app(settings)
    async with client_of(app) as nobody:
        assert (await nobody.get("/test/hr")).status_code == 401
    for handle, status in (("hr", 200), ("an", 403)):
        browser, _ = await browser_of(app, cast.people[handle].id)
        async with browser:
            assert (await browser.get("/test/hr")).status_code == status


@pytest.mark.one_database
def test_cookie_is_out_of_reach_of_scripts_and_of_other_sites(clock: FakeClock) -> None:
    opened = NewSession(1, "secret", "csrf", clock())
    plain = cookies.session_cookie(load({}), opened)
    assert (plain.key, plain.httponly, plain.samesite, plain.secure) == ("giaoviec_session", True, "lax", False)
    safe = load({}, public_url="https://viec.example.vn")
    held = cookies.session_cookie(safe, opened)
    assert (held.key, held.secure, held.path, held.domain) == ("__Host-giaoviec_session", True, "/", None)
    gone: Cookie = cookies.no_session_cookie(safe)
    assert (gone.value, gone.max_age) == ("", 0)


async def test_secure_cookie_name_is_the_one_that_is_read(settings: Settings, cast: Cast) -> None:
    safe = load({}, database_url=settings.database_url, var_dir=settings.var_dir, public_url="https://x.example.vn")
    opened = await service.open_session(cast.an.id)
    for name, status in (("giaoviec_session", 401), ("__Host-giaoviec_session", 200)):
        async with client_of(guarded_app(safe), cookie=f"{name}={opened.token}") as client:
            assert (await client.get("/api/test/signed-in")).status_code == status
