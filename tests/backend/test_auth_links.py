"""One-time links: who may issue them for whom, that they work once, resets by e-mail."""

from datetime import date, timedelta

import msgspec
import pytest

from backend.auth import service, sessions
from backend.domain.types import SYSTEM
from backend.errors import Forbidden, NotFound, NotSignedIn
from backend.models import Delegation, OneTimeLink, OutboxNotice, Person, Position, Unit
from backend.settings import Settings, load
from tests.apps import app_of, own_app
from tests.backend.auth_office import audit_of, client_of, notices_of
from tests.cast import PASSWORD, Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def _second_hr(cast: Cast) -> None:
    """Make Cường the HR of his own section only."""
    await Position.create(
        person=cast.cuong,
        unit=cast.units["diachinh"],
        title="Cán bộ tổ chức",
        title_folded="can bo to chuc",
        role="hr",
        from_on=date(2026, 1, 1),
    )


async def test_link_signs_in_once_and_takes_the_old_password_and_sign_ins_away(cast: Cast) -> None:
    before = await service.open_session(cast.an.id)
    link = await service.issue_link(await cast.actor("hr"), cast.an.id)
    assert link.path == f"/link?token={link.token}"
    opened = await service.use_link(link.token, "Chrome")
    found = await sessions.find(opened.token)
    assert found is not None
    assert found.person_id == cast.an.id
    assert (await cast.actor("an")).must_change_password
    assert await sessions.find(before.token) is None
    with pytest.raises(NotSignedIn):
        await service.sign_in("an@phuong.example.vn", PASSWORD, "203.0.113.7")
    for use in (service.use_link, service.use_link_for_tokens):
        with pytest.raises(NotSignedIn) as spent:
            await use(link.token)
        assert spent.value.code == "link_spent"
    assert [row["actor_id"] for row in await audit_of("auth.link_issued")] == [cast.hr.id]
    assert [row["actor_id"] for row in await audit_of("auth.link_used")] == [cast.an.id]
    stored = await OneTimeLink.get(id=link.id)
    assert link.token not in stored.token_hash
    assert stored.issued_by_id == cast.hr.id


async def test_link_lasts_seven_days_and_a_newer_one_replaces_it(cast: Cast, clock: FakeClock) -> None:
    hr = await cast.actor("hr")
    older = await service.issue_link(hr, cast.an.id)
    newer = await service.issue_link(hr, cast.an.id)
    assert newer.expires_at == clock() + timedelta(days=7)
    with pytest.raises(NotSignedIn):
        await service.use_link(older.token)
    clock.move(days=7)
    with pytest.raises(NotSignedIn):
        await service.use_link(newer.token)
    with pytest.raises(NotSignedIn):
        await service.use_link("made-up")


async def test_hr_and_admin_reach_people_under_them_only(cast: Cast) -> None:
    await _second_hr(cast)
    allowed = {
        "hr": {"chair", "vice", "clerk", "hr", "auditor", "head", "an", "binh", "head2", "cuong"},
        "admin": set(cast.people),  # an admin at the top keeps the whole installation
        "cuong": {"head2", "cuong"},
        "chair": set(),
        "an": set(),
    }
    for handle, expected in allowed.items():
        actor = await cast.actor(handle)
        reached = set()
        for other, person in cast.people.items():
            try:
                await service.issue_link(actor, person.id)
                reached.add(other)
            except (NotFound, Forbidden):
                pass
        assert reached == expected, handle


async def test_hr_cannot_take_over_an_admin_and_strangers_do_not_exist(settings: Settings, cast: Cast) -> None:
    app = app_of(settings)
    async with cast.client(app, "hr") as hr, cast.client(app, "an") as an:
        for person, status, code in (
            ("admin", 403, "account_beyond_you"),
            ("stranger", 404, "not_found"),
            ("nobody", 404, "not_found"),
        ):
            answer = await hr.post(f"/api/people/{person}/sign-in-links", json={})
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await an.post("/api/people/binh/sign-in-links", json={})).status_code == 403
        made = await hr.post("/api/people/an/sign-in-links", json={"by": "sheet"})
        assert made.status_code == 201
        assert made.headers["cache-control"] == "no-store"
        url = made.json()["url"]
        assert url.startswith(f"{settings.url}/link?token=")
        used = await an.post("/api/auth/links/use", json={"token": url.partition("token=")[2]})
        assert used.status_code == 200


async def test_an_admin_at_the_top_lets_in_people_of_every_tree(cast: Cast) -> None:
    admin = await cast.actor("admin")
    assert await service.issue_link(admin, cast.stranger.id)
    section = await Position.get(person_id=cast.admin.id)
    await Position.filter(id=section.id).update(unit_id=cast.units["tuphap"].id)
    with pytest.raises(NotFound):
        await service.issue_link(await cast.actor("admin"), cast.stranger.id)


