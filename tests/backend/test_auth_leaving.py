"""Leaving, the first admin and the calendar feed: the beginnings and ends of accounts."""

from datetime import date

import pytest

from backend.auth import api_tokens, identity, service, sessions
from backend.domain.types import SYSTEM, Role
from backend.errors import Conflict, NotSignedIn, Unprocessable
from backend.models import ApiToken, ChatLink, FeedLink, LinkCode, Person, Position, Unit
from backend.settings import Settings
from tests.apps import app_of
from tests.backend.auth_office import audit_of
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def test_leaving_ends_everything_that_let_them_in(cast: Cast, clock: FakeClock) -> None:
    an = await cast.actor("an")
    opened = await service.open_session(cast.an.id)
    pair = await service.open_tokens(cast.an.id)
    token = await api_tokens.make(an, "lich", ["tasks:read"])
    feed = await service.make_feed(an)
    link = await service.issue_link(await cast.actor("hr"), cast.an.id)
    code, _ = await service.make_code(an)
    await service.redeem("telegram", "777", code)
    open_code, _ = await service.make_code(an)
    bystander = await service.open_session(cast.binh.id)

    assert await service.leave(cast.an.id, await cast.actor("hr"))

    for use in (
        service.refresh(pair.refresh_token),
        api_tokens.find(token.token),
        service.use_link(link.token),
        service.open_session(cast.an.id),
    ):
        with pytest.raises(NotSignedIn):
            await use
    assert await sessions.find(opened.token) is None
    assert await service.person_of_feed(feed) is None
    assert await service.person_of("telegram", "777") is None
    chat = await ChatLink.get(address="777")
    assert (chat.end_reason, chat.ended_at) == ("left", clock())
    assert await LinkCode.all().count() == 0
    assert (await ApiToken.get(id=token.id)).revoked_at == clock()
    assert (await FeedLink.get(person_id=cast.an.id)).revoked_at == clock()
    assert (await Person.get(id=cast.an.id)).left_at == clock()
    assert await sessions.find(bystander.token) is not None
    [told] = await audit_of("auth.left")
    assert (told["actor_id"], told["object_id"]) == (cast.hr.id, cast.an.id)
    assert open_code not in str(told)
    # Once more changes nothing.
    assert not await service.leave(cast.an.id)
    assert len(await audit_of("auth.left")) == 1


async def test_who_has_to_leave_is_found_the_day_after_the_last(cast: Cast, clock: FakeClock) -> None:
    await Person.filter(id=cast.an.id).update(until_on=date(2026, 11, 23))
    assert await service.to_leave() == []
    clock.set("2026-11-24 00:01")
    assert await service.to_leave() == [cast.an.id]
    await service.leave(cast.an.id)
    assert await service.to_leave() == []


async def test_first_admin_of_an_empty_office_signs_in_by_link(clock: FakeClock) -> None:
    link = await service.first_admin("  Đỗ  Quản Trị ", email="Admin@Phuong.example.vn", office="UBND Phường Hòa Bình")
    opened = await service.use_link(link.token)
    person = await Person.get(id=opened.person_id)
    assert (person.full_name, person.handle, person.email) == ("Đỗ Quản Trị", "tri", "admin@phuong.example.vn")
    unit = await Unit.get()
    assert (unit.name, unit.path) == ("UBND Phường Hòa Bình", f"/{unit.id}/")
    from backend.auth.actors import actor_of

    actor = await actor_of(person.id)
    assert actor.has(Role.ADMIN)
    assert actor.must_change_password
    assert [row["actor_id"] for row in await audit_of("auth.first_admin")] == [SYSTEM.person_id]
    with pytest.raises(Conflict) as twice:
        await service.first_admin("Ai Khác", email="khac@phuong.example.vn")
    assert twice.value.code == "admin_exists"


