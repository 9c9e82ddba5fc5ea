"""Choosing a password: what is refused, what ends with the old one, and the forced choice."""

import asyncio
from typing import Any

import httpx
import pytest

from backend.auth import guessing, passwords, service, sessions
from backend.auth.identity import account_by
from backend.domain.types import Actor
from backend.errors import AppError, Conflict, NotSignedIn
from backend.models import OneTimeLink, Person
from backend.settings import Settings
from tests.apps import app_of
from tests.backend.auth_office import audit_of, browser_of, client_of
from tests.cast import PASSWORD, Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")

NEW = "trâu xanh nhảy múa"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("mười một kt", "password_short"),
        ("x" * 257, "password_long"),
        ("aaaaaaaaaaaa", "password_common"),
        ("123456789012", "password_common"),
        ("qwertyuiop[]", "password_common"),
        ("Matkhau@2026!!", "password_common"),
        ("abcabcabcabc", "password_common"),
        ("!!!!!!!!!!!!", "password_common"),
        ("NguyenVanAn1990", "password_personal"),
        ("Nguyễn Văn An", "password_personal"),
        ("0900000008-0900000008", "password_personal"),
        ("an@phuong.example.vn", "password_personal"),
        ("con meo leo cay cau", None),
        ("8361592740385", None),
        ("тайный пароль", None),
        ("cỏ non xanh rợn chân trời", None),
    ],
)
async def test_passwords_are_judged_by_how_easily_they_are_guessed(cast: Cast, password: str, code: str | None) -> None:
    await Person.filter(id=cast.an.id).update(phone="+84900000008")
    account = await account_by("id", cast.an.id)
    assert account is not None
    if code is None:
        passwords.refuse_weak(password, account)
        return
    with pytest.raises(AppError) as refused:
        passwords.refuse_weak(password, account)
    assert (refused.value.status, refused.value.code) == (422, code)


@pytest.mark.one_database
def test_common_words_are_folded_and_short_pieces_are_not_counted_as_personal() -> None:
    assert all(word == guessing.letters(word) and len(word) >= 2 for word in guessing.common())
    assert guessing.pieces("Lê An", "an", "", "+84900000008") == {"lean", "84900000008", "900000008", "0900000008"}


async def test_changing_needs_the_old_one_and_ends_every_other_sign_in(settings: Settings, cast: Cast) -> None:
    app = app_of(settings)
    here, csrf = await browser_of(app, cast.an.id)
    other = await service.open_session(cast.an.id)
    pair = await service.open_tokens(cast.an.id)
    mine = {"x-csrf-token": csrf}
    async with here, client_of(app, authorization=f"Bearer {pair.access_token}") as client:
        for body in ({"new": NEW}, {"new": NEW, "old": "wrong"}):
            answer = await here.post("/api/me/password", json=body, headers=mine)
            assert (answer.status_code, answer.json()["code"]) == (422, "password_old_wrong")
        same = await here.post("/api/me/password", json={"old": PASSWORD, "new": PASSWORD}, headers=mine)
        assert same.json()["code"] == "password_same"
        answer = await here.post("/api/me/password", json={"old": PASSWORD, "new": NEW}, headers=mine)
        assert answer.status_code == 204
        assert (await here.get("/api/me")).status_code == 200
        assert (await client.get("/api/me")).status_code == 401
    assert await sessions.find(other.token) is None
    with pytest.raises(NotSignedIn):
        await service.refresh(pair.refresh_token)
    with pytest.raises(NotSignedIn):
        await service.sign_in("an@phuong.example.vn", PASSWORD, "203.0.113.7")
    assert (await service.sign_in("an@phuong.example.vn", NEW, "203.0.113.7")).handle == "an"
    [told] = await audit_of("auth.password_changed")
    assert NEW not in str(told)


async def test_a_client_that_changes_the_password_stays_signed_in(settings: Settings, cast: Cast) -> None:
    pair = await service.open_tokens(cast.an.id)
    async with client_of(app_of(settings), authorization=f"Bearer {pair.access_token}") as client:
        assert (await client.post("/api/me/password", json={"old": PASSWORD, "new": NEW})).status_code == 204
        assert (await client.get("/api/me")).status_code == 200
    assert (await service.refresh(pair.refresh_token)).access_token


async def test_guessing_the_old_password_is_slowed(settings: Settings, cast: Cast, clock: FakeClock) -> None:
    browser, csrf = await browser_of(app_of(settings), cast.an.id)
    async with browser:
        answers = [
            await browser.post("/api/me/password", json={"old": "w", "new": NEW}, headers={"x-csrf-token": csrf})
            for _ in range(6)
        ]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]


async def test_of_two_changes_at_once_one_wins_and_the_other_is_told(cast: Cast) -> None:
    an = await cast.actor("an")
    choices = (NEW, "cỏ non xanh rợn chân trời")
    done = await asyncio.gather(
        *(service.change_password(an, PASSWORD, new) for new in choices), return_exceptions=True
    )
    [lost] = [error for error in done if error is not None]
    assert isinstance(lost, Conflict)
    assert lost.code == "password_changed_meanwhile"
    assert (await service.sign_in("an@phuong.example.vn", choices[done.index(None)], "203.0.113.7")).handle == "an"


async def test_somebody_who_is_no_more_changes_nothing() -> None:
    with pytest.raises(NotSignedIn):
        await service.change_password(Actor(person_id=999, handle="x", name="x"), None, NEW)


async def _codes(client: httpx.AsyncClient, *calls: tuple[str, str]) -> list[tuple[int, str]]:
    answers = [await client.request(method, path) for method, path in calls]
    return [(answer.status_code, answer.json().get("code", "")) for answer in answers]


async def test_until_the_password_is_chosen_only_the_account_is_open(settings: Settings, cast: Cast) -> None:
    app = app_of(settings)
    link = await service.issue_link(await cast.actor("hr"), cast.an.id)
    async with client_of(app) as client:
        pair: dict[str, Any] = (await client.post("/api/auth/links/use", json={"token": link.token})).json()
        assert pair["must_change_password"] is True
        client.headers["authorization"] = f"Bearer {pair['access_token']}"
        closed = (
            ("GET", "/api/me/tokens"),
            ("POST", "/api/me/chat-links/code"),
            ("POST", "/api/me/calendar-link"),
            ("POST", "/api/people/an/sign-in-links"),
        )
        assert set(await _codes(client, *closed)) == {(403, "must_change_password")}
        assert (await client.get("/api/me")).json()["must_change_password"] is True
        assert (await client.get("/api/me/sessions")).status_code == 200
        weak = await client.post("/api/me/password", json={"new": "123456789012"})
        assert weak.json()["code"] == "password_common"
        # The link has taken the old password away, so it is not asked for.
        assert (await client.post("/api/me/password", json={"new": NEW})).status_code == 204
        assert (await client.get("/api/me/tokens")).status_code == 200
        assert (await client.get("/api/me")).json()["must_change_password"] is False
        assert (await client.post("/api/auth/sign-out")).status_code == 204


async def test_choosing_a_password_voids_links_that_are_still_out(cast: Cast) -> None:
    link = await service.issue_link(await cast.actor("hr"), cast.an.id)
    await service.change_password(await cast.actor("an"), PASSWORD, NEW)
    with pytest.raises(NotSignedIn):
        await service.use_link(link.token)
    assert (await OneTimeLink.get(id=link.id)).used_at is None