async def test_whoever_has_power_elsewhere_is_beyond_local_hr(cast: Cast, clock: FakeClock) -> None:
    await _second_hr(cast)
    cuong = await cast.actor("cuong")
    # From next month head2 is also an admin of the whole ward; today's power of attorney counts as well.
    later = await Position.create(
        person=cast.head2, unit=cast.units["ubnd"], title="a", title_folded="a", role="admin", from_on=date(2026, 12, 1)
    )
    with pytest.raises(Forbidden):
        await service.issue_link(cuong, cast.head2.id)
    await Position.filter(id=later.id).delete()
    chair = await Position.get(person_id=cast.chair.id)
    lent = await Delegation.create(
        position=chair,
        giver=cast.chair,
        substitute=cast.head2,
        from_on=date(2026, 11, 20),
        until_on=date(2026, 11, 25),
        recorded_by_id=cast.chair.id,
        recorded_at=clock(),
    )
    with pytest.raises(Forbidden):
        await service.issue_link(cuong, cast.head2.id)
    await Delegation.filter(id=lent.id).update(ended_at=clock())
    assert await service.issue_link(cuong, cast.head2.id)


async def test_people_without_position_belong_to_the_top_admin(cast: Cast) -> None:
    await Position.filter(person_id=cast.an.id).update(until_on=date(2026, 11, 22))
    with pytest.raises(NotFound):
        await service.issue_link(await cast.actor("hr"), cast.an.id)
    assert await service.issue_link(await cast.actor("admin"), cast.an.id)
    await Position.filter(person_id=cast.admin.id).update(unit_id=cast.units["tuphap"].id)
    with pytest.raises(NotFound):
        await service.issue_link(await cast.actor("admin"), cast.an.id)


async def test_nobody_gets_a_link_after_leaving_and_no_link_outlives_leaving(cast: Cast, clock: FakeClock) -> None:
    link = await service.issue_link(await cast.actor("hr"), cast.an.id)
    await Person.filter(id=cast.an.id).update(until_on=clock().date())
    clock.move(days=1)
    for actor in (await cast.actor("hr"), SYSTEM):
        with pytest.raises(NotFound):
            await service.issue_link(actor, cast.an.id)
    with pytest.raises(NotSignedIn):
        await service.use_link(link.token)


async def test_link_by_email_is_never_shown(cast: Cast, settings: Settings) -> None:
    app = app_of(settings)
    await Person.filter(id=cast.binh.id).update(email=None)
    async with cast.client(app, "hr") as hr:
        sent = await hr.post("/api/people/an/sign-in-links", json={"by": "email"})
        assert sent.status_code == 201
        assert set(sent.json()) == {"expires_at"}
        answer = await hr.post("/api/people/binh/sign-in-links", json={"by": "email"})
        assert (answer.status_code, answer.json()["code"]) == (409, "no_email")
    [notice] = await notices_of(cast.an.id, "SignInLink")
    assert "/link?token=" in str(notice["payload"])
    assert await OneTimeLink.filter(person_id=cast.binh.id).count() == 0


async def test_reset_is_mailed_to_the_account_and_says_nothing_to_the_asker(cast: Cast, clock: FakeClock) -> None:
    settings = load({}, public_url="https://viec.example.vn")
    await Person.filter(id=cast.binh.id).update(left_at=clock())
    async with client_of(app_of(settings)) as client:
        answers = [
            await client.post("/api/auth/reset", json={"email": email})
            for email in (" AN@phuong.example.vn", "binh@phuong.example.vn", "nobody@phuong.example.vn", "rubbish")
        ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert await OutboxNotice.filter(kind="SignInLink").count() == 1
    [notice] = await notices_of(cast.an.id, "SignInLink")
    payload = notice["payload"] if isinstance(notice["payload"], dict) else msgspec.json.decode(notice["payload"])
    assert payload["url"].startswith("https://viec.example.vn/link?token=")
    token = payload["url"].partition("token=")[2]
    clock.move(minutes=59)
    assert (await service.use_link(token)).person_id == cast.an.id


async def test_reset_link_ends_after_an_hour_and_leaves_hrs_sheet_alone(cast: Cast, clock: FakeClock) -> None:
    sheet = await service.issue_link(await cast.actor("hr"), cast.an.id)
    await service.ask_reset("an@phuong.example.vn", "http://x", "203.0.113.7")
    payload = str((await notices_of(cast.an.id, "SignInLink"))[0]["payload"])
    token = payload.partition("token=")[2].split('"')[0].split("'")[0]
    clock.move(hours=1)
    with pytest.raises(NotSignedIn):
        await service.use_link(token)
    assert (await service.use_link(sheet.token)).person_id == cast.an.id


async def test_resets_are_few_for_an_account_and_for_an_address(cast: Cast) -> None:
    async with client_of(own_app(load({}))) as client:
        for _ in range(5):
            answer = await client.post("/api/auth/reset", json={"email": "an@phuong.example.vn"})
            assert answer.status_code == 202
        assert await OutboxNotice.filter(kind="SignInLink").count() == 3
        for number in range(45):
            await client.post("/api/auth/reset", json={"email": f"nobody{number}@phuong.example.vn"})
        answer = await client.post("/api/auth/reset", json={"email": "binh@phuong.example.vn"})
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_guesses")


async def test_a_closed_unit_gives_nobody_power_over_anybody(cast: Cast) -> None:
    await _second_hr(cast)
    await Unit.filter(id=cast.units["diachinh"].id).update(closed_on=date(2026, 11, 23))
    with pytest.raises(NotFound):
        await service.issue_link(await cast.actor("cuong"), cast.head2.id)
