"""Signed-in browsers: how long they stay, where one is signed in, ending it."""

from typing import Any

import pytest

from backend.auth import service, sessions
from backend.errors import NotSignedIn
from backend.models import Person, Session
from backend.settings import Settings
from tests.apps import app_of
from tests.backend.auth_office import COOKIE, audit_of, browser_of, client_of
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def _alive(token: str) -> bool:
    return await sessions.find(token) is not None


async def test_session_is_stored_hashed_and_audited(cast: Cast) -> None:
    opened = await service.open_session(cast.an.id, "Firefox " + "x" * 300)
    row = await Session.get(person_id=cast.an.id)
    assert opened.token not in (row.token_hash, row.csrf)
    assert len(row.user_agent) == 255
    [told] = await audit_of("auth.signed_in")
    assert told["actor_id"] == cast.an.id
    assert opened.token not in str(told["data"])


async def test_unused_session_ends_after_a_week(cast: Cast, clock: FakeClock) -> None:
    opened = await service.open_session(cast.an.id)
    clock.move(days=6, hours=23)
    assert await _alive(opened.token)
    clock.move(days=7)
    assert not await _alive(opened.token)


async def test_used_session_is_renewed_and_one_that_was_not_ends(cast: Cast, clock: FakeClock) -> None:
    opened = await service.open_session(cast.an.id)
    for _ in range(10):
        clock.move(days=5)
        assert await _alive(opened.token)
    assert (await Session.get(person_id=cast.an.id)).expires_at > clock()
    await Session.filter(person_id=cast.an.id).update(seen_at=clock(), expires_at=clock())
    assert not await _alive(opened.token)


async def test_reading_does_not_write_more_than_every_five_minutes(cast: Cast, clock: FakeClock) -> None:
    opened = await service.open_session(cast.an.id)
    started = clock()
    seen = []
    for _ in range(3):
        clock.move(minutes=2)
        assert await _alive(opened.token)
        seen.append((await Session.get(person_id=cast.an.id)).seen_at)
    assert seen == [started, started, clock()]


async def test_domain_time_moves_no_session(cast: Cast, clock: FakeClock) -> None:
    from datetime import timedelta

    from backend.kit.state import move_clock

    opened = await service.open_session(cast.an.id)
    token = await service.access_token_for(cast.an.id)
    await move_clock(timedelta(days=90))
    assert await _alive(opened.token)
    from backend.auth import access_tokens

    assert (await access_tokens.read(token)).person_id == cast.an.id


async def test_somebody_who_left_cannot_be_signed_in(cast: Cast, clock: FakeClock) -> None:
    await Person.filter(id=cast.an.id).update(left_at=clock())
    with pytest.raises(NotSignedIn):
        await service.open_session(cast.an.id)
    assert await Session.all().count() == 0


async def test_own_sign_ins_are_listed_and_ended_and_nobody_elses(
    settings: Settings, cast: Cast, clock: FakeClock
) -> None:
    app = app_of(settings)
    elsewhere, _ = await browser_of(app, cast.an.id)
    clock.move(minutes=1)
    pair = await service.open_tokens(cast.an.id)
    clock.move(minutes=1)
    here, csrf = await browser_of(app, cast.an.id)
    stranger, foreign = await browser_of(app, cast.stranger.id)
    async with here, elsewhere, stranger:
        listed = (await here.get("/api/me/sessions")).json()
        assert [(row["kind"], row["current"]) for row in listed] == [
            ("browser", True),
            ("client", False),
            ("browser", False),
        ]
        assert listed[0]["user_agent"] == "Firefox on a desk"
        for row in listed:
            answer = await stranger.delete(f"/api/me/sessions/{row['id']}", headers={"x-csrf-token": foreign})
            assert answer.status_code == 404
        for row in listed[1:]:
            path = f"/api/me/sessions/{row['id']}"
            assert (await here.delete(path, headers={"x-csrf-token": csrf})).status_code == 204
            assert (await here.delete(path, headers={"x-csrf-token": csrf})).status_code == 404
        assert (await elsewhere.get("/api/me")).status_code == 401
        with pytest.raises(NotSignedIn):
            await service.refresh(pair.refresh_token)
        assert len((await here.get("/api/me/sessions")).json()) == 1
        answer = await here.delete("/api/me/sessions/99999999999999999999", headers={"x-csrf-token": csrf})
        assert answer.status_code == 404
    assert len(await audit_of("auth.session_ended")) == 2


