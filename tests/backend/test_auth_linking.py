"""Linking chats by a short code: made by the person, typed into the chat, once, within ten minutes."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from backend.auth import linking, service, throttle
from backend.errors import AppError, Forbidden, NotFound, TooMany
from backend.kit.db import Sql
from backend.models import ChatLink, LinkCode, Person
from backend.settings import Settings
from tests.apps import app_of
from tests.backend.auth_office import audit_of, notices_of
from tests.cast import Cast
from tests.fakes import FakeClock

pytestmark = pytest.mark.usefixtures("db")


async def _link(cast: Cast, handle: str, address: str, channel: str = "telegram") -> None:
    code, _ = await service.make_code(await cast.actor(handle))
    assert await service.redeem(channel, address, code) == cast.people[handle].id


async def test_code_links_the_chat_once_and_says_so(cast: Cast, clock: FakeClock) -> None:
    code, expires_at = await service.make_code(await cast.actor("an"))
    assert len(code) == 8
    assert not set(code) & set("01OILU")
    assert expires_at == clock() + timedelta(minutes=10)
    stored = await LinkCode.get(person_id=cast.an.id)
    assert code not in stored.code_hash
    assert await service.redeem("telegram", "777", f" {code[:4].lower()}-{code[4:]} ") == cast.an.id
    assert await service.person_of("telegram", "777") == cast.an.id
    assert await service.person_of("zalo", "777") is None
    assert await service.person_of("telegram", "778") is None
    assert [(link.channel, link.address) for link in await service.links_of(cast.an.id)] == [("telegram", "777")]
    assert len(await notices_of(cast.an.id, "ChatLinked")) == 1
    with pytest.raises(NotFound) as used:
        await service.redeem("telegram", "888", code)
    assert used.value.code == "link_code_wrong"
    assert code not in str(await audit_of("auth.chat_code_made")) + str(await audit_of("auth.chat_linked"))


async def test_code_is_over_after_ten_minutes_and_a_newer_one_replaces_it(cast: Cast, clock: FakeClock) -> None:
    an = await cast.actor("an")
    older, _ = await service.make_code(an)
    newer, _ = await service.make_code(an)
    assert await LinkCode.all().count() == 1
    with pytest.raises(NotFound):
        await service.redeem("telegram", "777", older)
    clock.move(minutes=10)
    with pytest.raises(NotFound):
        await service.redeem("telegram", "777", newer)
    again, _ = await service.make_code(an)
    assert await service.redeem("telegram", "777", again) == cast.an.id


async def test_one_chat_one_person_one_channel_one_chat(cast: Cast) -> None:
    await _link(cast, "an", "777")
    await _link(cast, "an", "777")
    assert await ChatLink.all().count() == 1
    await _link(cast, "an", "888")
    await _link(cast, "an", "999", "zalo")
    await _link(cast, "binh", "888")
    assert [(link.channel, link.address) for link in await service.links_of(cast.an.id)] == [("zalo", "999")]
    assert await service.person_of("telegram", "888") == cast.binh.id
    ended = await ChatLink.exclude(ended_at=None).order_by("id")
    assert [(link.address, link.end_reason) for link in ended] == [("777", "replaced"), ("888", "taken_over")]
    assert [row["object_id"] for row in await audit_of("auth.chat_unlinked")] == [cast.an.id, cast.an.id]


async def test_wrong_codes_from_a_chat_are_slowed(cast: Cast, clock: FakeClock) -> None:
    code, _ = await service.make_code(await cast.actor("an"))
    for _ in range(5):
        with pytest.raises(NotFound):
            await service.redeem("telegram", "666", "AAAAAAAA")
    with pytest.raises(TooMany) as refused:
        await service.redeem("telegram", "666", code)
    assert refused.value.params["retry_after_s"] == 61
    assert await service.redeem("telegram", "777", code) == cast.an.id
    clock.move(minutes=2)
    again, _ = await service.make_code(await cast.actor("an"))
    assert await service.redeem("telegram", "666", again) == cast.an.id


async def test_wrong_codes_from_many_chats_are_slowed_together(cast: Cast) -> None:
    for number in range(throttle.ALL_CHATS.free):
        with pytest.raises(NotFound):
            await service.redeem("telegram", str(number), "AAAAAAAA")
    code, _ = await service.make_code(await cast.actor("an"))
    with pytest.raises(TooMany):
        await service.redeem("telegram", "777", code)


async def test_guesses_sent_at_once_are_all_counted(cast: Cast) -> None:
    done = await asyncio.gather(
        *(service.redeem("telegram", "666", "AAAAAAAA") for _ in range(12)), return_exceptions=True
    )
    assert sorted(type(error).__name__ for error in done) == ["NotFound"] * 5 + ["TooMany"] * 7


async def test_linking_is_refused_when_the_limiter_fails(cast: Cast) -> None:
    code, _ = await service.make_code(await cast.actor("an"))
    await Sql().run("drop table throttle")
    with pytest.raises(AppError) as refused:
        await service.redeem("telegram", "777", code)
    assert (refused.value.status, refused.value.code) == (503, "limiter_down")
    assert await service.person_of("telegram", "777") is None


async def test_code_of_somebody_who_left_links_nothing(cast: Cast, clock: FakeClock) -> None:
    code, _ = await service.make_code(await cast.actor("an"))
    await Person.filter(id=cast.an.id).update(left_at=clock())
    with pytest.raises(NotFound):
        await service.redeem("telegram", "777", code)
    assert await ChatLink.all().count() == 0


async def test_hr_makes_a_code_for_people_under_them(settings: Settings, cast: Cast, clock: FakeClock) -> None:
    hr = await cast.actor("hr")
    code, _ = await service.make_code(hr, cast.an.id)
    assert await service.redeem("telegram", "777", code) == cast.an.id
    with pytest.raises(Forbidden):
        await service.make_code(hr, cast.admin.id)
    with pytest.raises(NotFound):
        await service.make_code(await cast.actor("head"), cast.an.id)
    await Person.filter(id=cast.an.id).update(until_on=clock().date() - timedelta(days=1))
    with pytest.raises(NotFound):
        await service.make_code(hr, cast.an.id)
    app = app_of(settings)
    async with cast.client(app, "hr") as client, cast.client(app, "binh") as binh:
        assert len((await client.post("/api/people/binh/chat-links/code")).json()["code"]) == 8
        assert (await client.post("/api/people/stranger/chat-links/code")).status_code == 404
        assert (await binh.post("/api/people/binh/chat-links/code")).status_code == 403


async def test_own_links_over_http(settings: Settings, cast: Cast) -> None:
    async with cast.client(app_of(settings), "an") as an:
        made: dict[str, Any] = (await an.post("/api/me/chat-links/code")).json()
        await service.redeem("telegram", "777", made["code"])
        [shown] = (await an.get("/api/me/chat-links")).json()
        assert set(shown) == {"channel", "linked_at"}
        assert (await an.delete("/api/me/chat-links/zalo")).status_code == 404
        assert (await an.delete("/api/me/chat-links/telegram")).status_code == 204
        assert (await an.delete("/api/me/chat-links/telegram")).status_code == 404
        assert (await an.get("/api/me/chat-links")).json() == []
    assert (await ChatLink.get(address="777")).end_reason == "unlinked"


async def test_a_blocked_chat_is_let_go(cast: Cast) -> None:
    await _link(cast, "an", "777")
    assert await service.end_link("telegram", "777", "blocked by the user")
    assert not await service.end_link("telegram", "777", "blocked by the user")
    assert await service.person_of("telegram", "777") is None
    assert not await service.unlink(await cast.actor("an"), "telegram")
    await _link(cast, "an", "777")
    assert await service.person_of("telegram", "777") == cast.an.id
    assert linking.CHANNELS[0] == "telegram"
