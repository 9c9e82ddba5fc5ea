"""Who a request is from, and what each guard lets through."""

from datetime import timedelta
from typing import Any

import pytest

from backend.auth import access_tokens, api_tokens, guards, keys, service
from backend.auth.guards import Guard
from backend.auth.middleware import idempotency_owner
from backend.models import Person
from backend.settings import Settings, load
from tests.backend.auth_office import browser_of, client_of, guarded_app
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def _bearer(person_id: int) -> dict[str, str]:
    return {"authorization": f"Bearer {await service.access_token_for(person_id)}"}


async def test_nobody_gets_401_with_a_challenge_and_public_stays_open(settings: Settings) -> None:
    async with client_of(guarded_app(settings)) as nobody:
        for path in ("signed-in", "account", "identified", "tasks", "hr"):
            answer = await nobody.get(f"/api/test/{path}")
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
            assert answer.headers["www-authenticate"] == "Bearer"
        assert (await nobody.get("/api/test/public")).json() == {"user": None, "auth": None, "locale": None, "csrf": ""}


async def test_access_token_signs_in_and_keeps_accept_language(settings: Settings, cast: Cast) -> None:
    async with client_of(guarded_app(settings), **await _bearer(cast.an.id)) as an:
        answer = await an.get("/api/test/signed-in")
        assert answer.json() == {"user": "an", "auth": "jwt", "locale": None, "csrf": ""}
        assert (await an.get("/api/test/hr")).json()["title"] == "You may not do this."


async def test_session_signs_in_with_the_persons_language(settings: Settings, cast: Cast) -> None:
    browser, csrf = await browser_of(guarded_app(settings), cast.an.id)
    async with browser:
        assert (await browser.get("/api/test/signed-in")).json() == {
            "user": "an",
            "auth": "session",
            "locale": "vi",
            "csrf": csrf,
        }
        assert "quyền" in (await browser.get("/api/test/hr")).json()["title"]


