"""Signing in with a password: who gets in, who waits, and that wrong answers tell nothing."""

import unicodedata
from datetime import date

import pytest

from backend.auth import passwords, service, throttle
from backend.errors import NotSignedIn, TooMany
from backend.kit.db import Sql
from backend.models import Person, Throttle
from backend.settings import Settings
from tests.apps import app_of, own_app
from tests.backend.auth_office import audit_of, client_of
from tests.cast import PASSWORD, Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")

HOME = "203.0.113.7"


@pytest.mark.parametrize("typed", ["an@phuong.example.vn", " AN@Phuong.Example.VN ", "+84900000008", "0900 000 008"])
async def test_email_or_phone_signs_in_however_it_is_typed(cast: Cast, typed: str) -> None:
    actor = await service.sign_in(typed, PASSWORD, HOME)
    assert actor.person_id == cast.an.id
    assert actor.posts


async def test_password_is_the_same_from_every_vietnamese_keyboard(cast: Cast) -> None:
    composed, decomposed = (unicodedata.normalize(form, "trâu xanh nhảy múa") for form in ("NFC", "NFD"))
    assert composed != decomposed
    await Person.filter(id=cast.an.id).update(password_hash=await passwords.hashed(composed))
    assert (await service.sign_in("an@phuong.example.vn", decomposed, HOME)).handle == "an"


async def test_unknown_wrong_passwordless_and_left_get_the_same_answer(
    settings: Settings, cast: Cast, clock: FakeClock
) -> None:
    await Person.filter(id=cast.binh.id).update(until_on=date(2026, 11, 22))
    await Person.filter(id=cast.cuong.id).update(password_hash=None)
    async with client_of(app_of(settings)) as client:
        bodies = []
        for identifier, password in (
            ("an@phuong.example.vn", "not the password"),
            ("nobody@phuong.example.vn", PASSWORD),
            ("binh@phuong.example.vn", PASSWORD),
            ("cuong@phuong.example.vn", PASSWORD),
            ("an", PASSWORD),
            ("", ""),
        ):
            answer = await client.post("/api/auth/token", json={"identifier": identifier, "password": password})
            assert answer.status_code == 401
            bodies.append({**answer.json(), "request_id": ""})
        assert bodies == [bodies[0]] * len(bodies)
        assert bodies[0]["title"] == "The e-mail, phone or password is wrong."
        vietnamese = await client.post(
            "/api/auth/token", json={"identifier": "x", "password": "y"}, headers={"accept-language": "vi"}
        )
        assert vietnamese.json()["title"].startswith("Thư điện tử")


async def test_unknown_account_costs_a_password_check_too(cast: Cast) -> None:
    # The work is a hash of the same parameters, whoever is asked for.
    assert passwords._nobodys_hash().split("$")[3] == (await passwords.hashed("x")).split("$")[3]
    assert not await passwords.matches(None, "nobody has this password")


async def test_failures_and_successes_are_audited_without_what_was_typed(settings: Settings, cast: Cast) -> None:
    async with client_of(app_of(settings)) as client:
        for identifier in ("an@phuong.example.vn", "typed-my-password-here"):
            await client.post("/api/auth/token", json={"identifier": identifier, "password": "wrong"})
        await client.post("/api/auth/token", json={"identifier": "an@phuong.example.vn", "password": PASSWORD})
    failed = await audit_of("auth.sign_in_failed")
    assert [row["object_id"] for row in failed] == [cast.an.id, None]
    assert all("typed" not in str(row["data"]) and HOME in str(row["data"]) for row in failed)
    assert [row["actor_id"] for row in await audit_of("auth.signed_in")] == [cast.an.id]