async def test_first_admin_joins_what_is_already_there(cast: Cast, clock: FakeClock) -> None:
    await Position.filter(role="admin").update(until_on=date(2026, 11, 22))
    link = await service.first_admin("Nguyễn Văn An", phone="0900 000 008")
    assert link.person_id == cast.an.id
    assert await Unit.all().count() == 4
    made = await Position.get(person_id=cast.an.id, role="admin")
    assert (made.unit_id, made.title) == (cast.units["ubnd"].id, "Quản trị hệ thống")


async def test_first_admins_handle_is_free_and_their_office_has_a_name(cast: Cast) -> None:
    await Position.filter(role="admin").delete()
    link = await service.first_admin("Lê Bình", email="lb@phuong.example.vn", locale="en")
    assert (await Person.get(id=link.person_id)).handle == "binh2"
    assert (await Position.get(person_id=link.person_id)).title == "System administrator"


@pytest.mark.parametrize(
    ("name", "email", "phone", "code"),
    [
        (" ", "a@b.vn", None, "name_needed"),
        ("x" * 121, "a@b.vn", None, "name_needed"),
        ("An", None, None, "email_or_phone_needed"),
        ("An", "no mail", None, "email_or_phone_needed"),
        ("An", "a@b.vn", "12", "email_or_phone_needed"),
    ],
)
async def test_first_admin_needs_a_name_and_a_way_in(
    name: str, email: str | None, phone: str | None, code: str
) -> None:
    with pytest.raises(Unprocessable) as refused:
        await service.first_admin(name, email=email, phone=phone)
    assert refused.value.code == code
    assert await Person.all().count() == 0


async def test_first_admin_is_not_somebody_who_has_left(cast: Cast, clock: FakeClock) -> None:
    await service.leave(cast.admin.id)
    with pytest.raises(Conflict) as refused:
        await service.first_admin("Đỗ Quản Trị", email="admin@phuong.example.vn")
    assert refused.value.code == "account_taken"


async def test_calendar_link_is_secret_single_and_revocable(settings: Settings, cast: Cast, clock: FakeClock) -> None:
    async with cast.client(app_of(settings), "an") as an:
        secrets = []
        for _ in range(2):
            made = await an.post("/api/me/calendar-link")
            assert made.status_code == 201
            address, _, secret = made.json()["url"].partition("?token=")
            assert address == f"{settings.url}/api/me/calendar.ics"
            secrets.append(secret)
        assert [await service.person_of_feed(secret) for secret in secrets] == [None, cast.an.id]
        assert await service.person_of_feed("made-up") is None
        assert (await an.delete("/api/me/calendar-link")).status_code == 204
        assert await service.person_of_feed(secrets[1]) is None
        assert (await an.delete("/api/me/calendar-link")).status_code == 404
        secret = await service.make_feed(await cast.actor("an"))
    await Person.filter(id=cast.an.id).update(until_on=clock().date())
    clock.move(days=1)
    assert await service.person_of_feed(secret) is None


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0912 345 678", "+84912345678"),
        ("+84 (91) 234-5678", "+84912345678"),
        ("0084.912.345.678", "+84912345678"),
        ("84912345678", "+84912345678"),
        ("912345678", "+84912345678"),
        ("+840912345678", "+84912345678"),
        ("024 3825 1234", "+842438251234"),
        ("+1 415 555 0100", "+14155550100"),
        ("12345", None),
        ("an", None),
        ("", None),
    ],
)
def test_phones_are_stored_one_way_however_typed(typed: str, stored: str | None) -> None:
    assert identity.normal_phone(typed) == stored


async def test_a_person_is_named_by_handle_mail_or_number(cast: Cast) -> None:
    for name in ("an", "@An", "an@phuong.example.vn", str(cast.an.id)):
        assert await identity.person_id_of(name) == cast.an.id
    for name in ("", "nobody", "999999", "9" * 30, "x@y.vn"):
        assert await identity.person_id_of(name) is None