async def test_expired_or_forged_bearer_is_401_but_not_on_public_routes(
    settings: Settings, cast: Cast, clock: FakeClock
) -> None:
    token = await service.access_token_for(cast.an.id)
    async with client_of(guarded_app(settings)) as client:
        head, _, _ = token.rpartition(".")
        for bad in ("nonsense", head + ".AAAA", "gv_unknown", ""):
            answer = await client.get("/api/test/signed-in", headers={"authorization": f"Bearer {bad}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "token_bad"), bad
        clock.move(minutes=14, seconds=59)
        headers = {"authorization": f"Bearer {token}"}
        assert (await client.get("/api/test/signed-in", headers=headers)).status_code == 200
        clock.move(seconds=1)
        answer = await client.get("/api/test/signed-in", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
        assert (await client.get("/api/test/public", headers=headers)).json()["user"] is None


async def test_bad_cookie_is_simply_nobody(settings: Settings) -> None:
    async with client_of(guarded_app(settings), cookie="giaoviec_session=made-up") as client:
        assert (await client.get("/api/test/signed-in")).json()["code"] == "not_signed_in"
        assert (await client.get("/api/test/public")).status_code == 200


async def test_tokens_of_another_key_are_refused(settings: Settings, cast: Cast) -> None:
    keyed = load({}, database_url=settings.database_url, var_dir=settings.var_dir, secret_key="k" * 40)
    token = await service.access_token_for(cast.an.id)
    app = guarded_app(keyed)
    try:
        async with app.lifespan(), client_of(app) as client:
            for wanted, given in ((401, token), (200, await service.access_token_for(cast.an.id))):
                answer = await client.get("/api/test/signed-in", headers={"authorization": f"Bearer {given}"})
                assert answer.status_code == wanted
    finally:
        keys.use("")


async def test_somebody_who_left_is_out_at_once_with_every_credential(
    settings: Settings, cast: Cast, clock: FakeClock
) -> None:
    app = guarded_app(settings)
    browser, _ = await browser_of(app, cast.an.id)
    token = await service.access_token_for(cast.an.id)
    made = await api_tokens.make(await cast.actor("an"), "cong mot cua", ["tasks:read"])
    await Person.filter(id=cast.an.id).update(until_on=clock().date())
    async with browser, client_of(app) as client:
        for day, status in ((0, 200), (1, 401)):
            clock.move(days=day)
            fresh = token if day == 0 else await access_tokens.access_token_for(cast.an.id)
            assert (await browser.get("/api/test/signed-in")).status_code == status
            for bearer, path in ((fresh, "signed-in"), (made.token, "tasks")):
                answer = await client.get(f"/api/test/{path}", headers={"authorization": f"Bearer {bearer}"})
                assert answer.status_code == status


async def test_api_token_opens_only_what_its_scopes_name(settings: Settings, cast: Cast) -> None:
    made = await api_tokens.make(await cast.actor("hr"), "import", ["tasks:read"], lasts=timedelta(days=1))
    both = await api_tokens.make(await cast.actor("hr"), "import", ["org:write"])
    app = guarded_app(settings)
    async with client_of(app, authorization=f"Bearer {made.token}") as client:
        assert (await client.get("/api/test/tasks")).json()["auth"] == "token"
        assert (await client.get("/api/test/identified")).json()["user"] == "hr"
        # Routes that name no scope are closed to tokens, whatever their person's role.
        for path in ("signed-in", "account", "hr", "hr-org"):
            answer = await client.get(f"/api/test/{path}")
            assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), path
        assert (await client.get("/api/test/hr-org")).json()["params"] == {"scope": "org:write"}
    async with client_of(app, authorization=f"Bearer {both.token}") as client:
        assert (await client.get("/api/test/hr-org")).status_code == 200
        assert (await client.get("/api/test/tasks")).status_code == 403


async def test_api_token_ends_and_notes_its_use_now_and_then(settings: Settings, cast: Cast, clock: FakeClock) -> None:
    an = await cast.actor("an")
    made = await api_tokens.make(an, "lich", ["tasks:read"], lasts=timedelta(days=1))
    async with client_of(guarded_app(settings), authorization=f"Bearer {made.token}") as client:
        used = []
        for minutes in (0, 4, 1):
            clock.move(minutes=minutes)
            assert (await client.get("/api/test/tasks")).status_code == 200
            used.append((await api_tokens.list_of(an))[0].last_used_at)
        assert used[0] == used[1] == clock() - timedelta(minutes=5)
        assert used[2] == clock()
        clock.move(days=1)
        assert (await client.get("/api/test/tasks")).json()["code"] == "token_expired"


async def test_roles_and_forced_change(settings: Settings, cast: Cast) -> None:
    await Person.filter(id=cast.hr.id).update(must_change_password=True)
    app = guarded_app(settings)
    async with client_of(app, **await _bearer(cast.hr.id)) as hr:
        for path in ("signed-in", "tasks", "hr"):
            answer = await hr.get(f"/api/test/{path}")
            assert (answer.status_code, answer.json()["code"]) == (403, "must_change_password")
        assert (await hr.get("/api/test/account")).status_code == 200
    made = await api_tokens.make(await cast.actor("hr"), "tich hop", ["tasks:read"])
    async with client_of(app, authorization=f"Bearer {made.token}") as integration:
        # An integration's account never chooses a password: its token is not a person at a keyboard.
        assert (await integration.get("/api/test/tasks")).status_code == 200


async def test_every_guard_has_a_name_and_unknown_scopes_stop_the_start() -> None:
    named = {guard.guard_name for guard in vars(guards).values() if isinstance(guard, Guard)}
    assert named == {
        "public",
        "identified",
        "account",
        "signed_in",
        "page_signed_in",
        "page_account",
        "csrf_form",
        "metrics_reader",
    }
    assert guards.scope("tasks:read", "org:read").guard_name == "scope(tasks:read org:read)"
    for bad in ((), ("tasks:fly",)):
        with pytest.raises(ValueError, match="no such scope"):
            guards.scope(*bad)


@pytest.mark.parametrize(
    ("address", "bearer", "status"),
    [("127.0.0.1", "", 200), ("203.0.113.7", "", 403), ("not-an-address", "", 403)],
)
async def test_metrics_without_a_token_are_for_the_loopback(
    settings: Settings, address: str, bearer: str, status: int
) -> None:
    async with client_of(guarded_app(settings), address) as client:
        assert (await client.get("/metrics")).status_code == status


async def test_metrics_with_a_token_want_it(settings: Settings) -> None:
    locked = load({}, database_url=settings.database_url, var_dir=settings.var_dir, metrics_token="prometheus-1")
    async with client_of(guarded_app(locked), "127.0.0.1") as client:
        for given, status in (("", 401), ("Bearer wrong", 401), ("Bearer prometheus-1", 200)):
            answer = await client.get("/metrics", headers={"authorization": given} if given else {})
            assert answer.status_code == status


async def test_idempotency_keys_of_an_api_token_are_its_own(settings: Settings, cast: Cast) -> None:
    an = await cast.actor("an")
    made = await api_tokens.make(an, "lich", ["tasks:read"])
    app = guarded_app(settings)
    owners = []

    async def note(connection: Any, handler: Any) -> None:
        owners.append(idempotency_owner(connection.scope))

    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if route.path == "/api/test/tasks":
                handler.resolve_guards().append(note)
    for bearer in (made.token, await service.access_token_for(cast.an.id)):
        async with client_of(app, authorization=f"Bearer {bearer}") as client:
            assert (await client.get("/api/test/tasks")).status_code == 200
    assert owners == [f"token:{made.id}", f"person:{cast.an.id}"]


async def test_what_no_database_can_hold_is_simply_not_found(settings: Settings, cast: Cast) -> None:
    app = guarded_app(settings)
    async with cast.client(app, "admin") as admin:
        for method, path in (
            ("GET", "/api/people/a%00b/tokens"),
            ("DELETE", "/api/me/sessions/a%00b"),
            ("DELETE", "/api/me/chat-links/a%00b"),
            ("DELETE", f"/api/me/tokens/{2**62}"),
        ):
            assert (await admin.request(method, path)).status_code == 404, path
        odd = {"identifier": "a\x00b@c.vn", "password": "\x00" * 12}
        assert (await admin.post("/api/auth/token", json=odd)).status_code == 401
        assert (await admin.post("/api/auth/reset", json={"email": "a\x00b@c.vn"})).status_code == 202
        assert (await admin.post("/api/auth/refresh", json={"refresh_token": "\x00"})).status_code == 401
        huge = {"identifier": "x", "password": "y" * 2000}
        assert (await admin.post("/api/auth/token", json=huge)).status_code == 422