async def test_guesses_at_an_account_are_slowed_across_app_instances(
    settings: Settings, cast: Cast, clock: FakeClock
) -> None:
    apps = [own_app(settings), own_app(settings)]
    guess = {"identifier": "an@phuong.example.vn", "password": "wrong"}
    right = {"identifier": "an@phuong.example.vn", "password": PASSWORD}
    for number in range(5):
        async with client_of(apps[number % 2], f"198.51.100.{number}") as client:
            assert (await client.post("/api/auth/token", json=guess)).status_code == 401
    for app in apps:
        async with client_of(app) as client:
            answer = await client.post("/api/auth/token", json=right)
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_guesses")
            assert answer.headers["retry-after"] == str(answer.json()["params"]["retry_after_s"]) == "31"
            assert (await client.post("/api/auth/token", json={**right, "identifier": "0900000009"})).status_code == 200
    # Each further wrong guess doubles the pause, up to a quarter of an hour.
    pauses = []
    for _ in range(7):
        clock.move(minutes=16)
        with pytest.raises(NotSignedIn):
            await service.sign_in("an@phuong.example.vn", "wrong", HOME)
        with pytest.raises(TooMany) as refused:
            await service.sign_in("an@phuong.example.vn", PASSWORD, HOME)
        pauses.append(refused.value.params["retry_after_s"] - 1)
    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    clock.move(minutes=16)
    assert (await service.sign_in("an@phuong.example.vn", PASSWORD, HOME)).handle == "an"
    # Getting in forgets the guesses.
    for _ in range(4):
        with pytest.raises(NotSignedIn):
            await service.sign_in("an@phuong.example.vn", "wrong", HOME)
    assert (await service.sign_in("an@phuong.example.vn", PASSWORD, HOME)).handle == "an"


async def test_unknown_accounts_are_slowed_just_like_known_ones() -> None:
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            await service.sign_in("nobody@phuong.example.vn", "wrong", HOME)
    with pytest.raises(TooMany):
        await service.sign_in("NOBODY@phuong.example.vn", "wrong", HOME)


async def test_pauses_are_forgotten_an_hour_after_the_last(cast: Cast, clock: FakeClock) -> None:
    for _ in range(5):
        await throttle.take("k", throttle.ACCOUNT)
    clock.move(seconds=31, minutes=59)
    assert await throttle.take("k", throttle.ACCOUNT) == 6
    clock.move(hours=1, minutes=1)
    assert await throttle.take("k", throttle.ACCOUNT) == 1


async def test_an_address_is_slowed_over_all_accounts_and_good_sign_ins_are_not_counted(cast: Cast) -> None:
    from_one = throttle.key_of("login-from", HOME)
    for _ in range(throttle.ADDRESS.free - 1):
        await throttle.take(from_one, throttle.ADDRESS)
    for _ in range(3):
        assert (await service.sign_in("an@phuong.example.vn", PASSWORD, HOME)).handle == "an"
    with pytest.raises(NotSignedIn):
        await service.sign_in("nobody@phuong.example.vn", "wrong", HOME)
    with pytest.raises(TooMany):
        await service.sign_in("binh@phuong.example.vn", PASSWORD, HOME)
    assert (await service.sign_in("binh@phuong.example.vn", PASSWORD, "198.51.100.1")).handle == "binh"


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("unix socket", "unix socket"),
    ],
)
async def test_one_place_is_an_ipv4_address_or_an_ipv6_network(address: str, place: str) -> None:
    assert throttle.network(address) == place


async def test_nobody_signs_in_when_guesses_cannot_be_counted(settings: Settings, cast: Cast) -> None:
    await Sql().run("drop table throttle")
    async with client_of(app_of(settings)) as client:
        answer = await client.post("/api/auth/token", json={"identifier": "an@phuong.example.vn", "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (503, "limiter_down")


async def test_a_weaker_hash_is_made_anew_at_sign_in(cast: Cast) -> None:
    await service.sign_in("an@phuong.example.vn", PASSWORD, HOME)
    anew = (await Person.get(id=cast.an.id)).password_hash
    assert anew != cast.an.password_hash
    assert "m=19456,t=2,p=1" in anew
    await service.sign_in("an@phuong.example.vn", PASSWORD, HOME)
    assert (await Person.get(id=cast.an.id)).password_hash == anew


async def test_keys_of_throttles_hold_nothing_that_was_typed(cast: Cast) -> None:
    with pytest.raises(NotSignedIn):
        await service.sign_in("hunter2-is-my-password", "wrong", HOME)
    keys = [row.key for row in await Throttle.all()]
    assert len(keys) == 2
    assert not any("hunter2" in key or HOME in key for key in keys)


@pytest.mark.parametrize("body", [{}, {"identifier": "x"}, {"identifier": "x", "password": "y", "z": 1}, [], "x"])
async def test_a_body_that_is_no_credentials_is_refused(settings: Settings, body: object) -> None:
    async with client_of(app_of(settings)) as client:
        answer = await client.post("/api/auth/token", json=body)
        assert answer.status_code in (400, 422)
        assert answer.json()["code"] in ("bad_request", "invalid_fields")
