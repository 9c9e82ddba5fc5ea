"""Tokens of API clients: pairs, rotation, theft, and API tokens of integrations."""

from typing import Any

import httpx
import pytest

from backend.auth import api_tokens, service
from backend.auth.pruning import prune
from backend.errors import NotSignedIn
from backend.models import ApiToken, Person, RefreshToken
from tests.backend.auth_office import audit_of
from tests.cast import PASSWORD, Cast
from tests.fakes import FakeClock


async def _sign_in(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post("/api/auth/token", json={"identifier": "an@phuong.example.vn", "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


async def _status(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get("/api/me", headers={"authorization": f"Bearer {token}"})).status_code


async def _refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/api/auth/refresh", json={"refresh_token": token})


async def test_pair_signs_in_and_refreshing_replaces_both(client: httpx.AsyncClient, cast: Cast) -> None:
    pair = await _sign_in(client)
    assert (pair["token_type"], pair["expires_in"], pair["must_change_password"]) == ("Bearer", 900, False)
    newer = (await _refresh(client, pair["refresh_token"])).json()
    assert newer["refresh_token"] != pair["refresh_token"]
    assert [await _status(client, token["access_token"]) for token in (pair, newer)] == [200, 200]


async def test_secrets_are_stored_hashed_only(client: httpx.AsyncClient, cast: Cast) -> None:
    pair = await _sign_in(client)
    made = await api_tokens.make(await cast.actor("an"), "lich", ["tasks:read"])
    for row in (await RefreshToken.get(person_id=cast.an.id), await ApiToken.get(id=made.id)):
        assert len(row.token_hash) == 64
        assert row.token_hash not in (pair["refresh_token"], made.token)


async def test_reusing_a_rotated_token_ends_the_family_and_is_audited(client: httpx.AsyncClient, cast: Cast) -> None:
    stolen = await _sign_in(client)
    other = await _sign_in(client)
    newer = (await _refresh(client, stolen["refresh_token"])).json()
    answer = await _refresh(client, stolen["refresh_token"])
    assert (answer.status_code, answer.json()["code"]) == (401, "refresh_bad")
    # Whoever holds the newer one is out too, their access token at once; the other sign-in goes on.
    assert (await _refresh(client, newer["refresh_token"])).status_code == 401
    assert await _status(client, newer["access_token"]) == 401
    assert (await _refresh(client, other["refresh_token"])).status_code == 200
    assert [row["object_id"] for row in await audit_of("auth.refresh_reused")] == [cast.an.id]


async def test_unknown_and_expired_refresh_tokens_are_refused(
    client: httpx.AsyncClient, cast: Cast, clock: FakeClock
) -> None:
    assert (await _refresh(client, "made-up")).json()["code"] == "refresh_bad"
    pair = await _sign_in(client)
    clock.move(days=30)
    assert (await _refresh(client, pair["refresh_token"])).status_code == 401
    assert await audit_of("auth.refresh_reused") == []


async def test_refreshing_ends_with_service(client: httpx.AsyncClient, cast: Cast, clock: FakeClock) -> None:
    pair = await _sign_in(client)
    await Person.filter(id=cast.an.id).update(until_on=clock().date())
    clock.move(days=1)
    assert (await _refresh(client, pair["refresh_token"])).status_code == 401
    with pytest.raises(NotSignedIn):
        await service.open_tokens(cast.an.id)
    assert (await RefreshToken.get(person_id=cast.an.id)).revoked_at == clock()


async def test_signing_out_ends_the_access_token_at_once(client: httpx.AsyncClient, cast: Cast) -> None:
    pair = await _sign_in(client)
    headers = {"authorization": f"Bearer {pair['access_token']}"}
    assert (await client.post("/api/auth/sign-out", headers=headers)).status_code == 204
    assert await _status(client, pair["access_token"]) == 401
    assert (await _refresh(client, pair["refresh_token"])).status_code == 401
    # One that came without refresh tokens has nothing to end; it runs out.
    lone = {"authorization": f"Bearer {await service.access_token_for(cast.an.id)}"}
    assert (await client.post("/api/auth/sign-out", headers=lone)).status_code == 204


async def test_idempotency_keys_never_keep_a_secret(app: Any, client: httpx.AsyncClient, cast: Cast) -> None:
    from backend.models import IdempotencyKey

    async with cast.client(app, "an") as an:
        draft = {"name": "lich", "scopes": ["tasks:read"]}
        first = await an.post("/api/me/tokens", json=draft, headers={"idempotency-key": "k1"})
        second = await an.post("/api/me/tokens", json=draft, headers={"idempotency-key": "k1"})
        assert first.json()["token"] != second.json()["token"]
        assert await IdempotencyKey.all().count() == 0


async def test_own_api_tokens_are_shown_once_listed_and_revoked(
    app: Any, client: httpx.AsyncClient, cast: Cast
) -> None:
    async with cast.client(app, "an") as an, cast.client(app, "stranger") as stranger:
        made = await an.post(
            "/api/me/tokens", json={"name": " Lịch  phòng ", "scopes": ["tasks:read", "tasks:read"], "lasts_days": 7}
        )
        assert made.status_code == 201
        token = made.json()["token"]
        assert token.startswith("gv_")
        [listed] = (await an.get("/api/me/tokens")).json()
        assert (listed["name"], listed["scopes"]) == ("Lịch phòng", ["tasks:read"])
        assert "token" not in listed
        assert await _status(client, token) == 200
        assert (await client.get("/api/me", headers={"authorization": f"Bearer {token}"})).json()["scopes"] == [
            "tasks:read"
        ]
        assert (await stranger.delete(f"/api/me/tokens/{listed['id']}")).status_code == 404
        assert (await an.delete(f"/api/me/tokens/{listed['id']}")).status_code == 204
        assert await _status(client, token) == 401
        assert (await an.delete(f"/api/me/tokens/{listed['id']}")).status_code == 404
        assert (await an.get("/api/me/tokens")).json() == []
    assert len(await audit_of("auth.api_token_made")) == len(await audit_of("auth.api_token_revoked")) == 1


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        ({"name": "x", "scopes": ["tasks:fly"]}, "scope_unknown"),
        ({"name": "x", "scopes": []}, "invalid_fields"),
        ({"name": " \t ", "scopes": ["tasks:read"]}, "name_needed"),
        ({"name": "x", "scopes": ["tasks:read"], "lasts_days": 0}, "invalid_fields"),
    ],
)
async def test_drafts_of_tokens_are_checked(app: Any, cast: Cast, draft: dict[str, Any], code: str) -> None:
    async with cast.client(app, "an") as an:
        answer = await an.post("/api/me/tokens", json=draft)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_an_admin_makes_tokens_for_people_below_and_nobody_else_does(app: Any, cast: Cast) -> None:
    draft = {"name": "cổng dịch vụ công", "scopes": ["tasks:write"]}
    async with cast.client(app, "admin") as admin, cast.client(app, "hr") as hr:
        made = await admin.post("/api/people/an/tokens", json=draft)
        assert made.status_code == 201
        assert [row["name"] for row in (await admin.get(f"/api/people/{cast.an.id}/tokens")).json()] == [draft["name"]]
        assert (await hr.post("/api/people/an/tokens", json=draft)).status_code == 403
        assert (await hr.get("/api/people/an/tokens")).status_code == 403
        for nobody_of_ours in ("no-such-person", "999999"):
            assert (await admin.post(f"/api/people/{nobody_of_ours}/tokens", json=draft)).status_code == 404
            assert (await admin.get(f"/api/people/{nobody_of_ours}/tokens")).status_code == 404
        path = f"/api/people/an@phuong.example.vn/tokens/{made.json()['id']}"
        assert (await hr.delete(path)).status_code == 403
        assert (await admin.delete(path)).status_code == 204
        assert (await admin.delete(path)).status_code == 404


async def test_pruning_forgets_what_is_over(db: None, cast: Cast, clock: FakeClock) -> None:
    an = await cast.actor("an")
    await service.open_session(cast.an.id)
    await service.open_tokens(cast.an.id)
    await service.issue_link(await cast.actor("hr"), cast.an.id)
    await service.make_code(an)
    with pytest.raises(NotSignedIn):
        await service.sign_in("nobody", "x", "203.0.113.7")
    assert await prune() == 0
    clock.move(days=6)
    await service.open_session(cast.an.id)
    # The code and the two counts of guesses.
    assert await prune() == 3
    clock.move(days=1)
    assert await prune() == 1
    clock.move(days=31)
    # The newer session and the link; refresh tokens stay a month after their end.
    assert await prune() == 2
    clock.move(days=60)
    assert await prune() == 1