async def test_all_others_end_together(settings: Settings, cast: Cast) -> None:
    app = app_of(settings)
    others = [await service.open_session(cast.an.id) for _ in range(2)]
    pair = await service.open_tokens(cast.an.id)
    here, csrf = await browser_of(app, cast.an.id)
    async with here, client_of(app, authorization=f"Bearer {pair.access_token}") as client:
        answer = await here.delete("/api/me/sessions", headers={"x-csrf-token": csrf})
        assert answer.json() == {"ended": 3}
        assert [await _alive(other.token) for other in others] == [False, False]
        assert (await client.get("/api/me")).status_code == 401
        assert (await here.get("/api/me")).status_code == 200


async def test_a_client_ends_all_sign_ins_but_its_own(settings: Settings, cast: Cast) -> None:
    pair = await service.open_tokens(cast.an.id)
    browser = await service.open_session(cast.an.id)
    async with client_of(app_of(settings), authorization=f"Bearer {pair.access_token}") as client:
        [row] = [row for row in (await client.get("/api/me/sessions")).json() if row["current"]]
        assert row["kind"] == "client"
        assert (await client.delete("/api/me/sessions")).json() == {"ended": 1}
        assert not await _alive(browser.token)
        assert (await client.get("/api/me")).status_code == 200


async def test_signing_out_ends_the_session_and_takes_the_cookie(settings: Settings, cast: Cast) -> None:
    app = app_of(settings)
    browser, csrf = await browser_of(app, cast.an.id)
    async with browser, client_of(app) as nobody:
        held = dict(browser.cookies)
        assert (await browser.post("/api/auth/sign-out")).status_code == 403
        answer = await browser.post("/api/auth/sign-out", headers={"x-csrf-token": csrf})
        assert answer.status_code == 204
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f'{COOKIE}=""') or cookie.startswith(f"{COOKIE}=;")
        assert "Max-Age=0" in cookie
        nobody.cookies.update(held)
        assert (await nobody.get("/api/me")).status_code == 401
        assert (await nobody.post("/api/auth/sign-out")).status_code == 401


async def test_me_shows_the_person_and_takes_preferences(settings: Settings, cast: Cast) -> None:
    browser, csrf = await browser_of(app_of(settings), cast.head.id)
    headers = {"x-csrf-token": csrf}
    async with browser:
        me: dict[str, Any] = (await browser.get("/api/me")).json()
        assert (me["handle"], me["name"], me["locale"], me["scopes"]) == ("head", "Hoàng Minh Tuấn", "vi", None)
        assert [(post["role"], post["title"]) for post in me["posts"]] == [("leader", "Trưởng phòng Tư pháp")]
        changed = await browser.patch(
            "/api/me", json={"locale": "en", "channels": ["email", "telegram"]}, headers=headers
        )
        assert (changed.json()["locale"], changed.json()["channels"]) == ("en", ["email", "telegram"])
        assert (await browser.patch("/api/me", json={}, headers=headers)).json()["channels"] == ["email", "telegram"]
        for wrong in ({"channels": ["fax"]}, {"channels": ["email", "email"]}, {"locale": "fr"}, {"name": "x"}):
            assert (await browser.patch("/api/me", json=wrong, headers=headers)).status_code == 422
    assert len(await audit_of("auth.preferences_set")) == 1
